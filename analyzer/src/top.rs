//! The biggest items, by what they are, by what goes with them, or by what they cost on the wire.

use crate::analysis::Analysis;
use crate::text::{Align, Style, Table, bytes, more, percent};
use wasm_binary::ItemId;

/// What an item is measured by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metric {
    /// All bytes charged to the item.
    #[default]
    Size,
    /// Bytes that go if the item goes.
    Retained,
    /// Bytes of the gzip file.
    Gzip,
}

/// Items by falling measure.
#[derive(Debug)]
pub struct Top {
    metric: Metric,
    /// Item and measure in bytes; a gzip cost can be a fraction.
    pub rows: Vec<(ItemId, f64)>,
}

impl Top {
    /// Measures all items and keeps those that `keep` lets through. `gzip` is needed for [`Metric::Gzip`] only: the
    /// cost of each item in bytes.
    pub fn new(analysis: &Analysis<'_>, metric: Metric, gzip: &[f64], keep: impl Fn(ItemId) -> bool) -> Top {
        let measure = |id: ItemId| match metric {
            Metric::Size => f64::from(analysis.map.item(id).size),
            Metric::Retained => analysis.dominators.retained(id.into()) as f64,
            Metric::Gzip => gzip.get(id.as_usize()).copied().unwrap_or(0.0),
        };
        let mut rows: Vec<(ItemId, f64)> = analysis
            .map
            .iter()
            .map(|(id, _)| (id, measure(id)))
            .filter(|(id, size)| *size > 0.0 && keep(*id))
            .collect();
        rows.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Top { metric, rows }
    }

    /// The first `limit` rows as a table, and what the others have together.
    pub fn to_text(&self, analysis: &Analysis<'_>, limit: usize, whole: u64, style: Style) -> String {
        let heading = match self.metric {
            Metric::Size => "Bytes",
            Metric::Retained => "Retained",
            Metric::Gzip => "Gzip",
        };
        let mut table =
            Table::new(&[(heading, Align::Right), ("", Align::Right), ("Kind", Align::Left), ("Item", Align::Left)]);
        for &(id, size) in self.rows.iter().take(limit) {
            let kind = analysis.map.item(id).kind.noun().to_string();
            let size = size.round() as u64;
            table.row([bytes(size), percent(size, whole), kind, analysis.map.label(id)]);
        }
        let rest = &self.rows[limit.min(self.rows.len())..];
        if !rest.is_empty() && self.metric != Metric::Retained {
            let sum = rest.iter().map(|(_, size)| size).sum::<f64>().round() as u64;
            table.row([bytes(sum), percent(sum, whole), String::new(), more(rest.len())]);
        }
        table.render(style)
    }
}

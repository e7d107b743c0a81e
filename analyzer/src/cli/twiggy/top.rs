//! `wasm-size twiggy top`.

use super::Mode;
use super::emit::{Emission, Emit, Table, csv_text};
use super::items::{percent, percent_text};
use crate::cli::input::{Bytes, Input};
use crate::cli::output::Output;
use anyhow::bail;
use serde::Serialize;
use wasm_analyzer::Analysis;
use wasm_analyzer::text::Align;
use wasm_analyzer::top::{Metric, Top};
use wasm_binary::ItemId;

/// Items by falling size
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: Input,
    /// Rows to show [default: all]
    #[arg(short = 'n', value_name = "N")]
    max_items: Option<u32>,
    /// Not supported, as in twiggy: the command paths shows them
    #[arg(short = 'r', long)]
    retaining_paths: bool,
    /// Sort by what goes with an item instead of by its own size
    #[arg(long)]
    retained: bool,
    #[command(flatten)]
    emission: Emission,
    /// Accepted as twiggy's, without effect
    #[arg(long = "mode", value_enum, default_value = "auto")]
    _mode: Mode,
}

impl Args {
    fn options(&self) -> twiggy_opt::Top {
        let mut options = twiggy_opt::Top::new();
        options.set_retaining_paths(self.retaining_paths);
        options.set_retained(self.retained);
        if let Some(max_items) = self.max_items {
            options.set_max_items(max_items);
        }
        options
    }
}

pub(super) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let options = args.options();
    if options.retaining_paths() {
        bail!("retaining paths are no part of top; see `wasm-size twiggy paths {}`", args.input.file.display());
    }
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let metric = if options.retained() { Metric::Retained } else { Metric::Size };
    let items = Top::new(&analysis, metric, &[], |_| true).rows.into_iter().map(|(id, _)| id).collect();
    args.emission.write(&Answer { analysis: &analysis, items, options }, output)?;
    Ok(file.finish(&analysis, output))
}

struct Answer<'v, 'a> {
    analysis: &'v Analysis<'a>,
    /// All of them, by falling measure.
    items: Vec<ItemId>,
    options: twiggy_opt::Top,
}

impl Answer<'_, '_> {
    fn shown(&self) -> &[ItemId] {
        &self.items[..self.items.len().min(self.options.max_items() as usize)]
    }

    fn shallow(&self, id: ItemId) -> u64 {
        u64::from(self.analysis.map.item(id).size)
    }

    fn retained(&self, id: ItemId) -> u64 {
        self.analysis.dominators.retained(id.into())
    }

    fn rows(&self) -> impl Iterator<Item = Json> {
        let whole = self.analysis.bytes();
        self.shown().iter().map(move |&id| {
            let retained = self.options.retained().then(|| self.retained(id));
            Json {
                name: self.analysis.map.label(id),
                shallow_size: self.shallow(id),
                shallow_size_percent: percent(self.shallow(id), whole),
                retained_size: retained,
                retained_size_percent: retained.map(|size| percent(size, whole)),
            }
        })
    }

    /// What the table shows of some items: sums of retained sizes would count bytes twice.
    fn sum(&self, items: &[ItemId]) -> [String; 2] {
        if self.options.retained() {
            return ["...", "..."].map(String::from);
        }
        let sum: u64 = items.iter().map(|&id| self.shallow(id)).sum();
        [sum.to_string(), percent_text(sum, self.analysis.bytes())]
    }
}

#[derive(Serialize)]
struct Json {
    name: String,
    shallow_size: u64,
    shallow_size_percent: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    retained_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retained_size_percent: Option<f64>,
}

/// A column of the CSV is there even if it is empty.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    name: String,
    shallow_size: u64,
    shallow_size_percent: f64,
    retained_size: Option<u64>,
    retained_size_percent: Option<f64>,
}

impl Emit for Answer<'_, '_> {
    fn table(&self) -> Table {
        let headings =
            if self.options.retained() { ["Retained Bytes", "Retained %"] } else { ["Shallow Bytes", "Shallow %"] };
        let mut table = Table::new(&[(headings[0], Align::Right), (headings[1], Align::Right), ("Item", Align::Left)]);
        let whole = self.analysis.bytes();
        for &id in self.shown() {
            let size = if self.options.retained() { self.retained(id) } else { self.shallow(id) };
            table.row([size.to_string(), percent_text(size, whole), self.analysis.map.label(id)]);
        }
        let rest = &self.items[self.shown().len()..];
        if !rest.is_empty() {
            let [size, percent] = self.sum(rest);
            table.row([size, percent, format!("... and {} more.", rest.len())]);
        }
        let [size, percent] = self.sum(&self.items);
        table.row([size, percent, format!("Σ [{} Total Rows]", self.items.len())]);
        table
    }

    fn csv(&self) -> anyhow::Result<String> {
        csv_text(self.rows().map(|row| Record {
            name: row.name,
            shallow_size: row.shallow_size,
            shallow_size_percent: row.shallow_size_percent,
            retained_size: row.retained_size,
            retained_size_percent: row.retained_size_percent,
        }))
    }

    fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(&self.rows().collect::<Vec<_>>())?)
    }
}

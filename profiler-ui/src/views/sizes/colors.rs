//! What the colours of tiles mean, and their legend.

use std::collections::HashMap;

use egui::Color32;
use serde::{Deserialize, Serialize};
use wasm_analyzer::diff::Cause;
use wasm_binary::ItemId;

use crate::model::{Documents, NodeId, SizeTree};
use crate::strings::Text;
use crate::theme;

/// What colours mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColorBy {
    /// The crate of the item.
    #[default]
    Crate,
    /// The kind of the item.
    Kind,
    /// The generic family of the item.
    Generic,
    /// What changed since the other build.
    Diff,
    /// How long the item ran itself.
    Heat,
}

impl ColorBy {
    /// All, in the order of menus and keys.
    pub const ALL: [ColorBy; 5] = [ColorBy::Crate, ColorBy::Kind, ColorBy::Generic, ColorBy::Diff, ColorBy::Heat];

    /// What it is called.
    pub fn text(self) -> Text {
        match self {
            ColorBy::Crate => Text::Crate,
            ColorBy::Kind => Text::Kind,
            ColorBy::Generic => Text::Generic,
            ColorBy::Diff => Text::Diff,
            ColorBy::Heat => Text::Heat,
        }
    }
}

/// A category of the legend.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) size_bytes: u64,
}

/// What changed of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) cause: Cause,
    pub(super) delta: i64,
    pub(super) old_size: Option<u64>,
}

/// The colours of a tree's nodes.
#[derive(Debug, Default)]
pub(super) struct Colors {
    /// Categories by falling size; more than the palette has are the last one.
    pub(super) legend: Vec<Entry>,
    /// By node: the category.
    category: Vec<Option<u32>>,
    /// By item: what changed.
    pub(super) changes: HashMap<ItemId, Change>,
    /// By node: how hot the hottest of it is, from 0 to 1.
    heat: Vec<f32>,
    by: ColorBy,
}

/// Categories with a line of their own in the legend.
const MAX_CATEGORIES: usize = 19;

impl Colors {
    pub(super) fn new(documents: &Documents, tree: &SizeTree, by: ColorBy) -> Colors {
        let mut colors = Colors { by, category: vec![None; tree.len()], ..Colors::default() };
        let Some(binary) = &documents.binary else { return colors };
        if by == ColorBy::Diff {
            for row in documents.diff().map(|diff| diff.rows).unwrap_or_default() {
                let change = Change { cause: row.cause, delta: row.delta, old_size: row.old_size };
                colors.changes.extend(row.new_item.map(|item| (item, change)));
            }
            return colors;
        }
        if by == ColorBy::Heat {
            let Some(matched) = &documents.matched else { return colors };
            let own = tree.ids().map(|id| tree.node(id).item.map_or(0.0, |item| matched.heat(item)));
            colors.heat = own.collect();
            // A node lies behind the one above it.
            for id in tree.ids().collect::<Vec<_>>().into_iter().rev() {
                let parent = tree.node(id).parent.0 as usize;
                colors.heat[parent] = colors.heat[parent].max(colors.heat[id.0 as usize]);
            }
            return colors;
        }
        // Categories by name: their number and their size. There are few of them, and many nodes.
        let mut known: HashMap<String, (u32, u64)> = HashMap::new();
        let numbers: Vec<Option<u32>> = binary.with(|analysis, _| {
            let of = |id: NodeId| {
                let node = tree.node(id);
                let item = node.item?;
                let kind = analysis.map.item(item).kind.noun();
                let name = match by {
                    ColorBy::Crate => analysis.crate_of(item).unwrap_or_else(|| kind.to_string()),
                    ColorBy::Generic => {
                        analysis.symbol(item).map_or_else(|| kind.to_string(), |symbol| symbol.family())
                    }
                    ColorBy::Kind | ColorBy::Diff | ColorBy::Heat => kind.to_string(),
                };
                let next = known.len() as u32;
                let (number, sum) = known.entry(name).or_insert((next, 0));
                if node.children.is_empty() {
                    *sum += node.size_bytes;
                }
                Some(*number)
            };
            tree.ids().map(of).collect()
        });
        let mut sorted: Vec<(&str, (u32, u64))> = known
            .iter()
            .filter(|(_, (_, size_bytes))| *size_bytes > 0)
            .map(|(name, found)| (name.as_str(), *found))
            .collect();
        sorted.sort_by(|(a, (_, of_a)), (b, (_, of_b))| of_b.cmp(of_a).then(a.cmp(b)));
        let mut rank = vec![None; known.len()];
        for (at, (_, (number, _))) in sorted.iter().enumerate() {
            rank[*number as usize] = Some(at.min(MAX_CATEGORIES) as u32);
        }
        colors.category = numbers.iter().map(|number| number.and_then(|number| rank[number as usize])).collect();
        for (at, (name, (_, size_bytes))) in sorted.iter().enumerate() {
            if at < MAX_CATEGORIES {
                colors.legend.push(Entry { name: (*name).to_string(), size_bytes: *size_bytes });
            } else if let Some(rest) = colors.legend.get_mut(MAX_CATEGORIES) {
                rest.size_bytes += size_bytes;
            } else {
                colors.legend.push(Entry { name: "…".into(), size_bytes: *size_bytes });
            }
        }
        colors
    }

    /// The category of a node.
    pub(super) fn category(&self, node: NodeId) -> Option<u32> {
        self.category.get(node.0 as usize).copied().flatten()
    }

    /// The colour of a node.
    pub(super) fn of(&self, tree: &SizeTree, id: NodeId, is_dark: bool) -> Color32 {
        let node = tree.node(id);
        if self.by == ColorBy::Diff {
            let change = node.item.and_then(|item| self.changes.get(&item));
            return change.map_or(theme::neutral(is_dark), |change| change.color(node.size_bytes, is_dark));
        }
        if self.by == ColorBy::Heat {
            let heat = self.heat.get(id.0 as usize).copied();
            return heat.map_or(theme::neutral(is_dark), |heat| theme::heat(heat, is_dark));
        }
        match self.category(id) {
            Some(category) => theme::category(category, is_dark),
            None => theme::neutral(is_dark),
        }
    }
}

impl Change {
    fn color(self, size_bytes: u64, is_dark: bool) -> Color32 {
        let share = self.delta.unsigned_abs() as f32 / size_bytes.max(1) as f32;
        let strength = 0.35 + 0.65 * share.min(1.0);
        if self.delta >= 0 { theme::grown(strength, is_dark) } else { theme::shrunk(strength, is_dark) }
    }

    /// What is only in one of the builds is hatched.
    pub(super) fn is_hatched(self) -> bool {
        matches!(self.cause, Cause::New | Cause::Gone)
    }
}

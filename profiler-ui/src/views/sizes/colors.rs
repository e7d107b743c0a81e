//! What the colours of tiles mean, and their legend.

use std::collections::HashMap;

use crate::context::Context;
use crate::model::{Binary, Change, Comparison, Matched, NodeId, SizeTree};
use crate::strings::{Language, Text};
use crate::theme;
use crate::widgets;
use egui::{Color32, Pos2, Rect, pos2};
use serde::{Deserialize, Serialize};

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
    /// What a link calls it.
    pub(super) key: String,
    pub(super) name: String,
    /// How much it has.
    pub(super) amount: String,
    /// What happened to its items, if colours tell that.
    pub(super) change: Option<Change>,
}

/// The colours of a tree's nodes.
#[derive(Debug, Default)]
pub(super) struct Colors {
    /// Categories by falling size; more than the palette has are the last one.
    pub(super) legend: Vec<Entry>,
    /// By node: the category.
    category: Vec<Option<u32>>,
    /// By node: how hot the hottest of it is, or how much of it changed, from 0 to 1.
    strength: Vec<f32>,
    pub(super) by: ColorBy,
}

/// What happened to nodes, in the order of the legend.
const CHANGES: [(Change, &str, Text); 5] = [
    (Change::New, "new", Text::New),
    (Change::Grown, "grown", Text::Grown),
    (Change::Same, "same", Text::Unchanged),
    (Change::Shrunk, "shrunk", Text::Shrunk),
    (Change::Gone, "gone", Text::Gone),
];

/// What a link and a saved file call a change.
pub(super) fn key(change: Change) -> &'static str {
    CHANGES.iter().find(|(of, ..)| *of == change).map_or("", |(_, key, _)| key)
}

/// Categories with a line of their own in the legend.
const MAX_CATEGORIES: usize = 19;

impl Colors {
    pub(super) fn new(
        binary: &Binary,
        heat: Option<&Matched>,
        tree: &SizeTree,
        comparison: Option<&Comparison>,
        by: ColorBy,
        language: Language,
    ) -> Colors {
        let mut colors = Colors { by, category: vec![None; tree.len()], ..Colors::default() };
        if by == ColorBy::Diff {
            if let Some(comparison) = comparison {
                colors.tell_changes(tree, comparison, language);
            }
            return colors;
        }
        if by == ColorBy::Heat {
            let Some(matched) = heat else { return colors };
            let own = tree.ids().map(|id| tree.node(id).item.map_or(0.0, |item| matched.heat(item)));
            colors.strength = own.collect();
            // A node lies behind the one above it.
            for id in tree.ids().rev() {
                let parent = tree.node(id).parent.0 as usize;
                colors.strength[parent] = colors.strength[parent].max(colors.strength[id.0 as usize]);
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
        let entry = |name: &str, size_bytes: u64| Entry {
            key: name.to_string(),
            // What has no crate or family is its kind.
            name: language.kind(name).to_string(),
            amount: widgets::bytes(size_bytes),
            change: None,
        };
        let (shown, rest) = sorted.split_at(sorted.len().min(MAX_CATEGORIES));
        colors.legend = shown.iter().map(|(name, (_, size_bytes))| entry(name, *size_bytes)).collect();
        if !rest.is_empty() {
            colors.legend.push(entry("…", rest.iter().map(|(_, (_, size_bytes))| size_bytes).sum()));
        }
        colors
    }

    /// Colours by what happened to each node.
    fn tell_changes(&mut self, tree: &SizeTree, comparison: &Comparison, language: Language) {
        let place = |change: Change| CHANGES.iter().position(|(of, ..)| *of == change).unwrap_or_default();
        let mut sums = [0i64; CHANGES.len()];
        self.strength = vec![0.0; tree.len()];
        for id in tree.ids() {
            let node = tree.node(id);
            let (change, delta) = comparison.change(tree, id);
            let whole = node.size_bytes.max(comparison.before_bytes(id).unwrap_or(0)).max(1);
            self.category[id.0 as usize] = Some(place(change) as u32);
            self.strength[id.0 as usize] = delta.unsigned_abs() as f32 / whole as f32;
            // A heading that is gone counts with all that was below it.
            let is_counted = match change {
                Change::Gone => !comparison.is_gone(node.parent),
                _ => node.children.is_empty(),
            };
            if is_counted {
                sums[place(change)] += if change == Change::Same { node.size_bytes as i64 } else { delta };
            }
        }
        let entries = CHANGES.iter().zip(sums).map(|((change, key, text), sum)| Entry {
            key: (*key).to_string(),
            name: text.in_language(language).to_string(),
            amount: match change {
                Change::Same => widgets::bytes(sum.unsigned_abs()),
                _ => format!("{} B", widgets::signed(sum)),
            },
            change: Some(*change),
        });
        self.legend = entries.collect();
    }

    /// The category that alone keeps its colour, if one was chosen in the legend.
    pub(super) fn only(&self, context: &Context<'_>) -> Option<u32> {
        let only = context.state.sizes.only.as_deref()?;
        self.legend.iter().position(|entry| entry.key == only).map(|at| at as u32)
    }

    /// The category of a node.
    pub(super) fn category(&self, node: NodeId) -> Option<u32> {
        self.category.get(node.0 as usize).copied().flatten()
    }

    /// Whether headings have a colour of their own.
    pub(super) fn has_headings(&self) -> bool {
        matches!(self.by, ColorBy::Diff | ColorBy::Heat)
    }

    /// How a node is hatched, if colours tell what changed: it is only in one of the two builds.
    pub(super) fn hatch(&self, id: NodeId) -> Option<Change> {
        let (change, ..) = CHANGES.get(self.category(id)? as usize).filter(|_| self.by == ColorBy::Diff)?;
        is_hatched(*change).then_some(*change)
    }

    /// The colour of a node.
    pub(super) fn of(&self, id: NodeId, is_dark: bool) -> Color32 {
        let strength = self.strength.get(id.0 as usize).copied();
        match (self.by, self.category(id), strength) {
            (ColorBy::Diff, Some(category), Some(strength)) => {
                let (change, ..) = CHANGES[category as usize % CHANGES.len()];
                change_color(change, strength, is_dark)
            }
            (ColorBy::Heat, _, Some(heat)) => theme::heat(heat, is_dark),
            (_, Some(category), None) => theme::category(category, is_dark),
            _ => theme::neutral(is_dark),
        }
    }

    /// The colour of a line of the legend.
    pub(super) fn of_entry(&self, at: usize, is_dark: bool) -> Color32 {
        match self.legend.get(at).and_then(|entry| entry.change) {
            Some(change) => change_color(change, 0.6, is_dark),
            None => theme::category(at as u32, is_dark),
        }
    }
}

/// What grew is of one colour and what shrank of another: the stronger, the more of it changed.
fn change_color(change: Change, strength: f32, is_dark: bool) -> Color32 {
    let visible = 0.2 + 0.8 * strength.min(1.0);
    match change {
        Change::New => theme::grown(1.0, is_dark),
        Change::Grown => theme::grown(visible, is_dark),
        Change::Same => theme::neutral(is_dark),
        Change::Shrunk => theme::shrunk(visible, is_dark),
        Change::Gone => theme::gone(is_dark),
    }
}

/// Whether what changed so is only in one of two builds, and hatched.
pub(super) fn is_hatched(change: Change) -> bool {
    matches!(change, Change::New | Change::Gone)
}

/// From one line of a hatch to the next, in points.
const HATCH_STEP: f32 = 6.0;

/// The lines that hatch a rectangle whose contents are only in one of two builds: what is new one way, what is gone the
/// other.
pub(super) fn hatch_lines(rect: Rect, change: Change) -> impl Iterator<Item = [Pos2; 2]> {
    let height = rect.height();
    let count = ((rect.width() + height) / HATCH_STEP).ceil() as u32;
    (0..count).map(move |at| {
        // A line of 45° from the lower edge, cut at the left and at the right one.
        let from = rect.left() - height + at as f32 * HATCH_STEP;
        let (start, end) = ((rect.left() - from).max(0.0), (rect.right() - from).min(height));
        let point = |along: f32| {
            let down = if change == Change::Gone { along } else { height - along };
            pos2(from + along, rect.top() + down)
        };
        [point(start), point(end)]
    })
}

/// The colour of these lines.
pub(super) fn hatch_color(change: Change, is_dark: bool) -> Color32 {
    match change {
        // On dark ground as light as it is dark on light.
        Change::Gone if is_dark => theme::mix(theme::shrunk(1.0, is_dark), Color32::WHITE, 0.3),
        Change::Gone => theme::shrunk(1.0, is_dark),
        _ => Color32::from_black_alpha(90),
    }
}

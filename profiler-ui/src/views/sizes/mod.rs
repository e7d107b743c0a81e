//! What fills the file: treemap or sunburst, locked to a table and to breadcrumbs.

mod chosen;
mod colors;
mod layout;
mod sunburst;
mod table;
mod treemap;

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Key, Modifiers};
use serde::{Deserialize, Serialize};
use wasm_binary::{ItemId, Node};

pub use colors::ColorBy;

use super::{Format, View, ViewId};
use crate::command::Command;
use crate::context::Context;
use crate::jobs::{Job, Poll};
use crate::model::{Binary, Change, Comparison, Grouping, Metric, NodeId, Selection, SizeTree, transfer_sizes};
use crate::strings::{Language, Text};
use crate::widgets::{self, choice};
use chosen::Chosen;
use colors::Colors;

/// How the view is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// What the first levels are.
    pub grouping: Grouping,
    /// What a size is.
    pub metric: Metric,
    /// How it is drawn.
    pub chart: Chart,
    /// What colours mean, if not what changed where there is another build, and else the crate.
    pub color: Option<ColorBy>,
    /// The category of the legend that alone keeps its colour.
    pub only: Option<String>,
    /// What the table is sorted by.
    pub sort: table::Sort,
    /// Headings that are unfolded in the table, by the names that lead there.
    pub unfolded: Vec<Vec<String>>,
    /// What part of the heading that fills the treemap is seen, if not all of it: left, top, width and height, in parts
    /// of it.
    pub camera: Option<[f64; 4]>,
}

impl Settings {
    /// What colours mean now.
    fn color(&self, is_compared: bool) -> ColorBy {
        self.color.unwrap_or(if is_compared { ColorBy::Diff } else { ColorBy::Crate })
    }
}

/// How sizes are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chart {
    /// Areas.
    #[default]
    Treemap,
    /// Rings.
    Sunburst,
}

/// The view.
#[derive(Default)]
pub struct Sizes {
    tree: Option<Shown>,
    loading: Option<(TreeKey, Job<Measured>)>,
    treemap: treemap::Treemap,
    sunburst: sunburst::Sunburst,
    table: table::Table,
}

/// A tree, and what it was in the other build, if there is one.
type Measured = (SizeTree, Option<Comparison>);

/// What a tree is made from: documents, grouping, metric.
type TreeKey = (u64, Grouping, Metric);

/// A tree with what depends on it.
struct Shown {
    key: TreeKey,
    tree: Arc<SizeTree>,
    comparison: Option<Comparison>,
    colors: Colors,
    colored: (u64, ColorBy, Language),
    matches: Matches,
    matched: String,
    chosen: Chosen,
    /// The node that the user chose last, with its items.
    picked: Option<(NodeId, Vec<ItemId>)>,
}

/// What a search finds in a tree.
#[derive(Debug, Default)]
struct Matches {
    /// By node, whether it or something below it matches; empty without a search.
    is_match: Vec<bool>,
    /// The leaves that match, by falling size.
    leaves: Vec<NodeId>,
    size_bytes: u64,
}

impl Matches {
    fn new(context: &Context<'_>, tree: &SizeTree) -> Matches {
        let mut matches = Matches::default();
        let Some(binary) = context.documents.binary.as_ref().filter(|_| !context.filter.is_empty()) else {
            return matches;
        };
        matches.is_match = vec![false; tree.len()];
        binary.with(|analysis, _| {
            for id in tree.ids().collect::<Vec<_>>().into_iter().rev() {
                let node = tree.node(id);
                if node.children.is_empty() {
                    let is_match = match node.item {
                        Some(item) => context.filter.matches_item(analysis, item, &node.name),
                        None => context.filter.matches_name(&node.name),
                    };
                    matches.is_match[id.0 as usize] = is_match;
                    if is_match {
                        matches.leaves.push(id);
                        matches.size_bytes += node.size_bytes;
                    }
                }
                if matches.is_match[id.0 as usize] {
                    matches.is_match[node.parent.0 as usize] = true;
                }
            }
        });
        matches.leaves.sort_by_key(|id| (std::cmp::Reverse(tree.node(*id).size_bytes), *id));
        matches
    }

    /// Whether a node keeps its colour.
    fn keeps(&self, id: NodeId) -> bool {
        self.is_match.get(id.0 as usize).copied().unwrap_or(true)
    }
}

impl Sizes {
    /// Brings the tree, its colours and the search's matches up to date.
    fn refresh(&mut self, context: &Context<'_>, ctx: &egui::Context) {
        let settings = &context.state.sizes;
        let key = (context.documents.generation, settings.grouping, settings.metric);
        if self.tree.as_ref().is_none_or(|shown| shown.key != key)
            && self.loading.as_ref().is_none_or(|(of, _)| *of != key)
            && let Some(binary) = context.documents.binary.clone()
        {
            let label = context.text(Text::Working);
            let before = context.documents.before.clone();
            let job = Job::start(ctx, label, move |_| {
                let tree = measured(&binary, key.1, key.2);
                let comparison = before.map(|before| {
                    let items = binary.old_items(&before);
                    let old_item = |item: ItemId| items.get(item.0 as usize).copied().flatten();
                    Comparison::new(&tree, measured(&before, key.1, key.2), old_item)
                });
                (tree, comparison)
            });
            self.loading = Some((key, job));
        }
        if let Some((key, job)) = &self.loading {
            match job.poll() {
                Poll::Running => {}
                Poll::Gone => self.loading = None,
                Poll::Done((tree, comparison)) => {
                    self.tree = Some(Shown {
                        key: *key,
                        tree: Arc::new(tree),
                        comparison,
                        colors: Colors::default(),
                        colored: (u64::MAX, ColorBy::Crate, Language::English),
                        matches: Matches::default(),
                        matched: String::new(),
                        chosen: Chosen::default(),
                        picked: None,
                    });
                    self.loading = None;
                    self.treemap.reset();
                }
            }
        }
        let Some(shown) = &mut self.tree else { return };
        let color = settings.color(shown.comparison.is_some());
        let colored = (context.documents.generation, color, context.state.language);
        if shown.colored != colored {
            let comparison = shown.comparison.as_ref();
            shown.colors = Colors::new(context.documents, &shown.tree, comparison, color, colored.2);
            shown.colored = colored;
            self.treemap.repaint();
        }
        if shown.matched != context.state.search {
            shown.matches = Matches::new(context, &shown.tree);
            shown.matched.clone_from(&context.state.search);
            self.treemap.repaint();
        }
    }

    /// Finds the selection in the tree. What is not below what fills the chart leads out to where both are.
    fn follow_selection(&mut self, context: &mut Context<'_>) {
        let Some(shown) = &mut self.tree else { return };
        let items = &context.linked.items;
        if shown.chosen.is_of(items) {
            return;
        }
        let tree = shown.tree.clone();
        let picked = shown.picked.as_ref().filter(|(_, of)| of == items).map(|(id, _)| *id);
        shown.chosen = Chosen::new(&tree, items, picked);
        if let Some(chosen) = shown.chosen.node {
            let zoomed = tree.path(Self::zoomed(context, &tree));
            let to = tree.path(chosen);
            let shared = zoomed.iter().zip(&to).take_while(|(a, b)| a == b).count();
            if shared < zoomed.len() {
                context.state.location.zoom.truncate(shared.saturating_sub(1));
                context.state.sizes.camera = None;
            }
        }
    }

    /// Chooses a node: its item, or all items below it.
    fn select(&mut self, context: &mut Context<'_>, id: NodeId) {
        let Some(shown) = &mut self.tree else { return };
        let selection = selection_of(&shown.tree, id);
        let items = match &selection {
            Selection::Item(item) => vec![*item],
            Selection::Items(items) => items.clone(),
            _ => Vec::new(),
        };
        // The same items may stand elsewhere, too.
        if shown.chosen.is_of(&items) {
            shown.chosen.node = Some(id);
        }
        shown.picked = Some((id, items));
        context.select(selection);
    }

    /// Does what was asked for in the chart or the table.
    fn act(&mut self, context: &mut Context<'_>, tree: &SizeTree, asked: Option<Asked>) {
        match asked {
            Some(Asked::Select(id)) => self.select(context, id),
            Some(Asked::SelectItems(items)) => context.select(Selection::Items(items)),
            Some(Asked::Zoom(id)) => zoom_to(context, tree, id),
            None => {}
        }
    }

    /// The node that fills the chart.
    fn zoomed(context: &Context<'_>, tree: &SizeTree) -> NodeId {
        tree.resolve(context.state.location.zoom.iter().map(String::as_str))
    }

    fn toolbar(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let language = context.state.language;
        let label = |text: Text| text.in_language(language);
        let is_compared = context.documents.before.is_some();
        let settings = &mut context.state.sizes;
        ui.horizontal_wrapped(|ui| {
            choice(ui, label(Text::GroupBy), &mut settings.grouping, &Grouping::ALL, |grouping| {
                label(match grouping {
                    Grouping::Section => Text::Section,
                    Grouping::Crate => Text::Crate,
                    Grouping::Generic => Text::Generic,
                    Grouping::Source => Text::Source,
                    Grouping::Retained => Text::Retained,
                })
            });
            choice(ui, label(Text::Metric), &mut settings.metric, &Metric::ALL, |metric| {
                label(match metric {
                    Metric::Raw => Text::Raw,
                    Metric::Retained => Text::Retained,
                    Metric::Transfer => Text::Transfer,
                })
            });
            let now = settings.color(is_compared);
            let mut color = now;
            choice(ui, label(Text::ColorBy), &mut color, &ColorBy::ALL, |color| label(color.text()));
            if color != now {
                settings.color = Some(color);
            }
            for (chart, text) in [(Chart::Treemap, Text::Treemap), (Chart::Sunburst, Text::Sunburst)] {
                ui.selectable_value(&mut settings.chart, chart, label(text));
            }
            if let Some((_, job)) = &self.loading {
                ui.spinner();
                ui.weak(&job.label);
            }
        });
    }

    /// The path to what fills the chart, and on to what is chosen in it; a click lets a heading fill the chart.
    fn breadcrumbs(context: &mut Context<'_>, shown: &Shown, ui: &mut egui::Ui) {
        let tree = &*shown.tree;
        let zoomed = Self::zoomed(context, tree);
        let mut path = tree.path(zoomed);
        let depth_of_zoom = path.len() - 1;
        if let Some(chosen) = shown.chosen.node {
            let to = tree.path(chosen);
            if to.starts_with(&path) {
                path = to;
            }
        }
        ui.horizontal_wrapped(|ui| {
            for (depth, id) in path.iter().copied().enumerate() {
                if depth > 0 {
                    ui.weak("›");
                }
                let node = tree.node(id);
                let name = if depth == 0 { context.text(Text::Root) } else { &node.name };
                let text = egui::RichText::new(name);
                let text = if depth > depth_of_zoom { text.italics() } else { text };
                if ui.selectable_label(id == zoomed, text).clicked() && id != zoomed {
                    zoom_to(context, tree, id);
                }
            }
            let at = path.last().copied().unwrap_or_default();
            ui.weak(size_text(shown, at));
        });
    }

    fn legend(&self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let Some(shown) = &self.tree else { return };
        let is_dark = ui.visuals().dark_mode;
        ui.horizontal_wrapped(|ui| {
            if shown.colors.legend.is_empty() && shown.colored.1 == ColorBy::Diff {
                ui.weak(context.text(Text::NothingCompared));
            }
            for (at, entry) in shown.colors.legend.iter().enumerate() {
                let color = shown.colors.of_entry(at, is_dark);
                let is_only = context.state.sizes.only.as_deref() == Some(&entry.key);
                let button = match entry.change {
                    Some(change) => {
                        let (swatch, _) = ui.allocate_exact_size(egui::vec2(16.0, 12.0), egui::Sense::hover());
                        ui.painter().rect_filled(swatch, 2.0, color);
                        if matches!(change, Change::New | Change::Gone) {
                            colors::hatch(ui.painter(), swatch);
                        }
                        let text = format!("{} {}", entry.name, entry.amount);
                        if change == Change::Gone {
                            // It has no place in the chart: the table has it.
                            ui.label(text);
                            continue;
                        }
                        egui::Button::selectable(is_only, text)
                    }
                    None => {
                        let text = egui::RichText::new(&entry.name).color(crate::theme::text_on(color)).small();
                        egui::Button::new(text).fill(color).selected(is_only)
                    }
                };
                let hover = format!("{} — {}", entry.name, entry.amount);
                if ui.add(button.small()).on_hover_text(hover).clicked() {
                    context.state.sizes.only = if is_only { None } else { Some(entry.key.clone()) };
                }
            }
            let is_searched = !shown.matches.is_match.is_empty();
            if is_searched {
                let count = widgets::grouped(shown.matches.leaves.len() as u64);
                let size = widgets::bytes(shown.matches.size_bytes);
                ui.strong(format!("{count} {} · {size}", context.text(Text::Matches)));
            }
        });
    }

    /// Keys that mean something here.
    fn keys(&mut self, context: &mut Context<'_>, tree: &SizeTree, ctx: &egui::Context) {
        if !context.has_focus(ViewId::Sizes) || ctx.text_edit_focused() {
            return;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        for (key, color) in [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5].into_iter().zip(ColorBy::ALL) {
            if pressed(key) {
                context.state.sizes.color = Some(color);
            }
        }
        let zoomed = Self::zoomed(context, tree);
        let first = || context.linked.items.first().and_then(|item| tree.find(*item));
        let at = self.tree.as_ref().and_then(|shown| shown.chosen.node).or_else(first);
        let siblings: Vec<NodeId> = at.map(|at| tree.children(tree.node(at).parent).collect()).unwrap_or_default();
        let place = siblings.iter().position(|id| Some(*id) == at);
        let mut to = None;
        if pressed(Key::ArrowRight) {
            to = place.and_then(|place| siblings.get(place + 1)).copied().or_else(|| tree.children(zoomed).next());
        }
        if pressed(Key::ArrowLeft) {
            to = place.and_then(|place| siblings.get(place.checked_sub(1)?)).copied();
        }
        if pressed(Key::ArrowUp) {
            to = at.map(|at| tree.node(at).parent);
        }
        if pressed(Key::ArrowDown) {
            to = tree.children(at.unwrap_or(zoomed)).next();
        }
        if let Some(to) = to {
            self.select(context, to);
        }
        if pressed(Key::Enter)
            && let Some(at) = at
        {
            zoom_to(context, tree, at);
        }
    }
}

impl View for Sizes {
    fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        self.refresh(context, ui.ctx());
        self.toolbar(context, ui);
        let Some(tree) = self.tree.as_ref().map(|shown| shown.tree.clone()) else {
            if self.loading.is_none() {
                ui.weak(context.text(Text::NoBinary));
            }
            return;
        };
        self.follow_selection(context);
        self.keys(context, &tree, ui.ctx());
        if let Some(shown) = &self.tree {
            Self::breadcrumbs(context, shown, ui);
        }
        self.legend(context, ui);
        let Some(shown) = &self.tree else { return };
        let is_narrow = ui.available_width() < 640.0;
        let panel = if is_narrow {
            egui::Panel::bottom("sizes-table").default_size(ui.available_height() * 0.4)
        } else {
            let share = if shown.comparison.is_some() { 0.45 } else { 0.36 };
            egui::Panel::right("sizes-table").default_size(ui.available_width() * share)
        };
        let mut asked = None;
        panel.resizable(true).show(ui, |ui| {
            // A panel is as large as what is in it: it keeps the size that it was given.
            ui.set_min_size(ui.available_size());
            asked = self.table.ui(context, shown, ui);
        });
        let in_chart = match context.state.sizes.chart {
            Chart::Treemap => self.treemap.ui(context, shown, ui),
            Chart::Sunburst => self.sunburst.ui(context, shown, ui),
        };
        self.act(context, &tree, asked.or(in_chart));
    }

    fn command(&mut self, context: &mut Context<'_>, command: Command) -> bool {
        let Some(shown) = &self.tree else { return false };
        match command {
            Command::Up => {
                context.state.location.zoom.pop();
                context.state.sizes.camera = None;
            }
            Command::Fit => {
                context.state.location.zoom.clear();
                context.state.sizes.camera = None;
                self.treemap.fit();
            }
            Command::NextMatch => {
                let leaves = &shown.matches.leaves;
                let now = shown.chosen.node;
                let place = leaves.iter().position(|id| Some(*id) == now).map_or(0, |place| place + 1);
                let Some(next) = leaves.get(place).or(leaves.first()) else { return false };
                let next = *next;
                self.select(context, next);
            }
            _ => return false,
        }
        true
    }

    fn is_busy(&self) -> bool {
        self.loading.is_some()
    }

    fn export(&self, context: &Context<'_>, format: Format) -> Option<String> {
        let shown = self.tree.as_ref()?;
        match format {
            Format::Svg => (context.state.sizes.chart == Chart::Treemap).then(|| treemap::svg(context, shown)),
            Format::Json => Some(table::json(context, shown)),
            Format::Csv => Some(table::csv(context, shown)),
            Format::Png => None,
        }
    }
}

/// What is asked for in the chart or the table.
enum Asked {
    /// To choose a node.
    Select(NodeId),
    /// To choose these items.
    SelectItems(Vec<ItemId>),
    /// To let a node fill the chart.
    Zoom(NodeId),
}

/// The tree of a binary's sizes, as they are measured.
fn measured(binary: &Binary, grouping: Grouping, metric: Metric) -> SizeTree {
    let tree = binary.tree(grouping);
    match metric {
        Metric::Raw => tree,
        Metric::Retained => binary.with(|analysis, _| {
            let node = |item: ItemId| Node::from(item);
            tree.with_sizes(|item| analysis.dominators.retained(node(item)))
        }),
        Metric::Transfer => {
            let sizes: HashMap<ItemId, u64> = binary.with(|analysis, _| transfer_sizes(analysis)).unwrap_or_default();
            tree.with_sizes(|item| sizes.get(&item).copied().unwrap_or(0))
        }
    }
}

/// A node's size; with another build, before and after.
fn size_text(shown: &Shown, id: NodeId) -> String {
    let after = shown.tree.node(id).size_bytes;
    let Some(comparison) = &shown.comparison else { return widgets::bytes(after) };
    let before = comparison.before_bytes(id).unwrap_or(0);
    let (_, delta) = comparison.change(&shown.tree, id);
    format!("{} → {} ({})", widgets::bytes(before), widgets::bytes(after), widgets::signed(delta))
}

/// A node as a selection: its item, or all items below it.
fn selection_of(tree: &SizeTree, id: NodeId) -> Selection {
    if let Some(item) = tree.node(id).item {
        return Selection::Item(item);
    }
    let mut items = Vec::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        items.extend(tree.node(id).item);
        open.extend(tree.children(id));
    }
    items.sort_unstable();
    items.dedup();
    Selection::Items(items)
}

/// Lets a node fill the chart; of a leaf, what it is in.
fn zoom_to(context: &mut Context<'_>, tree: &SizeTree, id: NodeId) {
    let to = if tree.node(id).children.is_empty() { tree.node(id).parent } else { id };
    context.state.location.zoom = tree.names(to);
    context.state.sizes.camera = None;
}

//! What fills the file: treemap or sunburst, locked to a table and to breadcrumbs.

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
use crate::model::{Grouping, Metric, NodeId, Selection, SizeTree, transfer_sizes};
use crate::strings::Text;
use crate::widgets::{self, choice};
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
    /// What colours mean.
    pub color: ColorBy,
    /// The category of the legend that alone keeps its colour.
    pub only: Option<String>,
    /// What the table is sorted by.
    pub sort: table::Sort,
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
    loading: Option<(TreeKey, Job<SizeTree>)>,
    treemap: treemap::Treemap,
    sunburst: sunburst::Sunburst,
    scrolled_to: Option<ItemId>,
}

/// What a tree is made from: documents, grouping, metric.
type TreeKey = (u64, Grouping, Metric);

/// A tree with what depends on it.
struct Shown {
    key: TreeKey,
    tree: Arc<SizeTree>,
    colors: Colors,
    colored: (u64, ColorBy),
    matches: Matches,
    matched: String,
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
            let job = Job::start(ctx, label, move |_| {
                let tree = binary.tree(key.1);
                match key.2 {
                    Metric::Raw => tree,
                    Metric::Retained => binary.with(|analysis, _| {
                        let node = |item: ItemId| Node::from(item);
                        tree.with_sizes(|item| analysis.dominators.retained(node(item)))
                    }),
                    Metric::Transfer => {
                        let sizes: HashMap<ItemId, u64> =
                            binary.with(|analysis, _| transfer_sizes(analysis)).unwrap_or_default();
                        tree.with_sizes(|item| sizes.get(&item).copied().unwrap_or(0))
                    }
                }
            });
            self.loading = Some((key, job));
        }
        if let Some((key, job)) = &self.loading {
            match job.poll() {
                Poll::Running => {}
                Poll::Gone => self.loading = None,
                Poll::Done(tree) => {
                    self.tree = Some(Shown {
                        key: *key,
                        tree: Arc::new(tree),
                        colors: Colors::default(),
                        colored: (u64::MAX, ColorBy::Crate),
                        matches: Matches::default(),
                        matched: String::new(),
                    });
                    self.loading = None;
                    self.treemap.reset();
                }
            }
        }
        let Some(shown) = &mut self.tree else { return };
        let colored = (context.documents.generation, settings.color);
        if shown.colored != colored {
            shown.colors = Colors::new(context.documents, &shown.tree, settings.color);
            shown.colored = colored;
            self.treemap.repaint();
        }
        if shown.matched != context.state.search {
            shown.matches = Matches::new(context, &shown.tree);
            shown.matched.clone_from(&context.state.search);
            self.treemap.repaint();
        }
    }

    /// The node that fills the chart.
    fn zoomed(context: &Context<'_>, tree: &SizeTree) -> NodeId {
        tree.resolve(context.state.location.zoom.iter().map(String::as_str))
    }

    fn toolbar(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let language = context.state.language;
        let label = |text: Text| text.in_language(language);
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
            choice(ui, label(Text::ColorBy), &mut settings.color, &ColorBy::ALL, |color| label(color.text()));
            for (chart, text) in [(Chart::Treemap, Text::Treemap), (Chart::Sunburst, Text::Sunburst)] {
                ui.selectable_value(&mut settings.chart, chart, label(text));
            }
            if let Some((_, job)) = &self.loading {
                ui.spinner();
                ui.weak(&job.label);
            }
        });
    }

    /// The path of what fills the chart; a click leads up.
    fn breadcrumbs(context: &mut Context<'_>, tree: &SizeTree, ui: &mut egui::Ui) {
        let zoomed = Self::zoomed(context, tree);
        ui.horizontal_wrapped(|ui| {
            for (depth, id) in tree.path(zoomed).into_iter().enumerate() {
                if depth > 0 {
                    ui.weak("›");
                }
                let node = tree.node(id);
                let name = if depth == 0 { context.text(Text::Root) } else { &node.name };
                if ui.selectable_label(id == zoomed, name).clicked() {
                    context.state.location.zoom.truncate(depth);
                }
            }
            ui.weak(widgets::bytes(tree.node(zoomed).size_bytes));
        });
    }

    fn legend(&self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let Some(shown) = &self.tree else { return };
        let is_dark = ui.visuals().dark_mode;
        ui.horizontal_wrapped(|ui| {
            for (at, entry) in shown.colors.legend.iter().enumerate() {
                let color = crate::theme::category(at as u32, is_dark);
                let is_only = context.state.sizes.only.as_deref() == Some(&entry.name);
                let text = egui::RichText::new(&entry.name).color(crate::theme::text_on(color)).small();
                let button = egui::Button::new(text).fill(color).selected(is_only).small();
                let hover = format!("{} — {}", entry.name, widgets::bytes(entry.size_bytes));
                if ui.add(button).on_hover_text(hover).clicked() {
                    context.state.sizes.only = if is_only { None } else { Some(entry.name.clone()) };
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
                context.state.sizes.color = color;
            }
        }
        let zoomed = Self::zoomed(context, tree);
        let at = context.linked.items.first().and_then(|item| tree.find(*item));
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
            select(context, tree, to);
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
        self.keys(context, &tree, ui.ctx());
        Self::breadcrumbs(context, &tree, ui);
        self.legend(context, ui);
        let Some(shown) = &self.tree else { return };
        let is_narrow = ui.available_width() < 640.0;
        let panel = if is_narrow {
            egui::Panel::bottom("sizes-table").default_size(ui.available_height() * 0.4)
        } else {
            egui::Panel::right("sizes-table").default_size(ui.available_width() * 0.36)
        };
        panel.resizable(true).show(ui, |ui| {
            // A panel is as large as what is in it: it keeps the size that it was given.
            ui.set_min_size(ui.available_size());
            table::ui(context, shown, &mut self.scrolled_to, ui);
        });
        match context.state.sizes.chart {
            Chart::Treemap => self.treemap.ui(context, shown, ui),
            Chart::Sunburst => self.sunburst.ui(context, shown, ui),
        }
    }

    fn command(&mut self, context: &mut Context<'_>, command: Command) -> bool {
        let Some(shown) = &self.tree else { return false };
        match command {
            Command::Up => {
                context.state.location.zoom.pop();
            }
            Command::Fit => {
                context.state.location.zoom.clear();
                self.treemap.fit();
            }
            Command::NextMatch => {
                let leaves = &shown.matches.leaves;
                let now = context.linked.items.first().and_then(|item| shown.tree.find(*item));
                let place = leaves.iter().position(|id| Some(*id) == now).map_or(0, |place| place + 1);
                let Some(next) = leaves.get(place).or(leaves.first()) else { return false };
                select(context, &shown.tree, *next);
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
        Some(match format {
            Format::Svg => treemap::svg(context, shown),
            Format::Json => table::json(context, shown),
            Format::Csv => table::csv(context, shown),
        })
    }
}

/// Chooses a node: its item, or all items below it.
fn select(context: &mut Context<'_>, tree: &SizeTree, id: NodeId) {
    if let Some(item) = tree.node(id).item {
        return context.select(Selection::Item(item));
    }
    let mut items = Vec::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        items.extend(tree.node(id).item);
        open.extend(tree.children(id));
    }
    items.sort_unstable();
    items.dedup();
    context.select(Selection::Items(items));
}

/// Lets a node fill the chart; of a leaf, what it is in.
fn zoom_to(context: &mut Context<'_>, tree: &SizeTree, id: NodeId) {
    let to = if tree.node(id).children.is_empty() { tree.node(id).parent } else { id };
    context.state.location.zoom = tree.names(to);
}

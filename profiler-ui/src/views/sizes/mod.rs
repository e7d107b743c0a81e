//! What fills the file: treemap or sunburst, locked to a table and to breadcrumbs.

mod chosen;
mod colors;
mod layout;
mod mesh;
mod shown;
mod sunburst;
mod table;
mod treemap;

use egui::{Key, Modifiers};
use serde::{Deserialize, Serialize};

pub use colors::ColorBy;

use super::{Format, View, ViewId};
use crate::command::Command;
use crate::context::Context;
use crate::jobs::{Job, Poll};
use crate::model::{Grouping, Metric, NodeId, Selection, SizeTree};
use crate::strings::Text;
use crate::widgets::{self, choice};
use shown::{Measured, Shown, TreeKey};

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
    /// The documents whose comparison was cancelled.
    alone: Option<u64>,
    treemap: treemap::Treemap,
    sunburst: sunburst::Sunburst,
    table: table::Table,
}

impl Sizes {
    /// Brings the tree, its colours and the search's matches up to date.
    fn refresh(&mut self, context: &Context<'_>, ctx: &egui::Context) {
        let (documents, settings) = (context.documents, &context.state.sizes);
        let before = documents.before.clone().filter(|_| self.alone != Some(documents.generation));
        let key = TreeKey {
            generation: documents.generation,
            grouping: settings.grouping,
            metric: settings.metric,
            is_compared: before.is_some(),
        };
        if let Some(binary) = &documents.binary
            && self.tree.as_ref().is_none_or(|shown| shown.key != key)
        {
            if self.loading.as_ref().is_none_or(|(of, _)| *of != key) {
                let (binary, before) = (binary.clone(), before.clone());
                let coloring = shown::coloring(context, before.is_some());
                let work = move |progress: &_| Measured::new(&binary, before.as_deref(), key, coloring, progress);
                self.loading = Some((key, Job::start(ctx, context.text(Text::Working), work)));
            }
            match self.loading.as_ref().map(|(_, job)| job.poll()) {
                None | Some(Poll::Running) => {}
                Some(Poll::Gone) => self.loading = None,
                Some(Poll::Done(measured)) => {
                    self.tree = Some(Shown::new(key, binary.clone(), before, measured));
                    self.loading = None;
                    self.treemap.reset();
                }
            }
        } else {
            self.loading = None;
        }
        let Some(shown) = &mut self.tree else { return };
        let had_gone = shown.areas().has_gone;
        if shown.color(context) {
            self.treemap.repaint();
        }
        if shown.areas().has_gone != had_gone {
            // What is gone has room in one and none in the other.
            self.treemap.reset();
        }
        if shown.search(context) {
            self.treemap.repaint();
        }
    }

    /// Gives up what is being measured: what was shown before comes back, or the two builds are not compared.
    fn cancel(&mut self, context: &mut Context<'_>) {
        let generation = context.documents.generation;
        match self.tree.as_ref().map(|shown| shown.key).filter(|key| key.generation == generation) {
            Some(key) => {
                context.state.sizes.grouping = key.grouping;
                context.state.sizes.metric = key.metric;
            }
            None => self.alone = Some(generation),
        }
        self.loading = None;
    }

    /// Whether there is something to come back to.
    fn can_cancel(&self, context: &Context<'_>) -> bool {
        let generation = context.documents.generation;
        let is_comparing = self.loading.as_ref().is_some_and(|(key, _)| key.is_compared);
        is_comparing || self.tree.as_ref().is_some_and(|shown| shown.key.generation == generation)
    }

    /// Finds the selection in the tree. What is not below what fills the chart leads out to where both are.
    fn follow_selection(&mut self, context: &mut Context<'_>) {
        let Some(shown) = &mut self.tree else { return };
        if !shown.follow(context) {
            return;
        }
        let tree = &shown.tree;
        if let Some(chosen) = shown.chosen.node {
            let zoomed = tree.path(Self::zoomed(context, tree));
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
        context.select(shown.pick(id));
    }

    /// Does what was asked for in the chart or the table.
    fn act(&mut self, context: &mut Context<'_>, asked: Option<Asked>) {
        let Some(shown) = &self.tree else { return };
        match asked {
            Some(Asked::Select(id)) => self.select(context, id),
            Some(Asked::SelectAll(ids)) => context.select(selection_of(shown, &ids)),
            Some(Asked::Zoom(id)) => zoom_to(context, &shown.tree, id),
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
        let is_compared = self.tree.as_ref().is_some_and(|shown| shown.comparison.is_some());
        let can_cancel = self.can_cancel(context);
        let mut is_cancelled = false;
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
                is_cancelled = widgets::work(ui, job, language, can_cancel);
            }
        });
        if is_cancelled {
            self.cancel(context);
        }
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
                let text = if depth == 0 { context.text(Text::Root).into() } else { shown.name(id) };
                let text = if depth > depth_of_zoom { text.italics() } else { text };
                if ui.selectable_label(id == zoomed, text).clicked() && id != zoomed {
                    zoom_to(context, tree, id);
                }
            }
            let at = path.last().copied().unwrap_or_default();
            ui.weak(shown.size_text(context, at));
        });
    }

    fn legend(&self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let Some(shown) = &self.tree else { return };
        let is_dark = ui.visuals().dark_mode;
        ui.horizontal_wrapped(|ui| {
            if shown.colors.legend.is_empty() && shown.colors.by == ColorBy::Diff {
                ui.weak(context.text(Text::NothingCompared));
            }
            for (at, entry) in shown.colors.legend.iter().enumerate() {
                let color = shown.colors.of_entry(at, is_dark);
                let is_only = context.state.sizes.only.as_deref() == Some(&entry.key);
                let button = match entry.change {
                    Some(change) => {
                        let (swatch, _) = ui.allocate_exact_size(egui::vec2(16.0, 12.0), egui::Sense::hover());
                        ui.painter().rect_filled(swatch, 2.0, color);
                        for line in colors::hatch_lines(swatch, change).filter(|_| colors::is_hatched(change)) {
                            ui.painter().line_segment(line, (1.0, colors::hatch_color(change, is_dark)));
                        }
                        let text = format!("{} {}", entry.name, entry.amount);
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
            if shown.matches.is_searching() {
                let count = widgets::grouped(shown.matches.leaves.len() as u64);
                let size = widgets::bytes(shown.matches.size_bytes);
                ui.strong(format!("{count} {} · {size}", context.text(Text::Matches)));
            }
        });
    }

    /// Keys that mean something here.
    fn keys(&mut self, context: &mut Context<'_>, ctx: &egui::Context) {
        if !context.has_focus(ViewId::Sizes) || ctx.text_edit_focused() {
            return;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        for (key, color) in [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5].into_iter().zip(ColorBy::ALL) {
            if pressed(key) {
                context.state.sizes.color = Some(color);
            }
        }
        let Some(shown) = &self.tree else { return };
        let (tree, areas) = (shown.tree.clone(), shown.areas());
        let zoomed = Self::zoomed(context, &tree);
        let first = || context.linked.items.first().and_then(|item| tree.find(*item));
        let at = shown.chosen.node.or_else(first);
        // In the order of the picture.
        let siblings: Vec<NodeId> = at.map(|at| areas.below(tree.node(at).parent)).unwrap_or_default();
        let place = siblings.iter().position(|id| Some(*id) == at);
        let first_below = |id: NodeId| areas.below(id).first().copied();
        let mut to = None;
        if pressed(Key::ArrowRight) {
            to = place.and_then(|place| siblings.get(place + 1)).copied().or_else(|| first_below(zoomed));
        }
        if pressed(Key::ArrowLeft) {
            to = place.and_then(|place| siblings.get(place.checked_sub(1)?)).copied();
        }
        if pressed(Key::ArrowUp) {
            to = at.map(|at| tree.node(at).parent);
        }
        if pressed(Key::ArrowDown) {
            to = first_below(at.unwrap_or(zoomed));
        }
        if let Some(to) = to {
            self.select(context, to);
        }
        if pressed(Key::Enter)
            && let Some(at) = at
        {
            zoom_to(context, &tree, at);
        }
    }
}

impl View for Sizes {
    fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        self.refresh(context, ui.ctx());
        self.toolbar(context, ui);
        if self.tree.is_none() {
            if self.loading.is_none() {
                ui.weak(context.text(Text::NoBinary));
            }
            return;
        }
        self.follow_selection(context);
        self.keys(context, ui.ctx());
        if let Some(shown) = &self.tree {
            Self::breadcrumbs(context, shown, ui);
        }
        self.legend(context, ui);
        let Some(shown) = &self.tree else { return };
        let is_narrow = ui.available_width() < 640.0;
        let beside = if shown.comparison.is_some() { 0.45 } else { 0.36 };
        let panel = widgets::side_panel(ui, "sizes-table", is_narrow, 0.4, beside);
        let mut asked = None;
        panel.show(ui, |ui| {
            // A panel is as large as what is in it: it keeps the size that it was given.
            ui.set_min_size(ui.available_size());
            asked = self.table.ui(context, shown, ui);
        });
        let in_chart = match context.state.sizes.chart {
            Chart::Treemap => self.treemap.ui(context, shown, ui),
            Chart::Sunburst => self.sunburst.ui(context, shown, ui),
        };
        self.act(context, asked.or(in_chart));
    }

    fn command(&mut self, context: &mut Context<'_>, command: Command) -> bool {
        let Some(shown) = &mut self.tree else { return false };
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
                // Asked in another view, it may not have been drawn since the search was typed.
                if shown.search(context) {
                    self.treemap.repaint();
                }
                let leaves = &shown.matches.leaves;
                let now = shown.at(context);
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
    /// To choose all of these.
    SelectAll(Vec<NodeId>),
    /// To let a node fill the chart.
    Zoom(NodeId),
}

/// Nodes as a selection: their items of this build; if there are none, those that are gone.
fn selection_of(shown: &Shown, ids: &[NodeId]) -> Selection {
    let sorted = |is_gone: bool| {
        let ids = ids.iter().filter(|id| shown.is_gone(**id) == is_gone);
        let mut items: Vec<_> = ids.filter_map(|id| shown.item(*id)).collect();
        items.sort_unstable();
        items.dedup();
        items
    };
    let (here, gone) = (sorted(false), sorted(true));
    if here.is_empty() && !gone.is_empty() { Selection::Gone(gone) } else { Selection::Items(here) }
}

/// Lets a node fill the chart; of a leaf, what it is in.
fn zoom_to(context: &mut Context<'_>, tree: &SizeTree, id: NodeId) {
    let to = if tree.node(id).children.is_empty() { tree.node(id).parent } else { id };
    context.state.location.zoom = tree.names(to);
    context.state.sizes.camera = None;
}

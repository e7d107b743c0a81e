//! Where the time goes: flame graph in time order, left heavy, as a sandwich or against another run, locked to a table.

mod flame;
mod span;
mod strip;
mod summary;
mod table;

use std::sync::Arc;

use egui::{Key, Modifiers};
use serde::{Deserialize, Serialize};
use wasm_profile::{FunctionId, Unit};

pub use table::Table;

use super::{Format, View, ViewId};
use crate::command::Command;
use crate::context::Context;
use crate::jobs::{Job, Poll};
use crate::model::{Linked, Selection};
use crate::strings::Text;
use crate::{theme, widgets};
use flame::Flame;
use strip::Strip;
use summary::{Found, Sandwich, Summary};
use table::Rows;

/// How the view is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// What the flame graph shows.
    pub chart: ChartKind,
    /// What the table lists.
    pub table: Table,
    /// Which of the profile's measures counts.
    pub measure: usize,
    /// Which thread alone counts.
    pub thread: Option<usize>,
    /// Which part of the axis alone counts.
    pub range: Option<[u64; 2]>,
    /// What part of the chart's width is seen, if not all: in its unit.
    pub zoom: Option<[f64; 2]>,
    /// The first row that is seen, if not as at first.
    pub top_row: Option<f32>,
    /// The function in the middle of the sandwich, by name; else the hottest.
    pub function: Option<String>,
}

/// What the flame graph shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChartKind {
    /// A thread's stacks as they ran.
    #[default]
    TimeOrder,
    /// Each stack once, the heaviest first.
    LeftHeavy,
    /// A function between its callers and its callees.
    Sandwich,
    /// Both runs' stacks, by how they changed.
    Difference,
}

impl ChartKind {
    /// All, in the order of tabs, with their keys.
    const ALL: [(ChartKind, Text, Key); 4] = [
        (ChartKind::TimeOrder, Text::TimeOrder, Key::T),
        (ChartKind::LeftHeavy, Text::LeftHeavy, Key::L),
        (ChartKind::Sandwich, Text::Sandwich, Key::N),
        (ChartKind::Difference, Text::Diff, Key::X),
    ];
}

impl Settings {
    /// Shows another chart, all of it.
    fn set_chart(&mut self, chart: ChartKind) {
        if self.chart != chart {
            (self.chart, self.zoom, self.top_row) = (chart, None, None);
        }
    }

    /// Lets another part of the axis count; in the charts whose width is its weight all is seen again.
    fn set_range(&mut self, range: Option<[u64; 2]>) {
        self.range = range;
        if self.chart != ChartKind::TimeOrder {
            self.zoom = None;
        }
    }
}

/// The view.
#[derive(Default)]
pub struct Time {
    shown: Option<Shown>,
    computing: Option<(summary::Key, Job<Summary>)>,
    sandwiching: Option<Job<Sandwich>>,
    flame: Flame,
    strip: Strip,
    rows: Rows,
}

/// A summary with what depends on search and selection.
struct Shown {
    summary: Arc<Summary>,
    found: Found,
    found_of: String,
    /// The functions that are chosen, in the order of their ids.
    chosen: Vec<FunctionId>,
    chosen_of: Option<Linked>,
    sandwich: Option<Sandwich>,
    /// Which function the sandwich is of, by the setting.
    sandwich_of: Option<Option<String>>,
}

impl Time {
    /// Brings all that is computed up to date.
    fn refresh(&mut self, context: &Context<'_>, ctx: &egui::Context) {
        let Some(profile) = &context.documents.profile else {
            *self = Time::default();
            return;
        };
        let settings = &context.state.time;
        let whole = profile.profile().range();
        let range = settings.range.map(|[start, end]| start.max(whole.start)..end.min(whole.end));
        let key = summary::Key {
            generation: context.documents.generation,
            measure: settings.measure,
            thread: settings.thread,
            range: range.filter(|range| !range.is_empty()),
        };
        if self.shown.as_ref().is_none_or(|shown| shown.summary.key != key)
            && self.computing.as_ref().is_none_or(|(of, _)| *of != key)
            && let Some(work) = Summary::work(context.documents, key.clone())
        {
            self.computing = Some((key, Job::start(ctx, context.text(Text::Working), move |_| work())));
        }
        let Some(shown) = &mut self.shown else { return };
        if shown.found_of != context.state.search {
            shown.found_of.clone_from(&context.state.search);
            shown.search(context);
            self.rows.relist();
            self.flame.repaint();
        }
        if shown.chosen_of.as_ref() != Some(context.linked) {
            shown.choose(context);
        }
        self.refresh_sandwich(context, ctx);
    }

    fn refresh_sandwich(&mut self, context: &Context<'_>, ctx: &egui::Context) {
        let settings = &context.state.time;
        let Some(shown) = &mut self.shown else { return };
        if settings.chart != ChartKind::Sandwich || shown.sandwich_of.as_ref() == Some(&settings.function) {
            return;
        }
        shown.sandwich_of = Some(settings.function.clone());
        let summary = shown.summary.clone();
        let wanted = settings.function.as_deref();
        let named =
            wanted.and_then(|name| summary.functions.iter().find(|hot| summary.recording.label(hot.function) == name));
        let Some(function) = named.or(summary.functions.first()).map(|hot| hot.function) else { return };
        self.sandwiching =
            Some(Job::start(ctx, context.text(Text::Working), move |_| Sandwich::new(&summary, function)));
    }

    fn toolbar(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let language = context.state.language;
        let label = |text: Text| text.in_language(language);
        let settings = &mut context.state.time;
        let has_difference = context.documents.profile_before.is_some();
        ui.horizontal_wrapped(|ui| {
            for (chart, text, key) in ChartKind::ALL {
                if chart == ChartKind::Difference && !has_difference {
                    continue;
                }
                let tab = ui.selectable_label(settings.chart == chart, label(text));
                if tab.on_hover_text(key.name()).clicked() {
                    settings.set_chart(chart);
                }
            }
            let Some(profile) = context.documents.profile.as_ref().map(|recording| recording.profile()) else { return };
            if profile.threads().len() > 1 {
                let name = |thread: Option<usize>| match thread.and_then(|at| profile.threads().get(at)) {
                    Some(thread) => format!("{} ({})", thread.name, widgets::grouped(thread.len() as u64)),
                    None => label(Text::AllThreads).to_string(),
                };
                let all = std::iter::once(None).chain((0..profile.threads().len()).map(Some));
                combo(ui, label(Text::Thread), &mut settings.thread, all, name);
            }
            if profile.measures().len() > 1 {
                let name = |at: usize| {
                    profile.measures().get(at).map_or(String::new(), |measure| language.word(&measure.name).to_string())
                };
                combo(ui, label(Text::Measure), &mut settings.measure, 0..profile.measures().len(), name);
            }
            if self.is_busy() {
                ui.spinner();
                ui.weak(label(Text::Working));
            }
        });
    }

    /// What counts, what a search finds, and how well the profile fits the program.
    fn facts(context: &mut Context<'_>, shown: &Shown, ui: &mut egui::Ui) {
        let summary = &*shown.summary;
        let language = context.state.language;
        ui.horizontal_wrapped(|ui| {
            let measure = &summary.profile().measures()[summary.measure.index()];
            // A time says by itself what it is.
            let name = if measure.unit == Unit::Nanoseconds { "" } else { language.word(&measure.name) };
            let counted = format!(
                "{} {} · {} {name}",
                widgets::grouped(summary.samples as u64),
                Text::Samples.in_language(language),
                summary.weight(summary.weights.sum()),
            );
            ui.label(counted.trim_end());
            if let Some(range) = &summary.key.range {
                ui.strong(format!("↔ {}", summary.distance(range.end - range.start)));
                if ui.button(Text::UnselectRange.in_language(language)).clicked() {
                    context.state.time.set_range(None);
                }
            }
            if !shown.found.is_match.is_empty() {
                ui.strong(format!(
                    "{} {} · {} ({})",
                    widgets::grouped(shown.found.functions as u64),
                    Text::Matches.in_language(language),
                    summary.weight(shown.found.weight),
                    widgets::share(shown.found.weight, summary.weights.sum()),
                ));
            }
            if let (Some(matched), Some(binary)) = (&context.documents.matched, &context.documents.binary) {
                let report = matched.report();
                let all = report.found.functions + report.missing.functions;
                ui.weak(format!("{} {}/{all}", binary.name(), report.found.functions));
                if report.is_other_build() {
                    let text = Text::OtherBuild.in_language(language);
                    ui.colored_label(ui.visuals().warn_fg_color, text);
                }
            }
        });
    }

    fn legend(shown: &Shown, chart: ChartKind, ui: &mut egui::Ui) {
        let is_dark = ui.visuals().dark_mode;
        if chart == ChartKind::Difference {
            return;
        }
        ui.horizontal_wrapped(|ui| {
            for (at, (name, own)) in shown.summary.colors.legend.iter().enumerate() {
                let color = theme::category(at as u32, is_dark);
                let text = egui::RichText::new(name).color(theme::text_on(color)).background_color(color).small();
                let weight = shown.summary.weight(*own);
                ui.label(text).on_hover_text(format!("{name} — {weight}"));
            }
        });
    }

    /// Keys that mean something here.
    fn keys(&mut self, context: &mut Context<'_>, ctx: &egui::Context) {
        if !context.has_focus(ViewId::Time) || ctx.text_edit_focused() {
            return;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        for (chart, _, key) in ChartKind::ALL {
            let is_there = chart != ChartKind::Difference || context.documents.profile_before.is_some();
            if is_there && pressed(key) {
                context.state.time.set_chart(chart);
                if chart == ChartKind::Sandwich
                    && let Some(shown) = &self.shown
                    && let Some(function) = shown.chosen.first()
                {
                    context.state.time.function = Some(shown.summary.recording.label(*function).to_string());
                }
            }
        }
    }
}

impl View for Time {
    fn update(&mut self, _: &mut Context<'_>) {
        if let Some((_, job)) = &self.computing {
            match job.poll() {
                Poll::Running => {}
                Poll::Gone => self.computing = None,
                Poll::Done(summary) => {
                    self.rows.reset(&summary);
                    self.shown = Some(Shown {
                        summary: Arc::new(summary),
                        found: Found::default(),
                        found_of: String::new(),
                        chosen: Vec::new(),
                        chosen_of: None,
                        sandwich: None,
                        sandwich_of: None,
                    });
                    self.computing = None;
                    self.sandwiching = None;
                    self.flame.repaint();
                    self.strip.repaint();
                }
            }
        }
        if let (Some(job), Some(shown)) = (&self.sandwiching, &mut self.shown) {
            match job.poll() {
                Poll::Running => {}
                Poll::Gone => self.sandwiching = None,
                Poll::Done(sandwich) => {
                    shown.sandwich = Some(sandwich);
                    self.sandwiching = None;
                    self.flame.repaint();
                }
            }
        }
    }

    fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        self.refresh(context, ui.ctx());
        self.keys(context, ui.ctx());
        self.toolbar(context, ui);
        let Some(shown) = &self.shown else {
            if self.computing.is_none() {
                ui.weak(context.text(Text::NoProfile));
            }
            return;
        };
        Self::facts(context, shown, ui);
        Self::legend(shown, context.state.time.chart, ui);
        let is_narrow = ui.available_width() < 640.0;
        let panel = widgets::side_panel(ui, "time-table", is_narrow, 0.4, 0.36);
        let rows = &mut self.rows;
        panel.show(ui, |ui| table::ui(context, rows, shown, ui));
        self.strip.ui(context, &shown.summary, &mut self.flame, ui);
        self.flame.ui(context, shown, ui);
    }

    fn command(&mut self, context: &mut Context<'_>, command: Command) -> bool {
        match command {
            Command::Fit => (context.state.time.zoom, context.state.time.top_row) = (None, None),
            Command::Up => self.flame.up(context),
            Command::NextMatch => {
                let Some(shown) = self.shown.as_ref().filter(|shown| !shown.found.is_match.is_empty()) else {
                    return false;
                };
                let functions = shown.summary.functions.iter().map(|hot| hot.function);
                let found: Vec<FunctionId> = functions.filter(|function| shown.found.keeps(*function)).collect();
                let now = found.iter().position(|function| shown.chosen.contains(function));
                let next = now.and_then(|now| found.get(now + 1)).or(found.first());
                let Some(next) = next else { return false };
                select(context, &shown.summary, *next);
            }
            _ => return false,
        }
        true
    }

    fn is_busy(&self) -> bool {
        self.computing.is_some() || self.sandwiching.is_some()
    }

    fn export(&self, context: &Context<'_>, format: Format) -> Option<String> {
        let summary = &*self.shown.as_ref()?.summary;
        match format {
            Format::Svg => svg(summary).filter(|_| context.state.time.chart == ChartKind::LeftHeavy),
            Format::Png => None,
            Format::Json => table::export(context, summary, false),
            Format::Csv => table::export(context, summary, true),
        }
    }
}

/// The stacks, left heavy, as a drawing that zooms and searches by itself.
#[cfg(not(target_arch = "wasm32"))]
fn svg(summary: &Summary) -> Option<String> {
    let unit = &summary.profile().measures()[summary.measure.index()].name;
    let svg = wasm_profile::export::svg(summary.profile(), &summary.weights, summary.recording.name(), unit);
    String::from_utf8(svg.ok()?).ok()
}

#[cfg(target_arch = "wasm32")]
fn svg(_: &Summary) -> Option<String> {
    None
}

impl Shown {
    fn search(&mut self, context: &Context<'_>) {
        let recording = &self.summary.recording;
        if context.filter.is_empty() {
            self.found = Found::default();
            return;
        }
        let filter = context.filter;
        let matched = context.documents.matched.as_ref().zip(context.documents.binary.as_ref());
        self.found = match matched {
            Some((matched, binary)) => binary.with(|analysis, _| {
                Found::new(&self.summary, |function| {
                    let label = recording.label(function);
                    match matched.item(function) {
                        Some((item, _)) => filter.matches_item(analysis, item, label),
                        None => filter.matches_name(label),
                    }
                })
            }),
            None => Found::new(&self.summary, |function| filter.matches_name(recording.label(function))),
        };
    }

    /// What the selection means here.
    fn choose(&mut self, context: &Context<'_>) {
        let linked = context.linked;
        self.chosen.clear();
        if let Some(matched) = &context.documents.matched {
            for item in &linked.items {
                self.chosen.extend(matched.functions(*item));
            }
        }
        if let Some(name) = &linked.function {
            self.chosen.extend(self.summary.recording.named(name));
        }
        self.chosen.sort_unstable();
        self.chosen.dedup();
        self.chosen_of = Some(linked.clone());
    }
}

/// Chooses a function for all views.
fn select(context: &mut Context<'_>, summary: &Summary, function: FunctionId) {
    context.select(Selection::Function(summary.recording.label(function).to_string()));
}

/// A box to choose one of several whose names are made.
fn combo<T: Copy + PartialEq>(
    ui: &mut egui::Ui,
    label: &str,
    value: &mut T,
    all: impl Iterator<Item = T>,
    name: impl Fn(T) -> String,
) {
    let all: Vec<T> = all.collect();
    let shown = format!("{label}: {}", name(*value));
    let current = all.iter().position(|one| one == value);
    if let Some(chosen) = widgets::drop_down(ui, label, &shown, all.len(), current, |at| name(all[at])) {
        *value = all[chosen];
    }
}

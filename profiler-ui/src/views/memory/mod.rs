//! What fills a memory: page grid, growth, hexdump, and what the bytes mean; of a module that has not run, of snapshots
//! and core dumps, of a program that runs.

mod grid;
mod hexdump;
mod inspector;
mod panels;
mod saved;
mod timeline;

use std::ops::Range;
use std::sync::Arc;

use egui::{Key, Modifiers};
use memviz::{Image, Pattern, find};
use serde::{Deserialize, Serialize};

pub use panels::Panel;

use super::{Format, View, ViewId};
use crate::command::Command;
use crate::context::{Context, Request};
use crate::jobs::{Job, Poll};
use crate::live::Ask;
use crate::model::{Binary, Known, Moment, Run, Selection, Survey};
use crate::notices::Severity;
use crate::page::{Id, PageCommand};
use crate::strings::Text;
use crate::widgets;

/// How the view is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// Which memory.
    pub memory: u32,
    /// At which moment.
    pub moment: Chosen,
    /// The moment that it is compared with.
    pub compared: Option<Chosen>,
    /// What the grid's colours mean.
    pub color: ColorBy,
    /// What the grid shows; all without it.
    pub shown: Option<Range<u64>>,
    /// What is said beside the hexdump.
    pub panel: Panel,
    /// The type that is laid over what is chosen; that of the variable there if it is empty.
    pub type_name: String,
    /// What is searched for in the memory.
    pub pattern: String,
}

impl Settings {
    /// The addresses that the grid shows of a memory.
    fn shown(&self, len: u64) -> Range<u64> {
        match &self.shown {
            Some(range) if range.start < len && range.start < range.end => range.start..range.end.min(len),
            _ => 0..len,
        }
    }

    /// Shows more or less around an address, which stays where it is.
    fn zoom_by(&mut self, factor: f64, around: u64, len: u64) {
        let now = self.shown(len);
        let size = now.end - now.start;
        let wanted = ((size as f64 * factor) as u64).clamp(1024.min(len), len);
        let before = (around.saturating_sub(now.start) as f64 * wanted as f64 / size.max(1) as f64) as u64;
        let start = around.saturating_sub(before).min(len - wanted);
        self.shown = (wanted < len).then_some(start..start + wanted);
    }

    /// Moves what is shown by a part of itself.
    fn pan_by(&mut self, part: f64, len: u64) {
        let now = self.shown(len);
        let size = now.end - now.start;
        let start = now.start.saturating_add_signed((size as f64 * part) as i64).min(len - size);
        self.shown = (size < len).then_some(start..start + size);
    }

    /// Whether the newest is shown: with a program that runs, its memory now.
    fn is_now(&self) -> bool {
        self.moment == Chosen::Latest
    }
}

/// A moment that was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chosen {
    /// The newest that there is.
    #[default]
    Latest,
    /// The module before it runs.
    Start,
    /// One of those that were opened or taken, in order of time.
    Moment(usize),
}

/// What the grid's colours mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColorBy {
    /// What the bytes are used for.
    #[default]
    Use,
    /// How often they changed.
    Heat,
    /// Whether they changed since the moment that it is compared with.
    Change,
}

impl ColorBy {
    const ALL: [ColorBy; 3] = [ColorBy::Use, ColorBy::Heat, ColorBy::Change];

    fn text(self) -> Text {
        match self {
            ColorBy::Use => Text::Use,
            ColorBy::Heat => Text::Heat,
            ColorBy::Change => Text::Changed,
        }
    }
}

/// What a survey is of: documents, moment, comparison, memory.
type SurveyKey = (u64, Chosen, Option<Chosen>, u32);

/// What a job finds out.
struct Surveyed {
    known: Arc<Known>,
    start: Option<Arc<Moment>>,
    survey: Option<Arc<Survey>>,
}

/// What was searched for, and where it is.
#[derive(Default)]
struct Found {
    pattern: String,
    length: u64,
    addresses: Vec<u64>,
}

impl Found {
    fn range(&self, at: usize) -> Option<Range<u64>> {
        let start = *self.addresses.get(at)?;
        Some(start..start + self.length)
    }
}

/// A search that the page carries out: of its memory not all is here.
struct InPage {
    memory: Id,
    hex: String,
    pattern: Pattern,
}

/// Hits that are listed.
const MAX_FOUND: usize = 10_000;

/// The view.
#[derive(Default)]
pub struct Memory {
    surveyed: Option<(SurveyKey, Surveyed)>,
    loading: Option<(SurveyKey, Job<Surveyed>)>,
    grid: grid::PageGrid,
    hexdump: hexdump::Hexdump,
    place: String,
    typed_pattern: String,
    found: Found,
    found_of: Option<(usize, String)>,
    finding: Option<Job<Found>>,
    in_page: Option<InPage>,
    has_place_focus: bool,
}

impl Memory {
    /// Brings the survey up to date.
    fn refresh(&mut self, context: &mut Context<'_>, ctx: &egui::Context) {
        let settings = &context.state.memory;
        let key = (context.documents.generation, settings.moment, settings.compared, settings.memory);
        let is_wanted = self.surveyed.as_ref().is_none_or(|(of, _)| *of != key)
            && self.loading.as_ref().is_none_or(|(of, _)| *of != key);
        if is_wanted && (context.documents.binary.is_some() || !context.documents.moments.is_empty()) {
            let binary = context.documents.binary.clone();
            let is_same = |surveyed: &Surveyed| binary.as_ref().is_some_and(|binary| surveyed.known.is_of(binary));
            let kept = self.surveyed.as_ref().map(|(_, surveyed)| surveyed).filter(|surveyed| is_same(surveyed));
            let kept = kept.map(|surveyed| (surveyed.known.clone(), surveyed.start.clone()));
            let moments = context.documents.moments.clone();
            let job = Job::start(ctx, context.text(Text::Working), move |_| survey(binary, kept, &moments, key));
            self.loading = Some((key, job));
        }
    }

    fn survey(&self) -> Option<Arc<Survey>> {
        self.surveyed.as_ref()?.1.survey.clone()
    }

    fn start(&self) -> Option<Arc<Moment>> {
        self.surveyed.as_ref()?.1.start.clone()
    }

    /// Which memory, which moment, compared with which; colours; a place to go to; something to find.
    fn toolbar(&mut self, context: &mut Context<'_>, survey: &Arc<Survey>, ui: &mut egui::Ui) {
        let language = context.state.language;
        let label = |text: Text| text.in_language(language);
        ui.horizontal_wrapped(|ui| {
            let memories = &survey.moment.snapshot.header.memories;
            if memories.len() > 1 {
                let names: Vec<(u32, String)> =
                    (0..memories.len() as u32).map(|at| (at, memory_name(survey, at))).collect();
                combo(ui, label(Text::Memory), &mut context.state.memory.memory, &names);
            }
            let mut moments = vec![(Chosen::Latest, label(Text::Latest).to_string())];
            moments.extend(self.start().map(|_| (Chosen::Start, label(Text::BeforeRun).to_string())));
            let opened = context.documents.moments.iter().enumerate();
            moments.extend(opened.map(|(at, moment)| (Chosen::Moment(at), format!("{}: {}", at + 1, moment.name))));
            if moments.len() > 2 || context.documents.live.is_some() {
                combo(ui, label(Text::Moment), &mut context.state.memory.moment, &moments);
                let mut others = vec![(None, "-".to_string())];
                others.extend(moments.into_iter().skip(1).map(|(chosen, name)| (Some(chosen), name)));
                combo(ui, label(Text::ComparedWith), &mut context.state.memory.compared, &others);
            }
            let colors: Vec<_> =
                ColorBy::ALL.into_iter().map(|color| (color, label(color.text()).to_string())).collect();
            combo(ui, label(Text::ColorBy), &mut context.state.memory.color, &colors);
            self.places(context, survey, ui);
            if self.loading.is_some() || self.finding.is_some() {
                ui.spinner();
            }
        });
    }

    fn places(&mut self, context: &mut Context<'_>, survey: &Arc<Survey>, ui: &mut egui::Ui) {
        let name = context.text(Text::GoToAddress);
        let hint = context.text(Text::PlaceHint);
        let place = ui.add(egui::TextEdit::singleline(&mut self.place).hint_text(hint).desired_width(190.0));
        place.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, name));
        let place = place.on_hover_text(name);
        if std::mem::take(&mut self.has_place_focus) {
            place.request_focus();
        }
        let ctx = ui.ctx().clone();
        let is_entered =
            |field: &egui::Response| field.lost_focus() && ctx.input(|input| input.key_pressed(Key::Enter));
        if is_entered(&place) {
            match survey.find_place(&self.place) {
                Some(range) => {
                    self.place.clear();
                    select(context, survey, range);
                }
                None => {
                    let text = Text::NoSuchPlace.with("place", self.place.as_str());
                    context.notify(Severity::Warning, text.in_language(context.state.language));
                }
            }
        }
        let name = context.text(Text::FindBytes);
        let hint = context.text(Text::PatternHint);
        let pattern = ui.add(egui::TextEdit::singleline(&mut self.typed_pattern).hint_text(hint).desired_width(160.0));
        pattern.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, name));
        let is_found = is_entered(&pattern);
        pattern.on_hover_text(name);
        if is_found {
            let is_same = context.state.memory.pattern == self.typed_pattern;
            context.state.memory.pattern.clone_from(&self.typed_pattern);
            context.state.memory.panel = Panel::Found;
            if is_same {
                self.next_hit(context, survey);
            }
        }
    }

    /// Searches when what is searched for, or where, is another.
    fn find(&mut self, context: &mut Context<'_>, survey: &Arc<Survey>, ctx: &egui::Context) {
        let of = (Arc::as_ptr(survey) as usize, context.state.memory.pattern.clone());
        if self.found_of.as_ref() != Some(&of) {
            if self.typed_pattern.is_empty() {
                self.typed_pattern.clone_from(&of.1);
            }
            self.found = Found::default();
            self.finding = None;
            self.in_page = None;
            match Pattern::parse(&of.1) {
                _ if of.1.is_empty() => {}
                Ok(pattern) if let Some(memory) = memory_of_page(context, survey) => {
                    let hex: String = pattern.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    let command = PageCommand::Search { memory, hex: hex.clone(), from: 0 };
                    context.requests.push(Request::Page(command));
                    self.in_page = Some(InPage { memory, hex, pattern });
                }
                Ok(pattern) => {
                    let (survey, text) = (survey.clone(), of.1.clone());
                    self.finding = Some(Job::start(ctx, context.text(Text::Working), move |_| {
                        let image = survey.image();
                        let addresses = image.map(|image| find(image, 0..u64::MAX, &pattern, MAX_FOUND));
                        let length = pattern.bytes.len() as u64;
                        Found { pattern: text, length, addresses: addresses.unwrap_or_default() }
                    }));
                }
                Err(error) => context.notify(Severity::Warning, error.to_string()),
            }
            self.found_of = Some(of.clone());
        }
        self.take_hits_of_page(context, &of.1);
    }

    /// Takes in what the page has found so far.
    fn take_hits_of_page(&mut self, context: &Context<'_>, text: &str) {
        let (Some(asked), Some(page)) = (&self.in_page, &context.documents.page) else { return };
        let Some(search) = page.search.as_ref().filter(|s| s.memory == asked.memory && s.hex == asked.hex) else {
            return;
        };
        let is_aligned = |address: &&u64| address.is_multiple_of(asked.pattern.align.max(1));
        self.found = Found {
            pattern: text.to_string(),
            length: asked.pattern.bytes.len() as u64,
            addresses: search.hits.iter().filter(is_aligned).copied().collect(),
        };
    }

    /// Chooses the next hit behind what is chosen, or the first.
    fn next_hit(&self, context: &mut Context<'_>, survey: &Survey) -> bool {
        let now = context.linked.memory.as_ref().map(|(_, range)| range.start);
        let addresses = &self.found.addresses;
        let next = now.map_or(0, |now| addresses.partition_point(|address| *address <= now));
        let next = if next < addresses.len() { next } else { 0 };
        let Some(range) = self.found.range(next) else { return false };
        select(context, survey, range);
        true
    }

    fn legend(context: &Context<'_>, survey: &Survey, ui: &mut egui::Ui) {
        let is_dark = ui.visuals().dark_mode;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            for (of, count) in survey.by_use(&(0..survey.layout.len)) {
                let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), egui::Sense::hover());
                ui.painter().rect_filled(rect, 1.0, grid::use_color(of, is_dark));
                ui.small(context.state.language.word(of.name()));
                ui.weak(egui::RichText::new(widgets::size(count)).small());
            }
            let heaps = &survey.layout.heaps;
            for heap in heaps {
                let summary = heap.summary();
                let text = format!(
                    "{}: {} {}",
                    heap.allocator.name(),
                    widgets::grouped(summary.live_blocks),
                    context.text(Text::Blocks)
                );
                ui.weak(egui::RichText::new(text).small()).on_hover_text(context.phrase(&heap.evidence.phrase()));
            }
        });
    }

    /// What a program that runs does.
    fn live_bar(context: &mut Context<'_>, ui: &mut egui::Ui) {
        let Some(live) = &context.documents.live else { return };
        let text = match &live.run {
            Run::Running => context.text(Text::Running).to_string(),
            Run::Stopped(reason) => format!("{}: {reason}", context.text(Text::Stopped)),
            Run::Exited(code) => format!("{}: {code}", context.text(Text::Exited)),
            Run::Lost(reason) => {
                format!("{}: {}", context.text(Text::Disconnected), reason.in_language(context.state.language))
            }
        };
        let engine = live.engine.clone();
        let can_be_asked = matches!(live.run, Run::Running | Run::Stopped(_));
        ui.horizontal_wrapped(|ui| {
            ui.strong(engine);
            ui.label(text);
            if can_be_asked && ui.button(context.text(Text::TakeSnapshot)).clicked() {
                context.requests.push(Request::Ask(Ask::Moment));
            }
        });
    }

    /// The memory as it is now, and what of it is to be asked for.
    fn newest<'d>(&self, context: &mut Context<'d>, survey: &Survey) -> Option<&'d Image> {
        let documents: &'d crate::model::Documents = context.documents;
        let live = documents.live.as_ref().filter(|_| context.state.memory.is_now())?;
        if let Some(missing) = live.missing(survey.memory, &self.hexdump.visible())
            && matches!(live.run, Run::Running | Run::Stopped(_))
        {
            let length = (missing.end - missing.start) as u32;
            let ask = Ask::Read { memory: survey.memory, address: missing.start, length };
            context.requests.push(Request::Ask(ask));
        }
        live.memory(survey.memory)
    }

    /// Keys that mean something here.
    fn keys(&mut self, context: &mut Context<'_>, survey: &Survey, ctx: &egui::Context) {
        if !context.has_focus(ViewId::Memory) || ctx.text_edit_focused() {
            return;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let len = survey.layout.len;
        let shown = context.state.memory.shown(len);
        let chosen =
            context.linked.memory.as_ref().filter(|(of, _)| *of == survey.memory).map(|(_, range)| range.clone());
        let around = chosen.as_ref().map_or(shown.start + (shown.end - shown.start) / 2, |range| range.start);
        for (key, factor) in [(Key::W, 0.5), (Key::S, 2.0)] {
            if pressed(key) {
                context.state.memory.zoom_by(factor, around.min(len), len);
            }
        }
        for (key, part) in [(Key::A, -0.25), (Key::D, 0.25)] {
            if pressed(key) {
                context.state.memory.pan_by(part, len);
            }
        }
        for (key, by) in [(Key::OpenBracket, -1), (Key::CloseBracket, 1)] {
            if pressed(key) {
                timeline::step(context, self.start().as_deref(), by);
            }
        }
        for (key, color) in [Key::Num1, Key::Num2, Key::Num3].into_iter().zip(ColorBy::ALL) {
            if pressed(key) {
                context.state.memory.color = color;
            }
        }
        if pressed(Key::G) {
            self.has_place_focus = true;
        }
        if let Some(range) = chosen {
            if pressed(Key::F) {
                let size = (range.end - range.start).max(1024).min(len);
                let start = range.start.min(len - size);
                context.state.memory.shown = Some(start..start + size);
            }
            if pressed(Key::Enter) {
                follow_pointer(context, survey, range.start);
            }
        }
    }
}

/// The page's memory, if it is the one that is looked at as it is now.
fn memory_of_page(context: &Context<'_>, survey: &Survey) -> Option<Id> {
    let is_live =
        context.documents.live.as_ref().is_some_and(|live| matches!(live.run, Run::Running | Run::Stopped(_)));
    let page = context.documents.page.as_ref().filter(|_| is_live && context.state.memory.is_now())?;
    page.attached_memory(survey.memory)
}

/// Goes where the pointer at an address leads.
fn follow_pointer(context: &mut Context<'_>, survey: &Survey, address: u64) {
    let Some(image) = survey.image() else { return };
    let word = survey.state(image).word().bytes();
    let mut bytes = [0; 8];
    let Some(bytes) = bytes.get_mut(..word as usize) else { return };
    if !memviz::MemoryRead::read(image, address, bytes) {
        return;
    }
    match inspector::pointer(bytes, word).filter(|to| *to != 0 && *to < survey.layout.len) {
        Some(to) => select(context, survey, to..to + word),
        None => {
            let text = Text::NoPointer.with("address", format!("{address:#x}"));
            context.notify(Severity::Info, text.in_language(context.state.language));
        }
    }
}

/// Finds out what a job is for.
fn survey(
    binary: Option<Arc<Binary>>,
    kept: Option<(Arc<Known>, Option<Arc<Moment>>)>,
    moments: &[Arc<Moment>],
    (_, chosen, compared, memory): SurveyKey,
) -> Surveyed {
    let start = match &kept {
        Some((_, start)) => start.clone(),
        None => binary.as_deref().and_then(Moment::at_start).map(Arc::new),
    };
    let latest = moments.len().checked_sub(1);
    let index = match chosen {
        Chosen::Latest => latest,
        Chosen::Start => None,
        // A link to a moment that is not open shows the newest.
        Chosen::Moment(at) => Some(at).filter(|at| *at < moments.len()).or(latest),
    };
    let of = |chosen: Chosen| match chosen {
        Chosen::Start => start.clone(),
        Chosen::Latest => moments.last().cloned(),
        Chosen::Moment(at) => moments.get(at).cloned(),
    };
    let moment =
        index.and_then(|at| moments.get(at).cloned()).or_else(|| start.clone()).or_else(|| moments.last().cloned());
    let Some(moment) = moment else { return Surveyed { known: Arc::default(), start, survey: None } };
    let known = match kept {
        Some((known, _)) => known,
        None => Arc::new(Known::of(binary, &moment)),
    };
    let mut earlier: Vec<Arc<Moment>> = start.iter().filter(|_| index.is_some()).cloned().collect();
    earlier.extend(moments.iter().take(index.unwrap_or(0)).cloned());
    // A memory that this moment does not have: its first.
    let memory = if moment.memory(memory).is_some() { memory } else { 0 };
    let survey = Survey::of(known.clone(), moment, memory, &earlier, compared.and_then(of));
    Surveyed { known, start, survey: survey.map(Arc::new) }
}

fn memory_name(survey: &Survey, index: u32) -> String {
    match survey.known.program().memory(index).name {
        Some(name) => format!("{index} {name}"),
        None => index.to_string(),
    }
}

/// Chooses addresses, for all views.
fn select(context: &mut Context<'_>, survey: &Survey, range: Range<u64>) {
    context.select(Selection::Memory { memory: survey.memory, range });
}

/// A box to choose one of several whose names are only known now.
fn combo<T: Clone + PartialEq>(ui: &mut egui::Ui, label: &str, value: &mut T, all: &[(T, String)]) {
    let name = all.iter().find(|(one, _)| one == value).or(all.first()).map_or("", |(_, name)| name.as_str());
    let shown = format!("{label}: {name}");
    let current = all.iter().position(|(one, _)| one == value);
    let name = |at: usize| all[at].1.clone();
    if let Some(chosen) = widgets::drop_down(ui, ("memory", label), &shown, all.len(), current, name) {
        *value = all[chosen].0.clone();
    }
}

impl View for Memory {
    fn update(&mut self, context: &mut Context<'_>) {
        if let Some((key, job)) = &self.loading {
            match job.poll() {
                Poll::Running => {}
                Poll::Gone => {
                    // It is not tried again and again.
                    let nothing = Surveyed { known: Arc::default(), start: None, survey: None };
                    self.surveyed = Some((*key, nothing));
                    self.loading = None;
                }
                Poll::Done(surveyed) => {
                    self.surveyed = Some((*key, surveyed));
                    self.loading = None;
                }
            }
        }
        let survey = self.survey();
        if let (Some(job), Some(survey)) = (&self.finding, survey) {
            match job.poll() {
                Poll::Running => {}
                Poll::Gone => self.finding = None,
                Poll::Done(found) => {
                    self.found = found;
                    self.finding = None;
                    if context.linked.memory.is_none() {
                        self.next_hit(context, &survey);
                    }
                }
            }
        }
    }

    fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        self.refresh(context, ui.ctx());
        Self::live_bar(context, ui);
        let Some(survey) = self.survey() else {
            match (&self.loading, &self.surveyed) {
                (Some(_), _) => ui.spinner(),
                (None, Some(_)) => ui.weak(context.text(Text::NoMemory)),
                (None, None) => ui.weak(context.text(Text::NoBinary)),
            };
            return;
        };
        // Before the fields: an Enter that ends one of them is not for the rest.
        self.keys(context, &survey, ui.ctx());
        self.toolbar(context, &survey, ui);
        self.find(context, &survey, ui.ctx());
        Self::legend(context, &survey, ui);
        timeline::ui(context, self.start().as_deref(), &survey, ui);
        let Some(image) = self.newest(context, &survey).or(survey.image()) else { return };
        let is_narrow = ui.available_width() < 760.0;
        // Sixteen bytes in a row, as digits and as text.
        let beside = (620.0 / ui.available_width()).min(0.6);
        widgets::side_panel(ui, "memory-bytes", is_narrow, 0.6, beside).show(ui, |ui| {
            egui::Panel::bottom("memory-panels").resizable(true).default_size(ui.available_height() * 0.45).show(
                ui,
                |ui| {
                    panels::ui(context, &survey, image, &self.found, ui);
                },
            );
            self.hexdump.ui(context, &survey, image, ui);
        });
        self.grid.ui(context, &survey, ui);
    }

    fn command(&mut self, context: &mut Context<'_>, command: Command) -> bool {
        let Some(survey) = self.survey() else { return false };
        match command {
            Command::Up => {
                let len = survey.layout.len;
                let shown = context.state.memory.shown(len);
                context.state.memory.zoom_by(4.0, shown.start + (shown.end - shown.start) / 2, len);
            }
            Command::Fit => context.state.memory.shown = None,
            Command::NextMatch => return self.next_hit(context, &survey),
            _ => return false,
        }
        true
    }

    fn is_busy(&self) -> bool {
        self.loading.is_some() || self.finding.is_some()
    }

    fn export(&self, context: &Context<'_>, format: Format) -> Option<String> {
        let survey = self.survey()?;
        match format {
            Format::Png => None,
            Format::Svg => {
                let shown = context.state.memory.shown(survey.layout.len);
                let grid = memviz::draw::Grid::fitting(&survey.layout, shown, 64, 48);
                let is_by_use = context.state.memory.color == ColorBy::Use;
                is_by_use.then(|| memviz::draw::svg(&survey.layout, &grid))
            }
            Format::Json => Some(saved::json(context, &survey, &self.found)),
            Format::Csv => Some(saved::csv(context, &survey, &self.found)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let mut settings = Settings::default();
        settings.zoom_by(0.5, 1 << 19, 1 << 20);
        assert_eq!(settings.shown, Some(1 << 18..(1 << 18) + (1 << 19)));
        settings.pan_by(-10.0, 1 << 20);
        assert_eq!(settings.shown, Some(0..1 << 19));
        settings.zoom_by(8.0, 0, 1 << 20);
        assert_eq!(settings.shown, None);
        settings.zoom_by(0.0, 5, 10);
        assert_eq!(settings.shown(10), 0..10);
    }
}

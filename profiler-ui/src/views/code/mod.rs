//! Source and wasm text of a function side by side, linked by line.

mod functions;
mod listing;
mod panes;
mod wat;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use egui::{Key, Modifiers};
use serde::{Deserialize, Serialize};
use wasm_binary::{ItemId, ItemKind};

use super::source::{Lines, Source, file_name};
use super::{Format, View, ViewId};
use crate::context::Context;
use crate::jobs::{Job, Poll};
use crate::model::Selection;
use crate::strings::Text;
use crate::widgets;
use functions::Functions;
use listing::{LineUse, Listing, SourceFile};

/// How the view is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// The function that is shown, also when what is chosen is in none.
    pub function: Option<ItemId>,
    /// The source file that is shown, as the compiler wrote it.
    pub file: Option<String>,
    /// Folders as the compiler wrote them, and where their files are now.
    pub source_map: Vec<(String, String)>,
}

/// The view.
#[derive(Default)]
pub struct Code {
    functions: Functions,
    shown: Option<Shown>,
    loading: Option<(ListingKey, Job<Option<Listing>>)>,
    /// Texts that were given, by the path that they are of.
    given: HashMap<String, Arc<Lines>>,
    /// How many of the given texts were looked at, of which documents.
    seen: (u64, usize),
    waiting: Vec<(String, Arc<str>)>,
    hovered: Hovered,
    scrolled_to: Option<Chosen>,
}

/// What a listing is of: documents and function.
type ListingKey = (u64, ItemId);

/// A function with what depends on it.
struct Shown {
    key: ListingKey,
    /// Nothing if it can't be printed.
    listing: Option<Arc<Listing>>,
    file: Option<ShownFile>,
}

/// The file beside it.
struct ShownFile {
    path: String,
    mappings: Vec<(String, String)>,
    source: Source,
    /// The lines that the function has code of.
    lines: BTreeMap<u32, LineUse>,
    /// The same, without the lines between.
    numbers: Vec<u32>,
}

/// What the pointer is on, in either pane.
#[derive(Clone, Debug, Default, PartialEq)]
enum Hovered {
    #[default]
    Nothing,
    /// A line of the shown file.
    Source(u32),
    /// A line of the wasm text.
    Wasm(usize),
}

/// What is chosen, of what is shown.
#[derive(Clone, Debug, Default, PartialEq)]
struct Chosen {
    /// Bytes of the function; not if all of it is chosen.
    bytes: Option<Range<u32>>,
    /// A line of a file.
    line: Option<(String, u32)>,
}

impl Code {
    fn refresh(&mut self, context: &mut Context<'_>, ctx: &egui::Context) {
        let Some(binary) = context.documents.binary.clone() else {
            (self.shown, self.loading) = (None, None);
            return;
        };
        if let [item] = context.linked.items[..]
            && context.state.code.function != Some(item)
            && binary.with(|analysis, _| analysis.map.item(item).kind == ItemKind::Function)
        {
            context.state.code.function = Some(item);
            context.state.code.file = None;
        }
        let Some(function) = context.state.code.function.filter(|item| binary.has(*item)) else {
            (self.shown, self.loading) = (None, None);
            return;
        };
        let key = (context.documents.generation, function);
        if self.shown.as_ref().is_none_or(|shown| shown.key != key)
            && self.loading.as_ref().is_none_or(|(of, _)| *of != key)
        {
            let job = Job::start(ctx, context.text(Text::Working), move |_| {
                binary.with(|analysis, sources| Listing::of(&analysis.map, sources, function))
            });
            self.loading = Some((key, job));
        }
        if self.loading.is_none() {
            self.refresh_file(context, ctx);
        }
    }

    /// Brings the file beside the function up to date: what the user chose, or where the chosen line is, or the one
    /// that the function has most of.
    fn refresh_file(&mut self, context: &mut Context<'_>, ctx: &egui::Context) {
        let Some(listing) = self.shown.as_ref().and_then(|shown| shown.listing.clone()) else { return };
        let chosen = chosen(context, &listing);
        if self.scrolled_to.as_ref() != Some(&chosen)
            && let Some((file, _)) = &chosen.line
            && listing.files.iter().any(|known| known.path == *file)
        {
            // An instruction is in several files when calls are inlined: the shown one stays if it is among them.
            let shown = context.state.code.file.as_deref();
            let start = chosen.bytes.as_ref().map(|bytes| bytes.start);
            let line = start.and_then(|start| listing.wat.line_at(start));
            let stays = shown.zip(line).is_some_and(|(file, line)| listing.source_line(line, file).is_some());
            if !stays {
                context.state.code.file = Some(file.clone());
            }
        }
        let path = match &context.state.code.file {
            Some(path) => Some(path.clone()),
            None => listing.files.first().map(|file| file.path.clone()),
        };
        self.take_texts(context, path.as_deref(), &listing.files);
        let Some(shown) = &mut self.shown else { return };
        let mappings = &context.state.code.source_map;
        let is_same =
            shown.file.as_ref().is_some_and(|file| Some(&file.path) == path.as_ref() && file.mappings == *mappings);
        if !is_same {
            shown.file = path.map(|path| {
                let lines = listing.lines_of(&path);
                ShownFile {
                    source: Source::find(ctx, context.text(Text::Working), &path, mappings),
                    mappings: mappings.clone(),
                    numbers: lines.keys().copied().collect(),
                    lines,
                    path,
                }
            });
            self.scrolled_to = None;
        }
        let Some(file) = &mut shown.file else { return };
        let is_read = matches!(file.source, Source::Read(_));
        if let Some(given) = self.given.get(&file.path).filter(|_| !is_read) {
            file.source = Source::Read(given.clone());
            self.scrolled_to = None;
        }
    }

    /// Gives texts that were dropped to the files that they are of: the shown one if it has the name, or the only one
    /// of the function that has it. The others wait until such a file is shown.
    fn take_texts(&mut self, context: &Context<'_>, shown: Option<&str>, files: &[SourceFile]) {
        let texts = &context.documents.texts;
        if self.seen.0 != context.documents.generation || self.seen.1 > texts.len() {
            self.seen = (context.documents.generation, 0);
            self.given.clear();
            self.waiting.clear();
        }
        self.waiting.extend_from_slice(texts.get(self.seen.1..).unwrap_or_default());
        self.seen.1 = texts.len();
        let given = &mut self.given;
        self.waiting.retain(|(name, text)| {
            let is_named = |path: &&str| file_name(path) == name;
            let mut named = files.iter().map(|file| file.path.as_str()).filter(is_named);
            let only = named.next().filter(|_| named.next().is_none());
            let Some(path) = shown.filter(is_named).or(only) else { return true };
            given.insert(path.to_string(), Arc::new(Lines::new(text.clone())));
            false
        });
    }

    fn toolbar(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let Some(shown) = &self.shown else { return };
        let (mut goes_back, mut file_chosen) = (false, None);
        ui.horizontal_wrapped(|ui| {
            goes_back = ui.button(format!("▲ {}", context.text(Text::Functions))).clicked();
            if let Some((_, job)) = &self.loading {
                ui.spinner();
                ui.weak(&job.label);
            }
            let Some(listing) = &shown.listing else { return };
            ui.add(egui::Label::new(egui::RichText::new(&listing.name).strong()).truncate());
            if let Some(file) = &shown.file {
                let label = format!("{}: {}", context.text(Text::Source), file_name(&file.path));
                let current = listing.files.iter().position(|known| known.path == file.path);
                let name = |at: usize| {
                    let known = &listing.files[at];
                    format!("{}  {}", known.path, widgets::bytes(known.size_bytes))
                };
                if let Some(chosen) = widgets::drop_down(ui, "source-file", &label, listing.files.len(), current, name)
                {
                    file_chosen = Some(listing.files[chosen].path.clone());
                }
            }
            if ui.button(context.text(Text::CopyText)).clicked() {
                ui.copy_text(listing.wat.whole());
            }
            if let Some(place) = place_text(&chosen(context, listing))
                && ui.button(context.text(Text::CopyPlace)).on_hover_text(&place).clicked()
            {
                ui.copy_text(place);
            }
        });
        if goes_back {
            context.state.code.function = None;
            context.state.code.file = None;
            context.select(Selection::Nothing);
        }
        if file_chosen.is_some() {
            context.state.code.file = file_chosen;
        }
    }

    /// Up and down walk through the instructions; copying takes the chosen ones.
    fn keys(&self, context: &mut Context<'_>, listing: &Listing, ctx: &egui::Context) {
        if !context.has_focus(ViewId::Code) || ctx.text_edit_focused() {
            return;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let chosen = chosen(context, listing);
        let at = chosen.bytes.as_ref().and_then(|bytes| listing.wat.line_at(bytes.start));
        let is_instruction = |at: &usize| listing.wat.lines[*at].is_instruction;
        let count = listing.wat.lines.len();
        let mut to = None;
        if pressed(Key::ArrowDown) {
            to = (at.map_or(0, |at| at + 1)..count).find(is_instruction);
        }
        if pressed(Key::ArrowUp) {
            to = (0..at.unwrap_or(count)).rev().find(is_instruction);
        }
        if let Some(to) = to {
            context.select(Selection::Bytes(listing.wat.lines[to].bytes.clone()));
        }
        let wants_copy = ctx.input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Copy)));
        if wants_copy && let Some(at) = at {
            ctx.copy_text(listing.wat.text(&listing.wat.lines[at]).1.to_string());
        }
    }
}

/// What is chosen, of a function.
fn chosen(context: &Context<'_>, listing: &Listing) -> Chosen {
    let is_own = context.linked.items.contains(&listing.function);
    let is_bytes = matches!(context.state.location.selection, Selection::Bytes(_));
    let is_line = matches!(context.state.location.selection, Selection::Line { .. });
    Chosen {
        bytes: context.linked.bytes.clone().filter(|_| is_own && is_bytes),
        line: context.linked.line.clone().filter(|_| is_bytes || is_line || !is_own),
    }
}

/// What is chosen, for a clipboard.
fn place_text(chosen: &Chosen) -> Option<String> {
    match (&chosen.line, &chosen.bytes) {
        (Some((file, line)), _) => Some(format!("{file}:{line}")),
        (None, Some(bytes)) => Some(format!("{:#x}", bytes.start)),
        (None, None) => None,
    }
}

impl View for Code {
    fn update(&mut self, _: &mut Context<'_>) {
        if let Some(file) = self.shown.as_mut().and_then(|shown| shown.file.as_mut())
            && matches!(file.source, Source::Reading(_))
        {
            file.source.poll();
            if matches!(file.source, Source::Read(_)) {
                self.scrolled_to = None;
            }
        }
        let Some((key, job)) = &self.loading else { return };
        let listing = match job.poll() {
            Poll::Running => return,
            Poll::Done(listing) => listing.map(Arc::new),
            Poll::Gone => None,
        };
        self.shown = Some(Shown { key: *key, listing, file: None });
        self.loading = None;
        self.scrolled_to = None;
    }

    fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        self.refresh(context, ui.ctx());
        if context.documents.binary.is_none() {
            ui.weak(context.text(Text::NoBinary));
            return;
        }
        self.toolbar(context, ui);
        let Some(shown) = &self.shown else {
            if self.loading.is_none() {
                self.functions.ui(context, ui);
            }
            return;
        };
        let Some(listing) = shown.listing.clone() else {
            ui.weak(context.text(Text::NotPrinted));
            return;
        };
        self.keys(context, &listing, ui.ctx());
        let chosen = chosen(context, &listing);
        let scrolls = self.scrolled_to.as_ref() != Some(&chosen);
        let is_narrow = ui.available_width() < 640.0;
        let panel = if is_narrow {
            egui::Panel::top("code-source-above").default_size(ui.available_height() * 0.5)
        } else {
            egui::Panel::left("code-source").default_size(ui.available_width() * 0.46)
        };
        let pane = panes::Panes { listing: &listing, chosen: &chosen, hovered: &self.hovered, scrolls };
        let mut hovered = Hovered::Nothing;
        panel.resizable(true).show(ui, |ui| {
            // A panel is as large as what is in it.
            ui.set_min_size(ui.available_size());
            match &shown.file {
                Some(file) => pane.source(context, file, &mut hovered, ui),
                None => {
                    ui.weak(context.text(Text::NoLines));
                }
            }
        });
        let file = shown.file.as_ref();
        ui.push_id("wasm", |ui| pane.wasm(context, file, &mut hovered, ui));
        if self.hovered != hovered {
            self.hovered = hovered;
            ui.ctx().request_repaint();
        }
        self.scrolled_to = Some(chosen);
    }

    fn is_busy(&self) -> bool {
        let file = self.shown.as_ref().and_then(|shown| shown.file.as_ref());
        self.loading.is_some() || file.is_some_and(|file| matches!(file.source, Source::Reading(_)))
    }

    fn export(&self, context: &Context<'_>, format: Format) -> Option<String> {
        let Some(shown) = &self.shown else { return self.functions.export(context, format) };
        let listing = shown.listing.as_ref()?;
        match format {
            Format::Svg => Some(panes::svg(listing)),
            Format::Json => Some(panes::json(listing)),
            Format::Csv => Some(panes::csv(listing)),
            Format::Png => None,
        }
    }
}

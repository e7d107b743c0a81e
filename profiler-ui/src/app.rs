//! The app: it composes the views, and carries out what they and the user ask for.

#[cfg(not(target_arch = "wasm32"))]
mod debug;
mod dock;
mod drawing;
mod export;
mod files;
mod live;
mod menus;
mod overlays;
mod panel;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};

use egui::{Key, Modifiers};

use crate::command::Command;
use crate::context::{Context, Request};
use crate::jobs::{Job, Poll};
use crate::live::MemorySource;
use crate::model::{Documents, Filter, Linked, Matched, Selection};
use crate::notices::{Notices, Severity};
use crate::page::PageCommand;
use crate::state::{History, State, Theme, Visit};
use crate::strings::{Text, Wording};
use crate::theme;
use crate::views::{Format, ViewId, Views};

use dock::Dock;
use export::Picturing;
use files::Files;
use overlays::Overlays;

/// What is not the same on a desktop and in a page.
pub trait Host {
    /// Asks the user for files; they come through `files`.
    fn pick(&mut self, files: files::Inbox, compare: bool);

    /// Reads a file that was open before; it comes through `files`.
    fn read(&mut self, path: &Path, files: files::Inbox);

    /// Saves bytes where the user wants them: where that is, if the user is to be told.
    ///
    /// # Errors
    /// If they can't be written, in the system's words.
    fn save(&mut self, file_name: &str, bytes: Vec<u8>) -> Result<Option<PathBuf>, String>;

    /// The link to a state.
    fn link(&self, state: &str) -> String;

    /// Whether the app can end itself.
    fn can_quit(&self) -> bool;
}

/// A view, and how it looks.
type Picture = (ViewId, egui::ColorImage);

/// The app.
pub struct App {
    documents: Documents,
    state: State,
    history: History,
    linked: Linked,
    linked_of: (u64, Selection),
    filter: Filter,
    filter_of: String,
    /// What was said of the search.
    filter_error: Option<String>,
    views: Views,
    dock: Dock,
    files: Files,
    recent: Vec<PathBuf>,
    matching: Option<(u64, Job<Matched>)>,
    notices: Notices,
    overlays: Overlays,
    requests: Vec<Request>,
    /// Whether a menu, a list or an overlay takes the keys.
    is_choosing: bool,
    /// Whether a text was typed in the last frame, and Escape has left it in this one.
    is_typing: bool,
    has_left_text: bool,
    source: Option<Box<dyn MemorySource>>,
    #[cfg(not(target_arch = "wasm32"))]
    debugging: debug::Debugging,
    bridge: Option<panel::Bridge>,
    picturing: Option<Picturing>,
    pictures: (Sender<Picture>, Receiver<Picture>),
    host: Box<dyn Host>,
}

pub use export::png;
pub use files::{Inbox, Incoming};

impl App {
    /// An app with nothing open.
    pub fn new(ctx: &egui::Context, state: State, host: Box<dyn Host>) -> App {
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        ctx.set_fonts(theme::fonts());
        let dock = Dock::new(state.layout.as_ref());
        let mut app = App {
            documents: Documents::default(),
            history: History::default(),
            linked: Linked::default(),
            linked_of: Default::default(),
            filter: Filter::default(),
            filter_of: String::new(),
            filter_error: None,
            views: Views::default(),
            dock,
            files: Files::new(ctx),
            recent: Vec::new(),
            matching: None,
            notices: Notices::default(),
            overlays: Overlays::default(),
            requests: Vec::new(),
            is_choosing: false,
            is_typing: false,
            has_left_text: false,
            source: None,
            #[cfg(not(target_arch = "wasm32"))]
            debugging: debug::Debugging::default(),
            bridge: None,
            picturing: None,
            pictures: mpsc::channel(),
            host,
            state,
        };
        if app.state.layout.is_none() {
            app.dock.show(app.state.focus);
        }
        app.history.note(app.state.visit());
        app.set_theme(ctx);
        app
    }

    /// Where files are put to be opened.
    pub fn inbox(&self) -> Inbox {
        self.files.inbox()
    }

    /// Files that were opened, the last one first.
    pub fn recent(&self) -> &[PathBuf] {
        &self.recent
    }

    /// Those that were opened at an earlier start.
    pub fn set_recent(&mut self, recent: Vec<PathBuf>) {
        self.recent = recent;
    }

    /// What is open.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// All that a link carries.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Goes where a link leads; what is open stays.
    pub fn go_to_state(&mut self, ctx: &egui::Context, state: State) {
        self.dock = match &state.layout {
            Some(layout) => Dock::new(Some(layout)),
            None => self.first_dock(),
        };
        if state.layout.is_none() {
            self.dock.show(state.focus);
        }
        self.state = state;
        self.set_theme(ctx);
    }

    /// Whether files are still being read, or a view still computes what it shows.
    pub fn is_busy(&mut self) -> bool {
        #[cfg(not(target_arch = "wasm32"))]
        let is_debugging = self.debugging.is_busy();
        #[cfg(target_arch = "wasm32")]
        let is_debugging = false;
        self.files.is_busy() || self.matching.is_some() || self.views.is_busy() || is_debugging
    }

    /// Shows a message.
    pub fn notify(&mut self, severity: Severity, wording: impl Into<Wording>) {
        self.notices.add(severity, wording.into().in_language(self.state.language));
    }

    /// The messages that are shown.
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// State, what is open and what is said, for tests that drive the app from outside.
    pub fn state_json(&mut self) -> String {
        let is_busy = self.is_busy();
        let binary = self.documents.binary.as_ref();
        serde_json::json!({
            "state": self.state.to_json(),
            "link": self.state.to_link(),
            "open": binary.map(|binary| serde_json::json!({
                "name": binary.name(),
                "bytes": binary.bytes().len(),
                "build-id": binary.build_id(),
            })),
            "compared-with": self.documents.before.as_ref().map(|binary| binary.name().to_string()),
            "profile": self.documents.profile.as_ref().map(|profile| serde_json::json!({
                "name": profile.name(),
                "samples": profile.profile().sample_count(),
                "matched": self.documents.matched.as_ref().map(|matched| matched.report().found.functions),
            })),
            "page": self.documents.page.as_ref().map(|page| serde_json::json!({
                "url": page.url,
                "load": page.load,
                "modules": page.modules.len(),
                "memories": page.memories.len(),
                "attached": page.attached.map(|attached| attached.memory),
            })),
            "live": self.documents.live.as_ref().map(|live| serde_json::json!({
                "engine": live.engine,
                "memories": live.memories().map(memviz::MemoryRead::len).collect::<Vec<_>>(),
                "pages": live.memory(0).map_or(0, |image| image.pages().count()),
                "growth": live.growth.len(),
                "moments": self.documents.moments.len(),
            })),
            "selected": self.selection_label(),
            "debugged": self.debugged(),
            "busy": is_busy,
            "notices": self.notices.iter().map(|notice| notice.text.clone()).collect::<Vec<_>>(),
        })
        .to_string()
    }

    /// Whether the program that runs is one that the debugger has: that says itself what becomes of it.
    fn is_debugging(&self) -> bool {
        #[cfg(not(target_arch = "wasm32"))]
        return self.debugging.debuggee.is_some();
        #[cfg(target_arch = "wasm32")]
        return false;
    }

    #[cfg(target_arch = "wasm32")]
    fn debugged(&self) -> Option<serde_json::Value> {
        None
    }

    /// Whether there is anything that views show.
    fn has_views(&self) -> bool {
        !self.documents.is_empty() || self.is_debugging()
    }

    /// Draws everything.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        ctx.set_zoom_factor(self.state.scale() as f32);
        self.take_files(&ctx);
        self.take_pictures();
        self.take_news(&ctx);
        #[cfg(not(target_arch = "wasm32"))]
        self.take_debug_news(&ctx);
        self.match_profile(&ctx);
        let (views, _, mut context) = self.parts();
        views.update(&mut context);
        self.take_keys(&ctx);
        self.menu_bar(ui);
        self.refresh();
        self.status_bar(ui);
        egui::CentralPanel::default().show(ui, |ui| {
            if self.has_views() {
                let (views, dock, mut context) = self.parts();
                dock.ui(views, &mut context, ui);
            } else {
                self.welcome(ui);
            }
        });
        self.overlays(&ctx);
        self.take_picture(ui);
        self.is_typing = ctx.text_edit_focused();
        for request in std::mem::take(&mut self.requests) {
            match request {
                Request::Run(command) => self.run(&ctx, command),
                Request::Show(view) => self.show(view),
                Request::Replace { binary, before } => {
                    self.documents.replace(binary, before);
                    self.state.location.selection = Selection::Nothing;
                }
                Request::Save { name, bytes } => self.save(&name, bytes),
                Request::Notify(severity, text) => self.notices.add(severity, text),
                Request::Ask(ask) => self.ask(ask),
                Request::Open(path) => self.host.read(&path, self.files.inbox()),
                Request::Page(command) => self.ask_page(&command),
            }
        }
        // A motion is one step, however long it takes.
        if !is_moving(&ctx) {
            self.history.note(self.state.visit());
        }
    }

    /// Gives keys to what they are for, as things were when they were pressed.
    fn take_keys(&mut self, ctx: &egui::Context) {
        let has_list = egui::Popup::is_any_open(ctx);
        self.is_choosing = has_list || self.overlays.is_open();
        // Escape leaves what is typed, and chooses nothing.
        self.has_left_text = self.is_typing && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        if self.has_left_text {
            self.overlays.close();
        } else if !has_list && let Some(command) = Command::pressed(ctx) {
            self.run(ctx, command);
        }
    }

    /// Finds the profile's functions in the program, when there is a new one of either.
    fn match_profile(&mut self, ctx: &egui::Context) {
        let generation = self.documents.generation;
        let (Some(profile), Some(binary)) = (self.documents.profile.clone(), self.documents.binary.clone()) else {
            self.matching = None;
            return;
        };
        if self.documents.matched.is_some() {
            return;
        }
        match &self.matching {
            Some((of, job)) if *of == generation => match job.poll() {
                Poll::Running => {}
                Poll::Gone => self.matching = None,
                Poll::Done(matched) => {
                    self.matching = None;
                    if let Some(warning) = matched.warning(&profile, &binary) {
                        self.notices.add(Severity::Warning, warning.in_language(self.state.language));
                    }
                    self.documents.take_match(matched);
                }
            },
            _ => {
                let label = Text::Working.in_language(self.state.language);
                let job = Job::start(ctx, label, move |_| Matched::new(&profile, &binary));
                self.matching = Some((generation, job));
            }
        }
    }

    /// Brings what depends on documents, selection and search up to date.
    fn refresh(&mut self) {
        let linked_of = (self.documents.generation, self.state.location.selection.clone());
        if self.linked_of != linked_of {
            self.linked = self.documents.link(&linked_of.1);
            self.linked_of = linked_of;
        }
        if self.filter_of != self.state.search {
            self.filter_of.clone_from(&self.state.search);
            if let Some(error) = self.filter_error.take() {
                self.notices.remove(&error);
            }
            match Filter::parse(&self.state.search) {
                Ok(filter) => self.filter = filter,
                Err(error) => {
                    let error = error.in_language(self.state.language);
                    self.notices.add(Severity::Warning, error.clone());
                    self.filter_error = Some(error);
                }
            }
        }
    }

    /// Does what the user asked for.
    pub fn run(&mut self, ctx: &egui::Context, command: Command) {
        match command {
            Command::Open => self.host.pick(self.inbox(), false),
            Command::Compare => self.host.pick(self.inbox(), true),
            Command::OpenSample => self.open_sample(),
            Command::Close => self.documents.close(),
            Command::Quit if self.host.can_quit() => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            Command::Quit => {}
            Command::ExportPng => self.export(Format::Png),
            Command::ExportSvg => self.export(Format::Svg),
            Command::ExportJson => self.export(Format::Json),
            Command::ExportCsv => self.export(Format::Csv),
            Command::CopyLink => {
                ctx.copy_text(self.host.link(&self.state.to_link()));
                self.notify(Severity::Info, Text::LinkCopied);
            }
            Command::Palette => self.overlays.toggle_palette(),
            Command::Shortcuts => self.overlays.toggle_shortcuts(),
            Command::Search => self.overlays.focus_search = true,
            Command::Back => self.go_to(|history| history.back()),
            Command::Forward => self.go_to(|history| history.forward()),
            Command::SelectNothing if self.overlays.close() => {}
            Command::SelectNothing => self.state.location.selection = Selection::Nothing,
            Command::ShowSizes => self.show(ViewId::Sizes),
            Command::ShowTime => self.show(ViewId::Time),
            Command::ShowCode => self.show(ViewId::Code),
            Command::ShowAdvice => self.show(ViewId::Advice),
            Command::ResetLayout => self.reset_layout(),
            Command::ScaleUp => self.state.scale_by(1.0),
            Command::ScaleDown => self.state.scale_by(-1.0),
            Command::ScaleReset => self.state.scale = None,
            Command::Dark | Command::Light | Command::SystemTheme => {
                self.state.theme = match command {
                    Command::Dark => Theme::Dark,
                    Command::Light => Theme::Light,
                    _ => Theme::System,
                };
                self.set_theme(ctx);
            }
            Command::Up | Command::Fit | Command::NextMatch => {
                let (views, _, mut context) = self.parts();
                let is_done = views.get(context.state.focus).command(&mut context, command);
                // What a search finds are items: the view that has them all walks, the others follow.
                if !is_done && command == Command::NextMatch {
                    views.get(ViewId::Sizes).command(&mut context, command);
                }
            }
            Command::Apply | Command::TakeBack | Command::SaveCopy => {
                let (views, _, mut context) = self.parts();
                views.get(ViewId::Advice).command(&mut context, command);
            }
            Command::ShowMemory => self.show(ViewId::Memory),
            Command::ShowPage if self.documents.page.is_some() => self.show(ViewId::Page),
            Command::ShowPage => {}
            Command::ReloadWithHook => self.ask_page(&PageCommand::Reload { count_calls: false }),
            Command::ReloadAndCount => self.ask_page(&PageCommand::Reload { count_calls: true }),
            Command::ShowDebugger => self.show(ViewId::Debugger),
            #[cfg(not(target_arch = "wasm32"))]
            command => self.run_debugger(ctx, command),
            #[cfg(target_arch = "wasm32")]
            _ => {}
        }
    }

    /// The views and what they share, side by side.
    fn parts(&mut self) -> (&mut Views, &mut Dock, Context<'_>) {
        let context = Context {
            documents: &self.documents,
            state: &mut self.state,
            linked: &self.linked,
            filter: &self.filter,
            #[cfg(not(target_arch = "wasm32"))]
            debuggee: &mut self.debugging.debuggee,
            is_choosing: self.is_choosing,
            requests: &mut self.requests,
        };
        (&mut self.views, &mut self.dock, context)
    }

    fn go_to(&mut self, step: impl FnOnce(&mut History) -> Option<Visit>) {
        if let Some(visit) = step(&mut self.history) {
            self.state.return_to(visit);
        }
    }

    fn show(&mut self, view: ViewId) {
        self.dock.show(view);
        self.state.focus = view;
    }

    fn reset_layout(&mut self) {
        self.dock = self.first_dock();
        self.state.layout = None;
    }

    /// How the views are docked at first: in a panel another way than in a window.
    fn first_dock(&self) -> Dock {
        if self.documents.page.is_some() { Dock::panel() } else { Dock::new(None) }
    }

    fn set_theme(&self, ctx: &egui::Context) {
        ctx.set_theme(match self.state.theme {
            Theme::System => egui::ThemePreference::System,
            Theme::Light => egui::ThemePreference::Light,
            Theme::Dark => egui::ThemePreference::Dark,
        });
    }

    fn selection_label(&self) -> Option<String> {
        let Documents { binary, before, .. } = &self.documents;
        let Linked { items, gone, function, .. } = &self.linked;
        match (binary, before, &items[..], &gone[..]) {
            (_, Some(before), _, [item]) => {
                Some(format!("{} ({})", before.label(*item), Text::Gone.in_language(self.state.language)))
            }
            (Some(binary), _, [item], []) => Some(binary.label(*item)),
            (_, _, [], []) => function.clone(),
            (.., items, gone) => Some(format!("{} items", items.len() + gone.len())),
        }
    }
}

/// Whether the user scrolls, zooms or drags.
fn is_moving(ctx: &egui::Context) -> bool {
    ctx.input(|input| {
        let turns = input.smooth_scroll_delta != egui::Vec2::ZERO || input.zoom_delta() != 1.0;
        turns || input.pointer.any_down() || !input.keys_down.is_empty()
    })
}

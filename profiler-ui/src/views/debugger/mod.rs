//! A program under control: its source or instructions, its calls, its values, where it is to stop; forward and back.
//! The debugger is `wasm-gdb`'s, in this process or behind a socket; the view is a client of the Debug Adapter Protocol.

mod panels;
mod saved;
mod text;
mod values;

use egui::Panel;

use super::{Format, View, ViewId};
use crate::command::Command;
use crate::context::{Context, Request};
use crate::model::{Debuggee, Run};
use crate::strings::Text as Says;
use text::Text;
use values::Editing;

/// Narrower than this, the panels stand below the text.
const NARROW: f32 = 760.0;

/// The view.
#[derive(Default)]
pub struct Debugger {
    text: Text,
    editing: Option<Editing>,
    typed_place: String,
    typed_watch: String,
    typed_expression: String,
    /// Whether the calls of the runtime are listed, too.
    shows_runtime: bool,
}

/// A button for a command: it can be pressed when the command means something.
fn button(context: &mut Context<'_>, ui: &mut egui::Ui, sign: &str, command: Command, is_enabled: bool) {
    let name = context.text(command.text());
    let key = command.key(ui.ctx()).map(|key| format!(" ({key})")).unwrap_or_default();
    let response = ui.add_enabled(is_enabled, egui::Button::new(sign)).on_hover_text(format!("{name}{key}"));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, is_enabled, name));
    if response.clicked() {
        context.requests.push(Request::Run(command));
    }
}

impl Debugger {
    fn toolbar(&self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let debuggee = context.debuggee.as_ref();
        let is_running = debuggee.is_some_and(|debuggee| debuggee.run == Some(Run::Running));
        let is_stopped = debuggee.is_some_and(Debuggee::is_stopped);
        let goes_back = is_stopped && debuggee.is_some_and(Debuggee::can_go_back);
        let can_restart = debuggee.is_some_and(|debuggee| debuggee.can_restart() && !debuggee.is_over());
        let status = status(context);
        ui.horizontal_wrapped(|ui| {
            button(context, ui, "▶", Command::Continue, is_stopped);
            button(context, ui, "▶main", Command::RunToMain, is_stopped);
            button(context, ui, "▮▮", Command::Pause, is_running);
            ui.separator();
            button(context, ui, "↷", Command::StepOver, is_stopped);
            button(context, ui, "↓", Command::StepIn, is_stopped);
            button(context, ui, "↑", Command::StepOut, is_stopped);
            ui.separator();
            button(context, ui, "↶", Command::StepBack, goes_back);
            button(context, ui, "◀", Command::ReverseContinue, goes_back);
            ui.separator();
            button(context, ui, "↻", Command::RestartProgram, can_restart);
            button(context, ui, "■", Command::LeaveProgram, true);
            ui.separator();
            ui.add(egui::Label::new(status).truncate());
        });
    }

    /// What there is to do before a program is under control.
    fn start(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let name = context.documents.binary.as_ref().map(|binary| binary.name().to_string());
        ui.horizontal_wrapped(|ui| {
            let can_start = name.is_some();
            let label = match &name {
                Some(name) => format!("▶ {} {name}", context.text(Command::Debug.text())),
                None => format!("▶ {}", context.text(Command::Debug.text())),
            };
            if ui.add_enabled(can_start, egui::Button::new(label)).clicked() {
                context.requests.push(Request::Run(Command::Debug));
            }
            let hints = [Says::Arguments, Says::InputFile, Says::Folders, Says::FunctionToCall];
            let hints = hints.map(|hint| context.text(hint));
            let set = &mut context.state.debugging;
            let texts = [&mut set.arguments, &mut set.input, &mut set.folders, &mut set.function];
            for (hint, text) in hints.into_iter().zip(texts) {
                field(ui, hint, text, 180.0);
            }
            let label = context.text(Says::StopAtEntry);
            ui.checkbox(&mut context.state.debugging.stops_at_entry, label);
        });
        ui.horizontal_wrapped(|ui| {
            if ui.button(context.text(Command::AttachDebugger.text())).clicked() {
                context.requests.push(Request::Run(Command::AttachDebugger));
            }
            let hint = format!("{} 127.0.0.1:9229", context.text(Says::Address));
            let is_entered = field(ui, &hint, &mut context.state.debugging.address, 240.0);
            if is_entered {
                context.requests.push(Request::Run(Command::AttachDebugger));
            }
        });
        ui.weak(context.text(Says::DebuggerHint));
        ui.separator();
    }
}

/// A line to type in; whether Enter was pressed. The next thing can be typed at once.
fn field(ui: &mut egui::Ui, hint: &str, text: &mut String, width: f32) -> bool {
    let edit = egui::TextEdit::singleline(text).hint_text(hint).desired_width(width.min(ui.available_width()));
    let response = ui.add(edit);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, hint));
    let is_entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if is_entered {
        response.request_focus();
    }
    is_entered
}

/// What the program does, in words.
fn status(context: &Context<'_>) -> String {
    match context.debuggee.as_ref().and_then(|debuggee| debuggee.run.clone()) {
        None => context.text(Says::Working).to_string(),
        Some(Run::Running) => context.text(Says::Running).to_string(),
        Some(Run::Stopped(reason)) => format!("{}: {reason}", context.text(Says::Stopped)),
        Some(Run::Exited(code)) => format!("{} {code}", context.text(Says::ExitedWith)),
        Some(Run::Lost(reason)) => reason.in_language(context.state.language),
    }
}

impl View for Debugger {
    fn update(&mut self, _: &mut Context<'_>) {
        self.text.update();
    }

    fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let is_there = context.debuggee.as_ref().is_some_and(|debuggee| !debuggee.is_over());
        if is_there {
            self.toolbar(context, ui);
        } else {
            self.start(context, ui);
        }
        let is_narrow = ui.available_width() < NARROW;
        Panel::bottom("debugger-output").resizable(true).default_size(ui.available_height() * 0.22).show(ui, |ui| {
            self.output(context, ui);
        });
        let beside = (320.0 / ui.available_width().max(1.0)).max(0.42);
        crate::widgets::side_panel(ui, "debugger-side", is_narrow, 0.5, beside).show(ui, |ui| {
            egui::ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
                self.calls(context, ui);
                self.variables(context, ui);
                self.watches(context, ui);
                self.breakpoints(context, ui);
            });
        });
        self.text.ui(context, ui);
    }

    fn command(&mut self, context: &mut Context<'_>, command: Command) -> bool {
        if command != Command::ToggleBreakpoint {
            return false;
        }
        let Some(place) = self.text.chosen_place(context) else { return false };
        context.state.debugging.toggle(place);
        true
    }

    fn is_busy(&self) -> bool {
        self.text.is_reading()
    }

    fn export(&self, context: &Context<'_>, format: Format) -> Option<String> {
        let (debuggee, set) = (context.debuggee.as_ref(), &context.state.debugging);
        match format {
            Format::Png | Format::Svg => None,
            Format::Json => Some(saved::json(debuggee, set, &status(context))),
            Format::Csv => Some(saved::csv(debuggee, set)),
        }
    }
}

/// Whether keys go to this view.
fn has_focus(context: &Context<'_>) -> bool {
    context.has_focus(ViewId::Debugger)
}

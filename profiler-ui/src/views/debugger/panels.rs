//! What stands beside the text: calls, variables, watches, breakpoints, output.

use dap_types::{StackFrame, Variable};

use super::{Debugger, field, values};
use crate::context::Context;
use crate::model::{Asked, Breakpoint, Place, Writer};
use crate::strings::Text as Says;

impl Debugger {
    /// The calls that are active; one of them is looked at. Those of the runtime are one line, until they are wanted.
    pub(super) fn calls(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let shows_runtime = &mut self.shows_runtime;
        section(context, ui, Says::Calls, |context, ui| {
            let text = context.text(Says::RuntimeCalls);
            let Some(debuggee) = context.debuggee.as_mut() else { return };
            let mut chosen = None;
            let is_folded = |(at, frame): (usize, &StackFrame)| at != debuggee.frame && is_of_runtime(frame);
            let runtime = debuggee.frames.iter().enumerate().filter(|frame| is_folded(*frame)).count();
            let has_own = runtime + 1 < debuggee.frames.len() || !debuggee.current().is_some_and(is_of_runtime);
            let area = egui::ScrollArea::vertical().id_salt("calls").max_height(CALLS_HEIGHT);
            area.show(ui, |ui| {
                for (at, frame) in debuggee.frames.iter().enumerate() {
                    if has_own && !*shows_runtime && is_folded((at, frame)) {
                        continue;
                    }
                    let file = frame.source.as_ref().and_then(|source| source.name.clone());
                    let place = file.map(|file| format!("  {file}:{}", frame.line)).unwrap_or_default();
                    let text = egui::RichText::new(format!("{}{place}", frame.name)).monospace();
                    let row = ui.add(egui::Button::selectable(at == debuggee.frame, text).truncate());
                    if row.clicked() {
                        chosen = Some(at);
                    }
                }
                if has_own && runtime > 0 {
                    let sign = if *shows_runtime { "▾" } else { "▸" };
                    let fold = ui.add(egui::Button::new(format!("{sign} {text}: {runtime}")).frame(false));
                    if fold.clicked() {
                        *shows_runtime = !*shows_runtime;
                    }
                }
            });
            if let Some(at) = chosen {
                debuggee.choose_frame(at);
            }
        });
    }

    /// The variables of the call that is looked at.
    pub(super) fn variables(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        section(context, ui, Says::Variables, |context, ui| {
            let scopes = context.debuggee.as_ref().map(|debuggee| debuggee.scopes.clone()).unwrap_or_default();
            for scope in scopes {
                let header = egui::CollapsingHeader::new(&scope.name)
                    .id_salt((&scope.name, scope.expensive))
                    .default_open(!scope.expensive);
                header.show(ui, |ui| {
                    values::children(context, &mut self.editing, ui, scope.variables_reference, &scope.name);
                });
            }
        });
    }

    /// Expressions that are shown at each stop.
    pub(super) fn watches(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        section(context, ui, Says::Watches, |context, ui| {
            let mut removed = None;
            for (at, expression) in context.state.debugging.watches.clone().iter().enumerate() {
                ui.horizontal(|ui| {
                    if remove_button(context, ui, expression) {
                        removed = Some(at);
                    }
                    let value = context.debuggee.as_ref().and_then(|debuggee| debuggee.watch(expression).cloned());
                    match value {
                        None => drop(ui.monospace(expression)),
                        Some(Asked::Waiting) => drop(ui.spinner()),
                        Some(Asked::Failed(reason)) => drop(ui.weak(format!("{expression}: {reason}"))),
                        Some(Asked::Here(value)) => {
                            let shown = Variable {
                                name: expression.clone(),
                                value: value.result,
                                type_: value.type_,
                                presentation_hint: None,
                                evaluate_name: None,
                                variables_reference: value.variables_reference,
                                named_variables: value.named_variables,
                                indexed_variables: value.indexed_variables,
                                memory_reference: value.memory_reference,
                            };
                            let path = format!("watch {expression}");
                            ui.vertical(|ui| values::variable(context, &mut self.editing, ui, None, &shown, &path));
                        }
                    }
                });
            }
            if let Some(at) = removed {
                context.state.debugging.watches.remove(at);
            }
            let is_entered = field(ui, context.text(Says::AddWatch), &mut self.typed_watch, 240.0);
            let typed = self.typed_watch.trim().to_string();
            if is_entered && !typed.is_empty() {
                self.typed_watch.clear();
                if !context.state.debugging.watches.contains(&typed) {
                    context.state.debugging.watches.push(typed);
                }
            }
        });
    }

    /// Where the program is to stop.
    pub(super) fn breakpoints(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        section(context, ui, Says::Breakpoints, |context, ui| {
            let mut removed = None;
            for at in 0..context.state.debugging.breakpoints.len() {
                if self.breakpoint(context, ui, at) {
                    removed = Some(at);
                }
            }
            if let Some(at) = removed {
                context.state.debugging.breakpoints.remove(at);
            }
            let changes: Vec<String> = context
                .debuggee
                .as_ref()
                .map(|debuggee| debuggee.data_breakpoints().map(str::to_string).collect())
                .unwrap_or_default();
            for (at, description) in changes.iter().enumerate() {
                ui.horizontal(|ui| {
                    if remove_button(context, ui, description)
                        && let Some(debuggee) = context.debuggee.as_mut()
                    {
                        debuggee.unwatch(at);
                    }
                    ui.label(format!("{}: {description}", context.text(Says::StopAtChange)));
                });
            }
            let is_entered = field(ui, context.text(Says::AddBreakpoint), &mut self.typed_place, 240.0);
            if is_entered && let Some(at) = Place::parse(&self.typed_place) {
                self.typed_place.clear();
                if context.state.debugging.breakpoints.iter().all(|known| known.at != at) {
                    context.state.debugging.breakpoints.push(Breakpoint { at, condition: String::new() });
                }
            }
        });
    }

    /// One breakpoint with its condition; whether it is to go.
    fn breakpoint(&self, context: &mut Context<'_>, ui: &mut egui::Ui, at: usize) -> bool {
        let Some(breakpoint) = context.state.debugging.breakpoints.get(at).cloned() else { return false };
        let verdict = context.debuggee.as_ref().and_then(|debuggee| debuggee.verdict(&breakpoint.at)).cloned();
        let is_refused = verdict.as_ref().is_some_and(|placed| !placed.verified);
        let mut is_removed = false;
        ui.horizontal(|ui| {
            let place = breakpoint.at.to_string();
            is_removed = remove_button(context, ui, &place);
            let text = egui::RichText::new(&place).monospace();
            ui.label(if is_refused { text.strikethrough() } else { text });
            let hint = context.text(Says::Condition);
            // A condition takes effect when it is whole.
            let id = ui.scope_id().with(("condition", &place));
            let typed = ui.data_mut(|data| data.get_temp::<String>(id));
            let mut typed = typed.unwrap_or_else(|| breakpoint.condition.clone());
            let edit = egui::TextEdit::singleline(&mut typed).hint_text(hint).desired_width(120.0);
            let response = ui.add(edit);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, format!("{hint}: {place}")));
            if response.lost_focus() {
                ui.data_mut(|data| data.remove::<String>(id));
                if let Some(own) = context.state.debugging.breakpoints.get_mut(at) {
                    own.condition = typed.trim().to_string();
                }
            } else if response.has_focus() {
                ui.data_mut(|data| data.insert_temp(id, typed));
            }
        });
        if let Some(message) = verdict.filter(|placed| !placed.verified).and_then(|placed| placed.message) {
            ui.colored_label(ui.visuals().warn_fg_color, message);
        }
        is_removed
    }

    /// What the program and the debugger wrote, and a line to ask for values.
    pub(super) fn output(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let is_over = context.debuggee.as_ref().is_none_or(|debuggee| debuggee.is_over());
        let hint = context.text(Says::Evaluate);
        let mut is_entered = false;
        ui.with_layout(egui::Layout::bottom_up(egui::Align::Min), |ui| {
            ui.add_enabled_ui(!is_over, |ui| {
                is_entered = field(ui, hint, &mut self.typed_expression, f32::INFINITY);
            });
            ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| written(context, ui));
        });
        let typed = self.typed_expression.trim().to_string();
        if is_entered && !typed.is_empty() {
            self.typed_expression.clear();
            if let Some(debuggee) = context.debuggee.as_mut() {
                debuggee.evaluate(&typed);
            }
        }
    }
}

/// Calls have no more room than that: what stands below them stays where it is.
const CALLS_HEIGHT: f32 = 150.0;

/// Whether a call is of what runs a program, not of the program: a language's library, or code without source.
fn is_of_runtime(frame: &StackFrame) -> bool {
    const CRATES: [&str; 4] = ["std", "core", "alloc", "panic_unwind"];
    const FOLDERS: [&str; 3] = ["/rustc/", "/library/std/", "/library/core/"];
    let path = frame.source.as_ref().and_then(|source| source.path.as_deref());
    let name = frame.name.trim_start_matches('<');
    let of_crate = name.split_once("::").is_some_and(|(name, _)| CRATES.contains(&name));
    let is_entry = name == "_start" || name.starts_with("__") && name != "__original_main";
    is_entry || of_crate || path.is_none_or(|path| FOLDERS.iter().any(|folder| path.contains(folder)))
}

fn written(context: &Context<'_>, ui: &mut egui::Ui) {
    let Some(debuggee) = context.debuggee.as_ref() else { return };
    let output = debuggee.output();
    let row_height = ui.text_style_height(&egui::TextStyle::Monospace);
    let area = egui::ScrollArea::vertical().id_salt("written").stick_to_bottom(true).auto_shrink([false, false]);
    area.show_rows(ui, row_height, output.len(), |ui, rows| {
        for line in output.get(rows).unwrap_or_default() {
            let text = egui::RichText::new(line.text.trim_end_matches(['\n', '\r'])).monospace();
            let text = match line.writer {
                Writer::Stdout => text,
                Writer::Stderr => text.color(ui.visuals().warn_fg_color),
                Writer::Debugger => text.weak(),
                Writer::User => text.strong(),
            };
            ui.add(egui::Label::new(text).extend());
        }
    });
}

/// A button that takes something away.
fn remove_button(context: &Context<'_>, ui: &mut egui::Ui, what: &str) -> bool {
    let response = ui.small_button("×");
    let label = format!("{}: {what}", context.text(Says::Remove));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    response.clicked()
}

fn section(
    context: &mut Context<'_>,
    ui: &mut egui::Ui,
    title: Says,
    contents: impl FnOnce(&mut Context<'_>, &mut egui::Ui),
) {
    let title = egui::RichText::new(context.text(title)).strong();
    egui::CollapsingHeader::new(title).default_open(true).show(ui, |ui| contents(context, ui));
}

//! The text that the program is in: its source with breakpoints beside it, or its instructions where there is none.

use std::sync::Arc;

use dap_types::Breakpoint as Placed;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, TextStyle};
use egui_extras::{Column, TableBuilder};

use super::has_focus;
use crate::context::Context;
use crate::model::{Asked, Breakpoint, Place};
use crate::strings::{Language, Text as Says};
use crate::theme;
use crate::views::source::{Lines, Source, file_name};

/// The view's text.
#[derive(Default)]
pub(super) struct Text {
    /// The file that is shown, and where its text comes from.
    shown: Option<(String, Source)>,
    /// The line that was brought into sight.
    scrolled_to: Option<(String, u64)>,
    /// The line that the user chose, to set a breakpoint.
    chosen: Option<(String, u32)>,
}

impl Text {
    pub(super) fn is_reading(&self) -> bool {
        matches!(self.shown, Some((_, Source::Reading(_))))
    }

    /// Takes in what was read.
    pub(super) fn update(&mut self) {
        if let Some((_, source)) = &mut self.shown {
            source.poll();
        }
    }

    /// Where a breakpoint goes that is set by key: the line that was chosen, or where the program is.
    pub(super) fn chosen_place(&self, context: &Context<'_>) -> Option<Place> {
        if let Some((file, line)) = &self.chosen {
            return Some(Place::Line { file: file.clone(), line: *line });
        }
        let frame = context.debuggee.as_ref()?.current()?;
        let file = frame.source.as_ref()?.path.clone()?;
        Some(Place::Line { file, line: u32::try_from(frame.line).ok().filter(|line| *line > 0)? })
    }

    pub(super) fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let frame = context.debuggee.as_ref().and_then(|debuggee| debuggee.current());
        let place = frame.and_then(|frame| Some((frame.source.as_ref()?.path.clone()?, frame.line)));
        let has_frame = frame.is_some();
        if let Some((path, _)) = &place
            && self.shown.as_ref().is_none_or(|(shown, _)| shown != path)
        {
            let label = context.text(Says::Working);
            self.shown = Some((path.clone(), Source::find(ui.ctx(), label, path, &context.state.code.source_map)));
        }
        if has_frame && place.is_none() {
            return instructions(context, ui);
        }
        let Some((path, source)) = &mut self.shown else { return };
        let given = context.documents.texts.iter().find(|(name, _)| file_name(path) == name);
        if let (Source::Missing, Some((_, text))) = (&*source, given) {
            *source = Source::Read(Arc::new(Lines::new(text.clone())));
        }
        ui.add(egui::Label::new(egui::RichText::new(file_name(path)).weak().small()).truncate()).on_hover_text(&*path);
        match source {
            Source::Reading(_) => {
                ui.spinner();
            }
            Source::Missing => {
                ui.label(context.text(Says::SourceMissing));
                instructions(context, ui);
            }
            Source::Read(lines) => {
                let (path, lines) = (path.clone(), lines.clone());
                self.source(context, &path, &lines, place.map(|(_, line)| line), ui);
            }
        }
    }

    fn source(
        &mut self,
        context: &mut Context<'_>,
        path: &str,
        lines: &Lines,
        current: Option<u64>,
        ui: &mut egui::Ui,
    ) {
        let font = TextStyle::Monospace.resolve(ui.style());
        let row_height = ui.text_style_height(&TextStyle::Monospace) + 2.0;
        let digit = font.size * 0.62;
        let is_dark = ui.visuals().dark_mode;
        ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
        let mut table = TableBuilder::new(ui)
            .id_salt("debugged-source")
            .sense(egui::Sense::click())
            .column(Column::exact(digit * 3.0))
            .column(Column::exact(digit * 6.0))
            .column(Column::remainder().clip(true));
        let wanted = current.map(|line| (path.to_string(), line));
        if wanted.is_some() && wanted != self.scrolled_to {
            let row = current.unwrap_or(1).saturating_sub(1) as usize;
            table = table.scroll_to_row(row.min(lines.len().saturating_sub(1)), Some(Align::Center));
            self.scrolled_to = wanted;
        }
        let (mut toggled, mut picked) = (None, None);
        table.body(|body| {
            body.rows(row_height, lines.len(), |mut row| {
                let line = row.index() as u32 + 1;
                let is_current = current == Some(u64::from(line));
                let set = mark_at(context, path, line);
                let is_chosen = self.chosen.as_ref().is_some_and(|(file, chosen)| file == path && *chosen == line);
                row.set_selected(is_chosen);
                row.col(|ui| {
                    fill(ui, is_current, is_dark);
                    if gutter(context.state.language, ui, line, set, is_current) {
                        toggled = Some(line);
                    }
                });
                row.col(|ui| {
                    fill(ui, is_current, is_dark);
                    let number = egui::RichText::new(line.to_string()).monospace().weak();
                    ui.add(egui::Label::new(number).selectable(false));
                });
                row.col(|ui| {
                    fill(ui, is_current, is_dark);
                    let text = lines.line(line).unwrap_or_default().replace('\t', "    ");
                    let text = egui::RichText::new(text).font(font.clone());
                    ui.add(egui::Label::new(text).truncate().selectable(false));
                });
                if row.response().clicked() {
                    picked = Some(line);
                }
            });
        });
        if let Some(line) = toggled {
            context.state.debugging.toggle(place_of(context, path, line));
        }
        if let Some(line) = picked.or(toggled) {
            self.chosen = Some((path.to_string(), line));
        }
        self.keys(context, path, lines.len(), ui.ctx());
    }

    /// Up and down choose another line.
    fn keys(&mut self, context: &Context<'_>, path: &str, line_count: usize, ctx: &egui::Context) {
        if !has_focus(context) || ctx.text_edit_focused() {
            return;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key));
        let step = i64::from(pressed(egui::Key::ArrowDown)) - i64::from(pressed(egui::Key::ArrowUp));
        if step == 0 {
            return;
        }
        let from = match self.chosen_place(context) {
            Some(Place::Line { file, line }) if file == path => i64::from(line),
            _ => 1,
        };
        let line = (from + step).clamp(1, line_count.max(1) as i64) as u32;
        self.chosen = Some((path.to_string(), line));
    }
}

/// The marks of a line: whether the program is to stop there, and whether it stands there. It can be pressed.
fn gutter(language: Language, ui: &mut egui::Ui, line: u32, set: Option<Mark>, is_current: bool) -> bool {
    let visuals = ui.visuals();
    let mut signs = LayoutJob::default();
    let mut sign = |sign: &str, color: egui::Color32| {
        let font_id = TextStyle::Monospace.resolve(ui.style());
        signs.append(sign, 0.0, TextFormat { font_id, color, ..TextFormat::default() });
    };
    match set {
        Some(Mark::Placed) => sign("●", visuals.error_fg_color),
        Some(Mark::Refused) => sign("●", visuals.weak_text_color()),
        None => sign(" ", visuals.weak_text_color()),
    }
    if is_current {
        sign("▶", visuals.warn_fg_color);
    }
    let label =
        ui.add_sized(ui.available_size(), egui::Label::new(signs).sense(egui::Sense::click()).halign(Align::Min));
    let has = if set.is_some() { Says::BreakpointAtLine } else { Says::NoBreakpointAtLine };
    let has = has.with("line", line.to_string()).in_language(language);
    label.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, set.is_some(), &has));
    label.clicked()
}

/// What became of a breakpoint.
#[derive(Clone, Copy)]
enum Mark {
    Placed,
    Refused,
}

/// The breakpoint that is shown at a line: the debugger moves one to the next line that has code, and says where a
/// function begins.
fn shown_at<'c>(context: &'c Context<'_>, path: &str, line: u32) -> Option<&'c Breakpoint> {
    context.state.debugging.breakpoints.iter().find(|breakpoint| {
        let placed = verdict(context, breakpoint);
        let placed_line = placed.and_then(|placed| placed.line);
        match &breakpoint.at {
            Place::Line { file, line: set } => {
                is_end_of(path, file) && placed_line.unwrap_or(u64::from(*set)) == u64::from(line)
            }
            Place::Function(_) => {
                let file = placed.and_then(|placed| placed.source.as_ref()?.path.as_deref());
                placed_line == Some(u64::from(line)) && file.is_some_and(|file| is_end_of(path, file))
            }
        }
    })
}

/// What the debugger made of a breakpoint.
fn verdict<'c>(context: &'c Context<'_>, breakpoint: &Breakpoint) -> Option<&'c Placed> {
    context.debuggee.as_ref()?.verdict(&breakpoint.at)
}

fn mark_at(context: &Context<'_>, path: &str, line: u32) -> Option<Mark> {
    let is_refused = verdict(context, shown_at(context, path, line)?).is_some_and(|placed| !placed.verified);
    Some(if is_refused { Mark::Refused } else { Mark::Placed })
}

/// The place of the breakpoint that is shown at a line; else that line.
fn place_of(context: &Context<'_>, path: &str, line: u32) -> Place {
    let shown = shown_at(context, path, line).map(|breakpoint| breakpoint.at.clone());
    shown.unwrap_or_else(|| Place::Line { file: path.to_string(), line })
}

/// Whether a path ends with these parts.
fn is_end_of(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '\\']) || end.starts_with('/'))
}

fn fill(ui: &egui::Ui, is_current: bool, is_dark: bool) {
    if is_current {
        let color = theme::category(1, is_dark).gamma_multiply(0.3);
        ui.painter().rect_filled(ui.max_rect(), 0.0, color);
    }
}

/// The instructions around the place where the program is.
fn instructions(context: &mut Context<'_>, ui: &mut egui::Ui) {
    let Some(debuggee) = context.debuggee.as_mut() else { return };
    let at = debuggee.current().and_then(|frame| frame.instruction_pointer_reference.clone());
    let all = match debuggee.instructions() {
        Asked::Here(all) => all,
        Asked::Waiting => return,
        Asked::Failed(reason) => {
            ui.label(reason);
            return;
        }
    };
    let is_dark = ui.visuals().dark_mode;
    egui::ScrollArea::vertical().id_salt("instructions").auto_shrink([false, false]).show(ui, |ui| {
        for instruction in all.iter().filter(|instruction| !instruction.instruction.is_empty()) {
            let is_current = Some(&instruction.address) == at.as_ref();
            ui.horizontal(|ui| {
                fill(ui, is_current, is_dark);
                ui.add(egui::Label::new(egui::RichText::new(&instruction.address).monospace().weak()));
                let text = egui::RichText::new(&instruction.instruction).monospace();
                let label = ui.add(egui::Label::new(if is_current { text.strong() } else { text }).truncate());
                if is_current {
                    label.scroll_to_me(Some(Align::Center));
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::is_end_of;

    #[test]
    fn a_breakpoint_may_name_the_end_of_a_path() {
        assert!(is_end_of("/src/app/main.rs", "main.rs"));
        assert!(is_end_of("/src/app/main.rs", "app/main.rs"));
        assert!(is_end_of("/src/app/main.rs", "/src/app/main.rs"));
        assert!(!is_end_of("/src/app/main.rs", "ain.rs"));
        assert!(!is_end_of("main.rs", "src/main.rs"));
    }
}

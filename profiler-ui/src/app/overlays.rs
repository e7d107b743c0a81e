//! What lies over the views for a moment: the command palette and the list of keys.

use egui::{Key, Modifiers};

use super::App;
use crate::command::Command;
use crate::context::Request;
use crate::strings::Text;

/// What is open over the views.
#[derive(Default)]
pub(super) struct Overlays {
    palette: Option<Palette>,
    has_shortcuts: bool,
    /// The search box is to be focused.
    pub(super) focus_search: bool,
}

#[derive(Default)]
struct Palette {
    typed: String,
    chosen: usize,
}

impl Overlays {
    pub(super) fn toggle_palette(&mut self) {
        self.palette = match self.palette {
            Some(_) => None,
            None => Some(Palette::default()),
        };
    }

    pub(super) fn toggle_shortcuts(&mut self) {
        self.has_shortcuts = !self.has_shortcuts;
    }

    /// Whether anything is open: keys are its own.
    pub(super) fn is_open(&self) -> bool {
        self.palette.is_some() || self.has_shortcuts
    }

    /// Closes what is open; whether anything was.
    pub(super) fn close(&mut self) -> bool {
        let was_open = self.is_open();
        self.palette = None;
        self.has_shortcuts = false;
        was_open
    }
}

impl App {
    pub(super) fn overlays(&mut self, ctx: &egui::Context) {
        self.palette(ctx);
        self.shortcuts(ctx);
    }

    fn palette(&mut self, ctx: &egui::Context) {
        let offered: Vec<Command> = Command::available().filter(|command| self.offers(*command)).collect();
        let Some(palette) = &mut self.overlays.palette else { return };
        let language = self.state.language;
        let step = ctx.input_mut(|input| {
            let down = input.consume_key(Modifiers::NONE, Key::ArrowDown);
            let up = input.consume_key(Modifiers::NONE, Key::ArrowUp);
            i64::from(down) - i64::from(up)
        });
        let mut run = None;
        let modal = egui::Modal::new(egui::Id::unique("palette")).show(ctx, |ui| {
            ui.set_width(420.0);
            let search = ui.add(egui::TextEdit::singleline(&mut palette.typed).desired_width(f32::INFINITY));
            let title = Text::Palette.in_language(language);
            search.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, title));
            if search.changed() {
                palette.chosen = 0;
            }
            let is_entered = search.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            search.request_focus();
            let typed = palette.typed.to_lowercase();
            let is_subsequence = |name: &str| {
                let mut rest = name.chars();
                typed.chars().all(|wanted| rest.any(|c| c == wanted))
            };
            let found: Vec<Command> = offered
                .iter()
                .copied()
                .filter(|command| {
                    let own = command.text().in_language(language).to_lowercase();
                    is_subsequence(&own) || is_subsequence(&format!("{command:?}").to_lowercase())
                })
                .collect();
            let last = found.len().saturating_sub(1);
            palette.chosen = palette.chosen.saturating_add_signed(step as isize).min(last);
            egui::ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                for (at, command) in found.iter().enumerate() {
                    let key = command.key(ctx).unwrap_or_default();
                    let button = egui::Button::selectable(at == palette.chosen, command.text().in_language(language))
                        .shortcut_text(key)
                        .min_size(egui::vec2(400.0, 0.0));
                    let row = ui.add(button);
                    if at == palette.chosen && step != 0 {
                        row.scroll_to_me(None);
                    }
                    if row.clicked() || is_entered && at == palette.chosen {
                        run = Some(*command);
                    }
                }
                if found.is_empty() {
                    ui.weak(Text::NothingMatches.in_language(language));
                }
            });
        });
        if run.is_some() || modal.should_close() {
            self.overlays.palette = None;
        }
        self.requests.extend(run.map(Request::Run));
    }

    fn shortcuts(&mut self, ctx: &egui::Context) {
        if !self.overlays.has_shortcuts {
            return;
        }
        let language = self.state.language;
        let modal = egui::Modal::new(egui::Id::unique("shortcuts")).show(ctx, |ui| {
            ui.heading(Text::Shortcuts.in_language(language));
            egui::ScrollArea::vertical().max_height(LIST_HEIGHT).show(ui, |ui| {
                ui.scroll_with_delta(egui::vec2(0.0, scrolled(ctx)));
                egui::Grid::new("keys").num_columns(2).striped(true).show(ui, |ui| {
                    for command in Command::available().filter(|command| self.offers(*command)) {
                        let Some(key) = command.key(ctx) else { continue };
                        ui.label(command.text().in_language(language));
                        ui.monospace(key);
                        ui.end_row();
                    }
                    for (what, keys) in crate::views::KEYS {
                        ui.label(what.in_language(language));
                        ui.monospace(*keys);
                        ui.end_row();
                    }
                });
            });
        });
        if modal.should_close() {
            self.overlays.has_shortcuts = false;
        }
    }
}

/// Of the list of keys, in points.
const LIST_HEIGHT: f32 = 480.0;

/// How far the keys that were pressed move a list down, in points.
fn scrolled(ctx: &egui::Context) -> f32 {
    const LINE: f32 = 40.0;
    const ALL: f32 = 100_000.0;
    let steps = [
        (Key::ArrowDown, -LINE),
        (Key::ArrowUp, LINE),
        (Key::PageDown, -LIST_HEIGHT * 0.9),
        (Key::PageUp, LIST_HEIGHT * 0.9),
        (Key::End, -ALL),
        (Key::Home, ALL),
    ];
    let pressed = |(key, by): (Key, f32)| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key)).then_some(by);
    steps.into_iter().filter_map(pressed).sum()
}

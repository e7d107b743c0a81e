//! The bar of menus with the search, the bar of state, and what an empty window shows.

use egui::{Align, Layout, Panel};

use super::App;
use crate::command::Command;
use crate::context::Request;
use crate::strings::{Language, Text};

impl App {
    fn text(&self, text: Text) -> &'static str {
        text.in_language(self.state.language)
    }

    /// Whether a command means something here: a page cannot be left, and what is for a page needs one.
    pub(super) fn offers(&self, command: Command) -> bool {
        Command::available().any(|available| available == command)
            && (command != Command::Quit || self.host.can_quit())
            && (!command.is_of_page() || self.documents.page.is_some())
    }

    /// A button for a command, with its key.
    fn command_button(&mut self, ui: &mut egui::Ui, command: Command) {
        if !self.offers(command) {
            return;
        }
        let mut button = egui::Button::new(self.text(command.text()));
        if let Some(key) = command.key(ui.ctx()) {
            button = button.shortcut_text(key);
        }
        if ui.add(button).clicked() {
            self.requests.push(Request::Run(command));
        }
    }

    pub(super) fn menu_bar(&mut self, ui: &mut egui::Ui) {
        Panel::top("menus").show(ui, |ui| {
            egui::MenuBar::new().ui(ui, |ui| {
                ui.menu_button(self.text(Text::File), |ui| {
                    for command in [Command::Open, Command::Compare, Command::OpenSample, Command::Close] {
                        self.command_button(ui, command);
                    }
                    if !self.recent.is_empty() {
                        ui.menu_button(self.text(Text::Recent), |ui| self.recent_files(ui));
                    }
                    ui.separator();
                    for command in [
                        Command::ExportPng,
                        Command::ExportSvg,
                        Command::ExportJson,
                        Command::ExportCsv,
                        Command::CopyLink,
                    ] {
                        self.command_button(ui, command);
                    }
                    if self.host.can_quit() {
                        ui.separator();
                        self.command_button(ui, Command::Quit);
                    }
                });
                ui.menu_button(self.text(Text::View), |ui| self.view_menu(ui));
                if cfg!(not(target_arch = "wasm32")) {
                    ui.menu_button(self.text(Text::Run), |ui| {
                        for command in Command::ALL.iter().copied().filter(|command| command.is_of_debugger()) {
                            if command != Command::ShowDebugger {
                                self.command_button(ui, command);
                            }
                        }
                    });
                }
                ui.menu_button(self.text(Text::Help), |ui| {
                    self.command_button(ui, Command::Palette);
                    self.command_button(ui, Command::Shortcuts);
                });
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| self.search_box(ui));
            });
        });
    }

    fn view_menu(&mut self, ui: &mut egui::Ui) {
        for command in [
            Command::ShowSizes,
            Command::ShowMemory,
            Command::ShowTime,
            Command::ShowAdvice,
            Command::ShowDebugger,
            Command::ShowCode,
        ] {
            self.command_button(ui, command);
        }
        ui.separator();
        for command in [
            Command::Back,
            Command::Forward,
            Command::ScaleUp,
            Command::ScaleDown,
            Command::ScaleReset,
            Command::ResetLayout,
        ] {
            self.command_button(ui, command);
        }
        ui.menu_button(self.text(Text::Theme), |ui| {
            for command in [Command::SystemTheme, Command::Light, Command::Dark] {
                self.command_button(ui, command);
            }
        });
        ui.menu_button(self.text(Text::Language), |ui| {
            for language in Language::ALL {
                ui.selectable_value(&mut self.state.language, language, language.name());
            }
        });
    }

    fn search_box(&mut self, ui: &mut egui::Ui) {
        let search = egui::TextEdit::singleline(&mut self.state.search)
            .id_salt("search")
            .align(egui::Align2::LEFT_CENTER)
            .desired_width(ui.available_width().min(320.0))
            .hint_text(Text::SearchHint.in_language(self.state.language));
        let response = ui.add(search);
        let label = self.text(Text::Search);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SearchInput, true, label));
        if std::mem::take(&mut self.overlays.focus_search) {
            response.request_focus();
        }
        if response.lost_focus() && self.has_left_text {
            self.state.search.clear();
        } else if response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
            response.request_focus();
            self.requests.push(Request::Run(Command::NextMatch));
        }
    }

    pub(super) fn status_bar(&mut self, ui: &mut egui::Ui) {
        Panel::bottom("status").show(ui, |ui| {
            let language = self.state.language;
            self.files.show_work(ui, language);
            self.notices.ui(ui, language);
            ui.horizontal(|ui| {
                if let Some(binary) = &self.documents.binary {
                    ui.label(binary.name());
                    ui.weak(crate::widgets::size(binary.bytes().len() as u64));
                }
                if let Some(before) = &self.documents.before {
                    ui.weak(format!("↔ {}", before.name()));
                }
                if let Some(profile) = &self.documents.profile {
                    ui.label(profile.name());
                }
                if let Some(before) = &self.documents.profile_before {
                    ui.weak(format!("↔ {}", before.name()));
                }
                if let Some(selected) = self.selection_label() {
                    ui.separator();
                    ui.add(egui::Label::new(selected).truncate());
                }
            });
        });
    }

    /// An empty window invites.
    pub(super) fn welcome(&mut self, ui: &mut egui::Ui) {
        ui.vertical_centered(|ui| {
            ui.add_space(ui.available_height() * 0.3);
            ui.heading("WasmRust");
            ui.label(self.text(Text::DropHere));
            ui.add_space(12.0);
            for command in [Command::Open, Command::OpenSample] {
                self.command_button(ui, command);
            }
            if !self.recent.is_empty() {
                ui.add_space(12.0);
                ui.weak(self.text(Text::Recent));
                self.recent_files(ui);
            }
        });
    }

    /// A button for each file that was open before.
    fn recent_files(&mut self, ui: &mut egui::Ui) {
        for path in &self.recent {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            if ui.button(name).on_hover_text(path.to_string_lossy()).clicked() {
                self.requests.push(Request::Open(path.clone()));
            }
        }
    }
}

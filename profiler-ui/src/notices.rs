//! Messages that stay until they are read: each says what happened and what to do.

use std::collections::VecDeque;

use crate::strings::{Language, Text};

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something is not as it was asked for.
    Warning,
    /// Something failed.
    Error,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How grave it is.
    pub severity: Severity,
    /// What happened.
    pub text: String,
}

/// The messages that are shown.
#[derive(Debug, Default)]
pub struct Notices {
    shown: VecDeque<Notice>,
}

/// More than that at one time nobody reads.
const MAX: usize = 4;

impl Notices {
    /// Shows one more; the oldest goes if there are too many. One that is shown is not repeated.
    pub fn add(&mut self, severity: Severity, text: impl Into<String>) {
        let notice = Notice { severity, text: text.into() };
        if self.shown.contains(&notice) {
            return;
        }
        if self.shown.len() == MAX {
            self.shown.pop_front();
        }
        self.shown.push_back(notice);
    }

    /// Takes one away that is not true any more.
    pub fn remove(&mut self, text: &str) {
        self.shown.retain(|notice| notice.text != text);
    }

    /// All that are shown.
    pub fn iter(&self) -> impl Iterator<Item = &Notice> {
        self.shown.iter()
    }

    /// Draws them, each with a button that takes it away.
    pub fn ui(&mut self, ui: &mut egui::Ui, language: Language) {
        let mut closed = None;
        for (at, notice) in self.shown.iter().enumerate() {
            ui.horizontal(|ui| {
                let (mark, color) = match notice.severity {
                    Severity::Info => ("•", ui.visuals().text_color()),
                    Severity::Warning => ("▲", ui.visuals().warn_fg_color),
                    Severity::Error => ("■", ui.visuals().error_fg_color),
                };
                let close = Text::Close.in_language(language);
                if ui.small_button("×").on_hover_text(close).clicked() {
                    closed = Some(at);
                }
                ui.colored_label(color, mark);
                ui.add(egui::Label::new(&notice.text).wrap());
            });
        }
        if let Some(at) = closed {
            self.shown.remove(at);
        }
    }
}

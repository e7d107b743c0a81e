//! The button that does it, on a copy: how far it is, and what came of it.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use egui_extras::{Column, TableBuilder};
use wasm_advice::Advice;

use super::gain_text;
use crate::command::Command;
use crate::context::{Context, Request};
use crate::jobs::{Job, Poll};
use crate::model::apply::{self, Applied, ApplyError, Method, Steps, Work};
use crate::notices::Severity;
use crate::strings::Text;
use crate::widgets;

/// Whether this build of the app can carry an advice out now.
pub(super) fn is_offered(advice: &Advice, all: &[Advice]) -> bool {
    Method::of(advice.kind).is_some_and(|method| method.is_available() && waits_for(method, all).is_none())
}

/// The advice that is to be carried out before.
fn waits_for(method: Method, all: &[Advice]) -> Option<&Advice> {
    method.waits_for().iter().find_map(|kind| all.iter().find(|advice| advice.kind.as_str() == *kind))
}

/// What is being applied, and what was.
#[derive(Default)]
pub(super) struct Applying {
    /// The `Cargo.toml` to rebuild, as typed or picked.
    manifest: String,
    picking: Option<Job<Option<PathBuf>>>,
    running: Option<(Job<Result<Applied, ApplyError>>, Work)>,
    steps: Steps,
    /// The documents for which it is known that the steps lead to what is open.
    generation: u64,
    /// The chosen advice is to be applied in the next frame.
    pub(super) is_asked: bool,
}

/// Steps that are seen at one time; the rest is scrolled to.
const MAX_STEPS_SEEN: f32 = 5.0;

impl Applying {
    pub(super) fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// Takes what has come of the work.
    pub(super) fn refresh(&mut self, context: &mut Context<'_>) {
        // What was asked to be opened is there with the next generation.
        if self.generation != context.documents.generation {
            self.generation = context.documents.generation;
            if !self.steps.lead_to(context.documents.binary.as_ref()) {
                self.steps = Steps::default();
            }
        }
        if let Some(job) = &self.picking {
            match job.poll() {
                Poll::Running => {}
                Poll::Gone => self.picking = None,
                Poll::Done(file) => {
                    self.picking = None;
                    self.manifest = file.map_or(std::mem::take(&mut self.manifest), |file| file.display().to_string());
                }
            }
        }
        let Some((job, _)) = &self.running else { return };
        match job.poll() {
            Poll::Running => return,
            Poll::Gone => {}
            Poll::Done(Err(error)) => context.notify(Severity::Error, error.to_string()),
            Poll::Done(Ok(applied)) => {
                let binary = applied.after.clone();
                self.steps.push(applied, context.documents.before.clone());
                let before = self.steps.ends().map(|(original, _)| original.clone());
                context.requests.push(Request::Replace { binary, before });
            }
        }
        self.running = None;
    }

    /// The button of an advice.
    pub(super) fn button(&mut self, context: &mut Context<'_>, advice: &Advice, all: &[Advice], ui: &mut egui::Ui) {
        let is_asked = std::mem::take(&mut self.is_asked);
        let Some(method) = Method::of(advice.kind) else {
            ui.weak(context.text(Text::OnlyExplained));
            return;
        };
        if !method.is_available() {
            ui.weak(context.text(Text::DesktopOnly));
            return;
        }
        if let Some(first) = waits_for(method, all) {
            ui.weak(format!("{}: {}", context.text(Text::ApplyFirst), context.phrase(&first.title)));
            return;
        }
        let lacks_manifest = method.needs_manifest() && self.manifest.trim().is_empty();
        let is_enabled = self.running.is_none() && !lacks_manifest;
        let button = command_button(context, Command::Apply, is_enabled, ui).on_hover_ui(|ui| {
            ui.label(context.text(Text::ApplyHint));
            ui.monospace(method.command());
        });
        if (button.clicked() || is_asked && is_enabled)
            && let Some(binary) = context.documents.binary.clone()
        {
            let (work, advice) = (Work::default(), advice.clone());
            let manifest = method.needs_manifest().then(|| PathBuf::from(self.manifest.trim()));
            let label = format!("{}: {}", context.text(Text::Working), context.phrase(&advice.title));
            let job = {
                let work = work.clone();
                Job::start(ui.ctx(), label, move |_| apply::apply(&binary, &advice, manifest, &work))
            };
            self.running = Some((job, work));
        }
    }

    /// Where the crate is, for an advice that needs it.
    pub(super) fn manifest(&mut self, context: &Context<'_>, advice: &Advice, ui: &mut egui::Ui) {
        if !Method::of(advice.kind).is_some_and(|method| method.needs_manifest() && method.is_available()) {
            return;
        }
        ui.horizontal(|ui| {
            let label = context.text(Text::Manifest);
            let width = (ui.available_width() - 90.0).max(80.0);
            let edit = egui::TextEdit::singleline(&mut self.manifest).hint_text(label).desired_width(width);
            let edit = ui.add(edit);
            edit.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, label));
            #[cfg(not(target_arch = "wasm32"))]
            if ui.button(context.text(Text::Open)).clicked() && self.picking.is_none() {
                self.picking = Some(Job::start(ui.ctx(), label, |_| {
                    let dialog = rfd::AsyncFileDialog::new().add_filter("Cargo.toml", &["toml"]).pick_file();
                    pollster::block_on(dialog).map(|file| file.path().to_path_buf())
                }));
            }
        });
        ui.weak(context.text(Text::ManifestHint));
    }

    /// The work that goes on, or what came of it while its copy is open.
    pub(super) fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let mut is_cancelled = false;
        if let Some((job, work)) = &self.running {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(&job.label);
                if ui.button(context.text(Text::Cancel)).clicked() {
                    is_cancelled = true;
                }
                ui.add(egui::Label::new(egui::RichText::new(work.line()).weak().monospace()).truncate());
            });
        }
        if is_cancelled && let Some((_, work)) = self.running.take() {
            work.cancel.store(true, Ordering::Relaxed);
        }
        if self.steps.lead_to(context.documents.binary.as_ref()) {
            egui::Frame::group(ui.style()).show(ui, |ui| {
                ui.set_width(ui.available_width());
                self.steps_taken(context, ui);
                self.total(context, ui);
            });
        }
    }

    /// What was applied, in order: said and come.
    fn steps_taken(&self, context: &Context<'_>, ui: &mut egui::Ui) {
        let row_height = ui.text_style_height(&egui::TextStyle::Body) + 4.0;
        TableBuilder::new(ui)
            .id_salt("steps")
            .vscroll(self.steps.iter().len() as f32 > MAX_STEPS_SEEN)
            .max_scroll_height(row_height * MAX_STEPS_SEEN)
            .stick_to_bottom(true)
            .column(Column::auto())
            .column(Column::remainder().at_least(100.0).clip(true))
            .column(Column::auto().at_least(90.0))
            .column(Column::auto().at_least(130.0))
            .header(row_height, |mut header| {
                header.col(|_| {});
                for text in [Text::Applied, Text::Predicted, Text::Saved] {
                    header.col(|ui| {
                        ui.strong(context.text(text));
                    });
                }
            })
            .body(|mut body| {
                for (at, applied) in self.steps.iter().enumerate() {
                    body.row(row_height, |mut row| {
                        let saved = saved_text(applied.saved_bytes());
                        let come = match applied.percent_of_predicted() {
                            // A rebuild may bring much that nobody spoke of.
                            Some(percent) if percent < 1000.0 => format!("{saved} ({percent:.0} %)"),
                            _ => saved,
                        };
                        row.col(|ui| {
                            ui.weak((at + 1).to_string());
                        });
                        row.col(|ui| {
                            let title = context.phrase(&applied.title);
                            ui.add(egui::Label::new(&title).truncate()).on_hover_text(title);
                        });
                        for text in [gain_text(applied.predicted), come] {
                            row.col(|ui| {
                                ui.label(text);
                            });
                        }
                    });
                }
            });
    }

    /// What came of all steps together, and what to do with it.
    fn total(&self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let Some((original, copy)) = self.steps.ends() else { return };
        let [was, is] = [original, copy].map(|binary| binary.bytes().len() as u64);
        let saved = was as i64 - is as i64;
        ui.horizontal_wrapped(|ui| {
            ui.strong(context.text(Text::Total));
            ui.label(format!("{} → {}", widgets::bytes(was), widgets::bytes(is)));
            ui.strong(format!("{} ({})", saved_text(saved), widgets::share(saved.unsigned_abs(), was)));
            for command in [Command::TakeBack, Command::SaveCopy] {
                if command_button(context, command, true, ui).clicked() {
                    context.requests.push(Request::Run(command));
                }
            }
        });
    }

    /// Opens again what was before the last step; whether there was one.
    pub(super) fn take_back(&mut self, context: &mut Context<'_>) -> bool {
        if self.running.is_some() || !self.steps.lead_to(context.documents.binary.as_ref()) {
            return false;
        }
        let Some((binary, before)) = self.steps.take_back() else { return false };
        context.requests.push(Request::Replace { binary, before });
        true
    }

    /// Saves the copy that is open; whether there is one.
    pub(super) fn save(&self, context: &mut Context<'_>) -> bool {
        let Some((_, copy)) = self.steps.ends().filter(|_| self.steps.lead_to(context.documents.binary.as_ref()))
        else {
            return false;
        };
        let (name, bytes) = (copy.name().to_string(), copy.bytes().to_vec());
        context.requests.push(Request::Save { name, bytes });
        true
    }
}

/// A button with a command's name and key.
fn command_button(context: &Context<'_>, command: Command, is_enabled: bool, ui: &mut egui::Ui) -> egui::Response {
    let name = context.text(command.text());
    let mut button = egui::Button::new(name);
    if let Some(key) = command.key(ui.ctx()) {
        button = button.shortcut_text(key);
    }
    let button = ui.add_enabled(is_enabled, button);
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, is_enabled, name));
    button
}

/// What went; more than there was before has a sign.
fn saved_text(saved_bytes: i64) -> String {
    let sign = if saved_bytes < 0 { "−" } else { "" };
    format!("{sign}{}", widgets::bytes(saved_bytes.unsigned_abs()))
}

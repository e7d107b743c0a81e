//! The button that does it, on a copy: how far it is, and what came of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use wasm_advice::Advice;

use super::gain_text;
use crate::context::{Context, Request};
use crate::jobs::{Job, Poll};
use crate::model::apply::{self, Applied, ApplyError, Method, Work};
use crate::notices::Severity;
use crate::strings::Text;
use crate::widgets;

/// Whether this build of the app can carry an advice out now.
pub(super) fn is_offered(advice: &Advice, all: &[Advice]) -> bool {
    Method::of(advice.kind).is_some_and(|method| method.is_available() && waits_for(method, all).is_none())
}

/// The advice that is to be carried out before.
fn waits_for(method: Method, all: &[Advice]) -> Option<&Advice> {
    method.waits_for().and_then(|kind| all.iter().find(|advice| advice.kind.as_str() == kind))
}

/// What is being applied, and what was.
#[derive(Default)]
pub(super) struct Applying {
    /// The `Cargo.toml` to rebuild, as typed or picked.
    manifest: String,
    picking: Option<Job<Option<PathBuf>>>,
    running: Option<(Job<Result<Applied, ApplyError>>, Work)>,
    done: Option<Applied>,
}

impl Applying {
    pub(super) fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// Takes what has come of the work.
    pub(super) fn refresh(&mut self, context: &mut Context<'_>) {
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
                let (binary, before) = (applied.after.clone(), Some(applied.before.clone()));
                context.requests.push(Request::Replace { binary, before });
                self.done = Some(applied);
            }
        }
        self.running = None;
    }

    /// The button of an advice.
    pub(super) fn button(&mut self, context: &mut Context<'_>, advice: &Advice, all: &[Advice], ui: &mut egui::Ui) {
        let Some(method) = Method::of(advice.kind) else {
            ui.weak(context.text(Text::OnlyExplained));
            return;
        };
        if !method.is_available() {
            ui.weak(context.text(Text::DesktopOnly));
            return;
        }
        if let Some(first) = waits_for(method, all) {
            ui.weak(format!("{}: {}", context.text(Text::ApplyFirst), first.title));
            return;
        }
        let lacks_manifest = method.needs_manifest() && self.manifest.trim().is_empty();
        let is_enabled = self.running.is_none() && !lacks_manifest;
        let button = egui::Button::new(context.text(Text::Apply));
        let button = ui.add_enabled(is_enabled, button).on_hover_ui(|ui| {
            ui.label(context.text(Text::ApplyHint));
            ui.monospace(method.command());
        });
        if button.clicked()
            && let Some(binary) = context.documents.binary.clone()
        {
            let (work, advice) = (Work::default(), advice.clone());
            let manifest = method.needs_manifest().then(|| PathBuf::from(self.manifest.trim()));
            let label = format!("{}: {}", context.text(Text::Working), advice.title);
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
        let open = context.documents.binary.as_ref();
        let Some(applied) = self.done.as_ref().filter(|done| open.is_some_and(|open| Arc::ptr_eq(open, &done.after)))
        else {
            return;
        };
        egui::Frame::group(ui.style()).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.strong(format!("{}: {}", context.text(Text::Applied), applied.title));
            });
            outcome(context, applied, ui);
            ui.horizontal_wrapped(|ui| {
                if ui.button(context.text(Text::SaveAs)).clicked() {
                    let (name, bytes) = (applied.after.name().to_string(), applied.after.bytes().to_vec());
                    context.requests.push(Request::Save { name, bytes });
                }
                if ui.button(context.text(Text::TakeBack)).clicked() {
                    context.requests.push(Request::Replace { binary: applied.before.clone(), before: None });
                }
            });
        });
    }
}

/// Before and after, said and come.
fn outcome(context: &Context<'_>, applied: &Applied, ui: &mut egui::Ui) {
    let size = |binary: &crate::model::Binary| widgets::bytes(binary.bytes().len() as u64);
    let saved = applied.saved_bytes();
    let come = match applied.percent_of_predicted() {
        Some(percent) => format!("{} ({percent:.0} %)", widgets::bytes(saved.unsigned_abs())),
        None => widgets::bytes(saved.unsigned_abs()),
    };
    let rows = [
        (Text::Before, size(&applied.before)),
        (Text::After, size(&applied.after)),
        (Text::Predicted, gain_text(applied.predicted)),
        (Text::Saved, come),
    ];
    ui.horizontal_wrapped(|ui| {
        for (text, value) in rows {
            ui.weak(context.text(text));
            ui.label(value);
            ui.add_space(12.0);
        }
    });
}

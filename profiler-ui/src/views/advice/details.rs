//! One advice: why, on what evidence, and what to do.

use egui::{Align, Layout, RichText};
use wasm_advice::{Advice, Certainty, Fix, Unit};

use super::applying::Applying;
use super::{Gains, amount_text, gain_text, selection_of, show};
use crate::context::Context;
use crate::strings::Text;
use crate::widgets;

/// Evidence beyond that is only counted.
const MAX_EVIDENCE: usize = 200;

pub(super) fn ui(
    context: &mut Context<'_>,
    advice: &Advice,
    all: &[Advice],
    applying: &mut Applying,
    ui: &mut egui::Ui,
) {
    ui.add(egui::Label::new(RichText::new(context.phrase(&advice.title)).heading()).wrap());
    ui.horizontal_wrapped(|ui| {
        ui.strong(gain_text(advice.gain));
        ui.label(context.text(Gains::of(advice.gain.unit).text()));
        if let (Unit::FileBytes, Some(binary)) = (advice.gain.unit, &context.documents.binary) {
            ui.label(widgets::share(advice.gain.amount, binary.bytes().len() as u64));
        }
        ui.weak(context.text(match advice.gain.certainty {
            Certainty::Exact => Text::Exact,
            Certainty::Estimate => Text::Estimate,
        }));
        ui.weak("·");
        ui.weak(RichText::new(advice.kind.as_str()).monospace());
    });
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let can_show = selection_of(&advice.evidence).is_some();
        let button = egui::Button::new(context.text(Text::Show));
        if ui.add_enabled(can_show, button).on_hover_text(context.text(Text::ShowHint)).clicked() {
            show(context, advice);
        }
        applying.button(context, advice, all, ui);
    });
    applying.manifest(context, advice, ui);
    ui.add_space(4.0);
    ui.add(egui::Label::new(context.phrase(&advice.detail)).wrap());
    fix(context, &advice.fix, ui);
    evidence(context, advice, ui);
}

/// What to do by hand, with a button that copies it.
fn fix(context: &Context<'_>, fix: &Fix, ui: &mut egui::Ui) {
    ui.add_space(8.0);
    let (place, text) = match fix {
        Fix::Command { command } => (None, context.phrase(command)),
        Fix::Setting { file, text } => (Some(file), text.clone()),
        Fix::Edit { place, text } => (place.as_ref(), context.phrase(text)),
    };
    ui.horizontal_wrapped(|ui| {
        ui.strong(context.text(Text::Explain));
        if let Some(place) = place {
            ui.weak(RichText::new(place).monospace());
        }
        if ui.small_button(context.text(Text::Copy)).clicked() {
            ui.ctx().copy_text(text.clone());
        }
    });
    egui::Frame::group(ui.style()).fill(ui.visuals().extreme_bg_color).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(egui::Label::new(RichText::new(text).monospace()).wrap());
    });
}

/// What the advice rests upon; a click chooses it.
fn evidence(context: &mut Context<'_>, advice: &Advice, ui: &mut egui::Ui) {
    if advice.evidence.is_empty() {
        return;
    }
    ui.add_space(8.0);
    ui.strong(context.text(Text::Evidence));
    let amount_size = egui::vec2(90.0, ui.spacing().interact_size.y);
    for evidence in advice.evidence.iter().take(MAX_EVIDENCE) {
        ui.horizontal(|ui| {
            ui.allocate_ui_with_layout(amount_size, Layout::right_to_left(Align::Center), |ui| {
                ui.set_min_size(amount_size);
                if let Some(amount) = evidence.amount {
                    ui.label(amount_text(amount, advice.gain.unit));
                }
            });
            let selection = selection_of(std::slice::from_ref(evidence)).map(|(selection, _)| selection);
            let is_chosen = selection.as_ref() == Some(&context.state.location.selection);
            let label = context.phrase(&evidence.label);
            let button = egui::Button::selectable(is_chosen, &label).truncate();
            let button = ui.add_enabled(selection.is_some(), button).on_hover_text(label);
            if let Some(selection) = selection.filter(|_| button.clicked()) {
                context.select(selection);
            }
        });
    }
    if advice.evidence.len() > MAX_EVIDENCE {
        ui.weak(format!("… {}", widgets::grouped((advice.evidence.len() - MAX_EVIDENCE) as u64)));
    }
}

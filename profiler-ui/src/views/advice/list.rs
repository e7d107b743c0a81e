//! The list: the gain, drawn and written, what it is, and whether a button does it.

use egui::{Align, Layout};
use egui_extras::{Column, TableBuilder};
use wasm_advice::{Advice, Certainty, Unit};

use super::{Choice, Gains, applying, gain_text};
use crate::context::Context;
use crate::strings::Text;
use crate::theme;
use crate::widgets;

/// Draws it, the row `chosen` marked.
pub(super) fn ui(context: &mut Context<'_>, listed: &[&Advice], all: &[Advice], chosen: usize, ui: &mut egui::Ui) {
    let row_height = ui.text_style_height(&egui::TextStyle::Body) + 8.0;
    let largest = |unit: Unit| listed.iter().filter(|advice| advice.gain.unit == unit).map(|a| a.gain.amount).max();
    let mut clicked = None;
    TableBuilder::new(ui)
        .min_scrolled_height(0.0)
        .striped(true)
        .sense(egui::Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::initial(110.0).at_least(80.0))
        .column(Column::auto().at_least(48.0))
        .column(Column::remainder().at_least(100.0).clip(true))
        .column(Column::auto().at_least(60.0))
        .header(row_height, |mut header| {
            for text in [Text::Gain, Text::Kind, Text::Advice, Text::Apply] {
                header.col(|ui| {
                    ui.strong(context.text(text));
                });
            }
        })
        .body(|body| {
            body.rows(row_height, listed.len(), |mut row| {
                let at = row.index();
                let advice = listed[at];
                row.set_selected(at == chosen);
                row.col(|ui| {
                    let share = advice.gain.amount as f32 / largest(advice.gain.unit).unwrap_or(1).max(1) as f32;
                    let mut bar = ui.max_rect().shrink2(egui::vec2(0.0, 2.0));
                    bar.min.x = bar.max.x - bar.width() * share;
                    let color = theme::category(4, ui.visuals().dark_mode).gamma_multiply(0.45);
                    ui.painter().rect_filled(bar, 2.0, color);
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.add(egui::Label::new(gain_text(advice.gain)).selectable(false));
                    });
                });
                row.col(|ui| {
                    let of = context.text(Gains::of(advice.gain.unit).text());
                    ui.add(egui::Label::new(egui::RichText::new(of).weak()).selectable(false));
                });
                row.col(|ui| {
                    let label = egui::Label::new(context.phrase(&advice.title)).truncate().selectable(false);
                    ui.add(label);
                });
                row.col(|ui| {
                    if applying::is_offered(advice, all) {
                        ui.add(egui::Label::new("●").selectable(false)).on_hover_text(context.text(Text::Applicable));
                    }
                });
                if row.response().clicked() {
                    clicked = Some(at);
                }
            });
        });
    if let Some(at) = clicked {
        context.state.advice.chosen = Some(Choice::of(listed[at]));
    }
}

/// The list as a drawing: the gain as a bar and in words, and what it is.
pub(super) fn svg(context: &Context<'_>, listed: &[&Advice]) -> String {
    use std::fmt::Write as _;
    const ROW: usize = 24;
    const BAR: f64 = 160.0;
    let height = (listed.len() + 1) * ROW;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 {height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"900\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    let [r, g, b, _] = theme::category(4, false).to_array();
    for (at, advice) in listed.iter().enumerate() {
        let of_unit = listed.iter().filter(|other| other.gain.unit == advice.gain.unit);
        let largest = of_unit.map(|other| other.gain.amount).max().unwrap_or(1).max(1);
        let width = BAR * advice.gain.amount as f64 / largest as f64;
        let (top, text) = (at * ROW + ROW / 2, at * ROW + ROW + 4);
        let gain = widgets::xml(&gain_text(advice.gain));
        let unit = widgets::xml(context.text(Gains::of(advice.gain.unit).text()));
        let title = widgets::xml(&context.phrase(&advice.title));
        // Writing to a text does not fail.
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{}\" fill=\"#{r:02x}{g:02x}{b:02x}\" \
             fill-opacity=\"0.45\"/><text x=\"{}\" y=\"{text}\" text-anchor=\"end\">{gain}</text><text x=\"{}\" \
             y=\"{text}\" fill=\"#667\">{unit}</text><text x=\"{}\" y=\"{text}\">{title}</text>",
            10.0 + BAR - width,
            ROW - 4,
            6.0 + BAR,
            20.0 + BAR,
            90.0 + BAR,
        );
    }
    out.push_str("</svg>\n");
    out
}

/// The list, for spreadsheets.
pub(super) fn csv(listed: &[&Advice]) -> String {
    let rows = listed.iter().map(|advice| {
        let unit = match advice.gain.unit {
            Unit::FileBytes => "file-bytes",
            Unit::MemoryBytes => "memory-bytes",
            Unit::Nanoseconds => "nanoseconds",
            Unit::Samples => "samples",
        };
        let certainty = match advice.gain.certainty {
            Certainty::Exact => "exact",
            Certainty::Estimate => "estimate",
        };
        [
            advice.kind.to_string(),
            advice.gain.amount.to_string(),
            unit.to_string(),
            certainty.to_string(),
            advice.title.to_string(),
            advice.fix.to_string(),
        ]
    });
    widgets::csv(["kind", "gain", "unit", "certainty", "title", "fix"], rows)
}

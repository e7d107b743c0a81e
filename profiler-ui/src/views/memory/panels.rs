//! What is said beside the hexdump: what the chosen bytes mean, the bands, what changed, what leaks, what was found.

use std::ops::Range;
use std::sync::Arc;

use egui_extras::{Column, TableBuilder};
use memviz::{Leak, LeakGroup, MemoryRead, OverlayRow};
use serde::{Deserialize, Serialize};

use super::grid::{band_label, use_color};
use super::inspector::{self, CopyAs, READ_BYTES};
use super::{Found, select};
use crate::context::{Context, Request};
use crate::model::Survey;
use crate::page::{MAX_WATCHED_BYTES, PageCommand};
use crate::strings::Text;
use crate::widgets;

/// Which of them is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Panel {
    /// What the chosen bytes mean.
    #[default]
    Inspector,
    /// The bands of the memory.
    Bands,
    /// What changed since the moment that it is compared with.
    Diff,
    /// Live blocks that nothing points to.
    Leaks,
    /// Live blocks by type.
    Types,
    /// What was searched for.
    Found,
}

impl Panel {
    /// All, in order.
    pub const ALL: [Panel; 6] = [Panel::Inspector, Panel::Bands, Panel::Diff, Panel::Leaks, Panel::Types, Panel::Found];

    fn text(self) -> Text {
        match self {
            Panel::Inspector => Text::Inspector,
            Panel::Bands => Text::Bands,
            Panel::Diff => Text::Diff,
            Panel::Leaks => Text::Leaks,
            Panel::Types => Text::Types,
            Panel::Found => Text::Found,
        }
    }
}

/// Bytes that are copied at once.
const MAX_COPIED: u64 = 1 << 20;

pub(super) fn ui(
    context: &mut Context<'_>,
    survey: &Arc<Survey>,
    memory: &dyn MemoryRead,
    found: &Found,
    ui: &mut egui::Ui,
) {
    // A panel is as high as what is in it: it keeps the height that it was given.
    ui.set_min_height(ui.available_height());
    ui.horizontal_wrapped(|ui| {
        for panel in Panel::ALL {
            let name = context.text(panel.text());
            let count = match panel {
                Panel::Leaks => survey.leaks.iter().map(|group| group.leaks.len()).sum(),
                Panel::Found => found.addresses.len(),
                Panel::Diff => survey.difference.as_ref().map_or(0, |difference| difference.changed.len()),
                _ => 0,
            };
            let name = if count > 0 { format!("{name} {}", widgets::grouped(count as u64)) } else { name.to_string() };
            ui.selectable_value(&mut context.state.memory.panel, panel, name);
        }
    });
    match context.state.memory.panel {
        Panel::Inspector => inspect(context, survey, memory, ui),
        Panel::Bands => bands(context, survey, ui),
        Panel::Diff => diff(context, survey, ui),
        Panel::Leaks => leaks(context, survey, ui),
        Panel::Types => types(context, survey, ui),
        Panel::Found => hits(context, survey, found, ui),
    }
}

fn inspect(context: &mut Context<'_>, survey: &Survey, memory: &dyn MemoryRead, ui: &mut egui::Ui) {
    let chosen = context.linked.memory.clone().filter(|(of, _)| *of == survey.memory);
    let Some((_, range)) = chosen.filter(|(_, range)| range.start < memory.len()) else {
        ui.weak(context.text(Text::ChooseBytes));
        return;
    };
    let readable = (memory.len() - range.start).min(READ_BYTES as u64) as usize;
    let mut bytes = vec![0; readable];
    if !memory.read(range.start, &mut bytes) {
        return;
    }
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        heading(context, survey, memory, &range, ui);
        let state = survey.state(memory);
        let pointer = inspector::pointer(&bytes, state.word().bytes()).filter(|to| *to != 0 && *to < memory.len());
        if let Some(to) = pointer {
            let text = format!("→ {to:#x} {}", context.phrase(&survey.owner(to)));
            if ui.link(text).on_hover_text(context.text(Text::FollowPointer)).clicked() {
                select(context, survey, to..to + state.word().bytes());
            }
        }
        ui.horizontal_top(|ui| {
            egui::Grid::new("readings").num_columns(2).spacing([8.0, 1.0]).show(ui, |ui| {
                for reading in inspector::readings(&bytes) {
                    ui.weak(reading.kind);
                    let value: String = reading.value.chars().take(28).collect();
                    ui.monospace(value).on_hover_text(reading.value);
                    ui.end_row();
                }
            });
            ui.separator();
            ui.vertical(|ui| typed(context, survey, memory, range.start, ui));
        });
    });
}

/// What is chosen: where, whose, how much of each use, and its bytes for other programs.
fn heading(context: &mut Context<'_>, survey: &Survey, memory: &dyn MemoryRead, range: &Range<u64>, ui: &mut egui::Ui) {
    let size = range.end.saturating_sub(range.start);
    let in_page = context.documents.page.as_ref().and_then(|page| page.attached_memory(survey.memory));
    ui.horizontal_wrapped(|ui| {
        ui.strong(format!("{:#x}", range.start));
        ui.label(context.phrase(&survey.owner(range.start)));
        ui.weak(widgets::bytes(size));
        ui.menu_button(context.text(Text::CopyAs), |ui| {
            for (copy_as, name) in CopyAs::ALL.into_iter().zip(["hex", "Rust", "C", "text"]) {
                if ui.button(name).clicked() {
                    let length = size.min(MAX_COPIED).min(memory.len() - range.start);
                    let mut bytes = vec![0; length as usize];
                    if memory.read(range.start, &mut bytes) {
                        ui.ctx().copy_text(inspector::copied(&bytes, copy_as));
                    }
                    ui.close();
                }
            }
        });
        if let Some(memory) = in_page
            && ui.button(context.text(Text::Watch)).clicked()
        {
            let length = size.clamp(1, MAX_WATCHED_BYTES);
            let watch = PageCommand::Watch { memory, address: range.start, length };
            context.requests.push(Request::Page(watch));
        }
    });
    let by_use = survey.by_use(range);
    if size > 1 && !by_use.is_empty() {
        let (is_dark, language) = (ui.visuals().dark_mode, context.state.language);
        ui.horizontal_wrapped(|ui| {
            for (of, count) in by_use {
                let (rect, _) = ui.allocate_exact_size(egui::vec2(9.0, 9.0), egui::Sense::hover());
                ui.painter().rect_filled(rect, 1.0, use_color(of, is_dark));
                ui.label(format!("{} {}", language.word(of.name()), widgets::bytes(count)));
            }
        });
    }
}

/// The fields of the type that lies there: of the variable, or the one that is named.
fn typed(context: &mut Context<'_>, survey: &Survey, memory: &dyn MemoryRead, address: u64, ui: &mut egui::Ui) {
    let name = context.text(Text::TypeName);
    let edit = egui::TextEdit::singleline(&mut context.state.memory.type_name).hint_text(name).desired_width(150.0);
    ui.add(edit).widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, name));
    let type_name = &context.state.memory.type_name;
    let Some(overlay) = survey.known.overlay(&survey.state(memory), type_name, address) else {
        if !type_name.is_empty() {
            ui.weak(context.text(Text::NoSuchType));
        }
        return;
    };
    ui.strong(format!("{} {:#x}, {}", overlay.name, overlay.address, widgets::bytes(overlay.size)));
    let mut chosen = None;
    egui::Grid::new("overlay").num_columns(3).spacing([8.0, 1.0]).show(ui, |ui| {
        for row in overlay.rows.iter().take(200) {
            let indent = "  ".repeat(row.depth());
            match row {
                OverlayRow::Field { offset, size, name, ty, value, .. } => {
                    ui.weak(format!("+{offset:#x}"));
                    let label = egui::RichText::new(format!("{indent}{name}: {}", shortened(ty))).monospace();
                    let start = overlay.address + offset;
                    if ui.add(egui::Link::new(label)).on_hover_text(ty).clicked() {
                        chosen = Some(start..start + size.unwrap_or(1).max(1));
                    }
                    ui.monospace(value);
                }
                OverlayRow::Padding { offset, size, .. } => {
                    ui.weak(format!("+{offset:#x}"));
                    ui.weak(format!("{indent}({size} B)"));
                    ui.label("");
                }
            }
            ui.end_row();
        }
    });
    if let Some(range) = chosen {
        select(context, survey, range);
    }
}

/// A type's name without the paths in it, and cut off where it is long.
fn shortened(ty: &str) -> String {
    const MOST: usize = 26;
    let mut short = String::new();
    for part in ty.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        short += part.rsplit("::").next().unwrap_or(part);
    }
    match short.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", short.get(..end).unwrap_or_default()),
        None => short,
    }
}

/// A table of so many rows; a click on one chooses what it gives.
fn table(
    context: &mut Context<'_>,
    survey: &Survey,
    ui: &mut egui::Ui,
    headings: &[&str],
    count: usize,
    row_of: impl Fn(usize) -> (Vec<String>, Option<Range<u64>>),
) {
    let height = ui.text_style_height(&egui::TextStyle::Body) + 2.0;
    let mut chosen = None;
    let now = context.linked.memory.clone();
    let mut table = TableBuilder::new(ui).striped(true).sense(egui::Sense::click()).auto_shrink(false);
    for at in 0..headings.len() {
        table = table.column(match at {
            0 => Column::remainder().at_least(120.0).clip(true),
            _ => Column::auto().at_least(64.0),
        });
    }
    table
        .header(height, |mut header| {
            for heading in headings {
                header.col(|ui| {
                    ui.strong(*heading);
                });
            }
        })
        .body(|body| {
            body.rows(height, count, |mut row| {
                let (cells, range) = row_of(row.index());
                let is_now = range.as_ref().is_some_and(|range| {
                    now.as_ref().is_some_and(|(memory, now)| *memory == survey.memory && now == range)
                });
                row.set_selected(is_now);
                for cell in cells {
                    row.col(|ui| {
                        ui.add(egui::Label::new(cell).truncate().selectable(false));
                    });
                }
                if row.response().clicked() {
                    chosen = range;
                }
            });
        });
    if let Some(range) = chosen {
        select(context, survey, range);
    }
}

fn bands(context: &mut Context<'_>, survey: &Survey, ui: &mut egui::Ui) {
    let language = context.state.language;
    let headings = [context.text(Text::Bands), context.text(Text::Bytes), context.text(Text::Certainty)];
    table(context, survey, ui, &headings, survey.layout.bands.len(), |at| {
        let Some(band) = survey.layout.bands.get(at) else { return (Vec::new(), None) };
        let name = band_label(band, language);
        let size = widgets::grouped(band.end - band.start);
        (vec![name, size, language.word(band.certainty.name()).to_string()], Some(band.range()))
    });
}

fn diff(context: &mut Context<'_>, survey: &Survey, ui: &mut egui::Ui) {
    let language = context.state.language;
    let Some(difference) = &survey.difference else {
        ui.weak(context.text(Text::ChooseCompared));
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.strong(format!("{} {}", widgets::bytes(difference.changed_bytes), context.text(Text::Changed)));
        let (allocated, freed) = (difference.allocated.len(), difference.freed.len());
        let resized = difference.resized.len();
        ui.label(format!("+{allocated} -{freed} ~{resized} {}", context.text(Text::Blocks)));
        ui.label(format!("{:+} B", difference.live_growth()));
        for (of, count) in &difference.by_use {
            ui.weak(format!("{} {}", language.word(of.name()), widgets::bytes(*count)));
        }
    });
    let headings = [context.text(Text::Changed), context.text(Text::Bytes)];
    table(context, survey, ui, &headings, difference.changed.len(), |at| {
        let Some(range) = difference.changed.get(at) else { return (Vec::new(), None) };
        let name = format!("{:#x} {}", range.start, language.say(&survey.owner(range.start)));
        (vec![name, widgets::grouped(range.end - range.start)], Some(range.clone()))
    });
}

fn leaks(context: &mut Context<'_>, survey: &Survey, ui: &mut egui::Ui) {
    let language = context.state.language;
    if survey.leaks.is_empty() {
        ui.weak(context.text(Text::NoLeaks));
        return;
    }
    let bytes: u64 = survey.leaks.iter().map(|group| group.bytes).sum();
    let count: usize = survey.leaks.iter().map(|group| group.leaks.len()).sum();
    ui.strong(format!("{} · {}", widgets::grouped(count as u64), widgets::bytes(bytes)));
    let headings = [context.text(Text::Leaks), context.text(Text::Bytes), context.text(Text::Kind)];
    let (direct, indirect) = (context.text(Text::Lost), context.text(Text::LostWithAnother));
    // The groups, then their blocks.
    let blocks: Vec<(&LeakGroup, &Leak)> =
        survey.leaks.iter().flat_map(|group| group.leaks.iter().map(move |leak| (group, leak))).collect();
    let groups = survey.leaks.len();
    table(context, survey, ui, &headings, groups + blocks.len(), |at| {
        if let Some(group) = survey.leaks.get(at) {
            let label = format!("{} × {}", widgets::grouped(group.leaks.len() as u64), language.say(&group.label()));
            let first = group.leaks.first().map(|leak| leak.block.payload_range());
            return (vec![label, widgets::grouped(group.bytes), String::new()], first);
        }
        let Some((group, leak)) = at.checked_sub(groups).and_then(|at| blocks.get(at)) else {
            return (Vec::new(), None);
        };
        let kind = if leak.indirect { indirect } else { direct };
        let name = format!("{:#x} {}", leak.block.payload, group.name.as_deref().unwrap_or_default());
        (vec![name, widgets::grouped(leak.block.usable), kind.to_string()], Some(leak.block.payload_range()))
    });
}

fn types(context: &mut Context<'_>, survey: &Survey, ui: &mut egui::Ui) {
    if survey.types.is_empty() {
        ui.weak(context.text(Text::NoTypes));
        return;
    }
    let headings =
        [context.text(Text::Types), context.text(Text::Blocks), context.text(Text::Bytes), context.text(Text::Diff)];
    let untyped = context.text(Text::Untyped);
    table(context, survey, ui, &headings, survey.types.len(), |at| {
        let Some(row) = survey.types.get(at) else { return (Vec::new(), None) };
        let more = match (row.more_blocks, row.more_bytes) {
            (0, 0) => String::new(),
            (blocks, bytes) => format!("{blocks:+} / {bytes:+} B"),
        };
        let name = row.name.clone().unwrap_or_else(|| untyped.to_string());
        (vec![name, widgets::grouped(row.blocks), widgets::grouped(row.bytes), more], None)
    });
}

fn hits(context: &mut Context<'_>, survey: &Survey, found: &Found, ui: &mut egui::Ui) {
    let language = context.state.language;
    if found.addresses.is_empty() {
        let text = if found.pattern.is_empty() { Text::FindHint } else { Text::NothingMatches };
        ui.weak(context.text(text));
        return;
    }
    let headings = [context.text(Text::Found), context.text(Text::Bytes)];
    table(context, survey, ui, &headings, found.addresses.len(), |at| {
        let Some(range) = found.range(at) else { return (Vec::new(), None) };
        let name = format!("{:#x} {}", range.start, language.say(&survey.owner(range.start)));
        (vec![name, (range.end - range.start).to_string()], Some(range))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_shown_without_their_paths() {
        assert_eq!(shortened("alloc::vec::Vec<heap::Point, A>"), "Vec<Point, A>");
        assert_eq!(shortened("*const core::fmt::Arguments<'_>"), "*const Arguments<'_>");
        assert_eq!(shortened("Option<Box<dyn FnOnce(String, String, String)>>"), "Option<Box<dyn FnOnce(Stri…");
        assert_eq!(shortened(""), "");
    }
}

//! What is known of one memory or module.

use super::lists::millis;
use super::{Section, memory_label, open};
use crate::context::{Context, Request};
use crate::page::{Calls, Direction, Extern, Memory, Module, Page, PageCommand};
use crate::strings::Text;
use crate::widgets;

/// Entries of a list that are shown at once.
const MOST: usize = 500;

pub(super) fn ui(context: &mut Context<'_>, page: &Page, section: Section, at: usize, ui: &mut egui::Ui) {
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| match section {
        Section::Memories => {
            if let Some(memory) = page.memories.get(at) {
                memory_ui(context, page, memory, ui);
            }
        }
        _ => {
            if let Some(module) = page.modules.get(at) {
                module_ui(context, page, module, ui);
            }
        }
    });
}

fn memory_ui(context: &mut Context<'_>, page: &Page, memory: &Memory, ui: &mut egui::Ui) {
    ui.horizontal_wrapped(|ui| {
        ui.strong(memory_label(page, memory.id));
        ui.label(widgets::bytes(memory.bytes));
        // All that 64 bits can address is no limit.
        if let Some(maximum) = memory.maximum_bytes.filter(|maximum| *maximum < 1 << 53) {
            ui.weak(format!("≤ {}", widgets::size(maximum)));
        }
    });
    ui.horizontal_wrapped(|ui| {
        let can_be_read = !memory.is_gone && memory.bytes > 0;
        if ui.add_enabled(can_be_read, egui::Button::new(context.text(Text::ShowMemory))).clicked() {
            open(context, PageCommand::Attach { memory: Some(memory.id) });
        }
        let is_attached = page.attached.is_some_and(|attached| attached.memory == memory.id);
        for (label, command) in [
            (Text::SaveSnapshot, PageCommand::SaveSnapshot { label: None }),
            (Text::OpenInTab, PageCommand::OpenInTab),
            (Text::Detach, PageCommand::Attach { memory: None }),
        ] {
            if is_attached && ui.button(context.text(label)).clicked() {
                context.requests.push(Request::Page(command));
            }
        }
    });
    if memory.growth.len() > 1 {
        ui.strong(context.text(Text::Growth));
    }
    let mut before = memory.growth.first().map_or(0, |growth| growth.bytes);
    let started = memory.growth.first().map_or(0.0, |growth| growth.at_ms);
    for growth in memory.growth.iter().skip(1).take(MOST) {
        ui.horizontal_wrapped(|ui| {
            ui.weak(format!("+{}", millis(growth.at_ms - started)));
            ui.label(widgets::size(growth.bytes));
            ui.weak(format!("+{}", widgets::size(growth.bytes.saturating_sub(before))));
            if let Some(caller) = growth.stack.first() {
                ui.label(caller).on_hover_text(growth.stack.join("\n"));
            }
        });
        before = growth.bytes;
    }
}

fn module_ui(context: &mut Context<'_>, page: &Page, module: &Module, ui: &mut egui::Ui) {
    ui.horizontal_wrapped(|ui| {
        ui.strong(page.module_label(module));
        ui.label(module.bytes.map(widgets::bytes).unwrap_or_default());
        ui.weak(&module.how);
    });
    if let Some(error) = &module.error {
        ui.colored_label(ui.visuals().error_fg_color, format!("■ {}: {}", error.kind, error.message));
    }
    let button = egui::Button::new(context.text(Text::ShowSizes));
    if ui.add_enabled(module.has_bytes, button).clicked() {
        open(context, PageCommand::LoadModule { module: module.id });
    }
    if let Some(url) = &module.url {
        ui.add(egui::Label::new(egui::RichText::new(url).weak()).wrap());
    }
    for instance in page.instances_of(module.id) {
        let memories: Vec<String> = instance.memories.iter().flatten().map(|id| memory_label(page, *id)).collect();
        ui.horizontal_wrapped(|ui| {
            ui.label(format!("{} {}", context.text(Text::Instance), instance.id));
            ui.weak(memories.join(", "));
            if let Some(count) = instance.extern_refs {
                ui.label(format!("ExternRef: {}", widgets::grouped(count)));
            }
        });
    }
    for (title, externs, direction) in
        [(Text::Imports, &module.imports, Direction::Out), (Text::Exports, &module.exports, Direction::In)]
    {
        if externs.is_empty() {
            continue;
        }
        let title = format!("{} {}", context.text(title), widgets::grouped(externs.len() as u64));
        ui.collapsing(title, |ui| externs_ui(context, page, module, externs, direction, ui));
    }
    if !module.custom_sections.is_empty() {
        ui.collapsing(context.text(Text::CustomSections), |ui| {
            for section in module.custom_sections.iter().take(MOST) {
                ui.horizontal(|ui| {
                    ui.label(&section.name);
                    ui.weak(widgets::bytes(section.bytes));
                });
            }
        });
    }
}

/// Imports or exports, with the calls through them: the hot ones first.
fn externs_ui(
    context: &Context<'_>,
    page: &Page,
    module: &Module,
    externs: &[Extern],
    direction: Direction,
    ui: &mut egui::Ui,
) {
    let instances: Vec<u64> = page.instances_of(module.id).map(|instance| instance.id).collect();
    let own = |calls: &&Calls| calls.direction == direction && instances.contains(&calls.instance);
    let mut rows: Vec<(u64, f64, String, &str)> = Vec::new();
    for one in externs.iter().take(MOST) {
        let name = match &one.module {
            Some(module) => format!("{module}.{}", one.name),
            None => one.name.clone(),
        };
        let through = page.calls.iter().filter(own).filter(|calls| calls.name == name);
        let (count, time) = through.fold((0, 0.0), |(count, ms), calls| (count + calls.count, ms + calls.own_ms));
        rows.push((count, time, name, &one.kind));
    }
    rows.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
    egui::Grid::new(("externs", module.id, direction as u8)).num_columns(3).striped(true).show(ui, |ui| {
        for (count, ms, name, kind) in rows {
            ui.add(egui::Label::new(name).truncate());
            ui.weak(kind);
            let counted = format!("{} × {}", widgets::grouped(count), millis(ms));
            ui.label(if page.counts_calls && kind == "function" { counted } else { String::new() });
            ui.end_row();
        }
    });
    if externs.len() > MOST {
        ui.weak(format!("{} …", context.text(Text::NotAllShown)));
    }
}

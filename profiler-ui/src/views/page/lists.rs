//! The lists of what was found in a page.

use egui_extras::{Column, TableBuilder};
use serde_json::json;

use super::{Section, SortCalls, instance_label, memory_label, open, opening};
use crate::context::{Context, Request};
use crate::page::{Calls, Direction, Page, PageCommand};
use crate::strings::Text;
use crate::widgets;

/// The headings of a list, and the width of each column but the first.
fn columns(section: Section) -> &'static [(Text, f32)] {
    match section {
        Section::Memories => &[(Text::Memory, 0.0), (Text::Size, 74.0), (Text::Module, 130.0), (Text::Kind, 90.0)],
        Section::Modules => &[(Text::Module, 0.0), (Text::Size, 74.0), (Text::Instances, 70.0), (Text::Compiled, 80.0)],
        Section::Calls => &[
            (Text::Calls, 0.0),
            (Text::Count, 64.0),
            (Text::Own, 62.0),
            (Text::Total, 62.0),
            (Text::Longest, 62.0),
            (Text::Bytes, 64.0),
        ],
        Section::Tables => &[(Text::Tables, 0.0), (Text::Kind, 80.0), (Text::Entries, 80.0), (Text::Used, 80.0)],
        Section::Watched => &[(Text::Watched, 0.0), (Text::Bytes, 220.0), (Text::Changed, 70.0)],
        Section::Unseen => &[(Text::Unseen, 0.0), (Text::Reason, 300.0)],
    }
}

/// The cells of a row.
fn row(page: &Page, section: Section, at: usize) -> Option<Vec<String>> {
    Some(match section {
        Section::Memories => {
            let memory = page.memories.get(at)?;
            let is_attached = page.attached.is_some_and(|attached| attached.memory == memory.id);
            let mark = if is_attached { "● " } else { "" };
            let module = page.module_of_memory(memory.id).map(|module| page.module_label(module));
            let mut kinds = vec![memory.how.as_str()];
            kinds.extend(memory.shared.then_some("shared"));
            kinds.extend(memory.is_64.then_some("64"));
            kinds.extend(memory.is_gone.then_some("gone"));
            vec![
                format!("{mark}{}", memory_label(page, memory.id)),
                widgets::size(memory.bytes),
                module.unwrap_or_default(),
                kinds.join(", "),
            ]
        }
        Section::Modules => {
            let module = page.modules.get(at)?;
            let mark = if module.error.is_some() { "■ " } else { "" };
            vec![
                format!("{mark}{}", page.module_label(module)),
                module.bytes.map(widgets::size).unwrap_or_default(),
                page.instances_of(module.id).count().to_string(),
                module.took_ms.map(millis).unwrap_or_default(),
            ]
        }
        Section::Calls => calls_row(page, page.calls.get(at)?),
        Section::Tables => {
            let table = page.tables.get(at)?;
            vec![
                table.name.clone().unwrap_or_else(|| format!("table {}", table.id)),
                table.element.clone(),
                widgets::grouped(table.length),
                table.used.map(widgets::grouped).unwrap_or_default(),
            ]
        }
        Section::Watched => {
            let watch = page.watches.get(at)?;
            let bytes: Vec<&str> =
                watch.hex.as_bytes().chunks(2).filter_map(|pair| str::from_utf8(pair).ok()).collect();
            vec![
                format!("{} {:#x}", memory_label(page, watch.memory), watch.address),
                bytes.join(" "),
                widgets::grouped(watch.changes),
            ]
        }
        Section::Unseen => {
            let unseen = page.unseen.get(at)?;
            vec![unseen.subject.clone(), unseen.reason.clone()]
        }
    })
}

fn calls_row(page: &Page, calls: &Calls) -> Vec<String> {
    let arrow = match calls.direction {
        Direction::In => "JS → wasm",
        Direction::Out => "wasm → JS",
    };
    let threw = if calls.threw > 0 { format!(" ▲{}", widgets::grouped(calls.threw)) } else { String::new() };
    vec![
        format!("{}  {arrow}  {}{threw}", calls.name, instance_label(page, calls.instance)),
        widgets::grouped(calls.count),
        millis(calls.own_ms),
        millis(calls.total_ms),
        millis(calls.longest_ms),
        widgets::size(calls.value_bytes),
    ]
}

/// `1.23 ms`, `12.3 s`.
pub(super) fn millis(ms: f64) -> String {
    match ms {
        ms if ms >= 10_000.0 => format!("{:.1} s", ms / 1000.0),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms if ms >= 1.0 => format!("{ms:.1} ms"),
        ms => format!("{ms:.2} ms"),
    }
}

/// The entries of a list in the order in which they are shown.
fn order(page: &Page, section: Section, sort: SortCalls) -> Vec<usize> {
    let mut order: Vec<usize> = (0..section.count(page)).collect();
    if section == Section::Calls {
        let most = |calls: &Calls| match sort {
            SortCalls::Own => calls.own_ms,
            SortCalls::Total => calls.total_ms,
            SortCalls::Count => calls.count as f64,
            SortCalls::Bytes => calls.value_bytes as f64,
        };
        let of = |at: &usize| page.calls.get(*at).map_or(0.0, most);
        order.sort_by(|a, b| of(b).total_cmp(&of(a)).then(a.cmp(b)));
    }
    order
}

/// Draws a list; `chosen` is the row's number from above.
pub(super) fn ui(context: &mut Context<'_>, page: &Page, section: Section, chosen: &mut usize, ui: &mut egui::Ui) {
    match section {
        Section::Calls => calls_bar(context, ui),
        Section::Watched => watched_bar(context, page, *chosen, ui),
        _ => {}
    }
    let order = order(page, section, context.state.page.calls);
    let columns = columns(section);
    let height = ui.text_style_height(&egui::TextStyle::Body) + 2.0;
    let mut table = TableBuilder::new(ui)
        .id_salt(section)
        .striped(true)
        .sense(egui::Sense::click())
        .auto_shrink(false)
        .min_scrolled_height(0.0);
    for (at, (_, width)) in columns.iter().enumerate() {
        table = table.column(match at {
            0 => Column::remainder().at_least(100.0).clip(true),
            _ => Column::exact(*width).clip(true),
        });
    }
    table = table.scroll_to_row(*chosen, None);
    let mut opened = None;
    table
        .header(height, |mut header| {
            for (text, _) in columns {
                header.col(|ui| {
                    ui.strong(context.text(*text));
                });
            }
        })
        .body(|body| {
            body.rows(height, order.len(), |mut row_ui| {
                let at = row_ui.index();
                let entry = order.get(at).copied().unwrap_or_default();
                row_ui.set_selected(at == *chosen);
                let cells = row(page, section, entry).unwrap_or_default();
                let name = cells.join(", ");
                for cell in cells {
                    row_ui.col(|ui| {
                        ui.add(egui::Label::new(&cell).truncate().selectable(false)).on_hover_text(&cell);
                    });
                }
                let response = row_ui.response();
                let is_chosen = at == *chosen;
                response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Row, true, is_chosen, &name));
                if response.clicked() {
                    *chosen = at;
                }
                if response.double_clicked() {
                    opened = opening(page, section, entry);
                }
            });
        });
    if let Some(command) = opened {
        open(context, command);
    }
}

/// What calls are sorted by, and beginning to count anew.
fn calls_bar(context: &mut Context<'_>, ui: &mut egui::Ui) {
    ui.horizontal_wrapped(|ui| {
        let language = context.state.language;
        let all = [SortCalls::Own, SortCalls::Total, SortCalls::Count, SortCalls::Bytes];
        widgets::choice(ui, Text::SortBy.in_language(language), &mut context.state.page.calls, &all, |sort| {
            let text = match sort {
                SortCalls::Own => Text::Own,
                SortCalls::Total => Text::Total,
                SortCalls::Count => Text::Count,
                SortCalls::Bytes => Text::Bytes,
            };
            text.in_language(language)
        });
        if ui.button(context.text(Text::ClearCalls)).clicked() {
            context.requests.push(Request::Page(PageCommand::ClearCalls));
        }
    });
}

fn watched_bar(context: &mut Context<'_>, page: &Page, chosen: usize, ui: &mut egui::Ui) {
    let Some(watch) = page.watches.get(chosen) else { return };
    ui.horizontal_wrapped(|ui| {
        ui.strong(format!("{} {:#x}", memory_label(page, watch.memory), watch.address));
        if ui.button(context.text(Text::Unwatch)).clicked() {
            let command = PageCommand::Unwatch { memory: watch.memory, address: watch.address };
            context.requests.push(Request::Page(command));
        }
    });
}

/// A list for programs, as the page has it.
pub(super) fn json(page: &Page, section: Section) -> String {
    let list = match section {
        Section::Memories => json!({ "memories": page.memories }),
        Section::Modules => json!({ "modules": page.modules, "instances": page.instances }),
        Section::Calls => json!({ "calls": page.calls }),
        Section::Tables => json!({ "tables": page.tables }),
        Section::Watched => json!({ "watches": page.watches }),
        Section::Unseen => json!({ "unseen": page.unseen }),
    };
    format!("{list:#}\n")
}

/// A list for spreadsheets.
pub(super) fn csv(page: &Page, section: Section) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let headings = columns(section).iter().map(|(text, _)| text.in_language(crate::strings::Language::English));
    // Writing to memory does not fail.
    let _ = out.write_record(headings);
    for cells in (0..section.count(page)).filter_map(|at| row(page, section, at)) {
        let _ = out.write_record(cells);
    }
    out.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        assert_eq!(
            [0.0, 0.125, 12.34, 1234.0, 12_345.0].map(millis),
            ["0.00 ms", "0.12 ms", "12.3 ms", "1234 ms", "12.3 s"]
        );
    }
}

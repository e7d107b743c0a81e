//! The functions to choose from, while none is shown.

use egui_extras::{Column, TableBuilder};
use serde_json::json;
use wasm_binary::{ItemId, ItemKind};

use crate::context::Context;
use crate::model::Selection;
use crate::strings::Text;
use crate::views::Format;
use crate::widgets;

/// The functions that the search leaves, by falling size.
#[derive(Default)]
pub(super) struct Functions {
    of: Option<(u64, String)>,
    rows: Vec<(ItemId, u32)>,
}

impl Functions {
    fn refresh(&mut self, context: &Context<'_>) {
        let of = Some((context.documents.generation, context.state.search.clone()));
        let Some(binary) = context.documents.binary.as_ref().filter(|_| self.of != of) else { return };
        self.of = of;
        self.rows = binary.with(|analysis, _| {
            let map = &analysis.map;
            let is_found =
                |id: ItemId| context.filter.is_empty() || context.filter.matches_item(analysis, id, &map.label(id));
            let functions = map.iter().filter(|(_, item)| item.kind == ItemKind::Function && item.start < item.end);
            functions.filter(|(id, _)| is_found(*id)).map(|(id, item)| (id, item.end - item.start)).collect()
        });
        self.rows.sort_by_key(|(id, size)| (std::cmp::Reverse(*size), *id));
    }

    /// The list as a file.
    pub(super) fn export(&self, context: &Context<'_>, format: Format) -> Option<String> {
        let binary = context.documents.binary.as_ref()?;
        let rows = self.rows.iter().map(|(id, size)| (binary.label(*id), id.0, *size));
        match format {
            Format::Png | Format::Svg => None,
            Format::Json => {
                let rows = rows.map(|(name, item, size)| json!({ "name": name, "item": item, "size_bytes": size }));
                Some(format!("{:#}\n", json!({ "functions": rows.collect::<Vec<_>>() })))
            }
            Format::Csv => {
                let rows = rows.map(|(name, item, size)| [name, item.to_string(), size.to_string()]);
                Some(widgets::csv(["name", "item", "size_bytes"], rows))
            }
        }
    }

    /// Draws them; a click chooses one.
    pub(super) fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        self.refresh(context);
        let Some(binary) = context.documents.binary.clone() else { return };
        if self.rows.is_empty() {
            ui.weak(context.text(Text::NothingMatches));
            return;
        }
        let row_height = ui.text_style_height(&egui::TextStyle::Body) + 2.0;
        let mut chosen = None;
        TableBuilder::new(ui)
            .striped(true)
            .sense(egui::Sense::click())
            .column(Column::remainder().clip(true))
            .column(Column::exact(90.0))
            .header(row_height, |mut header| {
                for text in [Text::Functions, Text::Size] {
                    header.col(|ui| {
                        ui.strong(context.text(text));
                    });
                }
            })
            .body(|body| {
                body.rows(row_height, self.rows.len(), |mut row| {
                    let (id, size) = self.rows[row.index()];
                    row.col(|ui| {
                        ui.add(egui::Label::new(binary.label(id)).truncate().selectable(false));
                    });
                    row.col(|ui| {
                        ui.add(egui::Label::new(widgets::grouped(u64::from(size))).selectable(false));
                    });
                    if row.response().clicked() {
                        chosen = Some(id);
                    }
                });
            });
        if let Some(id) = chosen {
            context.select(Selection::Item(id));
        }
    }
}

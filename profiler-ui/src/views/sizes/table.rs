//! The table beside the chart: what is in the heading that fills it, or what a search finds.

use std::cmp::Ordering;

use egui_extras::{Column, TableBuilder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use wasm_binary::ItemId;

use super::{Shown, Sizes, select, zoom_to};
use crate::context::Context;
use crate::model::NodeId;
use crate::strings::Text;
use crate::widgets;

/// What a table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Sort {
    /// The column.
    pub by: SortBy,
    /// Whether it is turned round.
    pub is_reversed: bool,
}

/// A column to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SortBy {
    /// The largest first.
    #[default]
    Size,
    /// From A to Z.
    Name,
    /// The largest change first.
    Delta,
}

/// The nodes that the table lists.
fn rows(context: &Context<'_>, shown: &Shown) -> Vec<NodeId> {
    let tree = &shown.tree;
    let mut rows = if shown.matches.is_match.is_empty() {
        tree.children(Sizes::zoomed(context, tree)).collect()
    } else {
        shown.matches.leaves.clone()
    };
    let Sort { by, is_reversed } = context.state.sizes.sort;
    rows.sort_by(|a, b| {
        let (x, y) = (tree.node(*a), tree.node(*b));
        let order = match by {
            SortBy::Size => y.size_bytes.cmp(&x.size_bytes),
            SortBy::Name => x.name.cmp(&y.name),
            SortBy::Delta => delta(shown, *b).unwrap_or(0).abs().cmp(&delta(shown, *a).unwrap_or(0).abs()),
        };
        let order = if order == Ordering::Equal { a.cmp(b) } else { order };
        if is_reversed { order.reverse() } else { order }
    });
    rows
}

/// By how much an item changed since the other build.
fn delta(shown: &Shown, id: NodeId) -> Option<i64> {
    Some(shown.colors.changes.get(&shown.tree.node(id).item?)?.delta)
}

/// Draws it; a selection that is new since `scrolled_to` is brought into sight.
pub(super) fn ui(context: &mut Context<'_>, shown: &Shown, scrolled_to: &mut Option<ItemId>, ui: &mut egui::Ui) {
    let tree = &*shown.tree;
    let rows = rows(context, shown);
    let has_diff = !shown.colors.changes.is_empty();
    let whole = tree.node(NodeId(0)).size_bytes;
    let row_height = ui.text_style_height(&egui::TextStyle::Body) + 2.0;
    let selected = context.linked.items.clone();
    let is_selected = |id: NodeId| tree.node(id).item.is_some_and(|item| selected.binary_search(&item).is_ok());
    let mut table = TableBuilder::new(ui)
        .striped(true)
        .sense(egui::Sense::click())
        .column(Column::remainder().at_least(80.0).clip(true))
        .column(Column::auto().at_least(70.0))
        .column(Column::auto().at_least(50.0));
    if has_diff {
        table = table.column(Column::auto().at_least(60.0));
    }
    let selected_one = context.linked.items.first().copied();
    if *scrolled_to != selected_one {
        *scrolled_to = selected_one;
        if let Some(at) = rows.iter().position(|id| is_selected(*id)) {
            table = table.scroll_to_row(at, Some(egui::Align::Center));
        }
    }
    let (mut chosen, mut zoomed) = (None, None);
    table
        .header(row_height, |mut header| {
            let sort = &mut context.state.sizes.sort;
            let language = context.state.language;
            let mut column = |text: Text, by: Option<SortBy>| {
                header.col(|ui| {
                    let name = text.in_language(language);
                    let plain = egui::Button::new(egui::RichText::new(name).strong()).frame(false);
                    let Some(by) = by else {
                        // Drawn as the others are, so that it stands in one line with them.
                        ui.add(plain.sense(egui::Sense::hover()));
                        return;
                    };
                    let mark = match (sort.by == by, sort.is_reversed) {
                        (false, _) => "",
                        (true, false) => " ▼",
                        (true, true) => " ▲",
                    };
                    let heading = egui::Button::new(egui::RichText::new(format!("{name}{mark}")).strong()).frame(false);
                    if ui.add(heading).clicked() {
                        *sort = Sort { by, is_reversed: sort.by == by && !sort.is_reversed };
                    }
                });
            };
            column(Text::Item, Some(SortBy::Name));
            column(Text::Size, Some(SortBy::Size));
            column(Text::Share, None);
            if has_diff {
                column(Text::Diff, Some(SortBy::Delta));
            }
        })
        .body(|body| {
            body.rows(row_height, rows.len(), |mut row| {
                let id = rows[row.index()];
                let node = tree.node(id);
                row.set_selected(is_selected(id));
                row.col(|ui| {
                    let has_more = !node.children.is_empty();
                    let name = if has_more { format!("▸ {}", node.name) } else { node.name.clone() };
                    ui.add(egui::Label::new(name).truncate().selectable(false));
                });
                row.col(|ui| {
                    ui.add(egui::Label::new(widgets::grouped(node.size_bytes)).selectable(false));
                });
                row.col(|ui| {
                    ui.add(egui::Label::new(widgets::share(node.size_bytes, whole)).selectable(false));
                });
                if has_diff {
                    row.col(|ui| {
                        let text = delta(shown, id).map(|delta| format!("{delta:+}")).unwrap_or_default();
                        ui.add(egui::Label::new(text).selectable(false));
                    });
                }
                let response = row.response();
                if response.double_clicked() {
                    zoomed = Some(id);
                } else if response.clicked() {
                    chosen = Some(id);
                }
            });
        });
    if let Some(id) = zoomed {
        zoom_to(context, tree, id);
    } else if let Some(id) = chosen {
        select(context, tree, id);
    }
}

/// What the table lists, for programs.
pub(super) fn json(context: &Context<'_>, shown: &Shown) -> String {
    let tree = &shown.tree;
    let of = |id: &NodeId| {
        let node = tree.node(*id);
        let mut row = json!({ "name": node.name, "size_bytes": node.size_bytes });
        if let Some(item) = node.item {
            row["item"] = json!(item);
        }
        if let Some(delta) = delta(shown, *id) {
            row["delta_bytes"] = json!(delta);
        }
        row
    };
    let path = &context.state.location.zoom;
    let rows: Vec<_> = rows(context, shown).iter().map(of).collect();
    format!("{:#}\n", json!({ "path": path, "search": context.state.search, "rows": rows }))
}

/// What the table lists, for spreadsheets.
pub(super) fn csv(context: &Context<'_>, shown: &Shown) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let rows = rows(context, shown).into_iter().map(|id| {
        let node = shown.tree.node(id);
        let delta = delta(shown, id).map(|delta| delta.to_string()).unwrap_or_default();
        [node.name.clone(), node.size_bytes.to_string(), delta]
    });
    let header = ["name", "size_bytes", "delta_bytes"].map(str::to_string);
    for row in std::iter::once(header).chain(rows) {
        // Writing to memory does not fail.
        let _ = out.write_record(row);
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

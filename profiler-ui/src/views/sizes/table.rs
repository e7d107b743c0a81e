//! The table beside the chart: the tree below the heading that fills it, or what a search finds. With another build, each
//! row says what it was, and what is gone has rows of its own.

use std::cmp::Ordering;

use egui_extras::{Column, TableBuilder, TableRow};
use serde::{Deserialize, Serialize};
use wasm_binary::ItemId;

use super::colors;
use super::shown::{Shown, TreeKey};
use super::{Asked, Sizes};
use crate::context::Context;
use crate::model::{NodeId, SizeTree};
use crate::strings::Text;
use crate::widgets;

/// What a table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Sort {
    /// The column, if not the change where there is another build, and else the size.
    pub by: Option<SortBy>,
    /// Whether it is turned round.
    pub is_reversed: bool,
}

/// A column to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SortBy {
    /// The largest first.
    Size,
    /// From A to Z.
    Name,
    /// What was the largest first.
    Before,
    /// The largest change first.
    Delta,
}

/// How far a row stands in for each level.
const INDENT: f32 = 14.0;

/// What the table lists, as long as nothing that it depends on changes.
#[derive(Default)]
pub(super) struct Table {
    key: Option<Key>,
    rows: Vec<Row>,
    scrolled_to: Option<NodeId>,
}

/// What rows depend on: tree, colours (the search counts as one), what fills the chart, what is unfolded.
#[derive(PartialEq)]
struct Key {
    tree: TreeKey,
    search: String,
    zoomed: NodeId,
    unfolded: Vec<Vec<String>>,
    chosen: Option<NodeId>,
    sort: Sort,
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    node: NodeId,
    depth: u16,
    is_open: bool,
}

impl Shown {
    /// Bytes before, if it was there; `None` without another build, too.
    fn before(&self, id: NodeId) -> Option<u64> {
        self.comparison.as_ref()?.before_bytes(id)
    }

    fn delta(&self, id: NodeId) -> i64 {
        self.tree.node(id).size_bytes as i64 - self.before(id).unwrap_or(0) as i64
    }

    fn sort(&self, ids: &mut [NodeId], sort: Sort) {
        let tree = &self.tree;
        let by = sort.by.unwrap_or(if self.comparison.is_some() { SortBy::Delta } else { SortBy::Size });
        ids.sort_by(|&a, &b| {
            let size = || tree.node(b).size_bytes.cmp(&tree.node(a).size_bytes);
            let order = match by {
                SortBy::Size => size(),
                SortBy::Name => tree.name(a).cmp(tree.name(b)),
                SortBy::Before => self.before(b).cmp(&self.before(a)),
                SortBy::Delta => self.delta(b).unsigned_abs().cmp(&self.delta(a).unsigned_abs()).then_with(size),
            };
            let order = if order == Ordering::Equal { a.cmp(&b) } else { order };
            if sort.is_reversed { order.reverse() } else { order }
        });
    }
}

impl Table {
    /// Brings the rows up to date.
    fn list(&mut self, context: &Context<'_>, shown: &Shown) {
        let settings = &context.state.sizes;
        let key = Key {
            tree: shown.key,
            search: shown.matched.clone(),
            zoomed: Sizes::zoomed(context, &shown.tree),
            unfolded: settings.unfolded.clone(),
            chosen: shown.chosen.node,
            sort: settings.sort,
        };
        if self.key.as_ref() == Some(&key) {
            return;
        }
        self.rows.clear();
        if shown.matches.is_searching() {
            let mut found = shown.matches.leaves.clone();
            shown.sort(&mut found, key.sort);
            self.rows.extend(found.into_iter().map(|node| Row { node, depth: 0, is_open: false }));
        } else {
            let tree = &shown.tree;
            let mut open: Vec<NodeId> = settings.unfolded.iter().filter_map(|names| tree.find_path(names)).collect();
            // What is chosen is seen.
            open.extend(key.chosen.iter().flat_map(|chosen| tree.path(tree.node(*chosen).parent)));
            open.sort_unstable();
            let mut waiting = vec![(key.zoomed, 0)];
            while let Some((node, depth)) = waiting.pop() {
                let is_root = node == key.zoomed;
                let is_open = is_root || open.binary_search(&node).is_ok();
                if !is_root {
                    self.rows.push(Row { node, depth: depth - 1, is_open });
                }
                if is_open {
                    let mut below: Vec<NodeId> = tree.children(node).collect();
                    shown.sort(&mut below, key.sort);
                    waiting.extend(below.into_iter().rev().map(|id| (id, depth.saturating_add(1))));
                }
            }
        }
        self.key = Some(key);
    }

    /// Draws it; a selection that is new is brought into sight.
    pub(super) fn ui(&mut self, context: &mut Context<'_>, shown: &Shown, ui: &mut egui::Ui) -> Option<Asked> {
        self.list(context, shown);
        let is_compared = shown.comparison.is_some();
        let row_height = ui.text_style_height(&egui::TextStyle::Body) + 2.0;
        let mut table = TableBuilder::new(ui)
            .striped(true)
            .sense(egui::Sense::click())
            .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
            .column(Column::remainder().at_least(80.0).clip(true));
        let columns: &[(Text, Option<SortBy>, f32)] = if is_compared {
            &[
                (Text::Before, Some(SortBy::Before), 74.0),
                (Text::After, Some(SortBy::Size), 74.0),
                (Text::Diff, Some(SortBy::Delta), 82.0),
            ]
        } else {
            &[(Text::Size, Some(SortBy::Size), 78.0), (Text::Share, None, 58.0)]
        };
        for (.., width) in columns {
            table = table.column(Column::exact(*width));
        }
        let chosen = shown.chosen.node;
        if self.scrolled_to != chosen {
            self.scrolled_to = chosen;
            if let Some(at) = self.rows.iter().position(|row| Some(row.node) == chosen) {
                table = table.scroll_to_row(at, Some(egui::Align::Center));
            }
        }
        let (mut asked, mut folded) = (None, None);
        let rows = &self.rows;
        table
            .header(row_height, |mut header| {
                let headings = std::iter::once((Text::Item, Some(SortBy::Name)));
                for (text, by) in headings.chain(columns.iter().map(|(text, by, _)| (*text, *by))) {
                    heading(context, is_compared, &mut header, text, by);
                }
            })
            .body(|body| {
                body.rows(row_height, rows.len(), |mut row| {
                    let at = rows[row.index()];
                    row.set_selected(shown.chosen.has(at.node));
                    row.col(|ui| {
                        if name(context, shown, at, ui) {
                            folded = Some(at);
                        }
                    });
                    numbers(context, shown, at.node, &mut row);
                    let response = row.response();
                    if response.double_clicked() {
                        asked = Some(Asked::Zoom(at.node));
                    } else if response.clicked() {
                        asked = Some(Asked::Select(at.node));
                    }
                });
            });
        match folded {
            Some(Row { node, is_open, .. }) => fold(context, shown, node, is_open).or(asked),
            None => asked,
        }
    }
}

/// Folds or unfolds a heading. What is chosen below one that is folded leaves the choice to it.
fn fold(context: &mut Context<'_>, shown: &Shown, id: NodeId, is_open: bool) -> Option<Asked> {
    let tree = &*shown.tree;
    let names = tree.names(id);
    let unfolded = &mut context.state.sizes.unfolded;
    unfolded.retain(|known| *known != names);
    if !is_open {
        unfolded.push(names);
        return None;
    }
    let is_below = shown.chosen.node.is_some_and(|chosen| chosen != id && tree.path(chosen).contains(&id));
    is_below.then_some(Asked::Select(id))
}

fn heading(
    context: &mut Context<'_>,
    is_compared: bool,
    header: &mut TableRow<'_, '_>,
    text: Text,
    by: Option<SortBy>,
) {
    let name = context.text(text);
    let sort = &mut context.state.sizes.sort;
    let is_name = by == Some(SortBy::Name);
    let mut draw = |ui: &mut egui::Ui| {
        let plain = egui::Button::new(egui::RichText::new(name).strong()).frame(false);
        let Some(by) = by else {
            // Drawn as the others are, so that it stands in one line with them.
            ui.add(plain.sense(egui::Sense::hover()));
            return;
        };
        let now = sort.by.unwrap_or(if is_compared { SortBy::Delta } else { SortBy::Size });
        let mark = match (now == by, sort.is_reversed) {
            (false, _) => "",
            (true, false) => " ▼",
            (true, true) => " ▲",
        };
        let heading = egui::Button::new(egui::RichText::new(format!("{name}{mark}")).strong()).frame(false);
        if ui.add(heading).clicked() {
            *sort = Sort { by: Some(by), is_reversed: now == by && !sort.is_reversed };
        }
    };
    header.col(|ui| {
        if is_name {
            draw(ui);
        } else {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), draw);
        }
    });
}

/// The name of a row, with what folds it; whether that was pressed.
fn name(context: &Context<'_>, shown: &Shown, row: Row, ui: &mut egui::Ui) -> bool {
    let tree = &shown.tree;
    let has_more = !tree.node(row.node).children.is_empty();
    let mut is_pressed = false;
    ui.spacing_mut().item_spacing.x = 2.0;
    // No higher than its text: rows of numbers are in line with it.
    ui.spacing_mut().interact_size.y = 0.0;
    ui.add_space(f32::from(row.depth) * INDENT);
    if shown.matches.is_searching() {
        // What a search finds has nothing to be folded.
    } else if has_more {
        let (sign, text) = if row.is_open { ("▾", Text::Fold) } else { ("▸", Text::Unfold) };
        let label = format!("{} {}", context.text(text), shown.title(row.node));
        let button = ui.add(egui::Button::new(sign).frame(false).min_size(egui::vec2(INDENT, 0.0)));
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label.as_str()));
        is_pressed = button.clicked();
    } else {
        ui.add_space(INDENT + 2.0);
    }
    let text = shown.name(row.node);
    let text = if shown.is_gone(row.node) { text.weak() } else { text };
    ui.add(egui::Label::new(text).truncate().selectable(false));
    is_pressed
}

/// What stands behind the name.
fn numbers(context: &Context<'_>, shown: &Shown, id: NodeId, row: &mut TableRow<'_, '_>) {
    let size_bytes = shown.tree.node(id).size_bytes;
    let mut texts = Vec::with_capacity(3);
    if shown.comparison.is_some() {
        texts.push(shown.before(id).map_or("–".into(), widgets::grouped));
        let is_gone = shown.is_gone(id);
        texts.push(if is_gone { context.text(Text::Gone).into() } else { widgets::grouped(size_bytes) });
        texts.push(widgets::signed(shown.delta(id)));
    } else {
        texts.push(widgets::grouped(size_bytes));
        texts.push(widgets::share(size_bytes, shown.tree.node(NodeId(0)).size_bytes));
    }
    for text in texts {
        row.col(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(text).selectable(false));
            });
        });
    }
}

/// A node, as it is saved.
#[derive(Serialize)]
struct Saved<'a> {
    /// The names below the file that lead to what it is in.
    path: Vec<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<ItemId>,
    is_heading: bool,
    size_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta_bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
}

/// All that is below what fills the chart, or what a search finds, folded or not.
fn saved<'a>(context: &Context<'_>, shown: &'a Shown) -> Vec<Saved<'a>> {
    let tree: &SizeTree = &shown.tree;
    let is_searching = shown.matches.is_searching();
    let mut waiting =
        if is_searching { shown.matches.leaves.clone() } else { tree.children(Sizes::zoomed(context, tree)).collect() };
    waiting.reverse();
    let mut rows = Vec::new();
    while let Some(id) = waiting.pop() {
        let node = tree.node(id);
        let change = shown.comparison.as_ref().map(|comparison| comparison.change(tree, id));
        rows.push(Saved {
            path: tree.path(node.parent).into_iter().skip(1).map(|id| tree.name(id)).collect(),
            name: tree.name(id),
            item: node.item,
            is_heading: !node.children.is_empty(),
            size_bytes: node.size_bytes,
            before_bytes: shown.before(id),
            delta_bytes: change.map(|(_, delta)| delta),
            change: change.map(|(change, _)| colors::key(change)),
        });
        if !is_searching {
            waiting.extend(tree.children(id).rev());
        }
    }
    rows
}

/// For programs.
pub(super) fn json(context: &Context<'_>, shown: &Shown) -> String {
    #[derive(Serialize)]
    struct File<'a> {
        path: &'a [String],
        search: &'a str,
        rows: Vec<Saved<'a>>,
    }
    let file = File { path: &context.state.location.zoom, search: &context.state.search, rows: saved(context, shown) };
    // Names and numbers can be written.
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

/// For spreadsheets: leaves only, so that columns add up.
pub(super) fn csv(context: &Context<'_>, shown: &Shown) -> String {
    let rows = saved(context, shown).into_iter().filter(|row| !row.is_heading).map(|row| {
        let number = |number: Option<String>| number.unwrap_or_default();
        [
            row.path.join(" › "),
            row.name.to_string(),
            row.size_bytes.to_string(),
            number(row.before_bytes.map(|bytes| bytes.to_string())),
            number(row.delta_bytes.map(|bytes| bytes.to_string())),
            row.change.unwrap_or_default().to_string(),
        ]
    });
    widgets::csv(["path", "name", "size_bytes", "before_bytes", "delta_bytes", "change"], rows)
}

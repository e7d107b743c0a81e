//! The table beside the chart: the tree below the heading that fills it, or what a search finds. With another build, each
//! row says what it was, and what is gone has rows of its own.

use std::cmp::Ordering;

use egui_extras::{Column, TableBuilder, TableRow};
use serde::{Deserialize, Serialize};
use wasm_binary::ItemId;

use super::{Asked, Shown, Sizes};
use crate::context::Context;
use crate::model::{NodeId, SizeNode};
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
    tree: super::TreeKey,
    search: String,
    zoomed: NodeId,
    unfolded: Vec<Vec<String>>,
    chosen: Option<NodeId>,
    sort: Sort,
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    node: Place,
    depth: u16,
    is_open: bool,
}

/// Where a row's node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// In the tree.
    Here(NodeId),
    /// Only in the other build's tree.
    Gone(NodeId),
}

impl Shown {
    fn at(&self, place: Place) -> Option<&SizeNode> {
        match place {
            Place::Here(id) => Some(self.tree.node(id)),
            Place::Gone(id) => self.comparison.as_ref().map(|comparison| comparison.old().node(id)),
        }
    }

    fn name(&self, place: Place) -> &str {
        self.at(place).map_or("", |node| &node.name)
    }

    /// Bytes before, if it was there; `None` without another build, too.
    fn before(&self, place: Place) -> Option<u64> {
        let comparison = self.comparison.as_ref()?;
        match place {
            Place::Here(id) => comparison.before_bytes(id),
            Place::Gone(id) => Some(comparison.old().node(id).size_bytes),
        }
    }

    /// Bytes now, if it is there.
    fn after(&self, place: Place) -> Option<u64> {
        match place {
            Place::Here(id) => Some(self.tree.node(id).size_bytes),
            Place::Gone(_) => None,
        }
    }

    fn delta(&self, place: Place) -> i64 {
        self.after(place).unwrap_or(0) as i64 - self.before(place).unwrap_or(0) as i64
    }

    /// What stands below a place: of the tree, and what is gone from there.
    fn below(&self, place: Place) -> Vec<Place> {
        let Place::Here(id) = place else { return Vec::new() };
        let gone = self.comparison.iter().flat_map(|comparison| comparison.gone(id)).map(Place::Gone);
        self.tree.children(id).map(Place::Here).chain(gone).collect()
    }

    fn sort(&self, places: &mut [Place], sort: Sort) {
        let by = sort.by.unwrap_or(if self.comparison.is_some() { SortBy::Delta } else { SortBy::Size });
        places.sort_by(|a, b| {
            let size = || self.after(*b).cmp(&self.after(*a));
            let order = match by {
                SortBy::Size => size(),
                SortBy::Name => self.name(*a).cmp(self.name(*b)),
                SortBy::Before => self.before(*b).cmp(&self.before(*a)),
                SortBy::Delta => self.delta(*b).unsigned_abs().cmp(&self.delta(*a).unsigned_abs()).then_with(size),
            };
            let order = if order == Ordering::Equal { a.cmp(b) } else { order };
            if sort.is_reversed { order.reverse() } else { order }
        });
    }

    /// What a search finds, in both builds.
    fn found(&self, context: &Context<'_>) -> Vec<Place> {
        let mut found: Vec<Place> = self.matches.leaves.iter().copied().map(Place::Here).collect();
        let (Some(comparison), Some(before)) = (&self.comparison, &context.documents.before) else { return found };
        let old = comparison.old();
        before.with(|analysis, _| {
            let is_found = |id: &NodeId| {
                let node = old.node(*id);
                let is_leaf = node.children.is_empty() && comparison.is_gone(*id);
                is_leaf
                    && match node.item {
                        Some(item) => context.filter.matches_item(analysis, item, &node.name),
                        None => context.filter.matches_name(&node.name),
                    }
            };
            found.extend(old.ids().filter(is_found).map(Place::Gone));
        });
        found
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
        if shown.matches.is_match.is_empty() {
            let tree = &shown.tree;
            let mut open: Vec<NodeId> = settings.unfolded.iter().filter_map(|names| tree.find_path(names)).collect();
            // What is chosen is seen.
            open.extend(key.chosen.iter().flat_map(|chosen| tree.path(tree.node(*chosen).parent)));
            open.sort_unstable();
            let mut waiting = vec![(Place::Here(key.zoomed), 0)];
            while let Some((place, depth)) = waiting.pop() {
                let is_root = place == Place::Here(key.zoomed);
                let is_open = match place {
                    Place::Here(id) => is_root || open.binary_search(&id).is_ok(),
                    Place::Gone(_) => false,
                };
                if !is_root {
                    self.rows.push(Row { node: place, depth: depth - 1, is_open });
                }
                if is_open {
                    let mut below = shown.below(place);
                    shown.sort(&mut below, key.sort);
                    waiting.extend(below.into_iter().rev().map(|place| (place, depth.saturating_add(1))));
                }
            }
        } else {
            let mut found = shown.found(context);
            shown.sort(&mut found, key.sort);
            self.rows.extend(found.into_iter().map(|node| Row { node, depth: 0, is_open: false }));
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
            let is_chosen = |row: &Row| chosen.is_some_and(|id| row.node == Place::Here(id));
            if let Some(at) = self.rows.iter().position(is_chosen) {
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
                    let is_marked = matches!(at.node, Place::Here(id) if shown.chosen.has(id));
                    row.set_selected(is_marked);
                    row.col(|ui| {
                        if name(context, shown, at, ui) {
                            folded = Some(at);
                        }
                    });
                    numbers(context, shown, at.node, &mut row);
                    let response = row.response();
                    let Place::Here(id) = at.node else { return };
                    if response.double_clicked() {
                        asked = Some(Asked::Zoom(id));
                    } else if response.clicked() {
                        asked = Some(Asked::Select(id));
                    }
                });
            });
        if let Some(Row { node: Place::Here(id), is_open, .. }) = folded {
            return fold(context, shown, id, is_open).or(asked);
        }
        asked
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
    let name = shown.name(row.node);
    let has_more = matches!(row.node, Place::Here(id) if !shown.tree.node(id).children.is_empty());
    let mut is_pressed = false;
    ui.spacing_mut().item_spacing.x = 2.0;
    // No higher than its text: rows of numbers are in line with it.
    ui.spacing_mut().interact_size.y = 0.0;
    ui.add_space(f32::from(row.depth) * INDENT);
    let is_searched = !shown.matches.is_match.is_empty();
    if is_searched {
        // What a search finds has nothing to be folded.
    } else if has_more {
        let (sign, text) = if row.is_open { ("▾", Text::Fold) } else { ("▸", Text::Unfold) };
        let label = format!("{} {name}", context.text(text));
        let button = ui.add(egui::Button::new(sign).frame(false).min_size(egui::vec2(INDENT, 0.0)));
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label.as_str()));
        is_pressed = button.clicked();
    } else {
        ui.add_space(INDENT + 2.0);
    }
    let mut text = egui::RichText::new(name);
    if let Place::Gone(_) = row.node {
        text = text.strikethrough().weak();
    }
    ui.add(egui::Label::new(text).truncate().selectable(false));
    is_pressed
}

/// What stands behind the name.
fn numbers(context: &Context<'_>, shown: &Shown, place: Place, row: &mut TableRow<'_, '_>) {
    let count = |count: Option<u64>| count.map_or("–".into(), widgets::grouped);
    let mut texts = Vec::with_capacity(3);
    if shown.comparison.is_some() {
        texts.push(count(shown.before(place)));
        texts.push(match place {
            Place::Here(_) => count(shown.after(place)),
            Place::Gone(_) => context.text(Text::Gone).into(),
        });
        texts.push(widgets::signed(shown.delta(place)));
    } else {
        let size = shown.after(place).unwrap_or(0);
        texts.push(widgets::grouped(size));
        texts.push(widgets::share(size, shown.tree.node(NodeId(0)).size_bytes));
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
}

/// All that is below what fills the chart, or what a search finds, folded or not.
fn saved<'a>(context: &Context<'_>, shown: &'a Shown) -> Vec<Saved<'a>> {
    let zoomed = Sizes::zoomed(context, &shown.tree);
    let is_searched = !shown.matches.is_match.is_empty();
    let mut waiting = if is_searched { shown.found(context) } else { shown.below(Place::Here(zoomed)) };
    waiting.reverse();
    let mut rows = Vec::new();
    while let Some(place) = waiting.pop() {
        let (Some(node), Some(tree)) = (shown.at(place), shown.tree_of(place)) else { continue };
        let is_compared = shown.comparison.is_some();
        rows.push(Saved {
            path: tree.path(node.parent).into_iter().skip(1).map(|id| tree.node(id).name.as_str()).collect(),
            name: &node.name,
            item: node.item.filter(|_| matches!(place, Place::Here(_))),
            is_heading: !node.children.is_empty(),
            size_bytes: shown.after(place).unwrap_or(0),
            before_bytes: shown.before(place),
            delta_bytes: is_compared.then(|| shown.delta(place)),
        });
        if !is_searched {
            waiting.extend(shown.all_below(place).into_iter().rev());
        }
    }
    rows
}

impl Shown {
    fn tree_of(&self, place: Place) -> Option<&crate::model::SizeTree> {
        match place {
            Place::Here(_) => Some(&self.tree),
            Place::Gone(_) => self.comparison.as_ref().map(|comparison| comparison.old()),
        }
    }

    /// As `below`, into headings that are gone, too.
    fn all_below(&self, place: Place) -> Vec<Place> {
        match place {
            Place::Here(_) => self.below(place),
            Place::Gone(id) => {
                let old = self.comparison.iter().flat_map(|comparison| comparison.old().children(id));
                old.map(Place::Gone).collect()
            }
        }
    }
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
        ]
    });
    widgets::csv(["path", "name", "size_bytes", "before_bytes", "delta_bytes"], rows)
}

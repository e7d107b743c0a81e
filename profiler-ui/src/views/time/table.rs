//! The table beside the chart: call tree, functions, source lines, wasm offsets; with two runs, what changed.

use std::collections::BTreeSet;

use egui_extras::{Column, TableBuilder};
use serde::{Deserialize, Serialize};
use wasm_profile::{Address, FunctionId, HotAddress, export};

use super::Shown;
use super::summary::Summary;
use crate::context::Context;
use crate::model::Selection;
use crate::strings::Text;
use crate::widgets;

/// What the table lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Table {
    /// Who calls whom.
    #[default]
    CallTree,
    /// Functions by own weight; with two runs by change.
    Functions,
    /// Source lines by own weight.
    Lines,
    /// Places in the wasm file by own weight.
    Offsets,
}

impl Table {
    /// All, in the order of tabs.
    pub const ALL: [Table; 4] = [Table::CallTree, Table::Functions, Table::Lines, Table::Offsets];

    fn text(self) -> Text {
        match self {
            Table::CallTree => Text::CallTree,
            Table::Functions => Text::Functions,
            Table::Lines => Text::Lines,
            Table::Offsets => Text::Offsets,
        }
    }
}

/// What the table remembers between frames.
#[derive(Default)]
pub(super) struct Rows {
    /// Nodes of the call tree that are open.
    open: BTreeSet<u32>,
    listed: Option<(Table, bool, String)>,
    rows: Vec<Row>,
    scrolled_to: Option<FunctionId>,
}

/// What a row is of, by its place.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Row {
    Node(u32),
    Function(FunctionId),
    Line(u32),
    Address(u32),
    /// A function of the difference.
    Changed(FunctionId),
}

/// The share of its parent from which on a node is opened at first.
const HOT_PATH: f64 = 0.5;

impl Rows {
    /// There is another summary: opens the path of the heaviest.
    pub(super) fn reset(&mut self, summary: &Summary) {
        *self = Rows::default();
        let nodes = summary.tree.nodes();
        let mut at = summary.tree.children(None).next();
        while let Some(node) = at {
            self.open.insert(node);
            let least = nodes[node as usize].total as f64 * HOT_PATH;
            at = summary.tree.children(Some(node)).next().filter(|child| nodes[*child as usize].total as f64 >= least);
        }
    }

    /// The rows are to be listed anew: the search changed.
    pub(super) fn relist(&mut self) {
        self.listed = None;
    }

    fn list(&mut self, shown: &Shown, table: Table, is_difference: bool, search: &str) {
        let listed = (table, is_difference, search.to_string());
        if self.listed.as_ref() == Some(&listed) {
            return;
        }
        self.listed = Some(listed);
        let summary = &*shown.summary;
        self.rows = match (table, &summary.difference) {
            (Table::CallTree, _) => {
                let mut rows = Vec::new();
                let mut at = 0;
                while let Some(node) = summary.tree.nodes().get(at as usize) {
                    rows.push(Row::Node(at));
                    at = if self.open.contains(&at) { at + 1 } else { node.end };
                }
                rows
            }
            (Table::Functions, Some(difference)) if is_difference => {
                let kept = |function: &FunctionId| {
                    let after = difference.functions()[function.index()].after;
                    after.is_none_or(|after| shown.found.keeps(after))
                };
                difference.changed().into_iter().filter(kept).map(Row::Changed).collect()
            }
            (Table::Functions, _) => {
                let functions = summary.functions.iter().map(|hot| hot.function);
                functions.filter(|function| shown.found.keeps(*function)).map(Row::Function).collect()
            }
            (Table::Lines, _) => (0..summary.lines.len() as u32).map(Row::Line).collect(),
            (Table::Offsets, _) => {
                let kept = |at: &u32| shown.found.keeps(summary.addresses[*at as usize].function);
                (0..summary.addresses.len() as u32).filter(kept).map(Row::Address).collect()
            }
        };
    }
}

/// A row's cells: name, own weight, total weight; with two runs the own weight before and by how much it changed.
struct Cells {
    depth: u32,
    /// Whether more is below, and whether it is open.
    more: Option<bool>,
    name: String,
    numbers: [String; 3],
    function: Option<FunctionId>,
}

fn cells(summary: &Summary, rows: &Rows, row: Row) -> Cells {
    let sum = summary.weights.sum();
    let weights = |own: u64, total: u64| [summary.weight(own), summary.weight(total), widgets::share(total, sum)];
    match row {
        Row::Node(at) => {
            let node = &summary.tree.nodes()[at as usize];
            let more = (node.end > at + 1).then(|| rows.open.contains(&at));
            let name = summary.recording.label(node.function).to_string();
            let numbers = weights(node.own, node.total);
            Cells { depth: node.depth, more, name, numbers, function: Some(node.function) }
        }
        Row::Function(function) => {
            let (own, total) = summary.hot(function).map_or((0, 0), |hot| (hot.own, hot.total));
            let mut numbers = weights(own, total);
            numbers[2] = widgets::share(own, sum);
            let name = summary.recording.label(function).to_string();
            Cells { depth: 0, more: None, name, numbers, function: Some(function) }
        }
        Row::Line(at) => {
            let line = &summary.lines[at as usize];
            let mut numbers = weights(line.own, line.total);
            numbers[2] = widgets::share(line.own, sum);
            Cells { depth: 0, more: None, name: format!("{}:{}", line.file, line.line), numbers, function: None }
        }
        Row::Address(at) => {
            let hot = &summary.addresses[at as usize];
            let mut numbers = weights(hot.own, hot.total);
            numbers[2] = widgets::share(hot.own, sum);
            let name = format!("{}  {}", address(hot), summary.recording.label(hot.function));
            Cells { depth: 0, more: None, name, numbers, function: Some(hot.function) }
        }
        Row::Changed(function) => {
            let Some(difference) = &summary.difference else {
                return Cells {
                    depth: 0,
                    more: None,
                    name: String::new(),
                    numbers: Default::default(),
                    function: None,
                };
            };
            let row = &difference.functions()[function.index()];
            let delta = row.own.delta();
            let sign = if delta < 0 { "-" } else { "+" };
            let change = u64::try_from(delta.unsigned_abs()).unwrap_or(u64::MAX);
            // Of each run its share: the two are seldom as long as each other.
            let [before, after, change] =
                [row.own.before, row.own.after, change].map(|weight| widgets::share(weight, sum));
            let numbers = [before, after, format!("{sign}{change}")];
            let name = summary.difference_label(difference, function).to_string();
            Cells { depth: 0, more: None, name, numbers, function: row.after }
        }
    }
}

fn address(hot: &HotAddress) -> String {
    match hot.address {
        Address::Wasm(offset) => format!("0x{offset:x}"),
        Address::Native(offset) => format!("native 0x{offset:x}"),
    }
}

/// Draws it; a selection that is new is brought into sight.
pub(super) fn ui(context: &mut Context<'_>, rows: &mut Rows, shown: &Shown, ui: &mut egui::Ui) {
    let language = context.state.language;
    let is_difference = context.state.time.chart == super::ChartKind::Difference && shown.summary.difference.is_some();
    ui.horizontal_wrapped(|ui| {
        for table in Table::ALL {
            ui.selectable_value(&mut context.state.time.table, table, table.text().in_language(language));
        }
    });
    let table = context.state.time.table;
    rows.list(shown, table, is_difference, &context.state.search);
    let summary = &*shown.summary;
    if rows.rows.is_empty() {
        ui.weak(context.text(Text::NothingMatches));
        return;
    }
    let chosen = &shown.chosen;
    let row_height = ui.text_style_height(&egui::TextStyle::Body) + 2.0;
    let mut builder = TableBuilder::new(ui)
        .id_salt(table)
        .striped(true)
        .sense(egui::Sense::click())
        .column(Column::remainder().at_least(80.0).clip(true))
        .columns(Column::exact(68.0), 2)
        .column(Column::exact(62.0));
    let first = chosen.first().copied();
    if rows.scrolled_to != first {
        rows.scrolled_to = first;
        let is_first = |row: &Row| match row {
            Row::Function(function) => Some(*function) == first,
            Row::Node(at) => Some(summary.tree.nodes()[*at as usize].function) == first,
            _ => false,
        };
        if let Some(at) = rows.rows.iter().position(is_first) {
            builder = builder.scroll_to_row(at, None);
        }
    }
    let is_changed = matches!(rows.rows.first(), Some(Row::Changed(_)));
    let titles = if is_changed {
        [Text::Item, Text::Before, Text::After, Text::Diff]
    } else {
        [Text::Item, Text::Own, Text::Total, Text::Share]
    };
    let (mut clicked, mut toggled) = (None, None);
    builder
        .header(row_height, |mut header| {
            for (at, title) in titles.into_iter().enumerate() {
                header.col(|ui| {
                    let layout = match at {
                        0 => egui::Layout::left_to_right(egui::Align::Center),
                        _ => egui::Layout::right_to_left(egui::Align::Center),
                    };
                    ui.with_layout(layout, |ui| ui.strong(title.in_language(language)));
                });
            }
        })
        .body(|body| {
            body.rows(row_height, rows.rows.len(), |mut row| {
                let of = rows.rows[row.index()];
                let cells = cells(summary, rows, of);
                row.set_selected(cells.function.is_some_and(|function| chosen.contains(&function)));
                row.col(|ui| {
                    ui.horizontal_centered(|ui| {
                        ui.add_space((cells.depth.min(60) * 10) as f32);
                        match cells.more {
                            Some(is_open) if disclosure(ui, is_open, &cells.name) => toggled = Some(of),
                            Some(_) => {}
                            // A leaf stands as deep as a row with a triangle.
                            None if table == Table::CallTree => {
                                ui.add_space(TRIANGLE_WIDTH + ui.spacing().item_spacing.x);
                            }
                            None => {}
                        }
                        ui.add(egui::Label::new(&cells.name).truncate().selectable(false));
                    });
                });
                for number in &cells.numbers {
                    row.col(|ui| {
                        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                            ui.add(egui::Label::new(number).selectable(false));
                        });
                    });
                }
                let response = row.response();
                if response.double_clicked() {
                    toggled = Some(of);
                } else if response.clicked() {
                    clicked = Some(of);
                }
            });
        });
    if let Some(Row::Node(at)) = toggled {
        if !rows.open.remove(&at) {
            rows.open.insert(at);
        }
        rows.relist();
    }
    if let Some(row) = clicked {
        choose(context, shown, row);
    }
}

/// The room of a triangle that opens a row, in points.
const TRIANGLE_WIDTH: f32 = 14.0;

/// The triangle that opens a row; whether it was clicked.
fn disclosure(ui: &mut egui::Ui, is_open: bool, name: &str) -> bool {
    let mark = if is_open { "▼" } else { "▶" };
    let size = egui::vec2(TRIANGLE_WIDTH, ui.available_height());
    let button = ui.add_sized(size, egui::Button::new(mark).small().frame(false));
    let label = format!("{mark} {name}");
    button.widget_info(|| egui::WidgetInfo::selected(egui::Role::DisclosureTriangle, true, is_open, label.as_str()));
    button.clicked()
}

fn choose(context: &mut Context<'_>, shown: &Shown, row: Row) {
    let summary = &*shown.summary;
    match row {
        Row::Node(at) => super::select(context, summary, summary.tree.nodes()[at as usize].function),
        Row::Function(function) => {
            super::select(context, summary, function);
            context.state.time.function = Some(summary.recording.label(function).to_string());
        }
        Row::Line(at) => {
            let line = &summary.lines[at as usize];
            context.select(Selection::Line { file: line.file.to_string(), line: line.line });
        }
        Row::Address(at) => {
            let hot = &summary.addresses[at as usize];
            let offset = match (hot.address, &context.documents.matched) {
                (Address::Wasm(offset), Some(matched)) => {
                    let is_exact =
                        matched.item(hot.function).is_some_and(|(_, kind)| kind == wasm_profile::MatchKind::Offset);
                    u32::try_from(offset).ok().filter(|_| is_exact)
                }
                _ => None,
            };
            match offset {
                Some(offset) => context.select(Selection::Bytes(offset..offset + 1)),
                None => super::select(context, summary, hot.function),
            }
        }
        Row::Changed(function) => {
            let Some(difference) = &summary.difference else { return };
            let name = summary.difference_label(difference, function).to_string();
            context.select(Selection::Function(name));
        }
    }
}

/// What the table lists, for programs or spreadsheets; all of it, not only what is open.
pub(super) fn export(context: &Context<'_>, summary: &Summary, is_csv: bool) -> Option<String> {
    fn write(rows: &[impl Serialize], is_csv: bool) -> Option<String> {
        // A list without rows has no headings either.
        if is_csv { export::csv(rows).ok().filter(|csv| !csv.is_empty()) } else { Some(export::json(rows)) }
    }
    let profile = summary.profile();
    let settings = &context.state.time;
    match (settings.table, &summary.difference) {
        // The picture is of both runs, whichever table stands beside it.
        (Table::CallTree | Table::Functions, Some(difference)) if settings.chart == super::ChartKind::Difference => {
            write(&export::difference_rows(difference), is_csv)
        }
        (Table::CallTree, _) => write(&export::node_rows(profile, &summary.tree), is_csv),
        (Table::Functions, _) => write(&export::function_rows(profile, &summary.functions), is_csv),
        (Table::Lines, _) => write(&export::line_rows(&summary.lines), is_csv),
        (Table::Offsets, _) => {
            let row = |hot: &HotAddress| AddressRow {
                address: address(hot),
                function: summary.recording.label(hot.function),
                own: hot.own,
                total: hot.total,
            };
            write(&summary.addresses.iter().map(row).collect::<Vec<_>>(), is_csv)
        }
    }
}

/// A place in the code, for export.
#[derive(Serialize)]
struct AddressRow<'a> {
    address: String,
    function: &'a str,
    own: u64,
    total: u64,
}

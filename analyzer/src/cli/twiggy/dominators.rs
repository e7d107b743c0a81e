//! `wasm-size twiggy dominators`.

use super::Mode;
use super::emit::{Emission, Emit, Table, csv_text, indented, nested};
use super::items::{self, Names, percent, percent_text};
use crate::cli::input::{Bytes, Input};
use crate::cli::output::Output;
use serde::Serialize;
use serde_json::value::RawValue;
use wasm_analyzer::Analysis;
use wasm_analyzer::garbage::garbage;
use wasm_analyzer::text::Align;
use wasm_binary::{ItemId, Node};

/// The dominator tree: what goes if an item goes
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    names: Names,
    /// Levels to show [default: all]
    #[arg(short = 'd', value_name = "N")]
    max_depth: Option<u32>,
    /// Rows to show, whatever their level [default: all]
    #[arg(short = 'r', value_name = "N")]
    max_rows: Option<u32>,
    #[command(flatten)]
    emission: Emission,
    /// Accepted as twiggy's, without effect
    #[arg(long = "mode", value_enum, default_value = "auto")]
    _mode: Mode,
}

impl Args {
    fn options(&self) -> twiggy_opt::Dominators {
        let mut options = twiggy_opt::Dominators::new();
        if let Some(max_depth) = self.max_depth {
            options.set_max_depth(max_depth);
        }
        if let Some(max_rows) = self.max_rows {
            options.set_max_rows(max_rows);
        }
        options
    }
}

pub(super) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let answer = if args.names.is_empty() {
        let garbage = garbage(&analysis);
        let unreachable = (garbage.bytes > 0).then_some((garbage.rows.len(), garbage.bytes));
        let rows = tree(&analysis, &[(0, analysis.graph.root())], &args.options());
        Answer { analysis: &analysis, rows, unreachable }
    } else {
        let retained = |id: ItemId| analysis.dominators.retained(id.into());
        let chosen = args.names.choose(&file.name, &analysis, retained, output)?;
        let starts: Vec<(u32, Node)> = chosen.into_iter().map(|id| (1, id.into())).collect();
        Answer { analysis: &analysis, rows: tree(&analysis, &starts, &args.options()), unreachable: None }
    };
    if answer.rows.len() > items::max_rows(&analysis) {
        items::note_cut(&file.name, answer.rows.len(), output);
    }
    args.emission.write(&answer, output)?;
    Ok(file.finish(&analysis, output))
}

/// Depths and nodes below the starts, parents first. The host has the depth 0 and is no row of its own.
fn tree(analysis: &Analysis<'_>, starts: &[(u32, Node)], options: &twiggy_opt::Dominators) -> Vec<(u32, Node)> {
    let children = analysis.dominators.children();
    let hosts = starts.iter().filter(|(depth, _)| *depth == 0).count();
    // One more than there may be, so that the caller sees where it was cut.
    let max_rows = (options.max_rows() as usize).min(items::max_rows(analysis) + 1).saturating_add(hosts);
    let mut rows = Vec::new();
    let mut next: Vec<(u32, Node)> = starts.iter().rev().copied().collect();
    while rows.len() < max_rows
        && let Some((depth, node)) = next.pop()
    {
        if depth > options.max_depth() {
            continue;
        }
        rows.push((depth, node));
        let below: Vec<Node> = children.of(node).filter(|&child| analysis.dominators.retained(child) > 0).collect();
        next.extend(below.into_iter().rev().map(|child| (depth + 1, child)));
    }
    rows
}

struct Answer<'v, 'a> {
    analysis: &'v Analysis<'a>,
    /// Depths and nodes, parents first.
    rows: Vec<(u32, Node)>,
    /// How many items nothing reaches, and their bytes; not asked for where items are named.
    unreachable: Option<(usize, u64)>,
}

#[derive(Serialize)]
struct Json {
    items: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<[Summary; 1]>,
}

#[derive(Serialize)]
struct Summary {
    name: String,
    retained_size: u64,
    retained_size_percent: f64,
}

#[derive(Serialize)]
struct Row {
    name: String,
    shallow_size: u64,
    shallow_size_percent: f64,
    retained_size: u64,
    retained_size_percent: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    id: Option<u64>,
    name: String,
    shallow_size: u64,
    shallow_size_percent: f64,
    retained_size: u64,
    retained_size_percent: f64,
    immediate_dominator: Option<u64>,
}

impl Answer<'_, '_> {
    fn row(&self, node: Node) -> Row {
        let whole = self.analysis.bytes();
        let (shallow, retained) = (items::size(self.analysis, node), self.analysis.dominators.retained(node));
        Row {
            name: items::name(self.analysis, node),
            shallow_size: shallow,
            shallow_size_percent: percent(shallow, whole),
            retained_size: retained,
            retained_size_percent: percent(retained, whole),
        }
    }

    fn record(&self, node: Node) -> Record {
        let row = self.row(node);
        // What has no dominator names itself, as in twiggy.
        let dominator = self.analysis.dominators.idom(node).unwrap_or(node);
        Record {
            id: Some(items::id(self.analysis, node)),
            name: row.name,
            shallow_size: row.shallow_size,
            shallow_size_percent: row.shallow_size_percent,
            retained_size: row.retained_size,
            retained_size_percent: row.retained_size_percent,
            immediate_dominator: Some(items::id(self.analysis, dominator)),
        }
    }

    fn summary(&self) -> Option<Summary> {
        let (count, bytes) = self.unreachable?;
        Some(Summary {
            name: format!("[{count} Unreachable Items]"),
            retained_size: bytes,
            retained_size_percent: percent(bytes, self.analysis.bytes()),
        })
    }
}

impl Emit for Answer<'_, '_> {
    fn table(&self) -> Table {
        let columns = [("Retained Bytes", Align::Right), ("Retained %", Align::Right), ("Dominator Tree", Align::Left)];
        let mut table = Table::new(&columns);
        let whole = self.analysis.bytes();
        for &(depth, node) in self.rows.iter().filter(|(depth, _)| *depth > 0) {
            let size = self.analysis.dominators.retained(node);
            let name = indented(&items::name(self.analysis, node), depth - 1, '⤷');
            table.row([size.to_string(), percent_text(size, whole), name]);
        }
        if let Some(summary) = self.summary() {
            let size = summary.retained_size;
            table.row([size.to_string(), percent_text(size, whole), summary.name]);
        }
        table
    }

    fn csv(&self) -> anyhow::Result<String> {
        let summary = self.summary().map(|summary| Record {
            id: None,
            name: summary.name,
            shallow_size: summary.retained_size,
            shallow_size_percent: summary.retained_size_percent,
            retained_size: summary.retained_size,
            retained_size_percent: summary.retained_size_percent,
            immediate_dominator: None,
        });
        csv_text(self.rows.iter().map(|&(_, node)| self.record(node)).chain(summary))
    }

    fn json(&self) -> anyhow::Result<String> {
        let items = nested(self.rows.iter().map(|&(depth, node)| (depth, self.row(node))), "children", false)?;
        let json = Json { items: RawValue::from_string(items)?, summary: self.summary().map(|summary| [summary]) };
        Ok(serde_json::to_string(&json)?)
    }
}

//! `wasm-size twiggy paths`.

use super::Mode;
use super::emit::{Emission, Emit, Table, csv_text, indented, nested};
use super::items::{self, Names, percent, percent_text};
use crate::cli::input::{Bytes, Input};
use crate::cli::output::Output;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use wasm_analyzer::Analysis;
use wasm_analyzer::paths::Shortest;
use wasm_analyzer::text::Align;
use wasm_analyzer::top::{Metric, Top};
use wasm_binary::{ItemId, Node, Reason};

/// The ways on which the host gets to an item
#[derive(clap::Args)]
#[command(
    after_help = "For each reference to an item, callers that are nearest to the host first, the shortest way to the
host. With --descending, what an item refers to and what that refers to, each once."
)]
pub(super) struct Args {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    names: Names,
    /// Steps of a path to show [default: 10]
    #[arg(short = 'd', value_name = "N")]
    max_depth: Option<u32>,
    /// Paths to show of each item [default: 10]
    #[arg(short = 'r', value_name = "N")]
    max_paths: Option<u32>,
    /// From users to what they use
    #[arg(long)]
    descending: bool,
    #[command(flatten)]
    emission: Emission,
    /// Accepted as twiggy's, without effect
    #[arg(long = "mode", value_enum, default_value = "auto")]
    _mode: Mode,
}

impl Args {
    fn options(&self) -> twiggy_opt::Paths {
        let mut options = twiggy_opt::Paths::new();
        options.set_descending(self.descending);
        if let Some(max_depth) = self.max_depth {
            options.set_max_depth(max_depth);
        }
        if let Some(max_paths) = self.max_paths {
            options.set_max_paths(max_paths);
        }
        options
    }
}

pub(super) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let options = args.options();
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let entries = if args.names.is_empty() {
        if options.descending() { roots(&analysis) } else { all(&analysis) }
    } else {
        args.names.choose(&file.name, &analysis, |id| u64::from(analysis.map.item(id).size), output)?
    };
    let limit = items::max_rows(&analysis);
    let mut rows = Rows { rows: Vec::new(), limit };
    if options.descending() {
        descend(&analysis, &entries, &options, &mut rows);
    } else {
        ascend(&analysis, &entries, &options, &mut rows);
    }
    let Rows { rows, .. } = rows;
    if rows.len() == limit {
        items::note_cut(&file.name, limit, output);
    }
    args.emission.write(&Answer { analysis: &analysis, rows, descending: options.descending() }, output)?;
    Ok(file.finish(&analysis, output))
}

/// All items, by falling size.
fn all(analysis: &Analysis<'_>) -> Vec<ItemId> {
    Top::new(analysis, Metric::Size, &[], |_| true).rows.into_iter().map(|(id, _)| id).collect()
}

/// What the host starts from, by falling size. Framing and custom sections lead nowhere.
fn roots(analysis: &Analysis<'_>) -> Vec<ItemId> {
    let uses = analysis.graph.edges(analysis.graph.root()).filter(|edge| edge.reason != Reason::Structure);
    let mut roots: Vec<ItemId> = uses.filter_map(|edge| analysis.graph.item(edge.target)).collect();
    roots.sort_by_key(|&id| (Reverse(analysis.map.item(id).size), id));
    roots.dedup();
    roots
}

/// Depths and nodes, each below the one before it that is a step less deep.
struct Rows {
    rows: Vec<(u32, Node)>,
    limit: usize,
}

impl Rows {
    fn is_full(&self) -> bool {
        self.rows.len() >= self.limit
    }

    fn push(&mut self, depth: u32, node: Node) {
        if !self.is_full() {
            self.rows.push((depth, node));
        }
    }
}

/// Below each entry those who use it, nearest to the host first, and below each of these its shortest way to the host.
fn ascend(analysis: &Analysis<'_>, entries: &[ItemId], options: &twiggy_opt::Paths, rows: &mut Rows) {
    let shortest = Shortest::new(analysis);
    let users = users(analysis, entries);
    for entry in entries.iter().map(|&id| Node::from(id)) {
        if rows.is_full() {
            return;
        }
        rows.push(0, entry);
        let mut users = users.get(&entry).cloned().unwrap_or_default();
        users.sort_by_key(|&user| (shortest.distance(user).unwrap_or(u32::MAX), user));
        for user in users.into_iter().take(options.max_paths() as usize) {
            let mut at = Some(user);
            for depth in 1..=options.max_depth() {
                let Some(node) = at.filter(|&node| node != entry && node != analysis.graph.root()) else { break };
                if rows.is_full() {
                    return;
                }
                rows.push(depth, node);
                at = shortest.parent(node).map(|(parent, _)| parent);
            }
        }
    }
}

/// Who refers to each of some items; the host and the item itself do not count.
fn users(analysis: &Analysis<'_>, of: &[ItemId]) -> HashMap<Node, Vec<Node>> {
    let mut users: HashMap<Node, Vec<Node>> = of.iter().map(|&id| (Node::from(id), Vec::new())).collect();
    for from in (0..analysis.graph.node_count() as u32).map(Node).filter(|&from| from != analysis.graph.root()) {
        for edge in analysis.graph.edges(from).filter(|edge| edge.target != from) {
            if let Some(users) = users.get_mut(&edge.target)
                && users.last() != Some(&from)
            {
                users.push(from);
            }
        }
    }
    users
}

/// Below each entry what it refers to, and so on, each node where it is nearest to the entry.
fn descend(analysis: &Analysis<'_>, entries: &[ItemId], options: &twiggy_opt::Paths, rows: &mut Rows) {
    for &entry in entries {
        if rows.is_full() {
            return;
        }
        let tree = Uses::new(analysis, entry.into(), options, rows.limit);
        let mut next = vec![0];
        while let Some(at) = next.pop() {
            let (depth, node) = tree.nodes[at];
            rows.push(depth, node);
            next.extend(tree.below[at].clone().rev());
        }
    }
}

/// What a node refers to, breadth first.
struct Uses {
    /// Depths and nodes.
    nodes: Vec<(u32, Node)>,
    /// For each, where those below it are.
    below: Vec<Range<usize>>,
}

impl Uses {
    fn new(analysis: &Analysis<'_>, entry: Node, options: &twiggy_opt::Paths, limit: usize) -> Uses {
        let mut nodes = vec![(0, entry)];
        let mut below = Vec::new();
        let mut seen = HashSet::from([entry, analysis.graph.root()]);
        while let Some(&(depth, node)) = nodes.get(below.len()) {
            let first = nodes.len();
            if depth < options.max_depth() && first < limit {
                let mut targets: Vec<Node> = analysis
                    .graph
                    .edges(node)
                    .map(|edge| edge.target)
                    .filter(|target| !seen.contains(target))
                    .collect();
                targets.sort_by_key(|&target| (Reverse(analysis.dominators.retained(target)), target));
                targets.dedup();
                targets.truncate(options.max_paths() as usize);
                seen.extend(&targets);
                nodes.extend(targets.into_iter().map(|target| (depth + 1, target)));
            }
            below.push(first..nodes.len());
        }
        Uses { nodes, below }
    }
}

struct Answer<'v, 'a> {
    analysis: &'v Analysis<'a>,
    /// Depths and nodes.
    rows: Vec<(u32, Node)>,
    descending: bool,
}

#[derive(Serialize)]
struct Json {
    name: String,
    shallow_size: u64,
    shallow_size_percent: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    name: String,
    shallow_size: u64,
    shallow_size_percent: f64,
    path: Option<String>,
}

impl Answer<'_, '_> {
    fn json_row(&self, node: Node) -> Json {
        let size = items::size(self.analysis, node);
        Json {
            name: items::name(self.analysis, node),
            shallow_size: size,
            shallow_size_percent: percent(size, self.analysis.bytes()),
        }
    }

    /// For each row the names of those right below it.
    fn names_below<'n>(&self, names: &'n [String]) -> Vec<Vec<&'n str>> {
        let mut below = vec![Vec::new(); self.rows.len()];
        let mut above: Vec<usize> = Vec::new();
        for (at, &(depth, _)) in self.rows.iter().enumerate() {
            above.truncate(depth as usize);
            if let Some(&parent) = above.last() {
                below[parent].push(names[at].as_str());
            }
            above.push(at);
        }
        below
    }
}

impl Emit for Answer<'_, '_> {
    fn table(&self) -> Table {
        let columns = [("Shallow Bytes", Align::Right), ("Shallow %", Align::Right), ("Retaining Paths", Align::Left)];
        let mut table = Table::new(&columns);
        let arrow = if self.descending { '↳' } else { '⬑' };
        for &(depth, node) in &self.rows {
            let name = indented(&items::name(self.analysis, node), depth, arrow);
            let size = items::size(self.analysis, node);
            match depth {
                0 => table.row([size.to_string(), percent_text(size, self.analysis.bytes()), name]),
                _ => table.row([String::new(), String::new(), name]),
            }
        }
        table
    }

    fn csv(&self) -> anyhow::Result<String> {
        let names: Vec<String> = self.rows.iter().map(|&(_, node)| items::name(self.analysis, node)).collect();
        let below = self.names_below(&names);
        let record = |(&(_, node), (name, below)): (&(u32, Node), (&String, &Vec<&str>))| {
            let row = self.json_row(node);
            Record {
                shallow_size: row.shallow_size,
                shallow_size_percent: row.shallow_size_percent,
                // twiggy joins all users of an item, then the item.
                path: (!below.is_empty()).then(|| format!("{} -> {name}", below.join(" -> "))),
                name: row.name,
            }
        };
        csv_text(self.rows.iter().zip(names.iter().zip(&below)).map(record))
    }

    fn json(&self) -> anyhow::Result<String> {
        let rows = self.rows.iter().map(|&(depth, node)| (depth, self.json_row(node)));
        Ok(nested(rows, "callers", true)?)
    }
}

//! `wasm-size source`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::rows::{Filter, limit};
use serde::Serialize;
use wasm_analyzer::Analysis;
use wasm_analyzer::source::{Inlined, Sources, inlined, tree};
use wasm_analyzer::text::{Align, Table, bytes, more, percent};
use wasm_analyzer::tree::{Branch, View};

/// Size by source file and line, inlined code included
#[derive(clap::Args)]
#[command(after_help = "Needs DWARF (build with -g), in the file or beside it, or a source map.

Examples:
  wasm-size source app.wasm
  wasm-size source app.wasm --lines 5 --filter src/
  wasm-size source app.wasm --inlined
  wasm-size source app.wasm --debug-file app.debug.wasm")]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Lines to show of each file [default: none; JSON has all]
    #[arg(long, value_name = "N")]
    lines: Option<usize>,
    /// Show functions by the code of their inlined copies instead
    #[arg(long)]
    inlined: bool,
    /// Files or functions to show [default: 25; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tree: Option<Branch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inlined: Option<Vec<Inlined>>,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open_with_lines(&args.input, output)?;
    let analysis = file.analyze(args.input.reading)?;
    let sources = known_sources(&file, &analysis, output)?;
    let (lines, limit) = (limit(args.lines, 0, output), limit(args.limit, 25, output));
    let mut json = Json {
        schema: "wasm-size-source/1",
        file: file.name.clone(),
        bytes: analysis.bytes(),
        tree: None,
        inlined: None,
    };
    if args.inlined {
        let mut rows = inlined(&analysis, &sources);
        rows.retain(|row| args.filter.keeps(&row.name));
        args.filter.note_no_match(rows.is_empty(), output);
        if !output.json && !rows.is_empty() {
            output.text(&inlined_table(&rows, limit, analysis.bytes()).render(output.style))?;
        }
        rows.truncate(limit);
        json.inlined = Some(rows);
    } else {
        let mut tree = filtered(tree(&analysis, &sources), &args.filter);
        args.filter.note_no_match(tree.children.is_empty(), output);
        for file in &mut tree.children {
            file.children.truncate(lines);
        }
        if !output.json && !tree.children.is_empty() {
            let view = View { depth: if lines > 0 { 2 } else { 1 }, min_size: 0, limit };
            output.text(&tree.to_text(&view, analysis.bytes(), output.style))?;
        }
        tree.children.truncate(limit);
        json.tree = Some(tree);
    }
    if output.json {
        output.value(&json)?;
    }
    for problem in sources.problems() {
        output.warning(&format!("{}: debug information: {problem}", file.name));
    }
    Ok(file.finish(&analysis, output))
}

/// The debug information of a file that has some.
fn known_sources<'s>(file: &'s Bytes, analysis: &Analysis<'s>, output: &Output) -> anyhow::Result<Sources<'s>> {
    let sources = file.sources(&analysis.map, output)?;
    if sources.is_empty() {
        anyhow::bail!(
            "{}: no DWARF and no source map: build with debug info (cargo: `debug = true` in the profile), or name it \
             with --debug-file or --source-map",
            file.name
        );
    }
    Ok(sources)
}

/// `wasm-size tree --by source`.
pub(crate) fn file_tree<'s>(
    file: &'s Bytes,
    analysis: &Analysis<'s>,
    filter: &Filter,
    output: &Output,
) -> anyhow::Result<Branch> {
    Ok(filtered(tree(analysis, &known_sources(file, analysis, output)?), filter))
}

/// The files whose path matches, and their sum.
fn filtered(mut tree: Branch, filter: &Filter) -> Branch {
    tree.children.retain(|file| filter.keeps(&file.name));
    tree.size = tree.children.iter().map(|file| file.size).sum();
    tree
}

fn inlined_table(rows: &[Inlined], limit: usize, whole: u64) -> Table {
    let columns = [
        ("Inlined", Align::Right),
        ("", Align::Right),
        ("Into", Align::Right),
        ("Own body", Align::Right),
        ("Function", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for row in rows.iter().take(limit) {
        let share = percent(row.inlined_size, whole);
        table.row([bytes(row.inlined_size), share, bytes(row.functions), bytes(row.own_size), row.name.clone()]);
    }
    if let Some(rest) = rows.get(limit..).filter(|rest| !rest.is_empty()) {
        let inlined = rest.iter().map(|row| row.inlined_size).sum();
        let empty = String::new;
        table.row([bytes(inlined), percent(inlined, whole), empty(), empty(), more(rest.len())]);
    }
    table
}

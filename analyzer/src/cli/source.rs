//! `wasm-size source`.

use super::input::{Bytes, Input};
use super::output::Output;
use serde::Serialize;
use wasm_analyzer::Analysis;
use wasm_analyzer::source::{Inlined, Sources, inlined, tree};
use wasm_analyzer::text::{Align, Table, bytes, percent};
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
    /// Lines to show of each file
    #[arg(long, default_value_t = 0, value_name = "N")]
    lines: usize,
    /// Show functions by the code of their inlined copies instead
    #[arg(long)]
    inlined: bool,
    /// Rows to show
    #[arg(short = 'n', long, default_value_t = 25, value_name = "N")]
    limit: usize,
    /// Only files (functions) whose path (name) matches this regular expression
    #[arg(long, value_name = "REGEX")]
    filter: Option<regex_lite::Regex>,
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
    let keep = |name: &str| args.filter.as_ref().is_none_or(|filter| filter.is_match(name));
    let mut json = Json {
        schema: "wasm-size-source/1",
        file: file.name.clone(),
        bytes: analysis.bytes(),
        tree: None,
        inlined: None,
    };
    if args.inlined {
        let mut rows = inlined(&analysis, &sources);
        rows.retain(|row| keep(&row.name));
        if !output.json {
            output.text(&inlined_table(&rows, args.limit, analysis.bytes()).render(output.style))?;
        }
        json.inlined = Some(rows);
    } else {
        let mut tree = tree(&analysis, &sources);
        tree.children.retain(|file| keep(&file.name));
        if !output.json {
            let depth = if args.lines > 0 { 2 } else { 1 };
            let mut shown = tree.clone();
            for file in &mut shown.children {
                file.children.truncate(args.lines);
            }
            output.text(&shown.to_text(&View { depth, min_size: 0, limit: args.limit }, output.style))?;
        }
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
    filter: Option<&regex_lite::Regex>,
    output: &Output,
) -> anyhow::Result<Branch> {
    let mut tree = tree(analysis, &known_sources(file, analysis, output)?);
    tree.children.retain(|file| filter.is_none_or(|filter| filter.is_match(&file.name)));
    Ok(tree)
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
    table
}

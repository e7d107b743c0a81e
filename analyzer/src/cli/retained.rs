//! `wasm-size retained`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::rows::limit;
use anyhow::bail;
use serde::Serialize;
use std::fmt::Write;
use wasm_analyzer::labels::Labels;
use wasm_analyzer::retained::{Extent, Row, retained};
use wasm_analyzer::text::{bytes, count, percent, shorten};
use wasm_binary::ItemId;

/// What goes if an item goes
#[derive(clap::Args)]
#[command(after_help = "The dominator tree: below each item stands what is used through it alone. What is only called
indirectly hangs from its signature, with the functions that make such calls.

Examples:
  wasm-size retained app.wasm
  wasm-size retained app.wasm render --depth 4")]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Start at this item instead of the host
    #[arg(value_name = "ITEM")]
    item: Option<String>,
    /// Levels to show
    #[arg(long, default_value_t = 3, value_name = "N")]
    depth: usize,
    /// Children of one item to show [default: 10; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Callers to name for each signature
    #[arg(long, default_value_t = 3, value_name = "N")]
    callers: usize,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    bytes: u64,
    tree: Row,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let from = match &args.item {
        None => analysis.graph.root(),
        Some(item) => one(&Labels::new(&analysis), item, &file.name, output)?.into(),
    };
    let extent = Extent { depth: args.depth, limit: limit(args.limit, 10, output), callers: args.callers };
    let tree = retained(&analysis, from, extent);
    if output.json {
        output.value(&Json {
            schema: "wasm-size-retained/1",
            file: file.name.clone(),
            bytes: analysis.bytes(),
            tree,
        })?;
    } else {
        let mut text = output.style.dim("     Retained           Item") + "\n";
        write_row(&mut text, &tree, analysis.bytes(), output, 0)?;
        output.text(&text)?;
    }
    Ok(file.finish(&analysis, output))
}

/// The biggest item that the user may mean, with a note if there are others.
fn one(labels: &Labels<'_, '_>, item: &str, file: &str, output: &Output) -> anyhow::Result<ItemId> {
    match labels.find(item).as_slice() {
        [] => bail!("{file}: no item is called \"{item}\"; see `wasm-size top {file}` for names"),
        [id] => Ok(*id),
        [id, rest @ ..] => {
            let others = count(rest.len(), "other item");
            output.note(&format!("\"{item}\" is also in {others}; this is the biggest: `wasm-size why` lists them"));
            Ok(*id)
        }
    }
}

fn write_row(text: &mut String, row: &Row, whole: u64, output: &Output, level: usize) -> std::fmt::Result {
    let indent = "  ".repeat(level);
    let room = output.style.width.map(|width| width.saturating_sub(24 + indent.len()).max(20));
    let name = room.map_or(row.name.clone(), |room| shorten(&row.name, room));
    writeln!(text, "{:>13}  {:>7}  {indent}{name}", bytes(row.retained), percent(row.retained, whole))?;
    if !row.callers.is_empty() {
        let callers = format!("called by {}", row.callers.join(", "));
        let callers = room.map_or(callers.clone(), |room| shorten(&callers, room));
        writeln!(text, "{:24}{indent}  {}", "", output.style.dim(&callers))?;
    }
    row.children.iter().try_for_each(|child| write_row(text, child, whole, output, level + 1))
}

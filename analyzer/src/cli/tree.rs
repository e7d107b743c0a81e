//! `wasm-size tree`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::rows::{Filter, limit};
use clap::ValueEnum;
use serde::Serialize;
use wasm_analyzer::tree::{Branch, GroupBy, View, build};

/// The hierarchy of the file
#[derive(clap::Args)]
#[command(after_help = "Examples:
  wasm-size tree app.wasm
  wasm-size tree app.wasm --by crate --depth 3
  wasm-size tree app.wasm --filter 'serde' --min-size 1000")]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// What the headings are
    #[arg(long, value_enum, default_value = "section")]
    by: By,
    /// Levels to show [default: 2; JSON has all]
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// Children of one heading to show [default: 20; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Sum up what is smaller
    #[arg(long, default_value_t = 0, value_name = "BYTES")]
    min_size: u64,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Section,
    Crate,
    Source,
    Kind,
    Generic,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    bytes: u64,
    tree: Branch,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open_with_lines(&args.input, output)?;
    let analysis = file.analyze(args.input.reading)?;
    let keep = |id| args.filter.keeps(&analysis.map.label(id));
    let tree = match args.by {
        By::Section => build(&analysis, GroupBy::Section, keep),
        By::Crate => build(&analysis, GroupBy::Crate, keep),
        By::Kind => build(&analysis, GroupBy::Kind, keep),
        By::Generic => build(&analysis, GroupBy::Generic, keep),
        By::Source => super::source::file_tree(&file, &analysis, &args.filter, output)?,
    };
    args.filter.note_no_match(tree.children.is_empty(), output);
    let view =
        View { depth: limit(args.depth, 2, output), min_size: args.min_size, limit: limit(args.limit, 20, output) };
    if output.json {
        let tree = tree.cut(&view);
        output.value(&Json { schema: "wasm-size-tree/1", file: file.name.clone(), bytes: analysis.bytes(), tree })?;
    } else if !tree.children.is_empty() {
        output.text(&tree.to_text(&view, analysis.bytes(), output.style))?;
    }
    Ok(file.finish(&analysis, output))
}

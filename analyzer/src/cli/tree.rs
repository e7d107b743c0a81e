//! `wasm-size tree`.

use super::input::{Bytes, Input};
use super::output::Output;
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
    /// Levels to show
    #[arg(long, default_value_t = 2, value_name = "N")]
    depth: usize,
    /// Children of one heading to show
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Sum up what is smaller
    #[arg(long, default_value_t = 0, value_name = "BYTES")]
    min_size: u64,
    /// Only items whose label (files whose path, by source) matches this regular expression
    #[arg(long, value_name = "REGEX")]
    filter: Option<regex_lite::Regex>,
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
    let keep = |id| args.filter.as_ref().is_none_or(|filter| filter.is_match(&analysis.map.label(id)));
    let tree = match args.by {
        By::Section => build(&analysis, GroupBy::Section, keep),
        By::Crate => build(&analysis, GroupBy::Crate, keep),
        By::Kind => build(&analysis, GroupBy::Kind, keep),
        By::Generic => build(&analysis, GroupBy::Generic, keep),
        By::Source => super::source::file_tree(&file, &analysis, args.filter.as_ref(), output)?,
    };
    let view = View { depth: args.depth, min_size: args.min_size, limit: args.limit };
    if output.json {
        let tree = tree.cut(&view);
        output.value(&Json { schema: "wasm-size-tree/1", file: file.name.clone(), bytes: analysis.bytes(), tree })?;
    } else {
        output.text(&tree.to_text(&view, output.style))?;
    }
    Ok(file.finish(&analysis, output))
}

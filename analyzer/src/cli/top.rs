//! `wasm-size top`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::rows::{Filter, limit};
use clap::ValueEnum;
use serde::Serialize;
use wasm_analyzer::report::{Compressed, ItemReport, Report};
use wasm_analyzer::top::{Metric, Top};
use wasm_analyzer::transfer::{BrotliQuality, GzipLevel};

/// The biggest items
#[derive(clap::Args)]
#[command(after_help = "Examples:
  wasm-size top app.wasm
  wasm-size top app.wasm --by retained -n 50
  wasm-size top app.wasm --by gzip --filter '^core::'")]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Measure: bytes of the item, bytes that go with it, bytes of the gzip file
    #[arg(long, value_enum, default_value = "size")]
    by: By,
    /// Rows to show [default: 25; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum By {
    #[value(alias = "shallow")]
    Size,
    Retained,
    #[value(alias = "transfer")]
    Gzip,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    bytes: u64,
    items: Vec<ItemReport>,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let compressed = match args.by {
        By::Gzip => {
            let _progress = output.progress("compressing");
            Some(Compressed::new(&analysis, GzipLevel::default(), BrotliQuality::default())?)
        }
        _ => None,
    };
    let metric = match args.by {
        By::Size => Metric::Size,
        By::Retained => Metric::Retained,
        By::Gzip => Metric::Gzip,
    };
    let whole = compressed.as_ref().map_or(analysis.bytes(), |c| c.gzip);
    let gzip = compressed.as_ref().map_or(&[][..], |c| &c.gzip_by_item);
    let keep = |id| args.filter.keeps(&analysis.map.label(id));
    let top = Top::new(&analysis, metric, gzip, keep);
    args.filter.note_no_match(top.rows.is_empty(), output);
    let limit = limit(args.limit, 25, output);
    if output.json {
        let all = Report::new(&file.name, &analysis, compressed);
        let items = top.rows.iter().take(limit).map(|(id, _)| all.items[id.as_usize()].clone()).collect();
        output.value(&Json { schema: "wasm-size-top/1", file: file.name.clone(), bytes: analysis.bytes(), items })?;
    } else if !top.rows.is_empty() {
        output.text(&top.to_text(&analysis, limit, whole, output.style))?;
    }
    Ok(file.finish(&analysis, output))
}

//! `wasm-size top`.

use super::input::{Bytes, Input};
use super::output::Output;
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
    /// Rows to show
    #[arg(short = 'n', long, default_value_t = 25, value_name = "N")]
    limit: usize,
    /// Only items whose label matches this regular expression
    #[arg(long, value_name = "REGEX")]
    filter: Option<regex_lite::Regex>,
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
    let keep = |id| args.filter.as_ref().is_none_or(|filter| filter.is_match(&analysis.map.label(id)));
    let top = Top::new(&analysis, metric, gzip, keep);
    if output.json {
        let all = Report::new(&file.name, &analysis, compressed);
        let items = top.rows.iter().take(args.limit).map(|(id, _)| all.items[id.as_usize()].clone()).collect();
        output.value(&Json { schema: "wasm-size-top/1", file: file.name.clone(), bytes: analysis.bytes(), items })?;
    } else {
        output.text(&top.to_text(&analysis, args.limit, whole, output.style))?;
    }
    Ok(file.finish(&analysis, output))
}

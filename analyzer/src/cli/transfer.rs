//! `wasm-size transfer`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::rows::limit;
use anyhow::Context;
use serde::Serialize;
use wasm_analyzer::Analysis;
use wasm_analyzer::text::{Align, Table, bytes, more, percent};
use wasm_analyzer::transfer::{BrotliQuality, GzipLevel, brotli_by_range, gzip_by_range};

/// What each item costs after compression
#[derive(clap::Args)]
#[command(
    after_help = "Each item is charged the bits of the gzip file that produce its bytes; the sum is the gzip file.
Brotli is estimated, and the error of the estimate is measured and printed.

Examples:
  wasm-size transfer app.wasm
  wasm-size transfer app.wasm --brotli 11"
)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Rows to show [default: 25; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// gzip level, 1 to 9
    #[arg(long, default_value_t = 9, value_name = "LEVEL")]
    gzip: u32,
    /// brotli quality, 0 to 11; 11 is what files compressed ahead have, and takes long
    #[arg(long, default_value_t = 5, value_name = "QUALITY")]
    brotli: u8,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    bytes: u64,
    gzip: u64,
    gzip_level: u32,
    brotli: u64,
    brotli_quality: u8,
    /// Median relative error of the brotli figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    brotli_error: Option<f64>,
    items: Vec<ItemJson>,
}

#[derive(Serialize)]
struct ItemJson {
    id: u32,
    kind: &'static str,
    name: String,
    size: u32,
    gzip: f64,
    brotli: f64,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let level = GzipLevel::new(args.gzip).context("--gzip is 1 to 9")?;
    let quality = BrotliQuality::new(args.brotli).context("--brotli is 0 to 11")?;
    let progress = output.progress("compressing");
    let mut costs = measure(&analysis, &file.name, level, quality)?;
    drop(progress);
    let limit = limit(args.limit, 25, output);
    if output.json {
        costs.items.truncate(limit);
        output.value(&costs)?;
        return Ok(file.finish(&analysis, output));
    }
    let mut table = Table::new(&[
        ("Gzip", Align::Right),
        ("", Align::Right),
        ("Brotli ~", Align::Right),
        ("Bytes", Align::Right),
        ("Item", Align::Left),
    ]);
    for item in costs.items.iter().take(limit) {
        let (gzip, brotli) = (item.gzip.round() as u64, item.brotli.round() as u64);
        let share = percent(gzip, costs.gzip);
        table.row([bytes(gzip), share, bytes(brotli), bytes(u64::from(item.size)), item.name.clone()]);
    }
    if let Some(rest) = costs.items.get(limit..).filter(|rest| !rest.is_empty()) {
        let sum = |of: fn(&ItemJson) -> f64| rest.iter().map(of).sum::<f64>().round() as u64;
        let (gzip, brotli) = (sum(|item| item.gzip), sum(|item| item.brotli));
        let size = rest.iter().map(|item| u64::from(item.size)).sum();
        table.row([bytes(gzip), percent(gzip, costs.gzip), bytes(brotli), bytes(size), more(rest.len())]);
    }
    let error = costs.brotli_error.map_or(String::new(), |e| format!(", items within {:.0} % (median)", e * 100.0));
    let total = format!(
        "{} bytes; gzip -{} {}; brotli -q {} {}{error}",
        bytes(costs.bytes),
        costs.gzip_level,
        bytes(costs.gzip),
        costs.brotli_quality,
        bytes(costs.brotli)
    );
    output.text(&format!("{}\n{}", output.style.bold(&total), table.render(output.style)))?;
    Ok(file.finish(&analysis, output))
}

fn measure(analysis: &Analysis<'_>, file: &str, level: GzipLevel, quality: BrotliQuality) -> anyhow::Result<Json> {
    let map = &analysis.map;
    let ranges = || (0..map.parts().len()).map(|at| map.part_range(at)).map(|r| r.start as usize..r.end as usize);
    let (gzip, brotli) = std::thread::scope(|scope| {
        let brotli = scope.spawn(|| brotli_by_range(map.bytes(), quality, ranges()));
        (gzip_by_range(map.bytes(), level, ranges()), brotli.join())
    });
    let gzip = gzip?;
    let brotli = brotli.map_err(|_| anyhow::anyhow!("brotli failed"))??;
    let mut items: Vec<ItemJson> = map
        .iter()
        .map(|(id, item)| ItemJson {
            id: id.0,
            kind: item.kind.noun(),
            name: map.label(id),
            size: item.size,
            gzip: 0.0,
            brotli: 0.0,
        })
        .collect();
    for ((part, gzip), brotli) in map.parts().iter().zip(&gzip.costs).zip(&brotli.costs) {
        items[part.item.as_usize()].gzip += gzip.bytes();
        items[part.item.as_usize()].brotli += brotli.bytes();
    }
    items.sort_by(|a, b| b.gzip.total_cmp(&a.gzip).then(a.id.cmp(&b.id)));
    Ok(Json {
        schema: "wasm-size-transfer/1",
        file: file.to_string(),
        bytes: analysis.bytes(),
        gzip: gzip.compressed as u64,
        gzip_level: level.get(),
        brotli: brotli.compressed as u64,
        brotli_quality: quality.get(),
        brotli_error: brotli.error.map(|e| e.median_relative),
        items,
    })
}

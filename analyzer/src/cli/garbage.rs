//! `wasm-size garbage`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::rows::limit;
use serde::Serialize;
use wasm_analyzer::garbage::{GarbageReason, garbage};
use wasm_analyzer::labels::Labels;
use wasm_analyzer::text::{Align, Table, bytes, count, more, percent};

/// What nothing reaches
#[derive(clap::Args)]
#[command(after_help = "Nothing that the host can use gets to these items, so removing them changes no behaviour.

Examples:
  wasm-size garbage app.wasm
  wasm-size garbage app.wasm --json | jq '.items[].name'")]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Rows to show [default: 50; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    bytes: u64,
    garbage_bytes: u64,
    items: Vec<ItemJson>,
}

#[derive(Serialize)]
struct ItemJson {
    id: u32,
    kind: &'static str,
    name: String,
    size: u32,
    reason: GarbageReason,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let garbage = garbage(&analysis);
    let labels = Labels::new(&analysis);
    let limit = limit(args.limit, 50, output);
    if output.json {
        let item = |&(id, reason)| {
            let item = analysis.map.item(id);
            ItemJson { id: id.0, kind: item.kind.noun(), name: labels.of(id), size: item.size, reason }
        };
        let items = garbage.rows.iter().take(limit).map(item).collect();
        let (bytes, garbage_bytes) = (analysis.bytes(), garbage.bytes);
        output.value(&Json { schema: "wasm-size-garbage/1", file: file.name.clone(), bytes, garbage_bytes, items })?;
        return Ok(file.finish(&analysis, output));
    }
    let mut table =
        Table::new(&[("Bytes", Align::Right), ("Kind", Align::Left), ("Reason", Align::Left), ("Item", Align::Left)]);
    for &(id, reason) in garbage.rows.iter().take(limit) {
        let item = analysis.map.item(id);
        let size = bytes(u64::from(item.size));
        table.row([size, item.kind.noun().to_string(), reason.to_string(), labels.of(id)]);
    }
    let share = percent(garbage.bytes, analysis.bytes());
    let total = match garbage.rows.len() {
        0 => "Everything is used".to_string(),
        items => format!("{} bytes in {} ({share}) that nothing uses", bytes(garbage.bytes), count(items, "item")),
    };
    let mut text = format!("{}\n", output.style.bold(&total));
    if !garbage.rows.is_empty() {
        text += &table.render(output.style);
    }
    if garbage.rows.len() > limit {
        text += &format!("{}: -n N shows them\n", more(garbage.rows.len() - limit));
    }
    output.text(&text)?;
    Ok(file.finish(&analysis, output))
}

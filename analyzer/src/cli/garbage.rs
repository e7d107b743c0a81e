//! `wasm-size garbage`.

use super::input::{Bytes, Input};
use super::output::Output;
use serde::Serialize;
use wasm_analyzer::garbage::{GarbageReason, garbage};
use wasm_analyzer::text::{Align, Table, bytes, percent};

/// What nothing reaches
#[derive(clap::Args)]
#[command(after_help = "Nothing that the host can use gets to these items, so removing them changes no behaviour.

Examples:
  wasm-size garbage app.wasm
  wasm-size garbage app.wasm --json | jq '.items[].name'")]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Rows to show
    #[arg(short = 'n', long, default_value_t = 50, value_name = "N")]
    limit: usize,
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
    if output.json {
        let item = |&(id, reason)| {
            let item = analysis.map.item(id);
            ItemJson { id: id.0, kind: item.kind.noun(), name: analysis.map.label(id), size: item.size, reason }
        };
        let items = garbage.rows.iter().map(item).collect();
        let (bytes, garbage_bytes) = (analysis.bytes(), garbage.bytes);
        output.value(&Json { schema: "wasm-size-garbage/1", file: file.name.clone(), bytes, garbage_bytes, items })?;
        return Ok(file.finish(&analysis, output));
    }
    let mut table =
        Table::new(&[("Bytes", Align::Right), ("Kind", Align::Left), ("Reason", Align::Left), ("Item", Align::Left)]);
    for &(id, reason) in garbage.rows.iter().take(args.limit) {
        let item = analysis.map.item(id);
        let size = bytes(u64::from(item.size));
        table.row([size, item.kind.noun().to_string(), reason.to_string(), analysis.map.label(id)]);
    }
    let share = percent(garbage.bytes, analysis.bytes());
    let total = format!("{} bytes in {} items ({share}) are used by nothing", bytes(garbage.bytes), garbage.rows.len());
    let mut text = format!("{}\n", output.style.bold(&total));
    if !garbage.rows.is_empty() {
        text += &table.render(output.style);
    }
    if garbage.rows.len() > args.limit {
        text += &format!("… and {} more: -n N shows them\n", garbage.rows.len() - args.limit);
    }
    output.text(&text)?;
    Ok(file.finish(&analysis, output))
}

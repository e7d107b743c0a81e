//! `wasm-size twiggy garbage`.

use super::Mode;
use super::emit::{Emission, Emit, Table, csv_text};
use super::items::{percent, percent_text};
use crate::cli::input::{Bytes, Input};
use crate::cli::output::Output;
use serde::Serialize;
use wasm_analyzer::Analysis;
use wasm_analyzer::garbage::garbage;
use wasm_analyzer::text::Align;
use wasm_binary::{ItemId, ItemKind};

/// What nothing reaches
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: Input,
    /// Rows to show [default: 10]
    #[arg(short = 'n', value_name = "N")]
    max_items: Option<u32>,
    /// Show all rows, whatever -n says
    #[arg(short = 'a', long)]
    all: bool,
    /// Show each data segment, instead of all in one row
    #[arg(long)]
    show_data_segments: bool,
    #[command(flatten)]
    emission: Emission,
    /// Accepted as twiggy's, without effect
    #[arg(long = "mode", value_enum, default_value = "auto")]
    _mode: Mode,
}

impl Args {
    fn options(&self) -> twiggy_opt::Garbage {
        let mut options = twiggy_opt::Garbage::new();
        let max_items = if self.all { Some(u32::MAX) } else { self.max_items };
        if let Some(max_items) = max_items {
            options.set_max_items(max_items);
        }
        options
    }
}

pub(super) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let is_row = |id: ItemId| args.show_data_segments || analysis.map.item(id).kind != ItemKind::Data;
    let (items, data): (Vec<ItemId>, Vec<ItemId>) =
        garbage(&analysis).rows.into_iter().map(|(id, _)| id).partition(|&id| is_row(id));
    let rows = rows(&analysis, &items, &data, args.options().max_items() as usize);
    args.emission.write(&Answer { rows, whole: analysis.bytes() }, output)?;
    Ok(file.finish(&analysis, output))
}

/// The rows and those that sum up, as every form has them.
fn rows(analysis: &Analysis<'_>, items: &[ItemId], data: &[ItemId], max_items: usize) -> Vec<(String, u64)> {
    let size = |id: ItemId| u64::from(analysis.map.item(id).size);
    let sum = |items: &[ItemId]| items.iter().map(|&id| size(id)).sum::<u64>();
    let (shown, rest) = items.split_at(items.len().min(max_items));
    let mut rows: Vec<(String, u64)> = shown.iter().map(|&id| (analysis.map.label(id), size(id))).collect();
    if !rest.is_empty() {
        rows.push((format!("... and {} more", rest.len()), sum(rest)));
    }
    rows.push((format!("Σ [{} Total Rows]", items.len()), sum(items)));
    if !data.is_empty() {
        rows.push((format!("{} potential false-positive data segments", data.len()), sum(data)));
    }
    rows
}

struct Answer {
    /// Names and bytes.
    rows: Vec<(String, u64)>,
    whole: u64,
}

#[derive(Serialize)]
struct Json<'r> {
    name: &'r str,
    bytes: u64,
    size_percent: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'r> {
    name: &'r str,
    bytes: u64,
    size_percent: f64,
}

impl Emit for Answer {
    fn table(&self) -> Table {
        let mut table = Table::new(&[("Bytes", Align::Right), ("Size %", Align::Right), ("Garbage Item", Align::Left)]);
        for (name, bytes) in &self.rows {
            table.row([bytes.to_string(), percent_text(*bytes, self.whole), name.clone()]);
        }
        table
    }

    fn csv(&self) -> anyhow::Result<String> {
        csv_text(self.rows.iter().map(|(name, bytes)| Record {
            name,
            bytes: *bytes,
            size_percent: percent(*bytes, self.whole),
        }))
    }

    fn json(&self) -> anyhow::Result<String> {
        let rows = self.rows.iter().map(|(name, bytes)| Json {
            name,
            bytes: *bytes,
            size_percent: percent(*bytes, self.whole),
        });
        Ok(serde_json::to_string(&rows.collect::<Vec<_>>())?)
    }
}

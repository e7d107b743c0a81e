//! `wasm-size twiggy diff`.

use super::Mode;
use super::emit::{Emission, Emit, Table, csv_text};
use super::items::Names;
use crate::cli::input::{Bytes, Reading};
use crate::cli::output::Output;
use serde::Serialize;
use std::path::PathBuf;
use wasm_analyzer::Analysis;
use wasm_analyzer::diff::{Diff, FileSize, Row};
use wasm_analyzer::text::Align;

/// What changed between two builds
#[derive(clap::Args)]
#[command(
    after_help = "Items are matched by name, code, calls and place, so that a rename or a shifted index is no change."
)]
pub(super) struct Args {
    /// The build before
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The build after
    #[arg(value_name = "NEW")]
    new: PathBuf,
    #[command(flatten)]
    names: Names,
    /// Rows to show [default: 20]
    #[arg(short = 'n', value_name = "N")]
    max_items: Option<u32>,
    /// Show all rows, whatever -n says
    #[arg(short = 'a', long)]
    all: bool,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    emission: Emission,
    /// Accepted as twiggy's, without effect
    #[arg(long = "mode", value_enum, default_value = "auto")]
    _mode: Mode,
}

impl Args {
    fn options(&self) -> twiggy_opt::Diff {
        let mut options = twiggy_opt::Diff::default();
        let max_items = if self.all { Some(u32::MAX) } else { self.max_items };
        if let Some(max_items) = max_items {
            options.set_max_items(max_items);
        }
        options
    }
}

pub(super) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let patterns = args.names.patterns()?;
    let (old_file, new_file) = (Bytes::read(&args.old)?, Bytes::read(&args.new)?);
    let (old, new) = (old_file.analyze(args.reading)?, new_file.analyze(args.reading)?);
    let diff = Diff::new(FileSize::new(&old_file.name, &old), &old, FileSize::new(&new_file.name, &new), &new);
    let changes: Vec<Row> = diff
        .rows
        .into_iter()
        .filter(|row| row.delta != 0)
        .filter(|row| {
            let raw = raw_name(row, &old, &new);
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(&row.name, raw))
        })
        .collect();
    let rows = rows(&changes, args.options().max_items() as usize);
    args.emission.write(&Answer { rows }, output)?;
    Ok(old_file.finish(&old, output).max(new_file.finish(&new, output)))
}

fn raw_name<'n>(row: &Row, old: &'n Analysis<'_>, new: &'n Analysis<'_>) -> Option<&'n str> {
    match (row.new_item, row.old_item) {
        (Some(id), _) => new.map.raw_name(id),
        (None, Some(id)) => old.map.raw_name(id),
        (None, None) => None,
    }
}

/// The changes and those that sum up, as every form has them. All changes together are the difference of the files.
fn rows(changes: &[Row], max_items: usize) -> Vec<(String, i64)> {
    let sum = |changes: &[Row]| changes.iter().map(|row| row.delta).sum::<i64>();
    let (shown, rest) = changes.split_at(changes.len().min(max_items));
    let mut rows: Vec<(String, i64)> = shown.iter().map(|row| (row.name.clone(), row.delta)).collect();
    if !rest.is_empty() {
        rows.push((format!("... and {} more.", rest.len()), sum(rest)));
    }
    rows.push((format!("Σ [{} Total Rows]", changes.len()), sum(changes)));
    rows
}

struct Answer {
    /// Names and differences in bytes.
    rows: Vec<(String, i64)>,
}

#[derive(Serialize)]
struct Json<'r> {
    delta_bytes: i64,
    name: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'r> {
    delta_bytes: String,
    item: &'r str,
}

impl Emit for Answer {
    fn table(&self) -> Table {
        let mut table = Table::new(&[("Delta Bytes", Align::Right), ("Item", Align::Left)]);
        for (name, delta) in &self.rows {
            table.row([format!("{delta:+}"), name.clone()]);
        }
        table
    }

    fn csv(&self) -> anyhow::Result<String> {
        csv_text(self.rows.iter().map(|(name, delta)| Record { delta_bytes: format!("{delta:+}"), item: name }))
    }

    fn json(&self) -> anyhow::Result<String> {
        let rows = self.rows.iter().map(|(name, delta)| Json { delta_bytes: *delta, name });
        Ok(serde_json::to_string(&rows.collect::<Vec<_>>())?)
    }
}

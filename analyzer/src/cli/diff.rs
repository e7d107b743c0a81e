//! `wasm-size diff`.

use super::input::{Bytes, Reading};
use super::output::Output;
use super::rows::limit;
use std::path::PathBuf;
use wasm_analyzer::Analysis;
use wasm_analyzer::diff::{Diff, FileSize};
use wasm_analyzer::transfer::{BrotliQuality, GzipLevel, brotli, gzip};

/// What changed between two builds
#[derive(clap::Args)]
#[command(
    after_help = "Items are matched by name, code, calls and place: a rename, a strip, a reorder or shifted indices are
no change.

Examples:
  wasm-size diff old.wasm new.wasm
  wasm-size diff old.wasm new.wasm --json | jq '.rows[] | select(.delta > 1000)'"
)]
pub(crate) struct Args {
    /// The build before
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The build after
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Rows to show [default: 30; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Compare the sizes after gzip and brotli too
    #[arg(long)]
    compress: bool,
    #[command(flatten)]
    reading: Reading,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let (old_file, new_file) = (Bytes::read(&args.old)?, Bytes::read(&args.new)?);
    let old = old_file.analyze(args.reading)?;
    let new = new_file.analyze(args.reading)?;
    let (old_size, new_size) = std::thread::scope(|scope| {
        let old_size = scope.spawn(|| measured(&old_file.name, &old, args.compress));
        (old_size.join(), measured(&new_file.name, &new, args.compress))
    });
    let old_size = old_size.map_err(|_| anyhow::anyhow!("{}: compression failed", old_file.name))??;
    let mut diff = Diff::new(old_size, &old, new_size?, &new);
    let limit = limit(args.limit, 30, output);
    if output.json {
        diff.rows.truncate(limit);
        output.value(&diff)?;
    } else {
        output.text(&diff.to_text(limit, output.style))?;
    }
    Ok(old_file.finish(&old, output).max(new_file.finish(&new, output)))
}

fn measured(name: &str, analysis: &Analysis<'_>, compress: bool) -> anyhow::Result<FileSize> {
    let mut size = FileSize::new(name, analysis);
    if compress {
        size.gzip = Some(gzip(analysis.map.bytes(), GzipLevel::default())?.len() as u64);
        size.brotli = Some(brotli(analysis.map.bytes(), BrotliQuality::default())?.len() as u64);
    }
    Ok(size)
}

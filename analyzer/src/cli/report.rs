//! `wasm-size report`.

use super::input::{Bytes, Input};
use super::output::Output;
use clap::ValueEnum;
use std::path::PathBuf;
use wasm_analyzer::Analysis;
use wasm_analyzer::chart::Chart;
use wasm_analyzer::diff::{Diff, FileSize};
use wasm_analyzer::report::{Compressed, Document, Report};
use wasm_analyzer::transfer::{BrotliQuality, GzipLevel, brotli, gzip};

/// A whole report as a document
#[derive(clap::Args)]
#[command(after_help = "Examples:
  wasm-size report app.wasm --format html -o report.html
  wasm-size report app.wasm --base main.wasm --format markdown >> $GITHUB_STEP_SUMMARY
  wasm-size report app.wasm --format csv > items.csv")]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Form of the document
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Compare with this build
    #[arg(long, value_name = "OLD")]
    base: Option<PathBuf>,
    /// Write here instead of to standard output
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// History file, for a chart of the size over time in the HTML
    #[arg(long, value_name = "PATH")]
    history: Option<PathBuf>,
    /// brotli quality, 0 to 11; 11 takes long
    #[arg(long, default_value_t = 5, value_name = "QUALITY", value_parser = clap::value_parser!(u8).range(0..=11))]
    brotli: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    #[value(alias = "md")]
    Markdown,
    Json,
    Csv,
    Html,
    Svg,
    Sarif,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let base = args.base.as_ref().map(|path| Bytes::read(path)).transpose()?;
    let analysis = file.analyze(args.input.reading)?;
    let quality = BrotliQuality::new(args.brotli).unwrap_or_default();
    let progress = output.progress("compressing");
    let compressed = Compressed::new(&analysis, GzipLevel::default(), quality)?;
    drop(progress);
    let sources = file.sources(&analysis.map, output)?;
    let insights = wasm_analyzer::insights::insights(&analysis, Some(&sources));
    let report = Report::new(&file.name, &analysis, Some(compressed)).with_insights(&insights);
    let old = base.as_ref().map(|base| base.analyze(args.input.reading)).transpose()?;
    let diff = match (&base, &old) {
        (Some(base), Some(old)) => {
            let old_size = compressed_size(&base.name, old, quality)?;
            Some(Diff::new(old_size, old, size_of(&report), &analysis))
        }
        _ => None,
    };
    let chart = args.history.as_ref().map(|path| chart(path, &file.name, output)).transpose()?.flatten();
    let document = Document { analysis: &analysis, report: &report, diff: diff.as_ref(), chart_svg: chart.as_deref() };
    let text = match args.format {
        _ if output.json => document.json()?,
        Format::Text => super::overview::document(&analysis, &report, diff.as_ref(), args.input.reading, output)?,
        Format::Markdown => document.markdown(),
        Format::Json => document.json()?,
        Format::Csv => document.csv(),
        Format::Html => document.html()?,
        Format::Svg => document.svg(),
        Format::Sarif => document.sarif()?,
    };
    match &args.output {
        Some(path) => super::output::write_file(path, text.as_bytes())?,
        None => output.text(&text)?,
    }
    Ok(file.finish(&analysis, output))
}

/// A file's sizes, compressed as the report's are.
pub(crate) fn compressed_size(name: &str, analysis: &Analysis<'_>, quality: BrotliQuality) -> anyhow::Result<FileSize> {
    let mut size = FileSize::new(name, analysis);
    let (gzip, brotli) = std::thread::scope(|scope| {
        let brotli = scope.spawn(|| brotli(analysis.map.bytes(), quality));
        (gzip(analysis.map.bytes(), GzipLevel::default()), brotli.join())
    });
    size.gzip = Some(gzip?.len() as u64);
    size.brotli = Some(brotli.map_err(|_| anyhow::anyhow!("{name}: brotli failed"))??.len() as u64);
    Ok(size)
}

/// The sizes that a report has already.
pub(crate) fn size_of(report: &Report) -> FileSize {
    let (gzip, brotli) = match &report.compressed {
        Some(compressed) => (Some(compressed.gzip), Some(compressed.brotli)),
        None => (None, None),
    };
    FileSize { file: report.file.clone(), bytes: report.bytes, gzip, brotli }
}

fn chart(path: &std::path::Path, file: &str, output: &Output) -> anyhow::Result<Option<String>> {
    let history = super::history::read(path, output)?;
    let chart = Chart::new(&history.last(super::history::key(file), super::history::SHOWN));
    Ok(if chart.is_empty() { None } else { Some(chart.svg()?) })
}

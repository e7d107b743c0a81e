//! `wasm-size FILE`: one screen.

use super::input::{Bytes, Reading};
use super::output::Output;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use wasm_analyzer::Analysis;
use wasm_analyzer::diff::Diff;
use wasm_analyzer::insights::insights;
use wasm_analyzer::report::{Compressed, Report};
use wasm_analyzer::text::{bytes, percent};
use wasm_analyzer::top::{Metric, Top};
use wasm_analyzer::transfer::{BrotliQuality, GzipLevel};

const BIGGEST: usize = 10;
const CHANGES: usize = 25;
/// Sections that a screen has room for.
const SECTIONS: usize = 16;
const INSIGHTS: usize = 3;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Module, component, object or dynamic library; - for standard input [default: a shipped sample]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// Leave out the sizes after compression, which take most of the time
    #[arg(long)]
    no_compress: bool,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = match &args.file {
        Some(path) => Bytes::read(path)?,
        None => Bytes::sample(),
    };
    let analysis = file.analyze(args.reading)?;
    let compressed = match args.no_compress {
        true => None,
        false => {
            let _progress = output.progress("compressing");
            Some(Compressed::new(&analysis, GzipLevel::default(), BrotliQuality::default())?)
        }
    };
    let report = Report::new(&file.name, &analysis, compressed).with_insights(&insights(&analysis, None));
    if output.json {
        output.value(&report)?;
    } else {
        if args.file.is_none() {
            output.text("No file named, so this is a sample. Try: wasm-size FILE, or wasm-size --help\n\n")?;
        }
        output.text(&screen(&analysis, &report, output)?)?;
    }
    Ok(file.finish(&analysis, output))
}

/// The screen, and the changes since a base: `wasm-size report --format text`.
pub(crate) fn document(
    analysis: &Analysis<'_>,
    report: &Report,
    diff: Option<&Diff>,
    output: &Output,
) -> Result<String, std::fmt::Error> {
    let mut text = screen(analysis, report, output)?;
    if let Some(diff) = diff {
        write!(text, "\n{}\n{}", output.style.bold("Changes"), diff.to_text(CHANGES, output.style))?;
    }
    Ok(text)
}

fn screen(analysis: &Analysis<'_>, report: &Report, output: &Output) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let style = output.style;
    write!(text, "{}  {} bytes", style.bold(&report.file), bytes(report.bytes))?;
    if let Some(compressed) = &report.compressed {
        let (gzip, brotli) = (bytes(compressed.gzip), bytes(compressed.brotli));
        write!(text, ", {gzip} gzip -{}, {brotli} brotli -q {}", compressed.gzip_level, compressed.brotli_quality)?;
    }
    writeln!(text)?;
    writeln!(text, "{}", style.dim(&what_it_is(report)))?;
    if !report.damage.is_empty() {
        let note = format!("damaged in {} places: what could be read is shown", report.damage.len());
        writeln!(text, "{}", style.red(&note))?;
    }
    writeln!(text)?;
    write_sections(&mut text, report)?;
    writeln!(text, "\n{}", style.bold("Biggest"))?;
    let top = Top::new(analysis, Metric::Size, &[], |_| true);
    write!(text, "{}", top.to_text(analysis, BIGGEST, report.bytes, style))?;
    if !report.insights.is_empty() {
        writeln!(text, "\n{}", style.bold("Insights"))?;
    }
    for insight in report.insights.iter().take(INSIGHTS) {
        writeln!(text, "{}", insight.line)?;
    }
    if report.insights.len() > INSIGHTS {
        let more = format!("… and {} more: wasm-size insights {}", report.insights.len() - INSIGHTS, report.file);
        writeln!(text, "{}", style.dim(&more))?;
    }
    Ok(text)
}

/// `module, Rust, rustc 1.95.0; uses bulk-memory, sign-ext; build 1234…`.
fn what_it_is(report: &Report) -> String {
    let mut text = report.kind.to_string();
    if report.modules.len() > 1 {
        text += &format!(" of {} modules", report.modules.iter().filter(|m| m.kind != "component").count());
    }
    for producer in &report.producers {
        text += &format!(", {} {}", producer.name, producer.version);
        text.truncate(text.trim_end().len());
    }
    if !report.features.is_empty() {
        text += &format!("; uses {}", report.features.join(", "));
    }
    text + &format!("; build {}", &report.build_id[..report.build_id.len().min(12)])
}

/// The sections of the file's own module, in file order; where there are many, sums by name, the largest first.
fn write_sections(text: &mut String, report: &Report) -> std::fmt::Result {
    let own: Vec<_> = report.sections.iter().filter(|s| s.module == 0).map(|s| (&s.name, u64::from(s.size))).collect();
    let mut rows = own.clone();
    if own.len() > SECTIONS {
        let mut sums: BTreeMap<&String, u64> = BTreeMap::new();
        for (name, size) in own {
            *sums.entry(name).or_default() += size;
        }
        rows = sums.into_iter().collect();
        rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    }
    for (name, size) in rows.iter().take(SECTIONS) {
        writeln!(text, "{:>13}  {:>7}  {name}", bytes(*size), percent(*size, report.bytes))?;
    }
    if let Some(rest) = rows.get(SECTIONS..).filter(|rest| !rest.is_empty()) {
        let sum = rest.iter().map(|(_, size)| size).sum();
        let name = format!("… and {} more", bytes(rest.len() as u64));
        writeln!(text, "{:>13}  {:>7}  {name}", bytes(sum), percent(sum, report.bytes))?;
    }
    Ok(())
}

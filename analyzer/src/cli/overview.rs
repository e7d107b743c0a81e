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
use wasm_analyzer::text::{Style, bytes, count, more, percent, shorten};
use wasm_analyzer::top::{Metric, Top};
use wasm_analyzer::transfer::{BrotliQuality, GzipLevel};

const BIGGEST: usize = 10;
const CHANGES: usize = 25;
/// Sections that a screen has room for.
const SECTIONS: usize = 16;
const INSIGHTS: usize = 3;
/// Producers that a line has room for, and the characters of each.
const PRODUCERS: usize = 4;
const PRODUCER: usize = 40;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Module, component, object or dynamic library; - for standard input [default: a shipped sample]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// Leave out the sizes after compression, which take most of the time
    #[arg(long)]
    no_compress: bool,
}

impl Args {
    /// Whether any of them is there.
    pub(crate) fn is_given(&self) -> bool {
        self.file.is_some() || self.no_compress || self.reading.inferred || self.reading.charge_debug
    }
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
    let insights = insights(&analysis, Some(&file.sources(&analysis.map, output)?));
    if output.json {
        output.value(&Report::new(&file.name, &analysis, compressed).with_insights(&insights))?;
    } else {
        let report = Report::without_items(&file.name, &analysis, compressed).with_insights(&insights);
        if args.file.is_none() {
            output.text("No file named, so this is a sample. Try: wasm-size FILE, or wasm-size --help\n\n")?;
        }
        output.text(&screen(&analysis, &report, args.reading, output)?)?;
    }
    Ok(file.finish(&analysis, output))
}

/// The screen, and the changes since a base: `wasm-size report --format text`.
pub(crate) fn document(
    analysis: &Analysis<'_>,
    report: &Report,
    diff: Option<&Diff>,
    reading: Reading,
    output: &Output,
) -> Result<String, std::fmt::Error> {
    let mut text = screen(analysis, report, reading, output)?;
    if let Some(diff) = diff {
        write!(text, "\n{}\n{}", output.style.bold("Changes"), diff.to_text(CHANGES, output.style))?;
    }
    Ok(text)
}

fn screen(
    analysis: &Analysis<'_>,
    report: &Report,
    reading: Reading,
    output: &Output,
) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let style = output.style;
    write!(text, "{}  {} bytes", style.bold(&report.file), bytes(report.bytes))?;
    if let Some(compressed) = &report.compressed {
        let (gzip, brotli) = (bytes(compressed.gzip), bytes(compressed.brotli));
        write!(text, ", {gzip} gzip -{}, {brotli} brotli -q {}", compressed.gzip_level, compressed.brotli_quality)?;
    }
    writeln!(text)?;
    writeln!(text, "{}", style.dim(&what_it_is(report)))?;
    let debug = debug_bytes(report);
    if debug > 0 && !reading.charge_debug {
        let share = percent(debug, report.bytes);
        let note =
            format!("debug information: {} bytes ({share}); --charge-debug counts it with its functions", bytes(debug));
        writeln!(text, "{}", style.dim(&note))?;
    }
    if !report.damage.is_empty() {
        let note = format!("damaged in {}: what could be read is shown", count(report.damage.len(), "place"));
        writeln!(text, "{}", style.red(&note))?;
    }
    writeln!(text)?;
    write_sections(&mut text, report, style)?;
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
        let more = format!("{}: wasm-size insights {}", more(report.insights.len() - INSIGHTS), report.file);
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
    for producer in report.producers.iter().take(PRODUCERS) {
        let producer = format!("{} {}", producer.name, producer.version);
        let producer = producer.trim_end();
        match producer.char_indices().nth(PRODUCER) {
            Some((end, _)) => text += &format!(", {}…", &producer[..end]),
            None => text += &format!(", {producer}"),
        }
    }
    if report.producers.len() > PRODUCERS {
        text += &format!(", {}", more(report.producers.len() - PRODUCERS));
    }
    if !report.features.is_empty() {
        text += &format!("; uses {}", report.features.join(", "));
    }
    text + &format!("; build {}", &report.build_id[..report.build_id.len().min(12)])
}

/// Bytes of the sections with DWARF, in all modules.
fn debug_bytes(report: &Report) -> u64 {
    let dwarf = report.sections.iter().filter(|section| section.name.starts_with("custom \".debug_"));
    dwarf.map(|section| u64::from(section.size)).sum()
}

/// The sections of the file's own module, in file order; where there are many, sums by name, the largest first.
fn write_sections(text: &mut String, report: &Report, style: Style) -> std::fmt::Result {
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
    let room = style.width.map_or(usize::MAX, |width| width.saturating_sub(24).max(20));
    for (name, size) in rows.iter().take(SECTIONS) {
        let name = shorten(name, room);
        writeln!(text, "{:>13}  {:>7}  {name}", bytes(*size), percent(*size, report.bytes))?;
    }
    if let Some(rest) = rows.get(SECTIONS..).filter(|rest| !rest.is_empty()) {
        let sum = rest.iter().map(|(_, size)| size).sum();
        writeln!(text, "{:>13}  {:>7}  {}", bytes(sum), percent(sum, report.bytes), more(rest.len()))?;
    }
    Ok(())
}

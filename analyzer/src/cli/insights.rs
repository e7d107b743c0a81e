//! `wasm-size insights`.

use super::input::{Bytes, Input};
use super::output::Output;
use serde::Serialize;
use std::fmt::Write;
use wasm_advice::{Advice, Fix};
use wasm_analyzer::insights::insights;
use wasm_analyzer::text::{bytes, percent};

/// What would make the file smaller, and by how much
#[derive(clap::Args)]
#[command(
    after_help = "Each saving is what goes if that advice alone is followed: two of them may count the same bytes.
docs/wasm-size-insights.md says how each is computed.

Examples:
  wasm-size insights app.wasm
  wasm-size insights app.wasm --only panic-machinery
  wasm-size insights app.wasm --json | jq '.insights[0]'"
)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Advice to show
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Only this kind of advice; may be given more than once
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    only: Vec<String>,
    /// Pieces of evidence to show with each
    #[arg(long, default_value_t = 3, value_name = "N")]
    evidence: usize,
}

fn kinds() -> clap::builder::PossibleValuesParser {
    wasm_analyzer::insights::kinds().map(|kind| kind.as_str()).into()
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    bytes: u64,
    insights: Vec<Advice>,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let sources = file.sources(&analysis.map, output)?;
    let mut insights = insights(&analysis, Some(&sources));
    insights.retain(|advice| args.only.is_empty() || args.only.iter().any(|kind| kind == advice.kind.as_str()));
    if output.json {
        let bytes = analysis.bytes();
        output.value(&Json { schema: "wasm-size-insights/1", file: file.name.clone(), bytes, insights })?;
    } else {
        output.text(&text(args, &insights, analysis.bytes(), output)?)?;
    }
    Ok(file.finish(&analysis, output))
}

fn text(args: &Args, insights: &[Advice], whole: u64, output: &Output) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    if insights.is_empty() {
        writeln!(text, "Nothing to advise: none of what is looked for would save much")?;
    }
    for (at, advice) in insights.iter().take(args.limit).enumerate() {
        if at > 0 {
            writeln!(text)?;
        }
        let style = output.style;
        let share = percent(advice.gain.amount, whole);
        let saves = style.bold(&format!("saves {} ({share}): {}", advice.gain, advice.title));
        writeln!(text, "{saves}  {}", style.dim(&format!("[{}]", advice.kind)))?;
        writeln!(text, "{}", wrap(&advice.detail, style.width))?;
        for evidence in advice.evidence.iter().take(args.evidence) {
            let amount = evidence.amount.map_or(String::new(), bytes);
            writeln!(text, "{amount:>13}  {}", shorten(&evidence.label, style.width))?;
        }
        write!(text, "{}", fix(&advice.fix))?;
    }
    if insights.len() > args.limit {
        writeln!(text, "\n… and {} more: -n N shows them", insights.len() - args.limit)?;
    }
    Ok(text)
}

/// The change, each of its lines as it is to be typed or pasted.
fn fix(fix: &Fix) -> String {
    match fix {
        Fix::Setting { file, text } => {
            let lines: String = text.lines().map(|line| format!("      {line}\n")).collect();
            format!("  → {file}:\n{lines}")
        }
        fix => format!("  → {fix}\n"),
    }
}

fn shorten(label: &str, width: Option<usize>) -> String {
    width.map_or(label.to_string(), |width| wasm_analyzer::text::shorten(label, width.saturating_sub(15).max(20)))
}

/// Breaks text at spaces, each line set in by two columns.
fn wrap(text: &str, width: Option<usize>) -> String {
    let width = width.unwrap_or(120).max(40);
    let mut wrapped = String::from(" ");
    let mut column = 1;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column + 1 + length > width && column > 2 {
            wrapped.push_str("\n ");
            column = 1;
        }
        wrapped.push(' ');
        wrapped.push_str(word);
        column += 1 + length;
    }
    wrapped
}

//! `wasm-size insights`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::rows::limit;
use serde::Serialize;
use std::fmt::Write;
use wasm_advice::{Advice, Fix};
use wasm_analyzer::insights::insights;
use wasm_analyzer::text::{bytes, more, percent};

/// Columns beyond which prose is hard to read.
const PROSE: usize = 120;

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
    /// Advice to show [default: 20; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Only this kind of advice; may be given more than once
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    only: Vec<String>,
    /// Pieces of evidence to show with each [default: 3; JSON has all]
    #[arg(long, value_name = "N")]
    evidence: Option<usize>,
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
        insights.truncate(limit(args.limit, 20, output));
        let evidence = limit(args.evidence, 3, output);
        insights.iter_mut().for_each(|advice| advice.evidence.truncate(evidence));
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
    let (shown, evidence_shown) = (limit(args.limit, 20, output), limit(args.evidence, 3, output));
    for (at, advice) in insights.iter().take(shown).enumerate() {
        if at > 0 {
            writeln!(text)?;
        }
        let style = output.style;
        let share = percent(advice.gain.amount, whole);
        let saves = style.bold(&format!("saves {} ({share}): {}", advice.gain, advice.title));
        writeln!(text, "{saves}  {}", style.dim(&format!("[{}]", advice.kind)))?;
        writeln!(text, "{}", wrap(&advice.detail.to_string(), style.width))?;
        for evidence in advice.evidence.iter().take(evidence_shown) {
            let amount = evidence.amount.map_or(String::new(), bytes);
            writeln!(text, "{amount:>13}  {}", shorten(&evidence.label.to_string(), style.width))?;
        }
        write!(text, "{}", fix(&advice.fix))?;
    }
    if insights.len() > shown {
        writeln!(text, "\n{}: -n N shows them", more(insights.len() - shown))?;
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
    let width = width.map_or(PROSE, |width| width.min(PROSE)).max(40);
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

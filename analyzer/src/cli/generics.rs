//! `wasm-size generics`.

use super::input::{Bytes, Input};
use super::output::Output;
use serde::Serialize;
use std::fmt::Write;
use wasm_analyzer::Analysis;
use wasm_analyzer::bodies::Bodies;
use wasm_analyzer::generics::{Alike, Generics, generics};
use wasm_analyzer::text::{Align, Table, bytes, percent};

/// Generic families, and what sharing their code would save
#[derive(clap::Args)]
#[command(
    after_help = "Sharable bytes are those of functions whose bodies are like another one's but for constants and callees.

Examples:
  wasm-size generics app.wasm
  wasm-size generics app.wasm --instances 5 --filter Vec"
)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Rows to show
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Instances to name of each family or group
    #[arg(long, default_value_t = 0, value_name = "N")]
    instances: usize,
    /// Only families whose name matches this regular expression
    #[arg(long, value_name = "REGEX")]
    filter: Option<regex_lite::Regex>,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    bytes: u64,
    #[serde(flatten)]
    generics: Generics,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let mut generics = generics(&analysis, &Bodies::new(&analysis.map));
    generics.families.retain(|family| args.filter.as_ref().is_none_or(|filter| filter.is_match(&family.name)));
    if output.json {
        let bytes = analysis.bytes();
        output.value(&Json { schema: "wasm-size-generics/1", file: file.name.clone(), bytes, generics })?;
    } else {
        output.text(&text(args, &analysis, &generics, output)?)?;
    }
    Ok(file.finish(&analysis, output))
}

fn text(args: &Args, analysis: &Analysis<'_>, generics: &Generics, output: &Output) -> Result<String, std::fmt::Error> {
    let whole = analysis.bytes();
    let mut text = String::new();
    let share = |part: u64| format!("{} bytes ({})", bytes(part), percent(part, whole));
    writeln!(text, "{} equal bodies", share(generics.equal_bytes))?;
    writeln!(text, "{} alike but for constants and callees (L1)", share(generics.l1_bytes))?;
    writeln!(text, "{} alike but for offsets and indices too (L2)", share(generics.l2_bytes))?;
    let columns = [
        ("Bytes", Align::Right),
        ("", Align::Right),
        ("Instances", Align::Right),
        ("Sharable", Align::Right),
        ("Family", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for family in generics.families.iter().take(args.limit) {
        let count = bytes(family.instances.len() as u64);
        table.row([
            bytes(family.size),
            percent(family.size, whole),
            count,
            bytes(family.sharable),
            family.name.clone(),
        ]);
        for &id in family.instances.iter().take(args.instances) {
            let size = bytes(wasm_analyzer::generics::size(analysis, id));
            let empty = String::new;
            table.row([size, empty(), empty(), empty(), format!("  {}", analysis.map.label(id))]);
        }
    }
    if generics.families.is_empty() {
        writeln!(text, "\nNo generic families: the functions have no names that tell")?;
    } else {
        writeln!(text, "\n{}\n{}", output.style.bold("Families"), table.render(output.style).trim_end())?;
    }
    for (heading, groups) in
        [("Equal bodies", &generics.equal), ("Alike but for constants and callees", &generics.alike)]
    {
        if !groups.is_empty() {
            writeln!(
                text,
                "\n{}\n{}",
                output.style.bold(heading),
                group_table(args, analysis, groups).render(output.style).trim_end()
            )?;
        }
    }
    Ok(text)
}

fn group_table(args: &Args, analysis: &Analysis<'_>, groups: &[Alike]) -> Table {
    let mut table =
        Table::new(&[("Duplicate", Align::Right), ("Functions", Align::Right), ("The biggest", Align::Left)]);
    for group in groups.iter().take(args.limit.min(10)) {
        let names = group.functions.iter().take(args.instances.max(1));
        for (at, &id) in names.enumerate() {
            let label = analysis.map.label(id);
            match at {
                0 => table.row([bytes(group.duplicate), bytes(group.functions.len() as u64), label]),
                _ => table.row([String::new(), String::new(), label]),
            }
        }
    }
    table
}

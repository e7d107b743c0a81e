//! `wasm-size generics`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::rows::{Filter, limit};
use serde::Serialize;
use std::fmt::Write;
use wasm_analyzer::Analysis;
use wasm_analyzer::bodies::Bodies;
use wasm_analyzer::generics::{Alike, Family, Generics, generics};
use wasm_analyzer::labels::Labels;
use wasm_analyzer::text::{Align, Table, bytes, more, percent};

/// Families that are shown unless -n says otherwise.
const FAMILIES: usize = 20;
/// Groups of like bodies that are shown unless -n says otherwise.
const GROUPS: usize = 10;

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
    /// Families and groups to show [default: 20, and 10 of each kind of group; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Instances to name of each family or group
    #[arg(long, default_value_t = 0, value_name = "N")]
    instances: usize,
    #[command(flatten)]
    filter: Filter,
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
    let labels = Labels::new(&analysis);
    generics.families.retain(|family| args.filter.keeps(&family.name));
    for groups in [&mut generics.equal, &mut generics.alike] {
        groups.retain(|group| group.functions.iter().any(|&id| args.filter.keeps(&analysis.map.label(id))));
    }
    let is_empty = generics.families.is_empty() && generics.equal.is_empty() && generics.alike.is_empty();
    args.filter.note_no_match(is_empty, output);
    if output.json {
        let limit = limit(args.limit, FAMILIES, output);
        generics.families.truncate(limit);
        generics.equal.truncate(limit);
        generics.alike.truncate(limit);
        let bytes = analysis.bytes();
        output.value(&Json { schema: "wasm-size-generics/1", file: file.name.clone(), bytes, generics })?;
    } else {
        output.text(&text(args, &analysis, &labels, &generics, output)?)?;
    }
    Ok(file.finish(&analysis, output))
}

fn text(
    args: &Args,
    analysis: &Analysis<'_>,
    labels: &Labels<'_, '_>,
    generics: &Generics,
    output: &Output,
) -> Result<String, std::fmt::Error> {
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
    let shown = limit(args.limit, FAMILIES, output);
    for family in generics.families.iter().take(shown) {
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
            table.row([size, empty(), empty(), empty(), format!("  {}", labels.of(id))]);
        }
        if args.instances > 0
            && let Some(rest) = family.instances.get(args.instances..).filter(|rest| !rest.is_empty())
        {
            let size = rest.iter().map(|&id| wasm_analyzer::generics::size(analysis, id)).sum();
            let empty = String::new;
            table.row([bytes(size), empty(), empty(), empty(), format!("  {}", more(rest.len()))]);
        }
    }
    if let Some(rest) = generics.families.get(shown..).filter(|rest| !rest.is_empty()) {
        let sum = |of: fn(&Family) -> u64| rest.iter().map(of).sum::<u64>();
        let (size, sharable) = (sum(|f| f.size), sum(|f| f.sharable));
        let instances = sum(|f| f.instances.len() as u64);
        table.row([bytes(size), percent(size, whole), bytes(instances), bytes(sharable), more(rest.len())]);
    }
    if generics.families.is_empty() {
        let why = if args.filter.is_set() { "none matches" } else { "the functions have no names that tell" };
        writeln!(text, "\nNo generic families: {why}")?;
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
                group_table(args, labels, groups, limit(args.limit, GROUPS, output)).render(output.style).trim_end()
            )?;
        }
    }
    Ok(text)
}

fn group_table(args: &Args, labels: &Labels<'_, '_>, groups: &[Alike], shown: usize) -> Table {
    let mut table =
        Table::new(&[("Duplicate", Align::Right), ("Functions", Align::Right), ("The biggest", Align::Left)]);
    for group in groups.iter().take(shown) {
        let named = args.instances.max(1);
        let names = group.functions.iter().take(named);
        for (at, &id) in names.enumerate() {
            let label = labels.of(id);
            match at {
                0 => table.row([bytes(group.duplicate), bytes(group.functions.len() as u64), label]),
                _ => table.row([String::new(), String::new(), label]),
            }
        }
        if args.instances > 0 && group.functions.len() > named {
            table.row([String::new(), String::new(), more(group.functions.len() - named)]);
        }
    }
    if let Some(rest) = groups.get(shown..).filter(|rest| !rest.is_empty()) {
        let duplicate = rest.iter().map(|group| group.duplicate).sum();
        let functions = rest.iter().map(|group| group.functions.len() as u64).sum();
        table.row([bytes(duplicate), bytes(functions), more(rest.len())]);
    }
    table
}

//! `wasm-size why`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::rows::limit;
use anyhow::bail;
use serde::Serialize;
use std::fmt::Write;
use wasm_analyzer::Analysis;
use wasm_analyzer::labels::Labels;
use wasm_analyzer::paths::{Site, StepReport, Why, why};
use wasm_analyzer::source::Sources;
use wasm_analyzer::text::{Align, Table, bytes, count, more, shorten};
use wasm_binary::ItemId;

/// Matching items that are listed beside those whose reasons are shown.
const OTHERS: usize = 20;

/// Every reason that an item is in the file
#[derive(clap::Args)]
#[command(
    after_help = "An item is named as the other commands show it, by a part of that, by its id (#17), or by index
space and index (\"function 812\", \"data segment 3\", \"function 3 of module 2\"). If several items match, the reasons of the
biggest are shown, and the others listed with their ids. Each reference to it is shown with the shortest way on which the
host gets there; @ is the file offset of the instruction.

Examples:
  wasm-size why app.wasm core::fmt::write
  wasm-size why app.wasm 'function 812' -n 3
  wasm-size why app.wasm '#217'"
)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// The item
    #[arg(value_name = "ITEM")]
    item: String,
    /// Paths to show of each item [default: 10; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Items to show the reasons of, where several match
    #[arg(long, default_value_t = 3, value_name = "N")]
    items: usize,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    items: Vec<ItemJson>,
    /// The items that match too.
    others: Vec<OtherJson>,
}

#[derive(Serialize)]
struct OtherJson {
    id: u32,
    name: String,
    size: u32,
}

#[derive(Serialize)]
struct ItemJson {
    id: u32,
    name: String,
    size: u32,
    retained: u64,
    references: usize,
    references_from_garbage: usize,
    paths: Vec<Vec<StepReport>>,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open_with_lines(&args.input, output)?;
    let analysis = file.analyze(args.input.reading)?;
    let labels = Labels::new(&analysis);
    let hits = labels.find(&args.item);
    if hits.is_empty() {
        bail!("{}: no item is called \"{}\"; see `wasm-size top {0}` for names", file.name, args.item);
    }
    let sources = file.sources(&analysis.map, output)?;
    let (shown, others) = hits.split_at(args.items.min(hits.len()));
    let reasons: Vec<Why> = shown.iter().map(|&id| why(&analysis, id)).collect();
    let limit = limit(args.limit, 10, output);
    if output.json {
        let other = |&id: &ItemId| OtherJson { id: id.0, name: labels.of(id), size: analysis.map.item(id).size };
        output.value(&Json {
            schema: "wasm-size-why/1",
            file: file.name.clone(),
            items: reasons.iter().map(|why| json(&analysis, &labels, &sources, why, limit)).collect(),
            others: others.iter().map(other).collect(),
        })?;
    } else {
        let mut text = String::new();
        for (at, why) in reasons.iter().enumerate() {
            if at > 0 {
                writeln!(text)?;
            }
            write_reasons(&mut text, &analysis, &labels, &sources, why, limit, output)?;
        }
        if !others.is_empty() {
            let items = count(others.len(), "more item");
            let verb = if others.len() == 1 { "matches" } else { "match" };
            let heading = format!("{items} {verb} \"{}\": ask for one by its id, or --items N", args.item);
            let space = if reasons.is_empty() { "" } else { "\n" };
            write!(text, "{space}{}\n{}", output.style.bold(&heading), table(&analysis, &labels, others, output))?;
        }
        output.text(&text)?;
    }
    Ok(file.finish(&analysis, output))
}

/// Items that a user can ask for by id.
fn table(analysis: &Analysis<'_>, labels: &Labels<'_, '_>, items: &[ItemId], output: &Output) -> String {
    let mut table = Table::new(&[("Id", Align::Right), ("Bytes", Align::Right), ("Item", Align::Left)]);
    for &id in items.iter().take(OTHERS) {
        table.row([format!("#{}", id.0), bytes(u64::from(analysis.map.item(id).size)), labels.of(id)]);
    }
    if items.len() > OTHERS {
        table.row([String::new(), String::new(), more(items.len() - OTHERS)]);
    }
    table.render(output.style)
}

fn json(analysis: &Analysis<'_>, labels: &Labels<'_, '_>, sources: &Sources<'_>, why: &Why, limit: usize) -> ItemJson {
    ItemJson {
        id: why.item.0,
        name: labels.of(why.item),
        size: analysis.map.item(why.item).size,
        retained: analysis.dominators.retained(why.item.into()),
        references: why.paths.len(),
        references_from_garbage: why.from_garbage,
        paths: why.paths.iter().take(limit).map(|path| path.report(analysis, sources)).collect(),
    }
}

fn write_reasons(
    text: &mut String,
    analysis: &Analysis<'_>,
    labels: &Labels<'_, '_>,
    sources: &Sources<'_>,
    why: &Why,
    limit: usize,
    output: &Output,
) -> std::fmt::Result {
    let size = u64::from(analysis.map.item(why.item).size);
    let retained = analysis.dominators.retained(why.item.into());
    let name = output.style.bold(&labels.of(why.item));
    writeln!(text, "{name}: {} bytes, {} retained", bytes(size), bytes(retained))?;
    if why.paths.is_empty() {
        writeln!(text, "  nothing that is used refers to it: `wasm-size garbage` lists it")?;
        return Ok(());
    }
    for (at, path) in why.paths.iter().take(limit).enumerate() {
        writeln!(text, "  {}.", at + 1)?;
        for (level, step) in path.report(analysis, sources).iter().enumerate() {
            let verb = if level == 0 { String::new() } else { output.style.dim(&format!("{} ", step.verb)) };
            let sites = match step.sites.as_slice() {
                [] => String::new(),
                [one] => format!(" {}", place(one)),
                [first, rest @ ..] => format!(" {} and {}", place(first), count(rest.len(), "more place")),
            };
            let name = step.item.map_or_else(|| step.name.clone(), |id| labels.of(id));
            let indent = "  ".repeat(level + 2);
            let room = output.style.width.map_or(usize::MAX, |width| width.saturating_sub(indent.len() + 24).max(40));
            writeln!(text, "{indent}{verb}{}{}", shorten(&name, room), output.style.dim(&sites))?;
        }
    }
    if why.paths.len() > limit {
        writeln!(text, "  … and {}", count(why.paths.len() - limit, "more reference"))?;
    }
    if why.from_garbage > 0 {
        let verb = if why.from_garbage == 1 { "comes" } else { "come" };
        writeln!(text, "  {} {verb} from garbage", count(why.from_garbage, "reference"))?;
    }
    Ok(())
}

/// `src/lib.rs:12`, in the function itself rather than in what was inlined there; else `@0x3f2a`.
fn place(site: &Site) -> String {
    match site.source.last() {
        Some(place) => format!("at {place}"),
        None => format!("@{:#x}", site.offset),
    }
}

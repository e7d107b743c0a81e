//! `wasm-size why`.

use super::input::{Bytes, Input};
use super::output::Output;
use anyhow::bail;
use serde::Serialize;
use std::fmt::Write;
use wasm_analyzer::Analysis;
use wasm_analyzer::paths::{Site, StepReport, Why, why};
use wasm_analyzer::source::Sources;
use wasm_analyzer::text::bytes;

/// Every reason that an item is in the file
#[derive(clap::Args)]
#[command(
    after_help = "An item is named as the other commands show it, by a part of that, by its id (#17), or by index
space and index (\"function 812\", \"data segment 3\"). Each reference to it is shown with the shortest way on which the
host gets there; @ is the file offset of the instruction.

Examples:
  wasm-size why app.wasm core::fmt::write
  wasm-size why app.wasm 'function 812' -n 3"
)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// The item
    #[arg(value_name = "ITEM")]
    item: String,
    /// Paths to show of each item
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N")]
    limit: usize,
    /// Items to show where a part of a name hits several
    #[arg(long, default_value_t = 3, value_name = "N")]
    items: usize,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    items: Vec<ItemJson>,
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
    let hits = analysis.find(&args.item);
    if hits.is_empty() {
        bail!("{}: no item is called \"{}\"; see `wasm-size top {0}` for names", file.name, args.item);
    }
    let sources = file.sources(&analysis.map, output)?;
    let reasons: Vec<Why> = hits.iter().take(args.items).map(|&id| why(&analysis, id)).collect();
    if output.json {
        let items = reasons.iter().map(|why| json(&analysis, &sources, why, args.limit)).collect();
        output.value(&Json { schema: "wasm-size-why/1", file: file.name.clone(), items })?;
    } else {
        let mut text = String::new();
        for why in &reasons {
            write_reasons(&mut text, &analysis, &sources, why, args.limit, output)?;
        }
        if hits.len() > reasons.len() {
            let more = hits.len() - reasons.len();
            writeln!(text, "{more} more items match \"{}\": use a longer name, or --items N", args.item)?;
        }
        output.text(&text)?;
    }
    Ok(file.finish(&analysis, output))
}

fn json(analysis: &Analysis<'_>, sources: &Sources<'_>, why: &Why, limit: usize) -> ItemJson {
    ItemJson {
        id: why.item.0,
        name: analysis.map.label(why.item),
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
    sources: &Sources<'_>,
    why: &Why,
    limit: usize,
    output: &Output,
) -> std::fmt::Result {
    let size = u64::from(analysis.map.item(why.item).size);
    let retained = analysis.dominators.retained(why.item.into());
    let name = output.style.bold(&analysis.map.label(why.item));
    writeln!(text, "{name}: {} bytes, {} retained", bytes(size), bytes(retained))?;
    if why.paths.is_empty() {
        writeln!(text, "  nothing that is used refers to it: `wasm-size garbage` lists it\n")?;
        return Ok(());
    }
    for (at, path) in why.paths.iter().take(limit).enumerate() {
        writeln!(text, "  {}.", at + 1)?;
        for (level, step) in path.report(analysis, sources).iter().enumerate() {
            let verb = if level == 0 { String::new() } else { output.style.dim(&format!("{} ", step.verb)) };
            let sites = match step.sites.as_slice() {
                [] => String::new(),
                [one] => format!(" {}", place(one)),
                [first, rest @ ..] => format!(" {} and {} more places", place(first), rest.len()),
            };
            writeln!(text, "  {}{verb}{}{}", "  ".repeat(level + 1), step.name, output.style.dim(&sites))?;
        }
    }
    if why.paths.len() > limit {
        writeln!(text, "  … and {} more references", why.paths.len() - limit)?;
    }
    if why.from_garbage > 0 {
        writeln!(text, "  {} references come from garbage", why.from_garbage)?;
    }
    text.push('\n');
    Ok(())
}

/// `src/lib.rs:12`, in the function itself rather than in what was inlined there; else `@0x3f2a`.
fn place(site: &Site) -> String {
    match site.source.last() {
        Some(place) => format!("at {place}"),
        None => format!("@{:#x}", site.offset),
    }
}

//! `wasm-size crates`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::rows::limit;
use serde::Serialize;
use wasm_analyzer::crates::{CrateSize, crates_by_version};
use wasm_analyzer::text::{Align, Table, bytes, more, percent};

/// Size by crate, the standard library apart
#[derive(clap::Args)]
#[command(after_help = "Examples:
  wasm-size crates app.wasm
  wasm-size crates app.wasm --json")]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Crates to show [default: 50; JSON has all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: String,
    bytes: u64,
    crates: Vec<CrateSize>,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let sources = file.sources(&analysis.map, output)?;
    let mut crates = crates_by_version(&analysis, &sources);
    let limit = limit(args.limit, 50, output);
    if output.json {
        crates.truncate(limit);
        output.value(&Json {
            schema: "wasm-size-crates/1",
            file: file.name.clone(),
            bytes: analysis.bytes(),
            crates,
        })?;
        return Ok(file.finish(&analysis, output));
    }
    let mut text = String::new();
    type Belongs = fn(&CrateSize) -> bool;
    let groups: [(&str, Belongs); 3] =
        [("Crates", |c| c.is_crate && !c.std), ("Standard library", |c| c.std), ("Of no crate", |c| !c.is_crate)];
    for (heading, belongs) in groups {
        let rows: Vec<&CrateSize> = crates.iter().filter(|c| belongs(c)).collect();
        if rows.is_empty() {
            continue;
        }
        let sum = rows.iter().map(|c| c.size).sum();
        let heading = format!("{heading}: {} bytes, {}", bytes(sum), percent(sum, analysis.bytes()));
        text += &format!("{}\n", output.style.bold(&heading));
        let mut table =
            Table::new(&[("Bytes", Align::Right), ("", Align::Right), ("Items", Align::Right), ("Name", Align::Left)]);
        for row in rows.iter().take(limit) {
            let share = percent(row.size, analysis.bytes());
            table.row([bytes(row.size), share, bytes(row.items), row.label()]);
        }
        if rows.len() > limit {
            let rest = &rows[limit..];
            let sum = rest.iter().map(|c| c.size).sum();
            let items = rest.iter().map(|c| c.items).sum();
            table.row([bytes(sum), percent(sum, analysis.bytes()), bytes(items), more(rest.len())]);
        }
        text += &table.render(output.style);
        text.push('\n');
    }
    text.pop();
    output.text(&text)?;
    Ok(file.finish(&analysis, output))
}

//! `wasm-size twiggy monos`.

use super::Mode;
use super::emit::{Emission, Emit, Table, csv_text};
use super::items::{Names, percent, percent_text};
use crate::cli::input::{Bytes, Input};
use crate::cli::output::Output;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use wasm_analyzer::Analysis;
use wasm_analyzer::text::Align;
use wasm_binary::ItemId;

/// Generic functions and their instances
#[derive(clap::Args)]
#[command(after_help = "Bloat is what would go if all instances but the largest went.")]
pub(super) struct Args {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    names: Names,
    /// Hide the instances
    #[arg(short = 'g', long)]
    only_generics: bool,
    /// Generic functions to show [default: 10]
    #[arg(short = 'm', long, value_name = "N")]
    max_generics: Option<u32>,
    /// Instances to show of each [default: 10]
    #[arg(short = 'n', long, value_name = "N")]
    max_monos: Option<u32>,
    /// Show all of both, whatever -m and -n say
    #[arg(short = 'a', long)]
    all: bool,
    /// Show all generic functions, whatever -m says
    #[arg(long)]
    all_generics: bool,
    /// Show all instances, whatever -n says
    #[arg(long)]
    all_monos: bool,
    #[command(flatten)]
    emission: Emission,
    /// Accepted as twiggy's, without effect
    #[arg(short = 'd', long = "mode", value_enum, default_value = "auto")]
    _mode: Mode,
}

impl Args {
    fn options(&self) -> twiggy_opt::Monos {
        let mut options = twiggy_opt::Monos::new();
        options.set_only_generics(self.only_generics);
        let max_generics = if self.all || self.all_generics { Some(u32::MAX) } else { self.max_generics };
        let max_monos = if self.all || self.all_monos { Some(u32::MAX) } else { self.max_monos };
        if let Some(max_generics) = max_generics {
            options.set_max_generics(max_generics);
        }
        if let Some(max_monos) = max_monos {
            options.set_max_monos(max_monos);
        }
        options
    }
}

pub(super) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let patterns = args.names.patterns()?;
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let mut generics = generics(&analysis);
    if !patterns.is_empty() {
        generics.retain(|name, _| patterns.iter().any(|pattern| pattern.matches(name, Some(without_arguments(name)))));
    }
    let options = args.options();
    let mut entries: Vec<Entry> =
        generics.into_iter().map(|(name, instances)| Entry::new(&analysis, name, instances, &options)).collect();
    entries.sort_by(|a, b| (b.bloat, b.size).cmp(&(a.bloat, a.size)).then_with(|| a.name.cmp(&b.name)));
    let entries = with_sums(entries, options.max_generics() as usize);
    args.emission.write(&Answer { entries, whole: analysis.bytes() }, output)?;
    Ok(file.finish(&analysis, output))
}

/// Instances by generic function: functions with generic arguments, and functions that share a name, as all instances
/// do where names are mangled without arguments.
fn generics(analysis: &Analysis<'_>) -> BTreeMap<String, Vec<ItemId>> {
    let mut instances: BTreeMap<String, (bool, Vec<ItemId>)> = BTreeMap::new();
    for (id, _) in analysis.map.iter() {
        if let Some(symbol) = analysis.symbol(id) {
            let family = symbol.family();
            let has_arguments = family != symbol.name;
            let entry = instances.entry(family).or_default();
            entry.0 |= has_arguments;
            entry.1.push(id);
        }
    }
    let is_generic = |(_, (has_arguments, of)): &(String, (bool, Vec<ItemId>))| *has_arguments || of.len() > 1;
    let row = |(name, (_, of)): (String, (bool, Vec<ItemId>))| (wasm_binary::escape(&name).into_owned(), of);
    instances.into_iter().filter(is_generic).map(row).collect()
}

/// `core::ptr::drop_in_place` of `core::ptr::drop_in_place::<_>`, as twiggy has it but for the colons.
fn without_arguments(name: &str) -> &str {
    name.trim_end_matches("<_>").trim_end_matches("::")
}

/// A generic function, or the sum of some.
struct Entry {
    name: String,
    /// Names and sizes, by falling size; those that are not shown as one.
    instances: Vec<(String, u64)>,
    size: u64,
    bloat: u64,
}

impl Entry {
    fn new(analysis: &Analysis<'_>, name: String, mut of: Vec<ItemId>, options: &twiggy_opt::Monos) -> Entry {
        let size = |id: ItemId| u64::from(analysis.map.item(id).size);
        of.sort_by_key(|&id| (Reverse(size(id)), id));
        let sum = |of: &[ItemId]| of.iter().map(|&id| size(id)).sum::<u64>();
        let (whole, largest, count) = (sum(&of), of.first().map_or(0, |&id| size(id)), of.len() as u64);
        // twiggy takes the lesser of keeping the largest and keeping an average one, which it rounds down.
        let bloat = (whole - largest).min(whole / count.max(1) * count.saturating_sub(1));
        let shown = if options.only_generics() { 0 } else { of.len().min(options.max_monos() as usize) };
        let mut instances: Vec<(String, u64)> =
            of[..shown].iter().map(|&id| (analysis.map.label(id), size(id))).collect();
        let rest = &of[shown..];
        if !options.only_generics() && !rest.is_empty() {
            instances.push((format!("... and {} more.", rest.len()), sum(rest)));
        }
        Entry { name, instances, size: whole, bloat }
    }

    fn sum_of(entries: &[Entry], name: impl FnOnce(usize) -> String) -> Entry {
        let rows = entries.iter().map(|entry| 1 + entry.instances.len()).sum();
        let size = entries.iter().map(|entry| entry.size).sum();
        let bloat = entries.iter().map(|entry| entry.bloat).sum();
        Entry { name: name(rows), instances: Vec::new(), size, bloat }
    }
}

/// The first entries, and what the others and what all have together.
fn with_sums(mut entries: Vec<Entry>, max_generics: usize) -> Vec<Entry> {
    let total = Entry::sum_of(&entries, |rows| format!("Σ [{rows} Total Rows]"));
    if entries.len() > max_generics {
        let rest = Entry::sum_of(&entries[max_generics..], |rows| format!("... and {rows} more."));
        entries.truncate(max_generics);
        entries.push(rest);
    }
    entries.push(total);
    entries
}

struct Answer {
    entries: Vec<Entry>,
    whole: u64,
}

#[derive(Serialize)]
struct Json<'e> {
    generic: &'e str,
    approximate_monomorphization_bloat_bytes: u64,
    approximate_monomorphization_bloat_percent: f64,
    total_size: u64,
    total_size_percent: f64,
    monomorphizations: Vec<Instance<'e>>,
}

#[derive(Serialize)]
struct Instance<'e> {
    name: &'e str,
    shallow_size: u64,
    shallow_size_percent: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'e> {
    generic: &'e str,
    approximate_monomorphization_bloat_bytes: u64,
    approximate_monomorphization_bloat_percent: f64,
    total_size: u64,
    total_size_percent: f64,
    monomorphizations: String,
}

impl Emit for Answer {
    fn table(&self) -> Table {
        let mut table = Table::new(&[
            ("Apprx. Bloat Bytes", Align::Right),
            ("Apprx. Bloat %", Align::Right),
            ("Bytes", Align::Right),
            ("%", Align::Right),
            ("Monomorphizations", Align::Left),
        ]);
        let percent = |bytes: u64| percent_text(bytes, self.whole);
        for entry in &self.entries {
            let Entry { name, instances, size, bloat } = entry;
            table.row([bloat.to_string(), percent(*bloat), size.to_string(), percent(*size), name.clone()]);
            for (name, size) in instances {
                let name = format!("    {name}");
                table.row([String::new(), String::new(), size.to_string(), percent(*size), name]);
            }
        }
        table
    }

    fn csv(&self) -> anyhow::Result<String> {
        csv_text(self.entries.iter().map(|entry| Record {
            generic: &entry.name,
            approximate_monomorphization_bloat_bytes: entry.bloat,
            approximate_monomorphization_bloat_percent: percent(entry.bloat, self.whole),
            total_size: entry.size,
            total_size_percent: percent(entry.size, self.whole),
            monomorphizations: entry.instances.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", "),
        }))
    }

    fn json(&self) -> anyhow::Result<String> {
        let rows: Vec<Json<'_>> = self.entries.iter().map(|entry| self.json_row(entry)).collect();
        Ok(serde_json::to_string(&rows)?)
    }
}

impl Answer {
    fn json_row<'e>(&self, entry: &'e Entry) -> Json<'e> {
        let instances = entry.instances.iter().map(|(name, size)| Instance {
            name,
            shallow_size: *size,
            shallow_size_percent: percent(*size, self.whole),
        });
        Json {
            generic: &entry.name,
            approximate_monomorphization_bloat_bytes: entry.bloat,
            approximate_monomorphization_bloat_percent: percent(entry.bloat, self.whole),
            total_size: entry.size,
            total_size_percent: percent(entry.size, self.whole),
            monomorphizations: instances.collect(),
        }
    }
}

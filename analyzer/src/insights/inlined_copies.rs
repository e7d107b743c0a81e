//! Large functions that were inlined into many others. Saves their copies, with what is inlined into them in turn, less
//! one body and a call for each function that has a copy. Needs DWARF; silent without it, on copies of less than 100
//! bytes, on less than four of them, and on functions of the standard library, which nobody can change.

use super::facts::Facts;
use crate::symbol::is_std;
use std::collections::{BTreeMap, BTreeSet};
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};
use wasm_binary::ItemKind;

pub(super) const KIND: Kind = Kind::new("inlined-copies");

/// The call; most arguments are where they were.
const CALL: u64 = 4;
const MIN_COPY: u64 = 100;
const MIN_COPIES: u64 = 4;

/// The copies of one function.
#[derive(Default)]
struct Copies {
    bytes: u64,
    /// The functions that have one.
    into: BTreeSet<u32>,
}

impl Copies {
    /// All copies but one, less the calls that take their place.
    fn saving(&self) -> u64 {
        let count = self.into.len() as u64;
        self.bytes.saturating_sub(self.bytes / count.max(1) + count * CALL)
    }

    fn is_large(&self) -> bool {
        let count = self.into.len() as u64;
        count >= MIN_COPIES && self.bytes / count >= MIN_COPY
    }
}

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let mut rows: Vec<(u64, usize, String)> = copies(facts)
        .into_iter()
        .filter(|(name, copies)| copies.is_large() && copies.saving() > 0 && !is_library(name))
        .map(|(name, copies)| (copies.saving(), copies.into.len(), name))
        .collect();
    rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.2.cmp(&b.2)));
    // Functions inlined into each other share their bytes: only the largest is counted.
    let (saving, _, first) = rows.first()?;
    let detail = match rows.len() {
        1 => phrase!("Each caller has its own copy. A call costs some time, so leave out what must be fast."),
        count => phrase!(
            "Each caller has its own copy. {0} large functions are inlined like that; counted is the largest. A call \
             costs some time, so leave out what must be fast.",
            count
        ),
    };
    let evidence = |(saving, count, name): &(u64, usize, String)| Evidence {
        label: phrase!("{0}, inlined into {1} functions", name, *count),
        amount: Some(*saving),
        ..Evidence::default()
    };
    facts.advice(
        KIND,
        (*saving, Certainty::Estimate),
        phrase!("{0} is inlined into many functions", first),
        detail,
        Fix::edit(phrase!("#[inline(never)] on {0}", first)),
        rows.iter().take(10).map(evidence).collect(),
    )
}

/// Whether nobody can put an attribute on it: it is of the standard library.
fn is_library(name: &str) -> bool {
    name.trim_start_matches(['<', '&', '[']).split_once("::").is_some_and(|(first, _)| is_std(first))
}

/// The inlined functions by name.
fn copies(facts: &Facts<'_, '_>) -> BTreeMap<String, Copies> {
    let map = &facts.analysis.map;
    let mut by_name: BTreeMap<String, Copies> = BTreeMap::new();
    for source in facts.sources.iter().flat_map(|sources| sources.dwarf()) {
        let mut names: BTreeMap<_, String> = BTreeMap::new();
        for range in source.units().flat_map(|unit| source.inline_ranges(unit.id)) {
            let Some(into) = map.item_at(range.range.start).filter(|&id| map.item(id).kind == ItemKind::Function)
            else {
                continue;
            };
            let end = range.range.end.min(map.item(into).end);
            let bytes = u64::from(end.saturating_sub(range.range.start));
            for &function in &range.inlined {
                let name = names.entry(function).or_insert_with(|| source.qualified_name(function).unwrap_or_default());
                if !name.is_empty() {
                    let copies = by_name.entry(wasm_binary::escape(name).into_owned()).or_default();
                    copies.bytes += bytes;
                    copies.into.insert(into.0);
                }
            }
        }
    }
    by_name
}

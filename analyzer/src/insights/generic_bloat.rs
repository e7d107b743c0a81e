//! Generic functions whose instances differ in constants and callees only. Saves all but one of such instances, less
//! what callers pass to the shared one. Silent without names, and on families that save less than 1,000 bytes.

use super::facts::{Facts, plural};
use crate::bodies::Body;
use std::collections::HashMap;
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};
use wasm_binary::ItemId;

pub(super) const KIND: Kind = Kind::new("generic-bloat");

/// What the generic function, or who calls it, passes beside the arguments: a constant or two.
const SHIM: u64 = 8;
const MIN_FAMILY: u64 = 1000;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    // Instances that are like another: only their names are worth taking apart.
    let mut alike: HashMap<(u32, u64), Vec<ItemId>> = HashMap::new();
    for (id, body) in facts.bodies.iter().filter(|(id, _)| body_size(facts, *id) > 40) {
        alike.entry((facts.analysis.map.item(id).module.0, body.l1)).or_default().push(id);
    }
    let mut families: HashMap<String, (u64, ItemId, usize)> = HashMap::new();
    for group in alike.into_values().filter(|group| group.len() > 1) {
        let mut by_family: HashMap<String, Vec<ItemId>> = HashMap::new();
        for id in group {
            let symbol = facts.rust_name(id).and_then(|_| facts.analysis.symbol(id));
            if let Some(symbol) = symbol.filter(|symbol| symbol.crate_name().is_some()) {
                by_family.entry(symbol.family()).or_default().push(id);
            }
        }
        for (family, instances) in by_family {
            // Equal bodies need no change of the source.
            let distinct = distinct(facts, &instances);
            let saved: u64 = distinct.iter().skip(1).map(|&id| body_size(facts, id).saturating_sub(SHIM)).sum();
            if let Some(&first) = distinct.first().filter(|_| saved > 0) {
                let entry = families.entry(family).or_insert((0, first, 0));
                entry.0 += saved;
                entry.1 = entry.1.min(first);
                entry.2 += distinct.len();
            }
        }
    }
    let mut families: Vec<(u64, ItemId, usize, String)> =
        families.into_iter().map(|(name, (saved, first, count))| (saved, first, count, name)).collect();
    families.retain(|(saved, ..)| *saved >= MIN_FAMILY);
    families.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.3.cmp(&b.3)));
    let evidence = |(saved, first, count, name): &(u64, ItemId, usize, String)| -> Evidence {
        let mut evidence = facts.item(*first, *saved);
        evidence.label = phrase!("{0} × {1}", *count, wasm_binary::escape(name));
        evidence
    };
    facts.advice(
        KIND,
        (families.iter().map(|(saved, ..)| saved).sum(), Certainty::Estimate),
        plural(families.len(), phrase!("1 generic function has instances that could share their code"), |n| {
            phrase!("{0} generic functions have instances that could share their code", n)
        }),
        phrase!(
            "The instances have the same instructions but for constants and callees. `wasm-size generics` lists all."
        ),
        Fix::edit(phrase!(
            "move what does not depend on the type into a function that is not generic (or takes &dyn Trait), and \
             call it from the generic one"
        )),
        families.iter().take(10).map(evidence).collect(),
    )
}

fn body_size(facts: &Facts<'_, '_>, id: ItemId) -> u64 {
    let range = facts.analysis.map.item(id).range();
    u64::from(range.end - range.start)
}

/// One of each group of equal bodies, by id.
fn distinct(facts: &Facts<'_, '_>, instances: &[ItemId]) -> Vec<ItemId> {
    let mut seen = std::collections::HashSet::new();
    let exact = |id: ItemId| facts.bodies.of(id).map(|body: &Body| body.exact);
    instances.iter().copied().filter(|&id| seen.insert(exact(id))).collect()
}

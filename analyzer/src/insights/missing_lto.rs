//! The same function from several codegen units or crates: generic instances are compiled wherever they are used, and
//! without link-time optimisation nobody sees that they are one. Saves all but one of each group of functions with one
//! name and like bodies. Silent without names, on instances for different types (see `generic-bloat`), and where hardly
//! any bodies are equal, since link-time optimisation leaves few of those.

use super::facts::{Facts, plural};
use std::collections::BTreeMap;
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};
use wasm_binary::{FunctionId, ItemId};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

pub(super) const KIND: Kind = Kind::new("missing-lto");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let mut groups: BTreeMap<(u32, &str, usize, u64), Vec<ItemId>> = BTreeMap::new();
    let name_hash = |(id, _)| xxh3_64(facts.rust_name(id).unwrap_or("?").as_bytes());
    let hashes: Vec<u64> = facts.analysis.map.iter().map(name_hash).collect();
    for (id, body) in facts.bodies.iter() {
        let map = &facts.analysis.map;
        let Some(name) = facts.rust_name(id) else { continue };
        let name = map.raw_name(id).filter(|raw| raw.starts_with("_R")).map_or(name, without_instantiating_crate);
        let module = map.item(id).module;
        // Legacy names leave the generic arguments out, so callees must have the same names too.
        let mut called = Xxh3::new();
        for &function in &body.calls {
            let callee = map.module(module).item(FunctionId(function)).and_then(|c| hashes.get(c.as_usize()));
            called.update(&callee.unwrap_or(&0).to_le_bytes());
        }
        let likeness = body.l1 ^ called.digest();
        groups.entry((module.0, name, map.definition(id).len(), likeness)).or_default().push(id);
    }
    groups.retain(|_, group| group.len() > 1);
    // Link-time optimisation merges equal bodies: where there are none, the others are instances of their own.
    let exact = |id: ItemId| facts.bodies.of(id).map(|body| body.exact);
    let equal = groups.values().filter(|group| group[1..].iter().any(|&id| exact(id) == exact(group[0]))).count();
    if equal * 10 < groups.len() {
        return None;
    }
    let mut groups: Vec<(u64, Vec<ItemId>)> =
        groups.into_values().map(|group| (group[1..].iter().map(|&id| facts.size(id)).sum(), group)).collect();
    groups.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let copies: usize = groups.iter().map(|(_, group)| group.len() - 1).sum();
    let evidence = |(saved, group): &(u64, Vec<ItemId>)| {
        let mut evidence = facts.item(group[0], *saved);
        evidence.label = phrase!("{0} × {1}", group.len(), evidence.label);
        evidence
    };
    facts.advice(
        KIND,
        (groups.iter().map(|(saved, _)| saved).sum(), Certainty::Estimate),
        plural(copies, phrase!("1 function was compiled more than once"), |n| {
            phrase!("{0} functions were compiled more than once", n)
        }),
        phrase!(
            "They have one name and like bodies, from several codegen units or crates. Link-time optimisation merges \
             them (and often saves more, which is not counted)."
        ),
        Fix::setting("Cargo.toml", "[profile.release]\nlto = true\ncodegen-units = 1"),
        groups.iter().take(10).map(evidence).collect::<Vec<Evidence>>(),
    )
}

/// A v0 name without the crate that asked for the instance, which stands at its end.
fn without_instantiating_crate(raw: &str) -> &str {
    let is_root = |at: usize| {
        raw[at + 2..].split_once('_').is_some_and(|(_, rest)| {
            let name = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let length = rest[..rest.len() - name.len()].parse();
            length == Ok(name.strip_prefix('_').unwrap_or(name).len())
        })
    };
    match raw.rfind("Cs") {
        Some(at) if at > 2 && is_root(at) => &raw[..at],
        _ => raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_of_two_crates_have_one_name() {
        let a = "_RINvCs1_4base3bigmECs2_3one";
        let b = "_RINvCs1_4base3bigmECs3_5other";
        assert_eq!(without_instantiating_crate(a), without_instantiating_crate(b));
        assert_eq!(without_instantiating_crate("_RNvCs1_4base3big"), "_RNvCs1_4base3big");
    }
}

//! Two versions of one crate, or one version built twice with other features. Saves the code of all but the largest.
//! Needs v0 names (`-Csymbol-mangling-version=v0`), whose crates carry a hash; silent without them, and on the standard
//! library, which is built with the compiler.

use super::facts::{Facts, find_all, is_part_of_std};
use crate::symbol::{CrateRoot, is_std};
use std::collections::{BTreeMap, BTreeSet};
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};
use wasm_binary::ItemId;

pub(super) const KIND: Kind = Kind::new("two-versions-of-a-crate");

/// Crates that the title names.
const MAX_NAMES: usize = 5;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let map = &facts.analysis.map;
    let mut crates: BTreeMap<&str, BTreeMap<&str, Vec<ItemId>>> = BTreeMap::new();
    for id in facts.functions() {
        let root = map.raw_name(id).and_then(CrateRoot::of).filter(|root| !is_std(root.name));
        if let Some(CrateRoot { hash, name }) = root {
            crates.entry(name).or_default().entry(hash).or_default().push(id);
        }
    }
    // One copy of these comes with the standard library, and is seldom the larger.
    for (_, copies) in crates.iter_mut().filter(|(name, _)| is_part_of_std(name)) {
        let size = |ids: &[ItemId]| ids.iter().map(|&id| facts.size(id)).sum::<u64>();
        if let Some(least) = copies.iter().min_by_key(|(hash, ids)| (size(ids), **hash)).map(|(hash, _)| *hash) {
            copies.remove(least);
        }
    }
    crates.retain(|_, copies| copies.len() > 1);
    let versions = versions(facts);
    let mut saving = 0;
    let mut evidence: Vec<Evidence> = Vec::new();
    for (name, copies) in &crates {
        let sizes: Vec<u64> = copies.values().map(|ids| ids.iter().map(|&id| facts.size(id)).sum()).collect();
        let saved = sizes.iter().sum::<u64>() - sizes.iter().max().unwrap_or(&0);
        saving += saved;
        let known = versions.get(*name).filter(|versions| versions.len() > 1);
        let versions = known.map(|v| format!(" ({})", v.iter().cloned().collect::<Vec<_>>().join(", ")));
        let label = format!("{} × {name}{}", copies.len(), versions.unwrap_or_default());
        let label = wasm_binary::escape(&label).into();
        evidence.push(Evidence { label, amount: Some(saved), ..Evidence::default() });
    }
    evidence.sort_by(|a, b| b.amount.cmp(&a.amount).then_with(|| a.label.cmp(&b.label)));
    let mut names: Vec<&str> = crates.keys().copied().take(MAX_NAMES).collect();
    if crates.len() > MAX_NAMES {
        names.push("…");
    }
    facts.advice(
        KIND,
        (saving, Certainty::Estimate),
        phrase!("more than one copy of {0}", wasm_binary::escape(&names.join(", "))),
        phrase!(
            "Functions of the same crate carry different hashes: it is there in several versions, or with several \
             sets of features."
        ),
        Fix::command(phrase!("{0}, then raise the dependency that asks for the older one", "cargo tree --duplicates")),
        evidence,
    )
}

/// Versions by crate, from the paths of cargo's registry that panic locations keep: `…/name-1.2.3/src/…`.
fn versions(facts: &Facts<'_, '_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for data in &facts.data {
        for at in find_all(data.bytes, b"/src/") {
            let before = &data.bytes[at.saturating_sub(100)..at];
            let start = before.iter().rposition(|&b| b == b'/' || b == b'\\' || b < 0x20).map_or(0, |at| at + 1);
            let Ok(folder) = std::str::from_utf8(&before[start..]) else { continue };
            let numbers = folder.match_indices('-').find(|(dash, _)| {
                folder[dash + 1..].starts_with(|c: char| c.is_ascii_digit())
                    && folder[dash + 1..].matches('.').count() >= 2
            });
            if let Some((dash, _)) = numbers {
                let (name, version) = (folder[..dash].replace('-', "_"), folder[dash + 1..].to_string());
                versions.entry(name).or_default().insert(version);
            }
        }
    }
    versions
}

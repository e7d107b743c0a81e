//! Functions with the same type and the same bytes. Saves all but one of each group, names included: whoever refers to
//! one can refer to the other. Silent where functions are only alike (see `generics`), and on objects.

use super::facts::{Facts, plural};
use std::collections::HashMap;
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};
use wasm_binary::ItemId;

pub(super) const KIND: Kind = Kind::new("duplicate-bodies");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    if !facts.is_final {
        return None;
    }
    let mut groups: HashMap<(u32, u32, &[u8]), Vec<ItemId>> = HashMap::new();
    let mut first: HashMap<u64, (ItemId, bool)> = HashMap::new();
    for (id, body) in facts.bodies.iter() {
        // Most bodies are alone: only those whose hash occurs again are compared.
        let (other, is_grouped) = *first.entry(body.exact).or_insert((id, false));
        if other != id {
            if !is_grouped {
                groups.entry(key(facts, other)).or_default().push(other);
                first.insert(body.exact, (other, true));
            }
            groups.entry(key(facts, id)).or_default().push(id);
        }
    }
    let mut groups: Vec<(u64, Vec<ItemId>)> = groups
        .into_values()
        .filter(|group| group.len() > 1)
        .map(|group| (group[1..].iter().map(|&id| facts.size(id)).sum(), group))
        .collect();
    groups.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let evidence = |(saved, group): &(u64, Vec<ItemId>)| {
        let mut evidence = facts.item(group[0], *saved);
        evidence.label = phrase!("{0} × {1}", group.len(), evidence.label);
        evidence
    };
    let copies: usize = groups.iter().map(|(_, group)| group.len() - 1).sum();
    facts.advice(
        KIND,
        (groups.iter().map(|(saved, _)| saved).sum(), Certainty::Exact),
        plural(copies, phrase!("1 function is a copy of another"), |n| {
            phrase!("{0} functions are copies of others", n)
        }),
        phrase!("They have the same type and the same bytes, so one can stand for all."),
        Fix::command("wasm-opt --all-features --duplicate-function-elimination FILE -o FILE"),
        groups.iter().take(10).map(evidence).collect::<Vec<Evidence>>(),
    )
}

fn key<'a>(facts: &Facts<'_, 'a>, id: ItemId) -> (u32, u32, &'a [u8]) {
    let map = &facts.analysis.map;
    let item = map.item(id);
    let ty = map.module(item.module).function_types.get(item.index as usize).copied();
    (item.module.0, ty.unwrap_or(u32::MAX), map.definition(id))
}

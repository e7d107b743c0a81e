//! Generic families: how often one source function is in the file, and what sharing its code would save.

use crate::analysis::Analysis;
use crate::bodies::Bodies;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use wasm_binary::ItemId;

/// The instances of one generic function.
#[derive(Clone, Debug, Serialize)]
pub struct Family {
    /// Its name, generic arguments as `_`.
    pub name: String,
    /// Bytes of all instances.
    pub size: u64,
    /// Its instances, by falling size.
    pub instances: Vec<ItemId>,
    /// Bytes of instances that are like another one but for constants and callees (L1): an upper bound of what sharing
    /// their code saves.
    pub sharable: u64,
}

/// Functions with like bodies, whatever their names.
#[derive(Clone, Debug, Serialize)]
pub struct Alike {
    /// The functions, by falling size.
    pub functions: Vec<ItemId>,
    /// Bytes of all but the first.
    pub duplicate: u64,
}

/// What the file repeats.
#[derive(Clone, Debug, Serialize)]
pub struct Generics {
    /// Families with at least two instances, by falling size.
    pub families: Vec<Family>,
    /// Groups of equal bodies, by falling duplicate bytes.
    pub equal: Vec<Alike>,
    /// Groups of bodies that are equal but for constants and callees (L1).
    pub alike: Vec<Alike>,
    /// Duplicate bytes of equal bodies.
    pub equal_bytes: u64,
    /// Duplicate bytes at L1, equal ones included.
    pub l1_bytes: u64,
    /// Duplicate bytes at L2: memory offsets, globals and tables may differ too.
    pub l2_bytes: u64,
}

/// Finds families and likenesses.
pub fn generics(analysis: &Analysis<'_>, bodies: &Bodies) -> Generics {
    let equal = alike(analysis, bodies, |id| bodies.of(id).map(|b| b.exact));
    let l1 = alike(analysis, bodies, |id| bodies.of(id).map(|b| b.l1));
    let l2 = alike(analysis, bodies, |id| bodies.of(id).map(|b| b.l2));
    let sum = |groups: &[Alike]| groups.iter().map(|g| g.duplicate).sum();
    Generics {
        families: families(analysis, bodies),
        equal_bytes: sum(&equal),
        l1_bytes: sum(&l1),
        l2_bytes: sum(&l2),
        equal,
        alike: l1,
    }
}

/// Bytes of a function's body.
pub fn size(analysis: &Analysis<'_>, id: ItemId) -> u64 {
    let range = analysis.map.item(id).range();
    u64::from(range.end - range.start)
}

fn families(analysis: &Analysis<'_>, bodies: &Bodies) -> Vec<Family> {
    let mut by_name: BTreeMap<String, Vec<ItemId>> = BTreeMap::new();
    for (id, _) in bodies.iter() {
        if let Some(symbol) = analysis.symbol(id) {
            by_name.entry(symbol.family()).or_default().push(id);
        }
    }
    let family = |(name, instances): (String, Vec<ItemId>)| Family {
        name: wasm_binary::escape(&name).into_owned(),
        size: instances.iter().map(|&id| size(analysis, id)).sum(),
        sharable: groups(analysis, &instances, |id| bodies.of(id).map(|b| b.l1)).iter().map(|g| g.duplicate).sum(),
        instances: by_size(analysis, instances),
    };
    let mut families: Vec<Family> = by_name.into_iter().filter(|(_, i)| i.len() > 1).map(family).collect();
    families.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    families
}

fn alike(analysis: &Analysis<'_>, bodies: &Bodies, key: impl Fn(ItemId) -> Option<u64>) -> Vec<Alike> {
    let all: Vec<ItemId> = bodies.iter().map(|(id, _)| id).collect();
    groups(analysis, &all, key)
}

/// Groups of two and more functions with one key.
fn groups(analysis: &Analysis<'_>, of: &[ItemId], key: impl Fn(ItemId) -> Option<u64>) -> Vec<Alike> {
    let mut by_key: HashMap<(u32, u64), Vec<ItemId>> = HashMap::new();
    for &id in of {
        if let Some(key) = key(id) {
            // Functions of two modules cannot share a body.
            by_key.entry((analysis.map.item(id).module.0, key)).or_default().push(id);
        }
    }
    let mut groups: Vec<Alike> = by_key
        .into_values()
        .filter(|functions| functions.len() > 1)
        .map(|functions| {
            let functions = by_size(analysis, functions);
            let duplicate = functions[1..].iter().map(|&id| size(analysis, id)).sum();
            Alike { functions, duplicate }
        })
        .collect();
    groups.sort_by(|a, b| b.duplicate.cmp(&a.duplicate).then_with(|| a.functions.cmp(&b.functions)));
    groups
}

fn by_size(analysis: &Analysis<'_>, mut functions: Vec<ItemId>) -> Vec<ItemId> {
    functions.sort_by_key(|&id| (std::cmp::Reverse(size(analysis, id)), id));
    functions
}

//! Which item of the new file is which of the old one.
//!
//! Each phase pairs what the phases before left over, surest evidence first: names; equal bytes; equal instructions;
//! the call sites of functions that are already paired; place among paired neighbours. Within a phase, items with equal
//! keys are paired in file order, so a reorder of equals is no change. All phases are linear or sort once.

use crate::analysis::Analysis;
use crate::bodies::Bodies;
use serde::Serialize;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use wasm_binary::{Item, ItemId, ItemKind, Map, ModuleId, Space};
use xxhash_rust::xxh3::Xxh3;

/// What shows that two items are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchedBy {
    /// The same name, field or section name.
    Name,
    /// The same bytes, or the same instructions but for constants and indices.
    Body,
    /// Called at the same place by functions that match.
    Structure,
    /// The same place among neighbours that match.
    Position,
}

const NONE: u32 = u32::MAX;

/// The pairs.
pub(super) struct Matching {
    new_of: Vec<u32>,
    old_of: Vec<u32>,
    by: Vec<MatchedBy>,
    old_bodies: Bodies,
    new_bodies: Bodies,
}

impl Matching {
    pub(super) fn new(old: &Analysis<'_>, new: &Analysis<'_>) -> Matching {
        let mut matching = Matching {
            new_of: vec![NONE; old.map.items().len()],
            old_of: vec![NONE; new.map.items().len()],
            by: vec![MatchedBy::Name; old.map.items().len()],
            old_bodies: Bodies::new(&old.map),
            new_bodies: Bodies::new(&new.map),
        };
        let modules = module_pairs(&old.map, &new.map);
        let sides = Sides { old: Side::new(old, &modules, true), new: Side::new(new, &modules, false) };
        matching.framing(&sides);
        matching.phase(&sides, MatchedBy::Name, |side, id| side.raw_name(id));
        matching.phase(&sides, MatchedBy::Name, |side, id| side.name_and_code(id));
        matching.phase(&sides, MatchedBy::Name, |side, id| side.name(id));
        matching.phase(&sides, MatchedBy::Body, |side, id| side.bytes(id));
        matching.phase(&sides, MatchedBy::Body, |side, id| side.shape(id, false));
        matching.phase(&sides, MatchedBy::Body, |side, id| side.shape(id, true));
        matching.call_sites(&sides);
        matching.neighbours(&sides);
        matching
    }

    /// The new item of an old one.
    pub(super) fn new_of(&self, old: ItemId) -> Option<(ItemId, MatchedBy)> {
        let new = self.new_of[old.as_usize()];
        (new != NONE).then(|| (ItemId(new), self.by[old.as_usize()]))
    }

    /// The old item of a new one.
    pub(super) fn old_of(&self, new: ItemId) -> Option<ItemId> {
        let old = self.old_of[new.as_usize()];
        (old != NONE).then_some(ItemId(old))
    }

    pub(super) fn is_matched_new(&self, new: ItemId) -> bool {
        self.old_of[new.as_usize()] != NONE
    }

    /// Whether two functions have the same instructions but for constants and indices (L2).
    pub(super) fn same_code(&self, old: ItemId, new: ItemId) -> bool {
        match (self.old_bodies.of(old), self.new_bodies.of(new)) {
            (Some(old), Some(new)) => old.l2 == new.l2,
            _ => false,
        }
    }

    fn pair(&mut self, old: ItemId, new: ItemId, by: MatchedBy) -> bool {
        if self.new_of[old.as_usize()] != NONE || self.old_of[new.as_usize()] != NONE {
            return false;
        }
        self.new_of[old.as_usize()] = new.0;
        self.old_of[new.as_usize()] = old.0;
        self.by[old.as_usize()] = by;
        true
    }

    /// Pairs items with equal keys in file order.
    fn phase(&mut self, sides: &Sides<'_, '_>, by: MatchedBy, key: impl Fn(&Keys<'_, '_, '_>, ItemId) -> Option<u64>) {
        let mut waiting: HashMap<u64, std::collections::VecDeque<ItemId>> = HashMap::new();
        let keys = Keys { side: &sides.new, bodies: &self.new_bodies };
        for (id, _) in sides.new.analysis.map.iter().filter(|(id, _)| self.old_of[id.as_usize()] == NONE) {
            if let Some(key) = key(&keys, id) {
                waiting.entry(key).or_default().push_back(id);
            }
        }
        if waiting.is_empty() {
            return;
        }
        let keys = Keys { side: &sides.old, bodies: &self.old_bodies };
        let mut pairs = Vec::new();
        for (id, _) in sides.old.analysis.map.iter().filter(|(id, _)| self.new_of[id.as_usize()] == NONE) {
            let new = key(&keys, id).and_then(|key| waiting.get_mut(&key)).and_then(|queue| queue.pop_front());
            pairs.extend(new.map(|new| (id, new)));
        }
        for (old, new) in pairs {
            self.pair(old, new, by);
        }
    }

    /// Headers and section framing have no names; their module and section say what they are.
    fn framing(&mut self, sides: &Sides<'_, '_>) {
        self.phase(sides, MatchedBy::Position, |keys, id| {
            let item = keys.side.analysis.map.item(id);
            let section = item.section.map(|s| keys.side.analysis.map.section(s).label());
            let is_framing = matches!(
                item.kind,
                ItemKind::Header | ItemKind::SectionOverhead | ItemKind::Start | ItemKind::DataCount
            );
            is_framing.then(|| keys.side.hash(item, (1u8, section)))
        });
    }

    /// Functions with the same instructions call in the same order: their callees match one by one.
    fn call_sites(&mut self, sides: &Sides<'_, '_>) {
        let mut queue: Vec<(ItemId, ItemId)> = Vec::new();
        for (old, &new) in self.new_of.iter().enumerate().filter(|(_, new)| **new != NONE) {
            let (old, new) = (ItemId(old as u32), ItemId(new));
            if self.same_code(old, new) {
                queue.push((old, new));
            }
        }
        while let Some((old, new)) = queue.pop() {
            let (Some(old_body), Some(new_body)) = (self.old_bodies.of(old), self.new_bodies.of(new)) else { continue };
            let callees: Vec<(u32, u32)> = old_body.calls.iter().copied().zip(new_body.calls.iter().copied()).collect();
            for (old_callee, new_callee) in callees {
                let old_item = sides.old.function(old, old_callee);
                let new_item = sides.new.function(new, new_callee);
                let (Some(old_item), Some(new_item)) = (old_item, new_item) else { continue };
                if sides.kind_differs(old_item, new_item) || !self.pair(old_item, new_item, MatchedBy::Structure) {
                    continue;
                }
                if self.same_code(old_item, new_item) {
                    queue.push((old_item, new_item));
                }
            }
        }
    }

    /// Between two paired neighbours, what is left on both sides is paired in order, as far as kinds agree.
    fn neighbours(&mut self, sides: &Sides<'_, '_>) {
        let old_items = sides.old.analysis.map.items().len();
        let mut pairs = Vec::new();
        let mut at = 0;
        while at < old_items {
            if self.new_of[at] != NONE {
                at += 1;
                continue;
            }
            let end = (at..old_items).find(|&i| self.new_of[i] != NONE).unwrap_or(old_items);
            let before = at.checked_sub(1).map_or(0, |i| self.new_of[i] as usize + 1);
            let after = if end < old_items { self.new_of[end] as usize } else { self.old_of.len() };
            let gap: Vec<u32> =
                (before..after.max(before)).take_while(|&i| self.old_of[i] == NONE).map(|i| i as u32).collect();
            // A gap that is not closed by the same neighbour, or of another length, is no evidence.
            if before + gap.len() == after && gap.len() == end - at {
                let old = (at..end).map(|i| ItemId(i as u32));
                pairs.extend(old.zip(gap.into_iter().map(ItemId)));
            }
            at = end;
        }
        for (old, new) in pairs {
            let names = (sides.old.analysis.map.name(old), sides.new.analysis.map.name(new));
            let contradicts = matches!(names, (Some(old), Some(new)) if old != new);
            if !contradicts && !sides.kind_differs(old, new) {
                self.pair(old, new, MatchedBy::Position);
            }
        }
    }
}

/// Which modules belong together: the number of the pair, by module of each side.
struct ModulePairs {
    old: Vec<u32>,
    new: Vec<u32>,
}

/// Nested modules are paired by label, then by contents, then by position among those of their kind.
fn module_pairs(old: &Map<'_>, new: &Map<'_>) -> ModulePairs {
    let mut pairs = ModulePairs { old: vec![NONE; old.modules().len()], new: vec![NONE; new.modules().len()] };
    pairs.old[0] = 0;
    pairs.new[0] = 0;
    let mut next = 1;
    type Key = fn(&Map<'_>, ModuleId) -> Option<u64>;
    let keys: [Key; 3] = [
        |map, id| map.module(id).names.module.map(|name| hash_of(&name)),
        |map, id| {
            let range = map.module(id).range.clone();
            Some(xxhash_rust::xxh3::xxh3_64(&map.bytes()[range.start as usize..range.end as usize]))
        },
        |map, id| Some(hash_of(&map.module(id).kind.noun())),
    ];
    for key in keys {
        for at in 1..old.modules().len() {
            if pairs.old[at] != NONE {
                continue;
            }
            let Some(wanted) = key(old, ModuleId(at as u32)) else { continue };
            let found = (1..new.modules().len())
                .find(|&i| pairs.new[i] == NONE && key(new, ModuleId(i as u32)) == Some(wanted));
            if let Some(found) = found {
                pairs.old[at] = next;
                pairs.new[found] = next;
                next += 1;
            }
        }
    }
    // Modules without a partner get numbers that no other side has.
    for slot in pairs.old.iter_mut().chain(&mut pairs.new).filter(|slot| **slot == NONE) {
        *slot = next;
        next += 1;
    }
    pairs
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hash = Xxh3::new();
    value.hash(&mut hash);
    hash.finish()
}

struct Sides<'s, 'a> {
    old: Side<'s, 'a>,
    new: Side<'s, 'a>,
}

impl Sides<'_, '_> {
    fn kind_differs(&self, old: ItemId, new: ItemId) -> bool {
        let (old, new) = (self.old.analysis.map.item(old), self.new.analysis.map.item(new));
        old.kind != new.kind || self.old.module_number(old) != self.new.module_number(new)
    }
}

/// One of the two files.
struct Side<'s, 'a> {
    analysis: &'s Analysis<'a>,
    modules: Vec<u32>,
}

impl<'s, 'a> Side<'s, 'a> {
    fn new(analysis: &'s Analysis<'a>, pairs: &ModulePairs, is_old: bool) -> Self {
        let modules = if is_old { pairs.old.clone() } else { pairs.new.clone() };
        Side { analysis, modules }
    }

    fn module_number(&self, item: &Item) -> u32 {
        self.modules[item.module.as_usize()]
    }

    /// A key that only items of the same kind in the same module share.
    fn hash(&self, item: &Item, rest: impl Hash) -> u64 {
        hash_of(&(item.kind, self.module_number(item), rest))
    }

    /// The item that a function index means in the module of another item.
    fn function(&self, of: ItemId, index: u32) -> Option<ItemId> {
        self.analysis.map.module(self.analysis.map.item(of).module).item_at(Space::Function, index)
    }
}

/// The keys of a side's items, by phase.
struct Keys<'k, 's, 'a> {
    side: &'k Side<'s, 'a>,
    bodies: &'k Bodies,
}

impl Keys<'_, '_, '_> {
    fn item(&self, id: ItemId) -> &Item {
        self.side.analysis.map.item(id)
    }

    /// Names that identify: mangled ones, fields of imports and exports, names of custom sections.
    fn raw_name(&self, id: ItemId) -> Option<u64> {
        let map = &self.side.analysis.map;
        let item = self.item(id);
        match item.kind {
            ItemKind::Import | ItemKind::Export | ItemKind::CustomSection => {
                Some(self.side.hash(item, (2u8, map.label(id))))
            }
            _ => map.raw_name(id).filter(|n| !n.is_empty()).map(|name| self.side.hash(item, (3u8, name))),
        }
    }

    /// A demangled name, without the hash that changes with each compiler, and the same code.
    fn name_and_code(&self, id: ItemId) -> Option<u64> {
        let name = self.side.analysis.map.name(id)?;
        let code = self.bodies.of(id)?.l2;
        Some(self.side.hash(self.item(id), (4u8, name, code)))
    }

    fn name(&self, id: ItemId) -> Option<u64> {
        let name = self.side.analysis.map.name(id)?;
        Some(self.side.hash(self.item(id), (5u8, name)))
    }

    /// The bytes of the definition; of a function, those of its body without the length before it.
    fn bytes(&self, id: ItemId) -> Option<u64> {
        let item = self.item(id);
        match self.bodies.of(id) {
            Some(body) => Some(self.side.hash(item, (6u8, body.exact))),
            None if item.start == item.end => None,
            None => {
                let bytes = xxhash_rust::xxh3::xxh3_64(self.side.analysis.map.definition(id));
                Some(self.side.hash(item, (7u8, bytes)))
            }
        }
    }

    /// The instructions; `loosely` without all indices (L2).
    fn shape(&self, id: ItemId, loosely: bool) -> Option<u64> {
        let body = self.bodies.of(id)?;
        let shape = if loosely { body.l2 } else { body.l1 };
        Some(self.side.hash(self.item(id), (8u8, loosely, shape)))
    }
}

//! What nothing reaches: it can be removed without a change of behaviour.

use crate::analysis::Analysis;
use serde::Serialize;
use std::fmt;
use wasm_binary::{ItemId, ItemKind};

/// Why an item is garbage. The list is closed: there are no other reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GarbageReason {
    /// Nothing refers to it: no call, no table, no export.
    Unreferenced,
    /// All that refers to it is garbage too.
    OnlyFromGarbage,
    /// An import that nothing uses: the host need not provide it.
    UnusedImport,
    /// A type that no item has.
    UnusedType,
    /// A segment that is passive and never read, or that fills a table or memory which nothing uses.
    UnusedSegment,
}

impl fmt::Display for GarbageReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GarbageReason::Unreferenced => "nothing refers to it",
            GarbageReason::OnlyFromGarbage => "only garbage refers to it",
            GarbageReason::UnusedImport => "imported and not used",
            GarbageReason::UnusedType => "no item has this type",
            GarbageReason::UnusedSegment => "fills or is read by nothing that is used",
        })
    }
}

/// Items that nothing reaches, by falling size.
#[derive(Clone, Debug)]
pub struct Garbage {
    /// Item and reason.
    pub rows: Vec<(ItemId, GarbageReason)>,
    /// Bytes of all rows.
    pub bytes: u64,
}

/// Finds the garbage.
pub fn garbage(analysis: &Analysis<'_>) -> Garbage {
    let mut referenced = vec![false; analysis.map.items().len()];
    for (id, _) in analysis.map.iter() {
        for edge in analysis.graph.edges(id.into()).filter(|edge| edge.target != id.into()) {
            if let Some(target) = analysis.graph.item(edge.target) {
                referenced[target.as_usize()] = true;
            }
        }
    }
    let reason = |id: ItemId| match analysis.map.item(id).kind {
        ItemKind::Import => GarbageReason::UnusedImport,
        ItemKind::Type => GarbageReason::UnusedType,
        ItemKind::Element | ItemKind::Data => GarbageReason::UnusedSegment,
        _ if referenced[id.as_usize()] => GarbageReason::OnlyFromGarbage,
        _ => GarbageReason::Unreferenced,
    };
    let unreached =
        analysis.map.iter().filter(|(id, item)| item.size > 0 && !analysis.dominators.is_reached((*id).into()));
    let mut rows: Vec<(ItemId, GarbageReason)> = unreached.map(|(id, _)| (id, reason(id))).collect();
    rows.sort_by_key(|&(id, _)| (std::cmp::Reverse(analysis.map.item(id).size), id));
    let bytes = rows.iter().map(|&(id, _)| u64::from(analysis.map.item(id).size)).sum();
    Garbage { rows, bytes }
}

//! What would nothing reach if some references were gone: the question behind "what does this cost me?" where it is no
//! single item that is removed, which dominators answer, but a set of items or of references.

use crate::analysis::Analysis;
use wasm_binary::{Edge, ItemId, Node};

/// The items that the host reaches now and would not if the references for which `is_gone` holds were gone; by id.
/// Inferred references do not count, as they do not for [`Trust::Sound`](crate::Trust::Sound).
pub(super) fn freed(analysis: &Analysis<'_>, is_gone: impl Fn(Node, Edge) -> bool) -> Vec<ItemId> {
    let (before, after) = (reach(analysis, |_, _| false), reach(analysis, is_gone));
    let items = analysis.map.iter().map(|(id, _)| id);
    items.filter(|id| before[id.as_usize()] && !after[id.as_usize()]).collect()
}

/// Bytes of a set of items.
pub(super) fn bytes(analysis: &Analysis<'_>, items: &[ItemId]) -> u64 {
    items.iter().map(|&id| u64::from(analysis.map.item(id).size)).sum()
}

fn reach(analysis: &Analysis<'_>, is_gone: impl Fn(Node, Edge) -> bool) -> Vec<bool> {
    let graph = &analysis.graph;
    let mut reached = vec![false; graph.node_count()];
    let mut stack = vec![graph.root()];
    reached[graph.root().as_usize()] = true;
    while let Some(node) = stack.pop() {
        for edge in graph.edges(node) {
            if !reached[edge.target.as_usize()] && !edge.reason.is_inferred() && !is_gone(node, edge) {
                reached[edge.target.as_usize()] = true;
                stack.push(edge.target);
            }
        }
    }
    reached
}

//! What goes if an item goes: the dominator tree, as rows for people and machines.

use crate::analysis::Analysis;
use crate::dominators::Children;
use serde::Serialize;
use wasm_binary::{ItemId, Node, NodeKind};

/// A node of the dominator tree.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What it is.
    pub name: String,
    /// The item, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// Its own bytes.
    pub size: u64,
    /// With all that goes with it.
    pub retained: u64,
    /// Functions that make such an indirect call, for a set of indirect targets: the most expensive first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub callers: Vec<String>,
    /// What goes with it, by falling retained size.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Row>,
}

/// How much of the tree to give.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Levels below the start.
    pub depth: usize,
    /// Children of one node.
    pub limit: usize,
    /// Callers of a set that are named.
    pub callers: usize,
}

/// The tree below a node, or below the host.
pub fn retained(analysis: &Analysis<'_>, from: Node, extent: Extent) -> Row {
    let callers = Callers::new(analysis, extent.callers);
    row(analysis, &analysis.dominators.children(), &callers, from, extent, 0)
}

fn row(
    analysis: &Analysis<'_>,
    children: &Children,
    callers: &Callers,
    node: Node,
    extent: Extent,
    level: usize,
) -> Row {
    let item = analysis.graph.item(node);
    let below = if level < extent.depth { extent.limit } else { 0 };
    let below = children.of(node).filter(|&child| analysis.dominators.retained(child) > 0).take(below);
    Row {
        name: analysis.node_label(node).into_owned(),
        item,
        size: item.map_or(0, |id| u64::from(analysis.map.item(id).size)),
        retained: analysis.dominators.retained(node),
        callers: callers.of(analysis, node),
        children: below.map(|child| row(analysis, children, callers, child, extent, level + 1)).collect(),
    }
}

/// Who calls through each set of indirect targets.
struct Callers {
    limit: usize,
    of_set: std::collections::HashMap<Node, Vec<ItemId>>,
}

impl Callers {
    fn new(analysis: &Analysis<'_>, limit: usize) -> Callers {
        let mut of_set: std::collections::HashMap<Node, Vec<ItemId>> = std::collections::HashMap::new();
        for (id, _) in analysis.map.iter() {
            for edge in analysis.graph.edges(id.into()) {
                if matches!(analysis.graph.kind(edge.target), NodeKind::IndirectTargets { .. }) {
                    of_set.entry(edge.target).or_default().push(id);
                }
            }
        }
        Callers { limit, of_set }
    }

    fn of(&self, analysis: &Analysis<'_>, node: Node) -> Vec<String> {
        let Some(callers) = self.of_set.get(&node) else { return Vec::new() };
        let mut callers = callers.clone();
        callers.sort_by_key(|&id| (std::cmp::Reverse(analysis.dominators.retained(id.into())), id));
        let mut names: Vec<String> = callers.iter().take(self.limit).map(|&id| analysis.map.label(id)).collect();
        if callers.len() > self.limit {
            names.push(crate::text::more(callers.len() - self.limit));
        }
        names
    }
}

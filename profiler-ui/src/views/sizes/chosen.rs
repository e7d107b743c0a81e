//! What the selection is in a tree of sizes: the nodes that are marked, and the one that is meant.

use wasm_binary::ItemId;

use crate::model::{NodeId, SizeTree};

/// The selection in a tree.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    items: Vec<ItemId>,
    /// By node, whether it and all below it is chosen; empty without a selection.
    is_marked: Vec<bool>,
    /// The node that is meant, if it is one.
    pub(super) node: Option<NodeId>,
}

impl Chosen {
    /// Finds items in a tree; `picked` is the node that the user chose them by.
    pub(super) fn new(tree: &SizeTree, items: &[ItemId], picked: Option<NodeId>) -> Chosen {
        let mut chosen = Chosen { items: items.to_vec(), ..Chosen::default() };
        if items.is_empty() || tree.is_empty() {
            return chosen;
        }
        let mut sorted = items.to_vec();
        sorted.sort_unstable();
        let mut is_marked = vec![true; tree.len()];
        // A node lies behind the one above it: what is left true below a heading has marked it.
        for id in tree.ids().collect::<Vec<_>>().into_iter().rev() {
            let node = tree.node(id);
            let at = id.0 as usize;
            if let Some(item) = node.item {
                is_marked[at] = sorted.binary_search(&item).is_ok();
            } else if node.children.is_empty() {
                is_marked[at] = false;
            }
            if !is_marked[at] && id != NodeId(0) && tree.node(node.parent).item.is_none() {
                is_marked[node.parent.0 as usize] = false;
            }
        }
        chosen.node = match items {
            _ if picked.is_some() => picked,
            [item] => tree.find(*item),
            _ => {
                let mut tops = tree.ids().filter(|id| is_marked[id.0 as usize] && is_top(tree, &is_marked, *id));
                tops.next().filter(|_| tops.next().is_none())
            }
        };
        chosen.is_marked = is_marked;
        chosen
    }

    /// Whether it is of these items.
    pub(super) fn is_of(&self, items: &[ItemId]) -> bool {
        self.items == items
    }

    /// Whether a node is marked.
    pub(super) fn has(&self, id: NodeId) -> bool {
        self.node == Some(id) || self.is_marked.get(id.0 as usize).copied().unwrap_or(false)
    }

    /// Whether a node is marked and what is above it is not.
    pub(super) fn is_top(&self, tree: &SizeTree, id: NodeId) -> bool {
        self.has(id) && (self.node == Some(id) || is_top(tree, &self.is_marked, id))
    }
}

fn is_top(tree: &SizeTree, is_marked: &[bool], id: NodeId) -> bool {
    id == NodeId(0) || !is_marked[tree.node(id).parent.0 as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_analyzer::tree::Branch;

    #[test]
    fn a_heading_is_chosen_with_all_that_is_below_it() {
        let leaf = |item| Branch { name: format!("{item}"), size: 1, item: Some(ItemId(item)), children: Vec::new() };
        let group = |items: &[u32]| Branch {
            name: "g".into(),
            size: items.len() as u64,
            item: None,
            children: items.iter().map(|item| leaf(*item)).collect(),
        };
        let (a, b) = (group(&[1, 2]), group(&[3]));
        let tree = SizeTree::of_branch(Branch { name: "file".into(), size: 3, item: None, children: vec![a, b] });
        let heading = tree.find(ItemId(1)).map(|id| tree.node(id).parent);
        let both = Chosen::new(&tree, &[ItemId(2), ItemId(1)], None);
        assert_eq!(both.node, heading);
        assert!(both.has(tree.find(ItemId(1)).unwrap_or_default()) && !both.has(NodeId(0)));
        let one = Chosen::new(&tree, &[ItemId(2)], None);
        assert_eq!(one.node, tree.find(ItemId(2)));
        assert!(!one.has(heading.unwrap_or_default()));
        let apart = Chosen::new(&tree, &[ItemId(2), ItemId(3)], None);
        // All of the second heading, and half of the first.
        assert_eq!(apart.node, None);
        assert!(Chosen::new(&tree, &[], None).node.is_none());
    }
}

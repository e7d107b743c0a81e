//! What the selection is in a tree of sizes: the nodes that are marked, and the one that is meant.

use wasm_binary::ItemId;

use super::layout::Areas;
use crate::model::{NodeId, SizeTree};

/// The selection in a tree.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    items: Vec<ItemId>,
    gone: Vec<ItemId>,
    /// By node, whether it and all below it is chosen; empty without a selection.
    is_marked: Vec<bool>,
    /// The node that is meant, if it is one.
    pub(super) node: Option<NodeId>,
}

impl Chosen {
    /// Finds items in a tree, of this build or, if there are `gone` ones, of the other; `picked` is the node that the user
    /// chose them by.
    pub(super) fn new(nodes: Areas<'_>, items: &[ItemId], gone: &[ItemId], picked: Option<NodeId>) -> Chosen {
        let tree = nodes.tree;
        let mut chosen = Chosen { items: items.to_vec(), gone: gone.to_vec(), ..Chosen::default() };
        chosen.node = picked;
        let has_gone = !gone.is_empty();
        let mut sorted = if has_gone { gone.to_vec() } else { items.to_vec() };
        if sorted.is_empty() || tree.is_empty() {
            return chosen;
        }
        sorted.sort_unstable();
        let is_of_build = |id: &NodeId| nodes.is_gone(*id) == has_gone;
        let mut is_marked = vec![false; tree.len()];
        // A node lies behind the one above it.
        for id in tree.ids().rev().filter(is_of_build) {
            is_marked[id.0 as usize] = match nodes.item(id) {
                Some(item) => sorted.binary_search(&item).is_ok(),
                None => {
                    let mut below = tree.children(id).filter(is_of_build).peekable();
                    below.peek().is_some() && below.all(|child| is_marked[child.0 as usize])
                }
            };
        }
        if !has_gone {
            // What is gone from a heading is chosen with it.
            for id in tree.ids().filter(|id| nodes.is_gone(*id)) {
                let parent = tree.node(id).parent;
                is_marked[id.0 as usize] = is_marked[parent.0 as usize] && nodes.item(parent).is_none();
            }
        }
        if picked.is_none() {
            let mut tops = tree.ids().filter(|id| is_marked[id.0 as usize] && is_top(tree, &is_marked, *id));
            chosen.node = match sorted[..] {
                [item] if !has_gone => tree.find(item),
                [_] => tops.find(|id| nodes.item(*id).is_some()),
                _ => tops.next().filter(|_| tops.next().is_none()),
            };
        }
        chosen.is_marked = is_marked;
        chosen
    }

    /// Whether it is of these items.
    pub(super) fn is_of(&self, items: &[ItemId], gone: &[ItemId]) -> bool {
        self.items == items && self.gone == gone
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
    use crate::model::Comparison;
    use wasm_analyzer::tree::Branch;

    fn leaf(item: u32) -> Branch {
        Branch { name: format!("{item}"), size: 1, item: Some(ItemId(item)), children: Vec::new() }
    }

    fn tree(headings: &[&[u32]]) -> SizeTree {
        let heading = |(at, items): (usize, &&[u32])| Branch {
            name: format!("heading {at}"),
            size: items.len() as u64,
            item: None,
            children: items.iter().map(|item| leaf(*item)).collect(),
        };
        let children: Vec<Branch> = headings.iter().enumerate().map(heading).collect();
        let size = children.iter().map(|child| child.size).sum();
        SizeTree::of_branch(Branch { name: "file".into(), size, item: None, children })
    }

    #[test]
    fn a_heading_is_chosen_with_all_that_is_below_it() {
        let tree = tree(&[&[1, 2], &[3]]);
        let nodes = Areas::of(&tree);
        let heading = tree.find(ItemId(1)).map(|id| tree.node(id).parent);
        let both = Chosen::new(nodes, &[ItemId(2), ItemId(1)], &[], None);
        assert_eq!(both.node, heading);
        assert!(both.has(tree.find(ItemId(1)).unwrap_or_default()) && !both.has(NodeId(0)));
        let one = Chosen::new(nodes, &[ItemId(2)], &[], None);
        assert_eq!(one.node, tree.find(ItemId(2)));
        assert!(!one.has(heading.unwrap_or_default()));
        let apart = Chosen::new(nodes, &[ItemId(2), ItemId(3)], &[], None);
        // All of the second heading, and half of the first.
        assert_eq!(apart.node, None);
        assert!(Chosen::new(nodes, &[], &[], None).node.is_none());
    }

    #[test]
    fn what_is_gone_is_chosen_alone_or_with_the_heading_where_it_was() {
        let (new, old) = (tree(&[&[1, 2], &[6]]), tree(&[&[1, 3], &[6], &[4, 5]]));
        let (tree, comparison) = Comparison::new(&new, &old, Some);
        let nodes = Areas { tree: &tree, comparison: Some(&comparison), has_gone: true };
        let [heading, gone, gone_heading] =
            [&["heading 0"][..], &["heading 0", "3"], &["heading 2"]].map(|names| tree.resolve(names.iter().copied()));
        let alone = Chosen::new(nodes, &[], &[ItemId(3)], None);
        assert_eq!(alone.node, Some(gone));
        assert!(!alone.has(heading) && !alone.has(tree.find(ItemId(1)).unwrap_or_default()));
        let with_heading = Chosen::new(nodes, &[ItemId(1), ItemId(2)], &[], None);
        assert!(with_heading.has(heading) && with_heading.has(gone) && !with_heading.has(gone_heading));
        assert_eq!(Chosen::new(nodes, &[], &[ItemId(4), ItemId(5)], None).node, Some(gone_heading));
    }
}

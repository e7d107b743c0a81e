//! What each node of a tree of sizes was in another build, and what of that build is gone.
//!
//! Nodes are the same if they stand at the same place: their parents are the same, and so are their items or, without
//! items, their names. What moved is gone here and new there, so that the changes below a node add up to its own.

use std::collections::HashMap;

use wasm_binary::ItemId;

use super::size_tree::{NodeId, SizeTree};

/// A tree of the other build, beside one of this build.
#[derive(Debug)]
pub struct Comparison {
    old: SizeTree,
    /// By node of this build: the same node of the other.
    was: Vec<Option<NodeId>>,
    /// By node of the other build: whether this one has it, too.
    is_kept: Vec<bool>,
}

/// What happened to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is only in this build.
    New,
    /// It is larger than it was.
    Grown,
    /// It is smaller than it was.
    Shrunk,
    /// It is as large as it was.
    Same,
    /// It is only in the other build.
    Gone,
}

impl Comparison {
    /// Finds the nodes of `tree` in `old`, the other build's; `old_item` says which item is which.
    pub fn new(tree: &SizeTree, old: SizeTree, old_item: impl Fn(ItemId) -> Option<ItemId>) -> Comparison {
        let mut was = vec![None; tree.len()];
        let mut is_kept = vec![false; old.len()];
        if let (Some(root), Some(old_root)) = (was.first_mut(), is_kept.first_mut()) {
            (*root, *old_root) = (Some(NodeId(0)), true);
        }
        // A node lies behind the one above it.
        for id in tree.ids() {
            let Some(old_id) = was[id.0 as usize] else { continue };
            let mut items: HashMap<ItemId, NodeId> = HashMap::new();
            let mut names: HashMap<&str, NodeId> = HashMap::new();
            for child in old.children(old_id) {
                let node = old.node(child);
                match node.item {
                    Some(item) => drop(items.entry(item).or_insert(child)),
                    None => drop(names.entry(&node.name).or_insert(child)),
                }
            }
            for child in tree.children(id) {
                let node = tree.node(child);
                let found = match node.item {
                    Some(item) => old_item(item).and_then(|item| items.remove(&item)),
                    None => names.remove(node.name.as_str()),
                };
                was[child.0 as usize] = found;
                if let Some(found) = found {
                    is_kept[found.0 as usize] = true;
                }
            }
        }
        Comparison { old, was, is_kept }
    }

    /// The other build's tree.
    pub fn old(&self) -> &SizeTree {
        &self.old
    }

    /// Bytes of a node in the other build, if it was there.
    pub fn before_bytes(&self, id: NodeId) -> Option<u64> {
        self.was.get(id.0 as usize).copied().flatten().map(|was| self.old.node(was).size_bytes)
    }

    /// Nodes of the other build that stood below a node, and are gone.
    pub fn gone(&self, below: NodeId) -> impl Iterator<Item = NodeId> {
        let was = self.was.get(below.0 as usize).copied().flatten();
        was.into_iter().flat_map(|was| self.old.children(was)).filter(|id| self.is_gone(*id))
    }

    /// Whether a node of the other build is gone.
    pub fn is_gone(&self, old: NodeId) -> bool {
        !self.is_kept[old.0 as usize]
    }

    /// What happened to a node, and by how many bytes.
    pub fn change(&self, tree: &SizeTree, id: NodeId) -> (Change, i64) {
        let after = tree.node(id).size_bytes;
        let Some(before) = self.before_bytes(id) else { return (Change::New, after as i64) };
        let change = match after.cmp(&before) {
            std::cmp::Ordering::Greater => Change::Grown,
            std::cmp::Ordering::Less => Change::Shrunk,
            std::cmp::Ordering::Equal => Change::Same,
        };
        (change, after as i64 - before as i64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;
    use wasm_analyzer::tree::Branch;

    /// A tree of three headings; the items of each, by number and size.
    fn tree(headings: &[Vec<(u32, u64)>]) -> SizeTree {
        let heading = |(at, leaves): (usize, &Vec<(u32, u64)>)| {
            let leaf = |&(item, size): &(u32, u64)| Branch {
                name: format!("item {item}"),
                size,
                item: Some(ItemId(item)),
                children: Vec::new(),
            };
            let children: Vec<Branch> = leaves.iter().map(leaf).collect();
            let size = children.iter().map(|child| child.size).sum();
            Branch { name: format!("heading {at}"), size, item: None, children }
        };
        let children: Vec<Branch> = headings.iter().enumerate().map(heading).collect();
        let size = children.iter().map(|child| child.size).sum();
        SizeTree::of_branch(Branch { name: "file".into(), size, item: None, children })
    }

    fn headings() -> impl Strategy<Value = Vec<Vec<(u32, u64)>>> {
        let leaves = prop::collection::btree_map(0u32..12, 1u64..100, 0..6);
        prop::collection::vec(leaves.prop_map(|leaves| leaves.into_iter().collect()), 0..4)
    }

    proptest! {
        #[test]
        fn changes_below_a_node_add_up_to_its_own(new in headings(), old in headings()) {
            let new = tree(&new);
            let comparison = Comparison::new(&new, tree(&old), Some);
            for id in new.ids().filter(|id| !new.node(*id).children.is_empty()) {
                let (change, delta) = comparison.change(&new, id);
                let kept: i64 = new.children(id).map(|child| comparison.change(&new, child).1).sum();
                let gone: u64 = comparison.gone(id).map(|gone| comparison.old().node(gone).size_bytes).sum();
                prop_assert_eq!(kept - gone as i64, delta);
                if change != Change::New {
                    let before = comparison.before_bytes(id).unwrap();
                    prop_assert_eq!(before as i64 + delta, new.node(id).size_bytes as i64);
                }
            }
        }
    }

    #[test]
    fn items_are_followed_and_what_moved_is_gone_here_and_new_there() {
        let old = tree(&[vec![(1, 10), (2, 20)], vec![(3, 30)]]);
        let new = tree(&[vec![(11, 15)], vec![(13, 30), (12, 20)]]);
        let comparison = Comparison::new(&new, old, |item| Some(ItemId(item.0 - 10)));
        let change = |item| comparison.change(&new, new.find(ItemId(item)).unwrap());
        assert_eq!(change(11), (Change::Grown, 5));
        assert_eq!(change(12), (Change::New, 20));
        assert_eq!(change(13), (Change::Same, 0));
        let first = new.resolve(["heading 0"]);
        let gone: Vec<&str> = comparison.gone(first).map(|id| comparison.old().node(id).name.as_str()).collect();
        assert_eq!(gone, ["item 2"]);
        assert_eq!(comparison.change(&new, first), (Change::Shrunk, -15));
    }
}

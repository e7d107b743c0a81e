//! Two builds in one tree of sizes: each node of this build with what it was in the other, and what of that is gone where
//! it was.
//!
//! Nodes are the same if they stand at the same place: their parents are the same, and so are their items or, without
//! items, their names. What moved is gone here and new there, so that the changes below a node add up to its own. What is
//! gone has no bytes any more, and no item of this build.

use std::collections::HashMap;

use wasm_binary::ItemId;

use super::size_tree::{NodeId, Seed, SizeTree};

/// What the nodes of a tree were in another build.
#[derive(Debug)]
pub struct Comparison {
    /// By node.
    past: Vec<Past>,
    /// By node: bytes that it, or what was below it, had and that are gone.
    gone_bytes: Vec<u64>,
}

/// What a node was.
#[derive(Clone, Copy, Debug)]
enum Past {
    /// It was not there.
    New,
    /// It had so many bytes.
    Was(u64),
    /// It had so many bytes, as this item of the other build, and is only there.
    Gone(u64, Option<ItemId>),
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

/// A node of the tree that is made, by what it is made of.
enum Place {
    /// A node of this build, and the same one of the other.
    Here(NodeId, Option<NodeId>),
    /// A node of the other build.
    Gone(NodeId),
}

impl Comparison {
    /// `tree` with what is gone of `old`, the other build's: below each heading behind what is there, by falling size.
    /// `old_item` says which item is which.
    pub fn new(tree: &SizeTree, old: &SizeTree, old_item: impl Fn(ItemId) -> Option<ItemId>) -> (SizeTree, Comparison) {
        if tree.is_empty() {
            return (SizeTree::default(), Comparison { past: Vec::new(), gone_bytes: Vec::new() });
        }
        let mut past = Vec::with_capacity(tree.len());
        let root = Place::Here(NodeId(0), (!old.is_empty()).then_some(NodeId(0)));
        let both = SizeTree::grow(root, |place| match place {
            Place::Here(id, was) => {
                past.push(was.map_or(Past::New, |was| Past::Was(old.node(was).size_bytes)));
                let node = tree.node(id);
                let seed = Seed { name: tree.name(id).into(), item: node.item, size_bytes: node.size_bytes };
                (seed, below(tree, old, id, was, &old_item))
            }
            Place::Gone(id) => {
                let node = old.node(id);
                past.push(Past::Gone(node.size_bytes, node.item));
                let seed = Seed { name: old.name(id).into(), item: None, size_bytes: 0 };
                (seed, old.children(id).map(Place::Gone).collect())
            }
        });
        let mut gone_bytes = vec![0; both.len()];
        // A node lies behind the one above it.
        for id in both.ids().rev() {
            if let Past::Gone(bytes, _) = past[id.0 as usize] {
                gone_bytes[id.0 as usize] = bytes;
            }
            if id != NodeId(0) {
                gone_bytes[both.node(id).parent.0 as usize] += gone_bytes[id.0 as usize];
            }
        }
        (both, Comparison { past, gone_bytes })
    }

    fn past(&self, id: NodeId) -> Past {
        self.past[id.0 as usize]
    }

    /// Bytes of a node in the other build, if it was there.
    pub fn before_bytes(&self, id: NodeId) -> Option<u64> {
        match self.past(id) {
            Past::New => None,
            Past::Was(bytes) | Past::Gone(bytes, _) => Some(bytes),
        }
    }

    /// Bytes that a node, or what was below it, had and that are gone.
    pub fn gone_bytes(&self, id: NodeId) -> u64 {
        self.gone_bytes[id.0 as usize]
    }

    /// Whether a node is gone.
    pub fn is_gone(&self, id: NodeId) -> bool {
        matches!(self.past(id), Past::Gone(..))
    }

    /// The item of the other build, at a node that is gone.
    pub fn gone_item(&self, id: NodeId) -> Option<ItemId> {
        match self.past(id) {
            Past::Gone(_, item) => item,
            Past::New | Past::Was(_) => None,
        }
    }

    /// What happened to a node, and by how many bytes.
    pub fn change(&self, tree: &SizeTree, id: NodeId) -> (Change, i64) {
        let after = tree.node(id).size_bytes;
        let change = match self.past(id) {
            Past::New => Change::New,
            Past::Gone(..) => Change::Gone,
            Past::Was(before) => match after.cmp(&before) {
                std::cmp::Ordering::Greater => Change::Grown,
                std::cmp::Ordering::Less => Change::Shrunk,
                std::cmp::Ordering::Equal => Change::Same,
            },
        };
        (change, after as i64 - self.before_bytes(id).unwrap_or(0) as i64)
    }
}

/// What stands below a node of this build, and what of the other build is gone from there.
fn below(
    tree: &SizeTree,
    old: &SizeTree,
    id: NodeId,
    was: Option<NodeId>,
    old_item: impl Fn(ItemId) -> Option<ItemId>,
) -> Vec<Place> {
    let mut items: HashMap<ItemId, NodeId> = HashMap::new();
    let mut names: HashMap<&str, NodeId> = HashMap::new();
    let old_children = was.map(|was| old.node(was).children.clone()).unwrap_or_default();
    for child in old_children.clone().map(NodeId) {
        match old.node(child).item {
            Some(item) => drop(items.entry(item).or_insert(child)),
            None => drop(names.entry(old.name(child)).or_insert(child)),
        }
    }
    let mut is_gone = vec![true; old_children.len()];
    let here = tree.children(id).map(|child| {
        let was = match tree.node(child).item {
            Some(item) => old_item(item).and_then(|item| items.remove(&item)),
            None => names.remove(tree.name(child)),
        };
        if let Some(was) = was {
            is_gone[(was.0 - old_children.start) as usize] = false;
        }
        Place::Here(child, was)
    });
    let mut below: Vec<Place> = here.collect();
    below
        .extend(old_children.zip(is_gone).filter(|(_, is_gone)| *is_gone).map(|(child, _)| Place::Gone(NodeId(child))));
    below
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
            let (new, old) = (tree(&new), tree(&old));
            let (both, comparison) = Comparison::new(&new, &old, Some);
            let sizes = [new, old].map(|tree| tree.node(NodeId(0)).size_bytes);
            prop_assert_eq!(both.node(NodeId(0)).size_bytes, sizes[0]);
            prop_assert_eq!(comparison.before_bytes(NodeId(0)), Some(sizes[1]));
            for id in both.ids().filter(|id| !both.node(*id).children.is_empty()) {
                let node = both.node(id);
                let below = || both.children(id);
                prop_assert_eq!(below().map(|child| both.node(child).size_bytes).sum::<u64>(), node.size_bytes);
                prop_assert_eq!(below().map(|child| comparison.change(&both, child).1).sum::<i64>(),
                    comparison.change(&both, id).1);
                prop_assert_eq!(below().map(|child| comparison.gone_bytes(child)).sum::<u64>(),
                    comparison.gone_bytes(id));
                prop_assert!(!comparison.is_gone(id) || below().all(|child| comparison.is_gone(child)));
            }
        }
    }

    #[test]
    fn items_are_followed_and_what_moved_is_gone_here_and_new_there() {
        let old = tree(&[vec![(1, 10), (2, 20)], vec![(3, 30)], vec![(4, 40)]]);
        let new = tree(&[vec![(11, 15)], vec![(13, 30), (12, 20)]]);
        let (both, comparison) = Comparison::new(&new, &old, |item| Some(ItemId(item.0 - 10)));
        let change = |id| comparison.change(&both, id);
        assert_eq!(change(both.find(ItemId(11)).unwrap()), (Change::Grown, 5));
        assert_eq!(change(both.find(ItemId(12)).unwrap()), (Change::New, 20));
        assert_eq!(change(both.find(ItemId(13)).unwrap()), (Change::Same, 0));
        let gone = both.resolve(["heading 0", "item 2"]);
        assert_eq!((change(gone), comparison.gone_item(gone)), ((Change::Gone, -20), Some(ItemId(2))));
        assert_eq!((both.node(gone).item, both.find(ItemId(2))), (None, None), "it is no item of this build");
        let heading = both.node(gone).parent;
        assert_eq!((change(heading), comparison.gone_bytes(heading)), ((Change::Shrunk, -15), 20));
        // A heading that is gone keeps what was below it.
        let leaf = both.resolve(["heading 2", "item 4"]);
        assert_eq!((change(leaf), change(both.node(leaf).parent)), ((Change::Gone, -40), (Change::Gone, -40)));
    }
}

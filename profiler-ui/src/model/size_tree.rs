//! Sizes as a tree in one array: what the treemap, the sunburst and the table show.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use wasm_analyzer::source::Sources;
#[cfg(not(target_arch = "wasm32"))]
use wasm_analyzer::transfer::{BrotliQuality, brotli_by_range};
#[cfg(target_arch = "wasm32")]
use wasm_analyzer::transfer::{GzipLevel, gzip_by_range};
use wasm_analyzer::tree::{self, Branch, GroupBy};
use wasm_analyzer::{Analysis, source};
use wasm_binary::{ItemId, Node, NodeKind};

/// What the first levels of the tree are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// The file as it lies.
    Section,
    /// Crate and path.
    #[default]
    Crate,
    /// Generic family and its instances.
    Generic,
    /// Folder, file and line of the source.
    Source,
    /// Who holds whom: the dominator tree, by which the retained sizes add up.
    Retained,
}

impl Grouping {
    /// All, in the order of menus.
    pub const ALL: [Grouping; 5] =
        [Grouping::Crate, Grouping::Section, Grouping::Generic, Grouping::Source, Grouping::Retained];
}

/// The index of a node in its tree; the root is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A heading or a leaf.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SizeNode {
    /// The item, at a leaf; in the dominator tree at each node that is one.
    pub item: Option<ItemId>,
    /// The node above; of the root itself.
    pub parent: NodeId,
    /// The nodes below, by falling size.
    pub children: Range<u32>,
    /// Bytes of all below and its own.
    pub size_bytes: u64,
    /// Which heading of the first level it is below, for colours.
    pub first_level: u32,
    /// Where its name ends among all names.
    name_end: usize,
}

/// A tree of sizes. Children of a node lie next to each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SizeTree {
    nodes: Vec<SizeNode>,
    /// The names of all nodes, one behind the other: a string for each would take far more memory.
    names: String,
    of_item: HashMap<ItemId, NodeId>,
}

impl SizeTree {
    /// The tree of a file.
    pub fn of(analysis: &Analysis<'_>, sources: &Sources<'_>, grouping: Grouping) -> SizeTree {
        let by = match grouping {
            Grouping::Section => GroupBy::Section,
            Grouping::Crate => GroupBy::Crate,
            Grouping::Generic => GroupBy::Generic,
            Grouping::Source => return SizeTree::of_branch(source::tree(analysis, sources)),
            Grouping::Retained => return retained(analysis),
        };
        // The leaves are named one by one as the tree grows.
        let root = tree::build_named(analysis, by, |_| true, |_| String::new());
        SizeTree::grow(root, |Branch { name, size, item, children }| {
            let name = item.map_or(name, |item| analysis.map.label(item));
            (Seed { name: name.into(), item, size_bytes: size }, children)
        })
    }

    /// A tree in one array.
    pub fn of_branch(root: Branch) -> SizeTree {
        SizeTree::grow(root, |Branch { name, size, item, children }| {
            (Seed { name: name.into(), item, size_bytes: size }, children)
        })
    }

    /// The same tree with other sizes of its leaves; headings are their sums.
    #[must_use]
    pub fn with_sizes(&self, size_bytes: impl Fn(ItemId) -> u64) -> SizeTree {
        if self.is_empty() {
            return SizeTree::default();
        }
        let mut sizes = vec![0; self.len()];
        // A node lies behind the one above it.
        for id in (0..self.len()).rev() {
            let node = &self.nodes[id];
            if node.children.is_empty() {
                sizes[id] = node.item.map_or(0, &size_bytes);
            }
            if id > 0 {
                sizes[node.parent.0 as usize] += sizes[id];
            }
        }
        SizeTree::grow(NodeId(0), |id| {
            let node = self.node(id);
            let mut below: Vec<NodeId> = self.children(id).collect();
            below.sort_by_key(|child| std::cmp::Reverse(sizes[child.0 as usize]));
            (Seed { name: self.name(id).into(), item: node.item, size_bytes: sizes[id.0 as usize] }, below)
        })
    }

    /// Grows a tree from its root, level by level: `open` takes a node apart into itself and what is below it. Nodes are
    /// opened in the order in which they lie.
    pub(super) fn grow<'n, T>(root: T, mut open: impl FnMut(T) -> (Seed<'n>, Vec<T>)) -> SizeTree {
        let mut tree = SizeTree::default();
        let mut level = vec![(NodeId(0), root)];
        let mut end = 1;
        while !level.is_empty() {
            let mut next = Vec::new();
            for (parent, root) in level {
                let id = NodeId(tree.nodes.len() as u32);
                let (seed, below) = open(root);
                let first_level = match (parent, id) {
                    (_, NodeId(0)) => 0,
                    (NodeId(0), _) => id.0 - 1,
                    (parent, _) => tree.node(parent).first_level,
                };
                let children = end..end + below.len() as u32;
                end = children.end;
                if let Some(item) = seed.item {
                    tree.of_item.entry(item).or_insert(id);
                }
                next.extend(below.into_iter().map(|child| (id, child)));
                let Seed { name, item, size_bytes } = seed;
                tree.names.push_str(&name);
                let name_end = tree.names.len();
                tree.nodes.push(SizeNode { item, parent, children, size_bytes, first_level, name_end });
            }
            level = next;
        }
        tree.nodes.shrink_to_fit();
        tree.names.shrink_to_fit();
        tree
    }

    /// How many nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node.
    ///
    /// # Panics
    /// If it is of another tree.
    pub fn node(&self, id: NodeId) -> &SizeNode {
        &self.nodes[id.0 as usize]
    }

    /// What stands at a node.
    ///
    /// # Panics
    /// If it is of another tree.
    pub fn name(&self, id: NodeId) -> &str {
        let start = id.0.checked_sub(1).map_or(0, |before| self.nodes[before as usize].name_end);
        &self.names[start..self.node(id).name_end]
    }

    /// The nodes right below, by falling size.
    pub fn children(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator + use<> {
        self.node(id).children.clone().map(NodeId)
    }

    /// All nodes.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// Where an item stands.
    pub fn find(&self, item: ItemId) -> Option<NodeId> {
        self.of_item.get(&item).copied()
    }

    /// From the root to a node, both included.
    pub fn path(&self, id: NodeId) -> Vec<NodeId> {
        let mut path = vec![id];
        let mut at = id;
        while at != NodeId(0) {
            at = self.node(at).parent;
            path.push(at);
        }
        path.reverse();
        path
    }

    /// The node at the end of names below the root; as far as they lead.
    pub fn resolve<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> NodeId {
        let mut at = NodeId(0);
        for name in names {
            match self.children(at).find(|child| self.name(*child) == name) {
                Some(child) => at = child,
                None => break,
            }
        }
        at
    }

    /// The node at the end of names below the root, if they lead to one.
    pub fn find_path(&self, names: &[String]) -> Option<NodeId> {
        names.iter().try_fold(NodeId(0), |at, name| self.children(at).find(|child| self.name(*child) == *name))
    }

    /// The names below the root that lead to a node.
    pub fn names(&self, id: NodeId) -> Vec<String> {
        self.path(id).into_iter().skip(1).map(|id| self.name(id).to_string()).collect()
    }
}

/// What a node is, before it has a place.
pub(super) struct Seed<'n> {
    pub(super) name: Cow<'n, str>,
    pub(super) item: Option<ItemId>,
    pub(super) size_bytes: u64,
}

/// What stands in the tree of who holds whom.
enum Held {
    /// A node of the graph, with all that it alone holds.
    With(Node),
    /// What is its own of a node that holds others.
    Own(Node, u64),
    /// What nothing holds, together.
    Garbage,
    /// A part of that.
    Unused(ItemId),
}

/// What what nothing holds is called together.
const UNUSED: &str = "used by nothing";

/// The dominator tree: a node's size is what it retains, and what it holds lies below it beside what is its own.
fn retained(analysis: &Analysis<'_>) -> SizeTree {
    let (dominators, children) = (&analysis.dominators, analysis.dominators.children());
    let Some(root) = dominators.order().next() else { return SizeTree::default() };
    let garbage = wasm_analyzer::garbage::garbage(analysis);
    let item_of = |node: Node| match analysis.graph.kind(node) {
        NodeKind::Item(id) => Some(id),
        _ => None,
    };
    SizeTree::grow(Held::With(root), |held| match held {
        Held::With(node) => {
            let held: Vec<Node> = children.of(node).collect();
            let own = dominators.retained(node) - held.iter().map(|node| dominators.retained(*node)).sum::<u64>();
            let mut below: Vec<(u64, Held)> =
                held.into_iter().map(|node| (dominators.retained(node), Held::With(node))).collect();
            if own > 0 && !below.is_empty() {
                below.push((own, Held::Own(node, own)));
            }
            let unused = if node == root { garbage.bytes } else { 0 };
            if unused > 0 {
                below.push((unused, Held::Garbage));
            }
            below.sort_by_key(|(size_bytes, _)| std::cmp::Reverse(*size_bytes));
            let size_bytes = dominators.retained(node) + unused;
            let seed = Seed { name: analysis.node_label(node), item: item_of(node), size_bytes };
            (seed, below.into_iter().map(|(_, held)| held).collect())
        }
        Held::Own(node, size_bytes) => {
            (Seed { name: analysis.node_label(node), item: item_of(node), size_bytes }, Vec::new())
        }
        Held::Garbage => {
            let seed = Seed { name: UNUSED.into(), item: None, size_bytes: garbage.bytes };
            (seed, garbage.rows.iter().map(|(id, _)| Held::Unused(*id)).collect())
        }
        Held::Unused(id) => {
            let size_bytes = u64::from(analysis.map.item(id).size);
            (Seed { name: analysis.map.label(id).into(), item: Some(id), size_bytes }, Vec::new())
        }
    })
}

/// Bytes of each item after brotli, rounded; items of several parts have their sum. In a page after gzip: a tenth of what
/// the page would have to load would be brotli's compressor.
pub fn transfer_sizes(analysis: &Analysis<'_>) -> Option<HashMap<ItemId, u64>> {
    let map = &analysis.map;
    let ranges =
        (0..map.parts().len()).map(|at| map.part_range(at)).map(|range| range.start as usize..range.end as usize);
    #[cfg(not(target_arch = "wasm32"))]
    let costs = brotli_by_range(map.bytes(), BrotliQuality::new(5)?, ranges).ok()?.costs;
    #[cfg(target_arch = "wasm32")]
    let costs = gzip_by_range(map.bytes(), GzipLevel::default(), ranges).ok()?.costs;
    let mut bits: HashMap<ItemId, f64> = HashMap::new();
    for (part, cost) in map.parts().iter().zip(costs) {
        *bits.entry(part.item).or_default() += cost.bits();
    }
    Some(bits.into_iter().map(|(item, bits)| (item, (bits / 8.0).round() as u64)).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn branches() -> impl Strategy<Value = Branch> {
        let leaf = (0u64..1000, "[a-d]").prop_map(|(size, name)| Branch { name, size, ..Branch::default() });
        leaf.prop_recursive(5, 60, 6, |inner| {
            prop::collection::vec(inner, 0..6).prop_map(|mut children| {
                children.sort_by_key(|child| std::cmp::Reverse(child.size));
                for (at, child) in children.iter_mut().enumerate() {
                    child.name = at.to_string();
                }
                let size = children.iter().map(|child| child.size).sum();
                Branch { name: "h".into(), size, item: None, children }
            })
        })
    }

    proptest! {
        #[test]
        fn every_node_is_below_its_parent_and_sizes_add_up(branch in branches()) {
            let tree = SizeTree::of_branch(branch.clone());
            prop_assert_eq!(tree.node(NodeId(0)).size_bytes, branch.size);
            for id in tree.ids() {
                let node = tree.node(id);
                for child in tree.children(id) {
                    prop_assert_eq!(tree.node(child).parent, id);
                }
                if !node.children.is_empty() {
                    let sum: u64 = tree.children(id).map(|child| tree.node(child).size_bytes).sum();
                    prop_assert_eq!(sum, node.size_bytes);
                }
                let path = tree.path(id);
                prop_assert_eq!(path.last(), Some(&id));
                let names = tree.names(id);
                let again = tree.resolve(names.iter().map(String::as_str));
                prop_assert_eq!(tree.names(again), names);
            }
        }
    }

    #[test]
    fn items_are_found_and_other_sizes_sort_anew() {
        let leaf =
            |name: &str, size, item| Branch { name: name.into(), size, item: Some(ItemId(item)), children: Vec::new() };
        let root =
            Branch { name: "file".into(), size: 9, item: None, children: vec![leaf("a", 5, 7), leaf("b", 4, 8)] };
        let tree = SizeTree::of_branch(root);
        assert_eq!(tree.find(ItemId(8)).map(|id| tree.name(id)), Some("b"));
        let other = tree.with_sizes(|item| u64::from(item.0));
        let names: Vec<&str> = other.children(NodeId(0)).map(|id| other.name(id)).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(other.node(NodeId(0)).size_bytes, 15);
    }
}

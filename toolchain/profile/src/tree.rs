//! A weighed tree of functions, laid out left heavy: the heaviest child first, each child within its parent's width.
//! The call tree is one; [`sandwich`](crate::Tree::callers) makes the others.
//!
//! Cost: O(n log n) to make, n being the stacks of functions; O(what is visible) to draw.

use std::ops::Range;

use crate::model::Profile;
use crate::{CallId, FunctionId, Weights};

/// A tree, its nodes depth first. A node's place in [`Tree::nodes`] is its number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    nodes: Vec<TreeNode>,
    rows: u32,
    width: u64,
}

/// A function in a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeNode {
    /// The function.
    pub function: FunctionId,
    /// The stack of functions, where the node is one; in a tree of callers or callees it is many.
    pub call: Option<CallId>,
    /// The parent's number.
    pub parent: Option<u32>,
    /// The number after the last node below this one: `number + 1..end` is all that is below.
    pub end: u32,
    /// Nodes above, up to the root.
    pub depth: u32,
    /// Where the node begins in the layout, in the measure's unit.
    pub start: u64,
    /// Its weight without its children's.
    pub own: u64,
    /// Its weight with its children's: its width.
    pub total: u64,
}

/// A rectangle of a flame graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rectangle {
    /// Left edge.
    pub start: u64,
    /// Right edge.
    pub end: u64,
    /// Row, 0 at the root.
    pub depth: u32,
    /// The function.
    pub function: FunctionId,
    /// The number of the tree's node, or in a flame chart [`CallId::index`].
    pub node: u32,
}

/// A node whose place is not known yet.
pub(crate) struct Draft {
    pub(crate) parent: Option<u32>,
    pub(crate) function: FunctionId,
    pub(crate) call: Option<CallId>,
    pub(crate) total: u64,
}

impl Tree {
    /// The call tree: every stack of functions that has weight.
    #[must_use]
    pub fn new(profile: &Profile, weights: &Weights) -> Self {
        let mut number = vec![u32::MAX; profile.calls().len()];
        let mut drafts = Vec::new();
        for (index, call) in profile.calls().iter().enumerate() {
            let id = CallId::new(index);
            let total = weights.total(id);
            if total > 0 {
                number[index] = drafts.len() as u32;
                let parent = call.parent.map(|parent| number[parent.index()]);
                drafts.push(Draft { parent, function: call.function, call: Some(id), total });
            }
        }
        Self::lay_out(&drafts, |id| &profile.function(id).name).0
    }

    /// Orders drafts, parents before children, siblings not heavier than their parent; with the draft of each node.
    pub(crate) fn lay_out<'n>(drafts: &[Draft], name: impl Fn(FunctionId) -> &'n str) -> (Self, Vec<u32>) {
        let forest = crate::forest::Forest::new(drafts.iter().map(|draft| draft.parent.map(|parent| parent as usize)));
        // The lightest first, for the stack of what is to do is taken from its end.
        let light_first = |numbers: &[u32]| {
            let mut numbers = numbers.to_vec();
            numbers.sort_unstable_by(|&a, &b| {
                let (left, right) = (&drafts[a as usize], &drafts[b as usize]);
                let by_name = || name(right.function).cmp(name(left.function));
                left.total.cmp(&right.total).then_with(by_name).then(b.cmp(&a))
            });
            numbers
        };
        let mut tree = Self { nodes: Vec::with_capacity(drafts.len()), rows: 0, width: 0 };
        let mut order = Vec::with_capacity(drafts.len());
        // Where the next child of each node begins; the draft's children's sum gives its own weight.
        let mut next_start: Vec<u64> = Vec::with_capacity(drafts.len());
        let mut todo: Vec<(u32, Option<u32>)> =
            light_first(forest.roots()).into_iter().map(|root| (root, None)).collect();
        while let Some((draft, parent)) = todo.pop() {
            let number = tree.nodes.len() as u32;
            let Draft { function, call, total, .. } = drafts[draft as usize];
            let (start, depth) = match parent {
                Some(parent) => (next_start[parent as usize], tree.nodes[parent as usize].depth + 1),
                None => (tree.width, 0),
            };
            match parent {
                Some(parent) => {
                    next_start[parent as usize] += total;
                    let parent = &mut tree.nodes[parent as usize];
                    parent.own = parent.own.saturating_sub(total);
                }
                None => tree.width += total,
            }
            tree.rows = tree.rows.max(depth + 1);
            next_start.push(start);
            order.push(draft);
            tree.nodes.push(TreeNode { function, call, parent, end: number + 1, depth, start, own: total, total });
            todo.extend(light_first(forest.children(draft as usize)).into_iter().map(|child| (child, Some(number))));
        }
        for number in (0..tree.nodes.len()).rev() {
            let TreeNode { parent, end, .. } = tree.nodes[number];
            if let Some(parent) = parent {
                let parent = &mut tree.nodes[parent as usize];
                parent.end = parent.end.max(end);
            }
        }
        (tree, order)
    }

    /// All nodes, depth first, the heaviest sibling first.
    #[must_use]
    pub fn nodes(&self) -> &[TreeNode] {
        &self.nodes
    }

    /// How many rows the layout has.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// How wide the layout is: the roots' weight.
    #[must_use]
    pub fn width(&self) -> u64 {
        self.width
    }

    /// The numbers of a node's children, or of the roots.
    pub fn children(&self, node: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        let (first, end) = match node {
            Some(node) => (node + 1, self.nodes.get(node as usize).map_or(0, |node| node.end)),
            None => (0, self.nodes.len() as u32),
        };
        std::iter::successors(Some(first), |&child| Some(self.nodes.get(child as usize)?.end))
            .take_while(move |&child| child < end)
    }

    /// What is to draw of a part of the layout, without what is narrower than `narrowest` and all below it.
    pub fn rectangles(&self, view: Range<u64>, narrowest: u64) -> impl Iterator<Item = Rectangle> + '_ {
        let mut number = 0_usize;
        std::iter::from_fn(move || {
            while let Some(node) = self.nodes.get(number) {
                let end = node.start.saturating_add(node.total);
                if node.start >= view.end || node.total < narrowest {
                    // The siblings to come lie further right and are no heavier.
                    number = self.nodes[node.parent? as usize].end as usize;
                } else if end <= view.start {
                    number = node.end as usize;
                } else {
                    let node = number as u32;
                    number += 1;
                    let TreeNode { start, depth, function, .. } = self.nodes[node as usize];
                    return Some(Rectangle { start, end, depth, function, node });
                }
            }
            None
        })
    }
}

//! Retained sizes: the dominator tree of the reference graph.
//!
//! A node dominates another if every way from the root to the other leads through it, so what a node dominates goes
//! when the node goes. The tree is computed by the semi-NCA algorithm (Georgiadis, "Linear-Time Algorithms for
//! Dominators and Related Problems", 2005): depth-first numbering, semidominators with path compression, then nearest
//! common ancestors. Near-linear in the edges; no recursion, so depth of the graph is no matter.

use wasm_binary::{Graph, Map, Node};

const NONE: u32 = u32::MAX;

/// Which inferred references count: see [`wasm_binary::Reason::is_inferred`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Only what is certain: what is said to go does go.
    #[default]
    Sound,
    /// A data segment belongs to the code whose constants point into it, not to its memory.
    Inferred,
}

/// The dominator tree and the retained size of every node.
#[derive(Debug)]
pub struct Dominators {
    /// Immediate dominator; [`NONE`] for the root and what cannot be reached.
    idom: Vec<u32>,
    retained: Vec<u64>,
    /// Reached nodes in depth-first preorder.
    order: Vec<u32>,
}

impl Dominators {
    /// Computes the tree.
    pub fn new(map: &Map<'_>, graph: &Graph, trust: Trust) -> Dominators {
        let uses = |node: Node| {
            graph.edges(node).filter(move |edge| match trust {
                Trust::Sound => !edge.reason.is_inferred(),
                Trust::Inferred => true,
            })
        };
        let nodes = graph.node_count();
        let mut search = Search::run(graph.root(), nodes, |node| uses(node).map(|e| e.target.0));
        let idom = search.dominators(nodes, |node| uses(node).map(|e| e.target.0));
        let mut retained = vec![0u64; nodes];
        for (id, item) in map.iter() {
            retained[id.as_usize()] = u64::from(item.size);
        }
        for &node in search.order.iter().rev() {
            let parent = idom[node as usize];
            if parent != NONE {
                retained[parent as usize] += retained[node as usize];
            }
        }
        Dominators { idom, retained, order: search.order }
    }

    /// Bytes that go if the node goes, its own included. Of what nothing reaches, its own alone.
    pub fn retained(&self, node: Node) -> u64 {
        self.retained[node.as_usize()]
    }

    /// The nearest node that all ways lead through; `None` for the root and for what nothing reaches.
    pub fn idom(&self, node: Node) -> Option<Node> {
        let idom = self.idom[node.as_usize()];
        (idom != NONE).then_some(Node(idom))
    }

    /// Whether the root reaches a node.
    pub fn is_reached(&self, node: Node) -> bool {
        self.idom(node).is_some() || self.order.first() == Some(&node.0)
    }

    /// Reached nodes, each after its dominator.
    pub fn order(&self) -> impl DoubleEndedIterator<Item = Node> + '_ {
        self.order.iter().map(|&node| Node(node))
    }

    /// Children in the tree of every node, as rows: those of node `n`, by falling retained size.
    pub fn children(&self) -> Children {
        let mut starts = vec![0u32; self.idom.len() + 1];
        for &idom in self.idom.iter().filter(|&&idom| idom != NONE) {
            starts[idom as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut nodes = vec![0; starts[self.idom.len()] as usize];
        for (node, &idom) in self.idom.iter().enumerate().filter(|(_, idom)| **idom != NONE) {
            nodes[next[idom as usize] as usize] = node as u32;
            next[idom as usize] += 1;
        }
        for row in starts.windows(2) {
            nodes[row[0] as usize..row[1] as usize].sort_by_key(|&n| (std::cmp::Reverse(self.retained[n as usize]), n));
        }
        Children { starts, nodes }
    }
}

/// The children of each node of the dominator tree.
#[derive(Debug)]
pub struct Children {
    starts: Vec<u32>,
    nodes: Vec<u32>,
}

impl Children {
    /// Those of one node, by falling retained size.
    pub fn of(&self, node: Node) -> impl ExactSizeIterator<Item = Node> + '_ {
        let row = self.starts[node.as_usize()] as usize..self.starts[node.as_usize() + 1] as usize;
        self.nodes[row].iter().map(|&n| Node(n))
    }
}

/// A depth-first search of what the root reaches. From here on nodes are known by their number in preorder.
struct Search {
    /// Preorder number → node.
    order: Vec<u32>,
    /// Preorder number → number of the parent in the search tree.
    parent: Vec<u32>,
    /// Node → how many references to it come from what the root reaches.
    uses: Vec<u32>,
}

impl Search {
    fn run<I: Iterator<Item = u32>>(root: Node, nodes: usize, targets: impl Fn(Node) -> I) -> Search {
        let mut search = Search { order: vec![root.0], parent: vec![0], uses: vec![0; nodes] };
        let mut stack = vec![(0, targets(root))];
        while let Some((at, rest)) = stack.last_mut() {
            let at = *at;
            // Every reference is seen once; what is seen for the first time is new.
            let new = rest.find(|&next| {
                search.uses[next as usize] += 1;
                search.uses[next as usize] == 1 && next != root.0
            });
            let Some(next) = new else {
                stack.pop();
                continue;
            };
            let number = search.order.len() as u32;
            search.order.push(next);
            search.parent.push(at);
            stack.push((number, targets(Node(next))));
        }
        search
    }

    /// Immediate dominator of each node.
    fn dominators<I: Iterator<Item = u32>>(&mut self, nodes: usize, targets: impl Fn(Node) -> I) -> Vec<u32> {
        let count = self.order.len();
        let semi = self.semidominators(targets);
        let mut idom = std::mem::take(&mut self.parent);
        for at in 1..count {
            while idom[at] > semi[at] {
                idom[at] = idom[idom[at] as usize];
            }
        }
        drop(semi);
        let mut of_node = vec![NONE; nodes];
        for at in 1..count {
            of_node[self.order[at] as usize] = self.order[idom[at] as usize];
        }
        of_node
    }

    /// Semidominator of each number.
    fn semidominators<I: Iterator<Item = u32>>(&mut self, targets: impl Fn(Node) -> I) -> Vec<u32> {
        let count = self.order.len();
        let (starts, sources) = self.predecessors(targets);
        let mut semi: Vec<u32> = (0..count as u32).collect();
        let mut links: Vec<Link> =
            self.parent.iter().zip(&semi).map(|(&ancestor, &best)| Link { ancestor, best }).collect();
        let mut path = Vec::new();
        for at in (1..count as u32).rev() {
            let mut least = at;
            for &source in &sources[starts[at as usize] as usize..starts[at as usize + 1] as usize] {
                least = least.min(eval(source, at, &mut links, &mut path));
            }
            semi[at as usize] = least;
            links[at as usize].best = least;
        }
        semi
    }

    /// Who refers to each number, as compressed rows of numbers.
    fn predecessors<I: Iterator<Item = u32>>(&mut self, targets: impl Fn(Node) -> I) -> (Vec<u32>, Vec<u32>) {
        // Node → where its next source goes.
        let mut next = std::mem::take(&mut self.uses);
        let mut starts = Vec::with_capacity(self.order.len() + 1);
        let mut end = 0;
        for &node in &self.order {
            starts.push(end);
            end += std::mem::replace(&mut next[node as usize], end);
        }
        starts.push(end);
        let mut sources = vec![0; end as usize];
        for (source, &node) in self.order.iter().enumerate() {
            for target in targets(Node(node)) {
                let slot = &mut next[target as usize];
                sources[*slot as usize] = source as u32;
                *slot += 1;
            }
        }
        (starts, sources)
    }
}

/// Of a processed number: a step up the forest of path compression, and the least semidominator on that step.
struct Link {
    ancestor: u32,
    best: u32,
}

/// The least semidominator on the way from `node` up to, not including, the unprocessed part of the tree (numbers up
/// to `current`). A node that is not processed yet is its own answer.
fn eval(node: u32, current: u32, links: &mut [Link], path: &mut Vec<u32>) -> u32 {
    if node <= current {
        return node;
    }
    let mut top = node;
    while links[top as usize].ancestor > current {
        path.push(top);
        top = links[top as usize].ancestor;
    }
    let Link { ancestor, mut best } = links[top as usize];
    while let Some(below) = path.pop() {
        let link = &mut links[below as usize];
        link.ancestor = ancestor;
        link.best = link.best.min(best);
        best = link.best;
    }
    links[node as usize].best
}

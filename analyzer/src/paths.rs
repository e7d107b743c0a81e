//! `why`: every reason that an item is in the file.
//!
//! All simple paths are too many to list, and most say the same. What answers the question is each reference to the
//! item, with the shortest way on which the host gets to it: one breadth-first search, linear in the graph.

use crate::analysis::Analysis;
use crate::source::{Place, Sources};
use serde::Serialize;
use wasm_binary::{ItemId, Node, Reason};

const NONE: u32 = u32::MAX;

/// One way from the host to the item: each step uses the next.
#[derive(Clone, Debug)]
pub struct Path {
    /// From the root to the item; the reason is why the node before it needs it.
    pub steps: Vec<Step>,
}

/// A node of a path.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Who.
    pub node: Node,
    /// Why the step before uses it; of the first step, what is always so.
    pub reason: Reason,
}

/// All reasons for one item.
#[derive(Clone, Debug)]
pub struct Why {
    /// The item.
    pub item: ItemId,
    /// A path for each reference that the host can get to, shortest first.
    pub paths: Vec<Path>,
    /// References from what is itself never used.
    pub from_garbage: usize,
}

/// A step as written to reports.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Label of the node.
    pub name: String,
    /// How the step before uses it.
    pub verb: &'static str,
    /// The item, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// The instructions by which the step before uses it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<Site>,
}

/// An instruction of a function body.
#[derive(Clone, Debug, Serialize)]
pub struct Site {
    /// File offset.
    pub offset: u32,
    /// Where it is in the source, the innermost inlined call first; empty without debug information.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<Place>,
}

/// Finds the reasons for an item.
pub fn why(analysis: &Analysis<'_>, item: ItemId) -> Why {
    let graph = &analysis.graph;
    let target = Node::from(item);
    let shortest = Shortest::new(analysis);
    let mut uses: Vec<(u32, Node, Reason)> = Vec::new();
    let mut from_garbage = 0;
    for from in (0..graph.node_count() as u32).map(Node).filter(|&from| from != target) {
        for edge in graph.edges(from).filter(|edge| edge.target == target) {
            match shortest.distance(from) {
                None => from_garbage += 1,
                Some(distance) => uses.push((distance, from, edge.reason)),
            }
        }
    }
    uses.sort();
    let paths = uses.iter().filter_map(|&(_, from, reason)| path(&shortest, from, target, reason));
    Why { item, paths: paths.collect(), from_garbage }
}

/// The shortest way from the host to every node.
#[derive(Debug)]
pub struct Shortest {
    parents: Vec<(u32, Reason)>,
    distances: Vec<u32>,
}

impl Shortest {
    /// Finds them all: one breadth-first search.
    pub fn new(analysis: &Analysis<'_>) -> Shortest {
        let graph = &analysis.graph;
        let mut parents = vec![(NONE, Reason::Structure); graph.node_count()];
        let mut distances = vec![NONE; graph.node_count()];
        let mut queue = std::collections::VecDeque::from([graph.root()]);
        distances[graph.root().as_usize()] = 0;
        while let Some(node) = queue.pop_front() {
            for edge in graph.edges(node) {
                if distances[edge.target.as_usize()] == NONE {
                    distances[edge.target.as_usize()] = distances[node.as_usize()] + 1;
                    parents[edge.target.as_usize()] = (node.0, edge.reason);
                    queue.push_back(edge.target);
                }
            }
        }
        Shortest { parents, distances }
    }

    /// Steps from the host; `None` for what nothing reaches.
    pub fn distance(&self, node: Node) -> Option<u32> {
        let distance = self.distances[node.as_usize()];
        (distance != NONE).then_some(distance)
    }

    /// The step before, and why it uses the node; `None` for the host and for what nothing reaches.
    pub fn parent(&self, node: Node) -> Option<(Node, Reason)> {
        let (parent, reason) = self.parents[node.as_usize()];
        (parent != NONE).then_some((Node(parent), reason))
    }
}

/// The shortest path to `from` and the step to the target; `None` if it runs through the target itself.
fn path(shortest: &Shortest, from: Node, target: Node, reason: Reason) -> Option<Path> {
    let mut steps = vec![Step { node: target, reason }];
    let mut at = from;
    while let Some((parent, reason)) = shortest.parent(at) {
        steps.push(Step { node: at, reason });
        if parent == target {
            return None;
        }
        at = parent;
    }
    steps.push(Step { node: at, reason: Reason::Structure });
    steps.reverse();
    Some(Path { steps })
}

impl Path {
    /// The steps for people and machines; each with the places in the code that make it.
    pub fn report(&self, analysis: &Analysis<'_>, sources: &Sources<'_>) -> Vec<StepReport> {
        let site = |offset| Site { offset, source: sources.places(&analysis.map, offset) };
        let sites = |at: usize| -> Vec<Site> {
            let from = at.checked_sub(1).and_then(|before| analysis.graph.item(self.steps[before].node));
            let offsets =
                from.map_or(Vec::new(), |from| analysis.graph.sites(&analysis.map, from, self.steps[at].node));
            offsets.into_iter().map(site).collect()
        };
        let report = |(at, step): (usize, &Step)| StepReport {
            name: analysis.node_label(step.node).into_owned(),
            verb: step.reason.verb(),
            item: analysis.graph.item(step.node),
            sites: sites(at),
        };
        self.steps.iter().enumerate().map(report).collect()
    }
}

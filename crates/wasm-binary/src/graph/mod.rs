//! Who refers to whom, and why.
//!
//! Nodes are the map's items, one root for the host, and a few nodes that stand for sets: the functions that an
//! indirect call of one signature can reach, the entries of a table, the entries of an element segment. With them the
//! graph says what a call can reach without one table node that everything hangs from.
//!
//! The graph is sound for removal: what cannot be reached from the root without an item cannot be used without it.
//! Where it is not known who uses something, the edge goes to all that might ([`Reason::is_inferred`] edges are the
//! only ones that claim less, and only they may be left out).

mod addresses;
mod code;
mod component;
#[macro_use]
mod features;
mod indirect;
mod module;
mod types;
mod visitor;

use crate::ids::{ElementId, ItemId, ModuleId, TableId};
use crate::item::ItemKind;
use crate::map::Map;
pub use features::Features;
use indirect::Layout;
pub use visitor::CallSite;

/// Why one node needs another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reason {
    /// The root: the host can see an export.
    HostCanUse,
    /// The root: runs or is written when the module starts.
    Start,
    /// The root: framing and custom sections, needed by nothing else.
    Structure,
    /// A direct call.
    Call,
    /// `ref.func`: whoever takes the reference can let it be called.
    RefFunc,
    /// An indirect call: to the set of functions of that signature.
    IndirectCall,
    /// A member of such a set: an entry of an element segment.
    TableEntry,
    /// Exported under a name.
    Export,
    /// A module's import, to what a component passes for it.
    Import,
    /// A table is read, written or called through.
    Table,
    /// A memory is read, written or grown.
    Memory,
    /// A global is read or written.
    Global,
    /// A tag is thrown or caught.
    Tag,
    /// A type is used.
    Type,
    /// An element segment is used by an instruction, or fills a table.
    Element,
    /// A data segment is used by an instruction or relocation, or fills a memory.
    Data,
    /// A constant of the code points into a data segment: a guess, [`Reason::is_inferred`].
    DataAddress,
    /// A relocation names it.
    Relocation,
    /// A component's definition names it.
    Component,
}

impl Reason {
    const ALL: [Reason; 19] = [
        Reason::HostCanUse,
        Reason::Start,
        Reason::Structure,
        Reason::Call,
        Reason::RefFunc,
        Reason::IndirectCall,
        Reason::TableEntry,
        Reason::Export,
        Reason::Import,
        Reason::Table,
        Reason::Memory,
        Reason::Global,
        Reason::Tag,
        Reason::Type,
        Reason::Element,
        Reason::Data,
        Reason::DataAddress,
        Reason::Relocation,
        Reason::Component,
    ];

    /// How the source uses the target, as shown to users: `calls`, `takes a reference to`, ….
    pub fn verb(self) -> &'static str {
        match self {
            Reason::HostCanUse => "can use",
            Reason::Start => "starts with",
            Reason::Structure => "consists of",
            Reason::Call => "calls",
            Reason::RefFunc => "takes a reference to",
            Reason::IndirectCall => "calls indirectly",
            Reason::TableEntry => "may be",
            Reason::Export => "exports",
            Reason::Import => "is given",
            Reason::Table => "uses the table",
            Reason::Memory => "uses the memory",
            Reason::Global => "uses the global",
            Reason::Tag => "uses the tag",
            Reason::Type => "has the type",
            Reason::Element => "is filled from",
            Reason::Data => "is filled from",
            Reason::DataAddress => "has a constant that points into (inferred)",
            Reason::Relocation => "refers to",
            Reason::Component => "is defined with",
        }
    }

    /// Whether it is a guess, which soundness does not rest upon.
    pub fn is_inferred(self) -> bool {
        self == Reason::DataAddress
    }
}

/// A node: first the items by id, then the root and the sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub u32);

impl Node {
    /// As an index into a slice.
    pub fn as_usize(self) -> usize {
        self.0 as usize
    }
}

impl From<ItemId> for Node {
    fn from(id: ItemId) -> Node {
        Node(id.0)
    }
}

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// An item of the map.
    Item(ItemId),
    /// Whoever loads the file.
    Root,
    /// The functions that an indirect call of one signature through one table can reach.
    IndirectTargets {
        /// The module of the table.
        module: ModuleId,
        /// The table.
        table: TableId,
        /// The signature: an index for [`Graph::signature`].
        signature: u32,
    },
    /// All that a table can hold.
    TableEntries {
        /// The module of the table.
        module: ModuleId,
        /// The table.
        table: TableId,
    },
    /// All that an element segment holds.
    SegmentEntries {
        /// The module of the segment.
        module: ModuleId,
        /// The segment.
        element: ElementId,
    },
}

/// One reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Who is referred to.
    pub target: Node,
    /// Why.
    pub reason: Reason,
}

/// The reference graph of a map.
#[derive(Debug)]
pub struct Graph {
    items: u32,
    /// Edges of node `n` are `starts[n]..starts[n + 1]`.
    starts: Vec<u32>,
    targets: Vec<u32>,
    reasons: Vec<u8>,
    layout: Layout,
    features: Features,
    operators: u64,
    damage: Vec<crate::Damage>,
}

impl Graph {
    /// Decodes all function bodies and reads all references.
    pub fn new(map: &Map<'_>) -> Graph {
        let mut edges = EdgeList::default();
        let layout = Layout::new(map, &mut edges);
        let outside_code = || {
            structure(map, &layout, &mut edges);
            let linkage = component::read(map, &layout, &mut edges);
            for at in 0..map.modules().len() {
                module::read(map, ModuleId(at as u32), &layout, &linkage, &mut edges);
            }
        };
        let code = || code::decode(map, &layout);
        let (decoded, ()) = join(code, outside_code);
        indirect::connect(map, &layout, &decoded.uses, &mut edges);
        let (starts, targets, reasons) = edges.into_rows(layout.node_count(), decoded.chunks);
        Graph {
            items: map.items().len() as u32,
            starts,
            targets,
            reasons,
            layout,
            features: decoded.features,
            operators: decoded.operators,
            damage: decoded.damage,
        }
    }

    /// The node of whoever loads the file.
    pub fn root(&self) -> Node {
        Node(self.items)
    }

    /// How many nodes there are: items, the root, sets.
    pub fn node_count(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many edges there are.
    pub fn edge_count(&self) -> usize {
        self.targets.len()
    }

    /// What a node stands for.
    pub fn kind(&self, node: Node) -> NodeKind {
        if node.0 < self.items { NodeKind::Item(ItemId(node.0)) } else { self.layout.kind(node) }
    }

    /// The item of a node; `None` for the root and the sets.
    pub fn item(&self, node: Node) -> Option<ItemId> {
        (node.0 < self.items).then_some(ItemId(node.0))
    }

    /// What a node refers to; each target once for each reason.
    pub fn edges(&self, node: Node) -> impl ExactSizeIterator<Item = Edge> {
        let row = self.starts[node.as_usize()] as usize..self.starts[node.as_usize() + 1] as usize;
        self.targets[row.clone()]
            .iter()
            .zip(&self.reasons[row])
            .map(|(&target, &reason)| Edge { target: Node(target), reason: Reason::ALL[reason as usize] })
    }

    /// A signature as text: `(i32, i32) -> i32`.
    pub fn signature(&self, module: ModuleId, signature: u32) -> &str {
        self.layout.signature(module, signature)
    }

    /// The proposals beyond the first version of WebAssembly that the code uses.
    pub fn features(&self) -> Features {
        self.features
    }

    /// How many instructions all bodies have together.
    pub fn operator_count(&self) -> u64 {
        self.operators
    }

    /// Function bodies that could not be decoded; the references before the damage are known.
    pub fn damage(&self) -> &[crate::Damage] {
        &self.damage
    }

    /// File offsets of the instructions by which function `from` makes its references to `to`.
    pub fn sites(&self, map: &Map<'_>, from: ItemId, to: Node) -> Vec<CallSite> {
        visitor::sites(map, &self.layout, from, to)
    }
}

/// Runs both, at once where there are threads.
fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    #[cfg(feature = "parallel")]
    return rayon::join(a, b);
    #[cfg(not(feature = "parallel"))]
    (a(), b())
}

/// Headers, framing and custom sections belong to whoever loads the file.
fn structure(map: &Map<'_>, layout: &Layout, edges: &mut EdgeList) {
    for (id, item) in map.iter() {
        let is_structure = matches!(
            item.kind,
            ItemKind::Header
                | ItemKind::SectionOverhead
                | ItemKind::CustomSection
                | ItemKind::UnknownSection
                | ItemKind::Unreadable
                | ItemKind::DataCount
        );
        if is_structure {
            edges.add(layout.root(), id, Reason::Structure);
        }
    }
}

/// Edges in the making: those that are not of code, in any order.
#[derive(Default)]
struct EdgeList {
    edges: Vec<(u32, u32, Reason)>,
}

impl EdgeList {
    fn add(&mut self, from: impl Into<Node>, to: impl Into<Node>, reason: Reason) {
        self.edges.push((from.into().0, to.into().0, reason));
    }

    /// Sorts the edges from position `at` on and leaves out repetitions: for what may name the same thing very often.
    fn dedup_from(&mut self, at: usize) {
        self.edges[at..].sort_unstable();
        let mut kept = at;
        for next in at..self.edges.len() {
            if kept == at || self.edges[kept - 1] != self.edges[next] {
                self.edges[kept] = self.edges[next];
                kept += 1;
            }
        }
        self.edges.truncate(kept);
    }

    /// Compressed sparse rows of these edges and the code's.
    fn into_rows(self, nodes: usize, code: Vec<code::Chunk>) -> (Vec<u32>, Vec<u32>, Vec<u8>) {
        let own = self.sorted_rows(nodes);
        let mut starts = vec![0u32; nodes + 1];
        for at in 0..nodes {
            starts[at + 1] = own.starts[at + 1] - own.starts[at];
        }
        for &(from, count) in code.iter().flat_map(|chunk| &chunk.rows) {
            starts[from as usize + 1] += count;
        }
        for at in 0..nodes {
            starts[at + 1] += starts[at];
        }
        let total = starts[nodes] as usize;
        let mut targets = vec![0; total];
        let mut reasons = vec![0; total];
        let mut next = starts.clone();
        for chunk in code {
            let mut read = 0;
            for &(from, count) in &chunk.rows {
                let (at, count) = (next[from as usize] as usize, count as usize);
                targets[at..at + count].copy_from_slice(&chunk.targets[read..read + count]);
                reasons[at..at + count].copy_from_slice(&chunk.reasons[read..read + count]);
                next[from as usize] += count as u32;
                read += count;
            }
        }
        for (from, row) in own.starts.windows(2).enumerate() {
            for (at, &(to, reason)) in (next[from] as usize..).zip(&own.edges[row[0] as usize..row[1] as usize]) {
                targets[at] = to;
                reasons[at] = reason as u8;
            }
        }
        (starts, targets, reasons)
    }

    /// The edges by source, each row sorted and without repetitions. Rows are short: sorting them one by one is a
    /// fraction of sorting all.
    fn sorted_rows(self, nodes: usize) -> Rows {
        let mut ends = vec![0u32; nodes + 1];
        for &(from, ..) in &self.edges {
            ends[from as usize + 1] += 1;
        }
        for at in 0..nodes {
            ends[at + 1] += ends[at];
        }
        let mut next = ends.clone();
        let mut edges = vec![(0, Reason::Structure); self.edges.len()];
        for (from, to, reason) in self.edges {
            let slot = &mut next[from as usize];
            edges[*slot as usize] = (to, reason);
            *slot += 1;
        }
        let mut kept = 0;
        let mut starts = vec![0u32; nodes + 1];
        for node in 0..nodes {
            let row = ends[node] as usize..ends[node + 1] as usize;
            edges[row.clone()].sort_unstable();
            for at in row {
                if kept == starts[node] as usize || edges[kept - 1] != edges[at] {
                    edges[kept] = edges[at];
                    kept += 1;
                }
            }
            starts[node + 1] = kept as u32;
        }
        edges.truncate(kept);
        Rows { starts, edges }
    }
}

/// Edges by source: those of node `n` are `starts[n]..starts[n + 1]`.
struct Rows {
    starts: Vec<u32>,
    edges: Vec<(u32, Reason)>,
}

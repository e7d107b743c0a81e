//! Indirect calls: which functions a call through a table can reach.
//!
//! A `call_indirect` traps unless the function's type matches, so what it reaches are the entries of that table whose
//! signature is equal. Signatures are compared with all reference types taken as one: that joins types that subtyping
//! might let match, and separates only what never does.

use super::addresses::DataAddresses;
use super::code::Uses;
use super::types::{self, Signatures};
use super::{EdgeList, Node, NodeKind, Reason};
use crate::ids::{ElementId, ItemId, ModuleId, Space, TableId};
use crate::map::Map;
use wasmparser::{ConstExpr, Element, ElementItems, ElementKind, Operator};

/// Sets of one module beyond which signatures are no longer told apart: bounds hostile files.
const MAX_SETS: usize = 1_000_000;

/// Numbers the nodes that are not items.
#[derive(Debug)]
pub(super) struct Layout {
    items: u32,
    nodes: u32,
    modules: Vec<ModuleLayout>,
}

#[derive(Debug, Default)]
struct ModuleLayout {
    /// First node of this module's sets: per table its signatures, then per table its entries, then per segment.
    base: u32,
    tables: u32,
    elements: u32,
    signatures: Signatures,
    data: DataAddresses,
}

impl Layout {
    pub(super) fn new(map: &Map<'_>, edges: &mut EdgeList) -> Layout {
        let items = map.items().len() as u32;
        let mut nodes = items + 1;
        let mut modules = Vec::with_capacity(map.modules().len());
        for module in map.modules() {
            let mut layout = ModuleLayout {
                base: nodes,
                tables: module.space(Space::Table).len() as u32,
                elements: module.space(Space::Element).len() as u32,
                data: DataAddresses::new(module),
                signatures: types::read(map, module, edges),
            };
            if layout.signatures.texts.len().saturating_mul(layout.tables as usize) > MAX_SETS {
                layout.signatures.of_type.fill(0);
                layout.signatures.texts = vec!["any signature".to_string()];
            }
            nodes += layout.tables * (layout.signatures.texts.len() as u32 + 1) + layout.elements;
            modules.push(layout);
        }
        Layout { items, nodes, modules }
    }

    pub(super) fn node_count(&self) -> usize {
        self.nodes as usize
    }

    pub(super) fn root(&self) -> Node {
        Node(self.items)
    }

    /// The set of what `call_indirect` of a type through a table reaches; `None` where an index is out of range.
    pub(super) fn targets(&self, module: ModuleId, table: u32, ty: u32) -> Option<Node> {
        let layout = &self.modules[module.as_usize()];
        let signature = *layout.signatures.of_type.get(ty as usize)?;
        (table < layout.tables).then(|| Node(layout.base + table * layout.signatures.texts.len() as u32 + signature))
    }

    pub(super) fn table_entries(&self, module: ModuleId, table: u32) -> Option<Node> {
        let layout = &self.modules[module.as_usize()];
        let first = layout.base + layout.tables * layout.signatures.texts.len() as u32;
        (table < layout.tables).then(|| Node(first + table))
    }

    pub(super) fn segment_entries(&self, module: ModuleId, element: u32) -> Option<Node> {
        let layout = &self.modules[module.as_usize()];
        let first = layout.base + layout.tables * (layout.signatures.texts.len() as u32 + 1);
        (element < layout.elements).then(|| Node(first + element))
    }

    /// Where the data of memory 0 lies.
    pub(super) fn data(&self, module: ModuleId) -> &DataAddresses {
        &self.modules[module.as_usize()].data
    }

    pub(super) fn signature(&self, module: ModuleId, signature: u32) -> &str {
        self.modules[module.as_usize()].signatures.texts.get(signature as usize).map_or("", String::as_str)
    }

    pub(super) fn kind(&self, node: Node) -> NodeKind {
        if node == self.root() {
            return NodeKind::Root;
        }
        let at = self.modules.partition_point(|m| m.base <= node.0) - 1;
        // Modules without sets share their base with the next one: the last is the one that has sets.
        let (module, layout) = (ModuleId(at as u32), &self.modules[at]);
        let signatures = layout.signatures.texts.len() as u32;
        let at = node.0 - layout.base;
        if at < layout.tables * signatures {
            let (table, signature) = (TableId(at / signatures), at % signatures);
            return NodeKind::IndirectTargets { module, table, signature };
        }
        let at = at - layout.tables * signatures;
        if at < layout.tables {
            return NodeKind::TableEntries { module, table: TableId(at) };
        }
        NodeKind::SegmentEntries { module, element: ElementId(at - layout.tables) }
    }
}

/// Connects the sets: segments with their functions, tables with the segments that can get into them.
pub(super) fn connect(map: &Map<'_>, layout: &Layout, uses: &Uses, edges: &mut EdgeList) {
    for (at, module) in map.modules().iter().enumerate() {
        let id = ModuleId(at as u32);
        for (table, &item) in module.space(Space::Table).iter().enumerate() {
            let Some(entries) = layout.table_entries(id, table as u32) else { continue };
            edges.add(entries, item, Reason::Table);
            for signature in 0..layout.modules[at].signatures.texts.len() as u32 {
                let targets = Node(
                    layout.modules[at].base
                        + table as u32 * layout.modules[at].signatures.texts.len() as u32
                        + signature,
                );
                edges.add(targets, item, Reason::Table);
            }
        }
        for (index, &segment) in module.space(Space::Element).iter().enumerate() {
            connect_segment(map, layout, uses, edges, id, index as u32, segment);
        }
    }
    for &(module, to, from) in &uses.table_copies {
        copy_table(layout, edges, module, to, from);
    }
}

fn connect_segment(
    map: &Map<'_>,
    layout: &Layout,
    uses: &Uses,
    edges: &mut EdgeList,
    module: ModuleId,
    index: u32,
    segment: ItemId,
) {
    let Some(entries) = layout.segment_entries(module, index) else { return };
    let Ok(element) = map.reader(map.item(segment).range()).read::<Element>() else { return };
    let filled = uses.table_inits.iter().filter(|&&(m, _, e)| m == module && e == index).map(|&(_, table, _)| table);
    let mut tables: Vec<u32> = filled.collect();
    if let ElementKind::Active { table_index, .. } = element.kind {
        tables.push(table_index.unwrap_or(0));
    }
    tables.sort_unstable();
    tables.dedup();
    let of_module = map.module(module);
    let mut functions = segment_functions(&element);
    functions.sort_unstable();
    functions.dedup();
    for function in functions {
        let Some(item) = of_module.item_at(Space::Function, function) else { continue };
        edges.add(entries, item, Reason::TableEntry);
        let Some(&ty) = of_module.function_types.get(function as usize) else { continue };
        for &table in &tables {
            if let Some(targets) = layout.targets(module, table, ty) {
                edges.add(targets, item, Reason::TableEntry);
            }
        }
    }
    for &table in &tables {
        if let Some(table) = layout.table_entries(module, table) {
            edges.add(table, entries, Reason::Element);
        }
    }
}

/// The functions that a segment's entries name, with repetitions.
pub(super) fn segment_functions(element: &Element<'_>) -> Vec<u32> {
    match &element.items {
        ElementItems::Functions(list) => list.clone().into_iter().map_while(Result::ok).collect(),
        ElementItems::Expressions(_, list) => {
            list.clone().into_iter().map_while(Result::ok).flat_map(|e: ConstExpr| referenced_functions(&e)).collect()
        }
    }
}

fn referenced_functions(expr: &ConstExpr<'_>) -> Vec<u32> {
    let mut ops = expr.get_operators_reader();
    let mut functions = Vec::new();
    while let (false, Ok(op)) = (ops.eof(), ops.read()) {
        if let Operator::RefFunc { function_index } = op {
            functions.push(function_index);
        }
    }
    functions
}

/// `table.copy`: what the source holds, the target can hold.
fn copy_table(layout: &Layout, edges: &mut EdgeList, module: ModuleId, to: u32, from: u32) {
    let (Some(to_entries), Some(from_entries)) = (layout.table_entries(module, to), layout.table_entries(module, from))
    else {
        return;
    };
    edges.add(to_entries, from_entries, Reason::Table);
    let of_module = &layout.modules[module.as_usize()];
    let signatures = of_module.signatures.texts.len() as u32;
    for signature in 0..signatures {
        let set = |table: u32| Node(of_module.base + table * signatures + signature);
        edges.add(set(to), set(from), Reason::Table);
    }
}

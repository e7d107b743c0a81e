//! Indirect calls: which functions a call through a table can reach.
//!
//! A `call_indirect` traps unless the function's type matches, so what it reaches are the entries of that table whose
//! signature is equal. Signatures are compared with all reference types taken as one: that joins types that subtyping
//! might let match, and separates only what never does.

use super::addresses::DataAddresses;
use super::types::{self, Signatures};
use super::visitor::Uses;
use super::{EdgeList, Node, NodeKind, Reason};
use crate::ids::{ElementId, ModuleId, Space, TableId};
use crate::map::Map;
use wasmparser::{Element, ElementItems, ElementKind, Operator};

/// Sets and members of sets beyond which a module's tables, segments and signatures are no longer told apart: bounds
/// hostile files. Real files have a few thousand sets, and one entry for hundreds of bytes of code.
fn max_sets(map: &Map<'_>) -> usize {
    250_000 + map.bytes().len() / 16
}

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
            let sets = layout.signatures.texts.len().saturating_mul(layout.tables as usize);
            if sets + (nodes - items) as usize > max_sets(map) {
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
    for at in 0..map.modules().len() {
        Sets { map, layout, uses, module: ModuleId(at as u32) }.connect(edges);
    }
}

/// The sets of one module.
struct Sets<'s, 'a> {
    map: &'s Map<'a>,
    layout: &'s Layout,
    uses: &'s Uses,
    module: ModuleId,
}

/// What an element segment holds, and where it can get to.
struct Segment {
    entries: Node,
    /// Function indices, sorted, without repetitions.
    functions: Vec<u32>,
    /// Table indices, sorted, without repetitions.
    tables: Vec<u32>,
}

impl Sets<'_, '_> {
    fn connect(&self, edges: &mut EdgeList) {
        let module = self.map.module(self.module);
        for (table, &item) in module.space(Space::Table).iter().enumerate() {
            for set in self.sets_of(table as u32) {
                edges.add(set, item, Reason::Table);
            }
        }
        // Real files have a table or two. One with very many is not told apart by table and signature, or the edges
        // would be more than the file warrants.
        let is_coarse = self.cost() > max_sets(self.map) as u64;
        let mut members = Vec::new();
        for index in 0..module.space(Space::Element).len() as u32 {
            if let Some(segment) = self.segment(index) {
                match is_coarse {
                    true => self.join_segment(&segment, &mut members, edges),
                    false => self.connect_segment(&segment, edges),
                }
            }
        }
        match is_coarse {
            true => self.join_tables(edges),
            false => self.copies().for_each(|(to, from)| self.copy_table(to, from, edges)),
        }
    }

    /// How many edges it takes to tell all sets apart, at most.
    fn cost(&self) -> u64 {
        let module = self.map.module(self.module);
        let signatures = self.layout.modules[self.module.as_usize()].signatures.texts.len() as u64;
        let segments = module.space(Space::Element).iter().enumerate().map(|(index, &item)| {
            let range = self.map.item(item).range();
            u64::from(range.end - range.start) * (self.inits(index as u32).count() as u64 + 1)
        });
        segments.sum::<u64>() + self.copies().count() as u64 * signatures
    }

    fn segment(&self, index: u32) -> Option<Segment> {
        let module = self.map.module(self.module);
        let item = module.item_at(Space::Element, index)?;
        let element = self.map.reader(self.map.item(item).range()).read::<Element>().ok()?;
        let mut tables: Vec<u32> = self.inits(index).collect();
        if let ElementKind::Active { table_index, .. } = element.kind {
            tables.push(table_index.unwrap_or(0));
        }
        tables.sort_unstable();
        tables.dedup();
        let mut functions = segment_functions(&element);
        functions.sort_unstable();
        functions.dedup();
        Some(Segment { entries: self.layout.segment_entries(self.module, index)?, functions, tables })
    }

    /// Tables that a segment is written to by `table.init`.
    fn inits(&self, element: u32) -> impl Iterator<Item = u32> {
        let inits = &self.uses.table_inits;
        let first = inits.partition_point(|&(m, e, _)| (m, e) < (self.module, element));
        inits[first..].iter().take_while(move |&&(m, e, _)| (m, e) == (self.module, element)).map(|&(.., table)| table)
    }

    /// Target and source of each `table.copy` between tables.
    fn copies(&self) -> impl Iterator<Item = (u32, u32)> {
        let copies = &self.uses.table_copies;
        let first = copies.partition_point(|&(m, ..)| m < self.module);
        copies[first..].iter().take_while(|&&(m, ..)| m == self.module).map(|&(_, to, from)| (to, from))
    }

    /// What any segment holds, all hold: the first segment's set stands for it.
    fn join_segment(&self, segment: &Segment, members: &mut Vec<bool>, edges: &mut EdgeList) {
        let module = self.map.module(self.module);
        let Some(all) = self.layout.segment_entries(self.module, 0) else { return };
        members.resize(module.space(Space::Function).len(), false);
        for &function in &segment.functions {
            let Some(item) = module.item_at(Space::Function, function) else { continue };
            if !std::mem::replace(&mut members[function as usize], true) {
                edges.add(all, item, Reason::TableEntry);
            }
        }
        if segment.entries != all {
            edges.add(segment.entries, all, Reason::Element);
        }
        if let Some(table) = segment.tables.first().and_then(|&table| self.layout.table_entries(self.module, table)) {
            edges.add(table, all, Reason::Element);
        }
    }

    fn connect_segment(&self, segment: &Segment, edges: &mut EdgeList) {
        let module = self.map.module(self.module);
        for &function in &segment.functions {
            let Some(item) = module.item_at(Space::Function, function) else { continue };
            edges.add(segment.entries, item, Reason::TableEntry);
            let Some(&ty) = module.function_types.get(function as usize) else { continue };
            for &table in &segment.tables {
                if let Some(targets) = self.layout.targets(self.module, table, ty) {
                    edges.add(targets, item, Reason::TableEntry);
                }
            }
        }
        for &table in &segment.tables {
            if let Some(table) = self.layout.table_entries(self.module, table) {
                edges.add(table, segment.entries, Reason::Element);
            }
        }
    }

    /// The sets of a table: one for each signature, and all its entries.
    fn sets_of(&self, table: u32) -> impl Iterator<Item = Node> {
        let layout = &self.layout.modules[self.module.as_usize()];
        let signatures = layout.signatures.texts.len() as u32;
        let first = layout.base + table * signatures;
        (first..first + signatures).map(Node).chain(self.layout.table_entries(self.module, table))
    }

    /// What any table holds, every call can reach.
    fn join_tables(&self, edges: &mut EdgeList) {
        let tables = self.map.module(self.module).space(Space::Table).len() as u32;
        let Some(all) = self.layout.table_entries(self.module, 0) else { return };
        for table in 0..tables {
            for set in self.sets_of(table).filter(|&set| set != all) {
                edges.add(set, all, Reason::Table);
            }
            if let Some(entries) = self.layout.table_entries(self.module, table).filter(|&entries| entries != all) {
                edges.add(all, entries, Reason::Table);
            }
        }
    }

    /// `table.copy`: what the source holds, the target can hold.
    fn copy_table(&self, to: u32, from: u32, edges: &mut EdgeList) {
        let tables = self.map.module(self.module).space(Space::Table).len() as u32;
        if to < tables && from < tables {
            for (to, from) in self.sets_of(to).zip(self.sets_of(from)) {
                edges.add(to, from, Reason::Table);
            }
        }
    }
}

/// The functions that a segment's entries name, with repetitions.
pub(super) fn segment_functions(element: &Element<'_>) -> Vec<u32> {
    match &element.items {
        ElementItems::Functions(list) => list.clone().into_iter().map_while(Result::ok).collect(),
        ElementItems::Expressions(_, list) => {
            let mut functions = Vec::new();
            for expression in list.clone().into_iter().map_while(Result::ok) {
                let mut operators = expression.get_operators_reader();
                while let (false, Ok(operator)) = (operators.eof(), operators.read()) {
                    if let Operator::RefFunc { function_index } = operator {
                        functions.push(function_index);
                    }
                }
            }
            functions
        }
    }
}

//! One file, read once: what every view starts from.

use crate::dominators::{Dominators, Trust};
use crate::symbol::{Language, Symbol};
use std::borrow::Cow;
use wasm_binary::{Damage, Graph, ItemId, ItemKind, Map, ModuleId, Node, NodeKind, Space};

/// A map with its reference graph and dominator tree.
#[derive(Debug)]
pub struct Analysis<'a> {
    /// The map of the file.
    pub map: Map<'a>,
    /// Who refers to whom.
    pub graph: Graph,
    /// What goes with what.
    pub dominators: Dominators,
    language: Language,
}

impl<'a> Analysis<'a> {
    /// Reads a file and computes what all views need.
    ///
    /// # Errors
    /// Only where [`Map::parse`] finds nothing to map; damage is in [`Analysis::damage`].
    pub fn new(bytes: &'a [u8], trust: Trust) -> Result<Analysis<'a>, wasm_binary::Error> {
        Ok(Analysis::of(Map::parse(bytes)?, trust))
    }

    /// Computes what all views need of a map, which may have been given names from other sources.
    pub fn of(map: Map<'a>, trust: Trust) -> Analysis<'a> {
        let graph = Graph::new(&map);
        let dominators = Dominators::new(&map, &graph, trust);
        let language = Language::of(&map);
        Analysis { map, graph, dominators, language }
    }

    /// Size of the file in bytes.
    pub fn bytes(&self) -> u64 {
        self.map.bytes().len() as u64
    }

    /// All places that could not be read, in sections and in function bodies.
    pub fn damage(&self) -> impl Iterator<Item = &Damage> {
        self.map.damage().iter().chain(self.graph.damage())
    }

    /// A function's name, taken apart; `None` where nothing names it, and for other items.
    pub fn symbol(&self, id: ItemId) -> Option<Symbol<'_>> {
        let item = self.map.item(id);
        if item.kind != ItemKind::Function {
            return None;
        }
        self.map.raw_name(id).filter(|name| !name.is_empty()).map(|raw| Symbol::parse(raw, self.language))
    }

    /// The crate of a function, if its name tells.
    pub fn crate_of(&self, id: ItemId) -> Option<String> {
        self.symbol(id)?.crate_name().map(str::to_string)
    }

    /// What to call a node in front of a user.
    pub fn node_label(&self, node: Node) -> Cow<'static, str> {
        match self.graph.kind(node) {
            NodeKind::Item(id) => Cow::Owned(self.map.label(id)),
            NodeKind::Root => Cow::Borrowed("the host"),
            NodeKind::IndirectTargets { module, table, signature } => {
                let signature = self.graph.signature(module, signature);
                let table = self.table_label(module, table.0);
                Cow::Owned(format!("any function {signature} in {table}"))
            }
            NodeKind::TableEntries { module, table } => {
                Cow::Owned(format!("any entry of {}", self.table_label(module, table.0)))
            }
            NodeKind::SegmentEntries { module, element } => {
                let label = self.map.module(module).item(element).map_or(String::new(), |id| self.map.label(id));
                Cow::Owned(format!("any entry of {label}"))
            }
        }
    }

    fn table_label(&self, module: ModuleId, table: u32) -> String {
        let mut label = format!("table {table}");
        if module.0 != 0 {
            label.push_str(&format!(" of {}", self.map.module_label(module)));
        }
        label
    }

    /// Resolves what a user types for an item: an id (`#17`), `function 812`, a name or label as shown, a raw name, or
    /// a unique part of a label. More than one hit is all of them, by falling size.
    pub fn find(&self, text: &str) -> Vec<ItemId> {
        let text = text.trim();
        if let Some(id) = text.strip_prefix('#').and_then(|id| id.parse().ok()) {
            return if (id as usize) < self.map.items().len() { vec![ItemId(id)] } else { Vec::new() };
        }
        if let Some(id) = self.find_by_index(text) {
            return vec![id];
        }
        let labels: Vec<(ItemId, String)> = self.map.iter().map(|(id, _)| (id, self.map.label(id))).collect();
        let is_whole = |(id, label): &&(ItemId, String)| label == text || self.map.raw_name(*id) == Some(text);
        let mut hits: Vec<ItemId> = labels.iter().filter(is_whole).map(|(id, _)| *id).collect();
        if hits.is_empty() {
            hits = labels.iter().filter(|(_, label)| label.contains(text)).map(|(id, _)| *id).collect();
        }
        hits.sort_by_key(|&id| (std::cmp::Reverse(self.map.item(id).size), id));
        hits
    }

    /// `function 812`, `data segment 3`, `type 0`: an index space of the file's own module and an index in it.
    fn find_by_index(&self, text: &str) -> Option<ItemId> {
        let (noun, index) = text.rsplit_once(' ')?;
        let index: u32 = index.parse().ok()?;
        let spaces = [
            Space::Function,
            Space::Type,
            Space::Table,
            Space::Memory,
            Space::Global,
            Space::Tag,
            Space::Element,
            Space::Data,
        ];
        let space = spaces.into_iter().find(|space| space.noun() == noun)?;
        self.map.module(ModuleId(0)).item_at(space, index)
    }
}

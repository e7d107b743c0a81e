//! References of a core module outside its function bodies.

use super::component::Linkage;
use super::indirect::{Layout, segment_functions};
use super::visitor::Expressions;
use super::{EdgeList, Node, Reason};
use crate::ids::{ItemId, ModuleId, Space};
use crate::item::{DataSegment, ItemKind};
use crate::map::{BinaryKind, Map, Module};
use wasmparser::{
    BlockType, Data, DataKind, Element, ElementItems, ElementKind, GlobalType, HeapType, ImportSectionReader, Linking,
    LinkingSectionReader, RefType, RelocSectionReader, RelocationType, SymbolFlags, SymbolInfo, Table, TableInit,
    TagType, TypeRef, UnpackedIndex, ValType,
};

/// Reads one module's references.
pub(super) fn read(map: &Map<'_>, id: ModuleId, layout: &Layout, linkage: &Linkage, edges: &mut EdgeList) {
    let module = map.module(id);
    if module.kind == BinaryKind::Component {
        return;
    }
    let expressions = Expressions::new(map, layout, id);
    let mut reader = Reader { map, id, module, layout, linkage, edges, expressions };
    reader.imports();
    reader.exports();
    reader.start();
    for &item in module.space(Space::Table) {
        reader.table(item);
    }
    for &item in module.space(Space::Global) {
        reader.global(item);
    }
    for &item in module.space(Space::Tag) {
        reader.tag(item);
    }
    for &item in module.space(Space::Element) {
        reader.element(item);
    }
    for segment in &module.data {
        reader.data(segment);
    }
    for (index, &item) in module.space(Space::Function).iter().enumerate() {
        if let Some(&ty) = module.function_types.get(index) {
            reader.use_type(item.into(), ty);
        }
    }
    reader.relocations();
}

struct Reader<'m, 'a> {
    map: &'m Map<'a>,
    id: ModuleId,
    module: &'m Module<'a>,
    layout: &'m Layout,
    linkage: &'m Linkage,
    edges: &'m mut EdgeList,
    expressions: Expressions<'m, 'a>,
}

impl Reader<'_, '_> {
    fn use_value_type(&mut self, item: ItemId, ty: ValType) {
        if let ValType::Ref(ty) = ty {
            self.use_ref_type(item, ty);
        }
    }

    fn use_ref_type(&mut self, item: ItemId, ty: RefType) {
        if let Some(index) = ref_type_index(ty) {
            self.use_type(item.into(), index);
        }
    }

    fn use_type(&mut self, from: Node, index: u32) {
        if let Some(item) = self.module.item_at(Space::Type, index)
            && Node::from(item) != from
        {
            self.edges.add(from, item, Reason::Type);
        }
    }

    fn imports(&mut self) {
        let sections = self.module.sections.iter().map(|&s| self.map.section(s)).filter(|s| s.kind == "import");
        let readers = sections.map(|s| ImportSectionReader::new(self.map.reader(s.payload.clone())));
        let types = readers.flatten().flat_map(|reader| reader.into_imports().map_while(Result::ok)).map(|i| i.ty);
        for (import, ty) in self.module.imports.iter().zip(types) {
            match ty {
                TypeRef::Tag(tag) => self.use_type(import.item.into(), tag.func_type_idx),
                TypeRef::Global(global) => self.use_value_type(import.item, global.content_type),
                TypeRef::Table(table) => self.use_ref_type(import.item, table.element_type),
                TypeRef::Func(_) | TypeRef::FuncExact(_) | TypeRef::Memory(_) => {}
            }
            let root = self.layout.root();
            if import.space == Space::Table {
                // Others can call what is in an imported table.
                if let Some(entries) = self.layout.table_entries(self.id, import.index) {
                    self.edges.add(root, entries, Reason::HostCanUse);
                }
            }
        }
    }

    fn exports(&mut self) {
        for export in &self.module.exports {
            if self.linkage.is_open(self.id) {
                self.edges.add(self.layout.root(), export.item, Reason::HostCanUse);
            }
            if let Some(item) = self.module.item_at(export.space, export.index) {
                self.edges.add(export.item, item, Reason::Export);
            }
            if export.space == Space::Table
                && let Some(entries) = self.layout.table_entries(self.id, export.index)
            {
                self.edges.add(export.item, entries, Reason::Export);
            }
        }
    }

    fn start(&mut self) {
        let sections = self.module.sections.iter().map(|&s| self.map.section(s)).filter(|s| s.kind == "start");
        for section in sections {
            let Some(item) = self.map.item_at(section.range.start) else { continue };
            self.edges.add(self.layout.root(), item, Reason::Start);
            let function = self.map.reader(section.payload.clone()).read_var_u32();
            if let Some(function) = function.ok().and_then(|f| self.module.item_at(Space::Function, f)) {
                self.edges.add(item, function, Reason::Call);
            }
        }
    }

    fn table(&mut self, item: ItemId) {
        if self.map.item(item).kind != ItemKind::Table {
            return;
        }
        let Ok(table) = self.map.reader(self.map.item(item).range()).read::<Table>() else { return };
        self.use_ref_type(item, table.ty.element_type);
        if let TableInit::Expr(init) = table.init {
            self.expression(item.into(), init.get_binary_reader());
        }
    }

    fn global(&mut self, item: ItemId) {
        if self.map.item(item).kind != ItemKind::Global {
            return;
        }
        let mut reader = self.map.reader(self.map.item(item).range());
        let Ok(ty) = reader.read::<GlobalType>() else { return };
        self.use_value_type(item, ty.content_type);
        // The initial value is the rest of the item.
        self.expression(item.into(), reader);
    }

    fn tag(&mut self, item: ItemId) {
        if self.map.item(item).kind != ItemKind::Tag {
            return;
        }
        if let Ok(tag) = self.map.reader(self.map.item(item).range()).read::<TagType>() {
            self.use_type(item.into(), tag.func_type_idx);
        }
    }

    fn element(&mut self, item: ItemId) {
        let Ok(element) = self.map.reader(self.map.item(item).range()).read::<Element>() else { return };
        match &element.kind {
            ElementKind::Active { table_index, offset_expr } => {
                self.expression(item.into(), offset_expr.get_binary_reader());
                self.filled_from(Space::Table, table_index.unwrap_or(0), item, [Reason::Element, Reason::Table]);
            }
            // `ref.func` is only valid for functions that are declared: they keep the declaration.
            ElementKind::Declared => {
                for function in segment_functions(&element) {
                    if let Some(function) = self.module.item_at(Space::Function, function) {
                        self.edges.add(function, item, Reason::Element);
                    }
                }
            }
            ElementKind::Passive => {}
        }
        if let ElementItems::Expressions(ty, list) = element.items {
            self.use_ref_type(item, ty);
            for expr in list.into_iter().map_while(Result::ok) {
                // Functions are members of the set of entries; all else an entry needs, the segment needs.
                for &(to, reason) in self.expressions.references(expr.get_binary_reader()) {
                    if reason != Reason::RefFunc {
                        self.edges.add(item, to, reason);
                    }
                }
            }
        }
    }

    fn data(&mut self, segment: &DataSegment) {
        let Some(memory) = segment.memory else { return };
        if segment.address.is_none()
            && let Ok(data) = self.map.reader(self.map.item(segment.item).range()).read::<Data>()
            && let DataKind::Active { offset_expr, .. } = data.kind
        {
            self.expression(segment.item.into(), offset_expr.get_binary_reader());
        }
        self.filled_from(Space::Memory, memory, segment.item, [Reason::Data, Reason::Memory]);
    }

    /// An active segment is needed by its table or memory; if that is imported, its owner sees what is written. And it
    /// needs the table or memory, where code uses the segment itself (`data.drop`).
    fn filled_from(&mut self, space: Space, index: u32, segment: ItemId, [filled, fills]: [Reason; 2]) {
        let Some(target) = self.module.item_at(space, index) else { return };
        self.edges.add(segment, target, fills);
        if self.module.kind == BinaryKind::Object && space == Space::Memory {
            return; // Its relocations say who needs it.
        }
        self.edges.add(target, segment, filled);
        if self.map.item(target).kind == ItemKind::Import {
            self.edges.add(self.layout.root(), segment, Reason::Start);
        }
    }

    fn expression(&mut self, from: Node, reader: wasmparser::BinaryReader<'_>) {
        for &(to, reason) in self.expressions.references(reader) {
            self.edges.add(from, to, reason);
        }
    }

    /// Objects and `--emit-relocs`: the linker's own record of who needs what.
    fn relocations(&mut self) {
        if self.module.kind != BinaryKind::Object {
            return;
        }
        let symbols = self.symbols();
        for &id in &self.module.sections {
            let section = self.map.section(id);
            if !section.name.is_some_and(|n| n.starts_with("reloc.")) {
                continue;
            }
            let Ok(relocations) = RelocSectionReader::new(self.map.reader(section.payload.clone())) else { continue };
            let target = self.module.sections.get(relocations.section_index() as usize);
            // Debug information names all code, and keeps none: the linker drops it with what it describes.
            let Some(target) = target.map(|&s| self.map.section(s)).filter(|s| s.kind != "custom") else { continue };
            for entry in relocations.entries().into_iter().map_while(Result::ok) {
                let Some(from) = self.map.item_at(target.payload.start.saturating_add(entry.offset)) else { continue };
                let to = match entry.ty {
                    RelocationType::TypeIndexLeb => self.module.item_at(Space::Type, entry.index),
                    _ => symbols.get(entry.index as usize).copied().flatten(),
                };
                if let Some(to) = to.filter(|&to| to != from) {
                    self.edges.add(from, to, Reason::Relocation);
                }
            }
        }
    }

    /// Symbol → item. The linker can use every symbol that is not local, keeps those that say so, and calls
    /// constructors: those are roots.
    fn symbols(&mut self) -> Vec<Option<ItemId>> {
        let Some(section) = self.map.custom_section(self.id, "linking") else { return Vec::new() };
        let Ok(linking) = LinkingSectionReader::new(self.map.reader(section.payload.clone())) else {
            return Vec::new();
        };
        let (mut symbols, mut constructors) = (Vec::new(), Vec::new());
        for subsection in linking.subsections().map_while(Result::ok) {
            match subsection {
                Linking::SymbolTable(table) => {
                    for symbol in table.into_iter().map_while(Result::ok) {
                        let (flags, item) = self.symbol(&symbol);
                        let is_visible = !flags.intersects(SymbolFlags::BINDING_LOCAL | SymbolFlags::UNDEFINED);
                        let is_kept = flags.intersects(SymbolFlags::NO_STRIP | SymbolFlags::EXPORTED);
                        if let Some(item) = item.filter(|_| is_visible || is_kept) {
                            self.edges.add(self.layout.root(), item, Reason::HostCanUse);
                        }
                        symbols.push(item);
                    }
                }
                Linking::InitFuncs(functions) => {
                    constructors.extend(functions.into_iter().map_while(Result::ok).map(|f| f.symbol_index));
                }
                _ => {}
            }
        }
        for constructor in constructors {
            if let Some(item) = symbols.get(constructor as usize).copied().flatten() {
                self.edges.add(self.layout.root(), item, Reason::Start);
            }
        }
        symbols
    }

    fn symbol(&self, symbol: &SymbolInfo<'_>) -> (SymbolFlags, Option<ItemId>) {
        match *symbol {
            SymbolInfo::Func { flags, index, .. } => (flags, self.module.item_at(Space::Function, index)),
            SymbolInfo::Global { flags, index, .. } => (flags, self.module.item_at(Space::Global, index)),
            SymbolInfo::Event { flags, index, .. } => (flags, self.module.item_at(Space::Tag, index)),
            SymbolInfo::Table { flags, index, .. } => (flags, self.module.item_at(Space::Table, index)),
            SymbolInfo::Data { flags, symbol, .. } => {
                (flags, symbol.and_then(|s| self.module.item_at(Space::Data, s.index)))
            }
            SymbolInfo::Section { flags, section } => {
                let section = self.module.sections.get(section as usize).map(|&s| self.map.section(s));
                (flags, section.and_then(|s| self.map.item_at(s.range.start)))
            }
        }
    }
}

/// The type index of a block's signature.
pub(super) fn block_type_index(ty: BlockType) -> Option<u32> {
    match ty {
        BlockType::FuncType(index) => Some(index),
        BlockType::Type(ValType::Ref(ty)) => ref_type_index(ty),
        _ => None,
    }
}

/// The type index of a concrete reference type.
pub(super) fn ref_type_index(ty: RefType) -> Option<u32> {
    heap_type_index(ty.heap_type())
}

/// The type index of a concrete heap type.
pub(super) fn heap_type_index(ty: HeapType) -> Option<u32> {
    match ty {
        HeapType::Concrete(UnpackedIndex::Module(index)) | HeapType::Exact(UnpackedIndex::Module(index)) => Some(index),
        _ => None,
    }
}

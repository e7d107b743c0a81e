//! Takes items out of a core module for real: writes it anew without them, all indices renumbered. A reference to what
//! is gone is an error, so a set that claims too much does not even encode.

use std::collections::BTreeSet;
use wasm_binary::{ItemId, Map, ModuleId, Space};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::*;
use wasmparser::{ElementItems, KnownCustom, Name, Payload};

/// An index of something that has been removed is still used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dangling(pub(crate) Space, pub(crate) u32);

type Done<T> = Result<T, Error<Dangling>>;

/// What happens to the items of a module.
#[derive(Default)]
pub(crate) struct Plan {
    /// Removed.
    pub(crate) gone: BTreeSet<ItemId>,
    /// Functions that stay as an `unreachable`, data segments that stay empty: others still name them.
    pub(crate) stubs: BTreeSet<ItemId>,
}

/// Writes the module anew. Of custom sections the names stay; with an empty plan that is the form to compare with.
pub(crate) fn rewrite(map: &Map<'_>, plan: &Plan) -> Done<Vec<u8>> {
    let spaces = [
        Space::Type,
        Space::Function,
        Space::Table,
        Space::Memory,
        Space::Global,
        Space::Tag,
        Space::Element,
        Space::Data,
    ];
    let renumber = |space: Space| {
        let mut next = 0..;
        let items = map.module(ModuleId(0)).space(space).iter();
        items.map(|item| (!plan.gone.contains(item)).then(|| next.next().unwrap())).collect()
    };
    let mut rewriter = Rewriter { map, plan, new: spaces.map(renumber), dead: None };
    rewriter.module()
}

struct Rewriter<'m, 'a> {
    map: &'m Map<'a>,
    plan: &'m Plan,
    /// Old index → new index, by space.
    new: [Vec<Option<u32>>; 8],
    /// Stands in table entries for functions that are gone.
    dead: Option<u32>,
}

impl Rewriter<'_, '_> {
    fn index(&self, space: Space, old: u32) -> Done<u32> {
        let new = self.new[space as usize].get(old as usize).copied().flatten();
        new.ok_or(Error::UserError(Dangling(space, old)))
    }

    fn count(&self, space: Space) -> u32 {
        self.new[space as usize].iter().flatten().count() as u32
    }

    /// The entries of a section that stay, as their items say.
    fn kept<T>(&self, items: &[ItemId], values: impl IntoIterator<Item = T>) -> Vec<(ItemId, T)> {
        items.iter().copied().zip(values).filter(|(item, _)| !self.plan.gone.contains(item)).collect()
    }

    fn defined(&self, space: Space) -> Vec<ItemId> {
        let module = self.map.module(ModuleId(0));
        let imported = module.imports.iter().filter(|i| i.space == space).count();
        module.space(space)[imported..].to_vec()
    }

    fn module(&mut self) -> Done<Vec<u8>> {
        let of_file = self.map.module(ModuleId(0));
        let mut bodies = Vec::new();
        let mut names = None;
        let mut functions = FunctionSection::new();
        let mut types = TypeSection::new();
        // Sections of the standard order, each written if it is not empty.
        let (mut imports, mut tables, mut memories) = (ImportSection::new(), TableSection::new(), MemorySection::new());
        let (mut tags, mut globals, mut exports) = (TagSection::new(), GlobalSection::new(), ExportSection::new());
        let (mut elements, mut data) = (ElementSection::new(), DataSection::new());
        let (mut start, mut data_count) = (None, None);
        if self.names_removed_functions()? {
            self.dead = Some(self.count(Space::Function));
        }
        for payload in wasmparser::Parser::new(0).parse_all(self.map.bytes()) {
            match payload? {
                Payload::TypeSection(section) => {
                    let mut index = 0;
                    for group in section {
                        let group = group?;
                        let first = of_file.item_at(Space::Type, index);
                        index += group.types().len() as u32;
                        if first.is_none_or(|first| !self.plan.gone.contains(&first)) {
                            self.parse_recursive_type_group(types.ty(), group)?;
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    let all = section.into_imports().collect::<wasmparser::Result<Vec<_>>>()?;
                    let items: Vec<ItemId> = of_file.imports.iter().map(|i| i.item).collect();
                    for (_, import) in self.kept(&items, all) {
                        imports.import(import.module, import.name, self.entity_type(import.ty)?);
                    }
                }
                Payload::FunctionSection(section) => {
                    let all = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
                    for (_, ty) in self.kept(&self.defined(Space::Function), all) {
                        functions.function(self.type_index(ty)?);
                    }
                }
                Payload::TableSection(section) => {
                    let all = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
                    for (_, table) in self.kept(&self.defined(Space::Table), all) {
                        utils::parse_table(self, &mut tables, table)?;
                    }
                }
                Payload::MemorySection(section) => {
                    let all = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
                    for (_, memory) in self.kept(&self.defined(Space::Memory), all) {
                        memories.memory(self.memory_type(memory)?);
                    }
                }
                Payload::TagSection(section) => {
                    let all = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
                    for (_, tag) in self.kept(&self.defined(Space::Tag), all) {
                        tags.tag(self.tag_type(tag)?);
                    }
                }
                Payload::GlobalSection(section) => {
                    let all = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
                    for (_, global) in self.kept(&self.defined(Space::Global), all) {
                        utils::parse_global(self, &mut globals, global)?;
                    }
                }
                Payload::ExportSection(section) => {
                    let all = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
                    let items: Vec<ItemId> = of_file.exports.iter().map(|e| e.item).collect();
                    for (_, export) in self.kept(&items, all) {
                        utils::parse_export(self, &mut exports, export)?;
                    }
                }
                Payload::StartSection { func, .. } => start = Some(self.function_index(func)?),
                Payload::ElementSection(section) => {
                    let all = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
                    for (_, element) in self.kept(&self.defined(Space::Element), all) {
                        self.element(&mut elements, element)?;
                    }
                }
                Payload::DataCountSection { .. } => data_count = Some(self.count(Space::Data)),
                Payload::CodeSectionEntry(body) => bodies.push(body),
                Payload::DataSection(section) => {
                    let all = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
                    for (item, mut segment) in self.kept(&self.defined(Space::Data), all) {
                        if self.plan.stubs.contains(&item) {
                            segment.data = &[];
                        }
                        utils::parse_data(self, &mut data, segment)?;
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(section) = section.as_known() {
                        names = Some(self.names(section)?);
                    }
                }
                _ => {}
            }
        }
        let mut code = CodeSection::new();
        for (item, body) in self.kept(&self.defined(Space::Function), bodies) {
            if self.plan.stubs.contains(&item) {
                code.function(&stub());
            } else {
                utils::parse_function_body(self, &mut code, body)?;
            }
        }
        if self.dead.is_some() {
            functions.function(self.count(Space::Type));
            types.ty().function([], []);
            code.function(&stub());
        }
        let mut module = Output::default();
        module.add(types.is_empty(), &types);
        module.add(imports.is_empty(), &imports);
        module.add(functions.is_empty(), &functions);
        module.add(tables.is_empty(), &tables);
        module.add(memories.is_empty(), &memories);
        module.add(tags.is_empty(), &tags);
        module.add(globals.is_empty(), &globals);
        module.add(exports.is_empty(), &exports);
        if let Some(function_index) = start {
            module.add(false, &StartSection { function_index });
        }
        module.add(elements.is_empty(), &elements);
        if let Some(count) = data_count {
            module.add(false, &DataCountSection { count });
        }
        module.add(code.is_empty(), &code);
        module.add(data.is_empty(), &data);
        if let Some(names) = names {
            module.add(false, &names);
        }
        Ok(module.0.finish())
    }

    /// Whether a segment that stays lists functions that go.
    fn names_removed_functions(&self) -> Done<bool> {
        let kept = self.defined(Space::Element).into_iter().filter(|item| !self.plan.gone.contains(item));
        for item in kept {
            let range = self.map.item(item).range();
            let bytes = &self.map.bytes()[range.start as usize..range.end as usize];
            let element = wasmparser::BinaryReader::new(bytes, 0).read::<wasmparser::Element>()?;
            if let ElementItems::Functions(list) = element.items {
                for function in list {
                    if self.index(Space::Function, function?).is_err() {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// An entry that names a function which is gone can never be called: it becomes one that traps, or null.
    fn element(&mut self, elements: &mut ElementSection, element: wasmparser::Element<'_>) -> Done<()> {
        let items = match element.items {
            ElementItems::Functions(list) => {
                let mut functions = Vec::new();
                for function in list {
                    match (self.function_index(function?), self.dead) {
                        (Ok(index), _) | (Err(_), Some(index)) => functions.push(index),
                        (Err(error), None) => return Err(error),
                    }
                }
                Elements::Functions(functions.into())
            }
            ElementItems::Expressions(ty, list) => {
                let heap_type = self.heap_type(ty.heap_type())?;
                let mut entries = Vec::new();
                for entry in list {
                    entries.push(match self.const_expr(entry?) {
                        Err(Error::UserError(Dangling(Space::Function, _))) if ty.is_nullable() => {
                            ConstExpr::ref_null(heap_type)
                        }
                        entry => entry?,
                    });
                }
                Elements::Expressions(self.ref_type(ty)?, entries.into())
            }
        };
        match element.kind {
            wasmparser::ElementKind::Active { table_index, offset_expr } => {
                let table = self.table_index(table_index.unwrap_or(0))?;
                let offset = self.const_expr(offset_expr)?;
                elements.active(table_index.map(|_| table).filter(|&table| table != 0), &offset, items);
            }
            wasmparser::ElementKind::Passive => drop(elements.passive(items)),
            wasmparser::ElementKind::Declared => drop(elements.declared(items)),
        }
        Ok(())
    }

    fn names(&self, section: wasmparser::NameSectionReader<'_>) -> Done<NameSection> {
        let mut names = NameSection::new();
        let map = |space: Space, map: wasmparser::NameMap<'_>| -> Done<NameMap> {
            let mut kept = NameMap::new();
            for naming in map {
                let naming = naming?;
                if let Ok(index) = self.index(space, naming.index) {
                    kept.append(index, naming.name);
                }
            }
            Ok(kept)
        };
        for subsection in section {
            match subsection? {
                Name::Function(list) => names.functions(&map(Space::Function, list)?),
                Name::Type(list) => names.types(&map(Space::Type, list)?),
                Name::Table(list) => names.tables(&map(Space::Table, list)?),
                Name::Memory(list) => names.memories(&map(Space::Memory, list)?),
                Name::Global(list) => names.globals(&map(Space::Global, list)?),
                Name::Element(list) => names.elements(&map(Space::Element, list)?),
                Name::Data(list) => names.data(&map(Space::Data, list)?),
                Name::Tag(list) => names.tag(&map(Space::Tag, list)?),
                _ => {}
            }
        }
        Ok(names)
    }
}

fn stub() -> Function {
    let mut stub = Function::new([]);
    stub.instructions().unreachable().end();
    stub
}

#[derive(Default)]
struct Output(Module);

impl Output {
    fn add(&mut self, is_empty: bool, section: &impl Section) {
        if !is_empty {
            self.0.section(section);
        }
    }
}

impl Reencode for Rewriter<'_, '_> {
    type Error = Dangling;

    fn type_index(&mut self, old: u32) -> Done<u32> {
        self.index(Space::Type, old)
    }
    fn function_index(&mut self, old: u32) -> Done<u32> {
        self.index(Space::Function, old)
    }
    fn table_index(&mut self, old: u32) -> Done<u32> {
        self.index(Space::Table, old)
    }
    fn memory_index(&mut self, old: u32) -> Done<u32> {
        self.index(Space::Memory, old)
    }
    fn global_index(&mut self, old: u32) -> Done<u32> {
        self.index(Space::Global, old)
    }
    fn tag_index(&mut self, old: u32) -> Done<u32> {
        self.index(Space::Tag, old)
    }
    fn element_index(&mut self, old: u32) -> Done<u32> {
        self.index(Space::Element, old)
    }
    fn data_index(&mut self, old: u32) -> Done<u32> {
        self.index(Space::Data, old)
    }
}

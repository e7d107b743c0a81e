//! Instantiation: imports are matched, items allocated, segments applied. The
//! start function is left to the caller, so that a debugger can stop in it.

use crate::Import;
use crate::error::{InstantiateError, Trap};
use crate::memory::Memory;
use crate::module::{ExternType, Module};
use crate::store::{Extern, Function, FunctionKind, Global, GlobalId, Instance, InstanceId, ModuleFunction, Store};
use crate::value::Value;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Names that imports are looked up by.
#[derive(Clone, Debug, Default)]
pub struct Linker {
    items: HashMap<(String, String), Extern>,
}

impl Linker {
    /// A linker that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Supplies one import.
    pub fn define(&mut self, module: &str, name: &str, item: Extern) {
        self.items.insert((module.into(), name.into()), item);
    }

    /// Supplies all exports of an instance under a module name.
    pub fn define_instance(&mut self, module: &str, store: &Store, instance: InstanceId) {
        let Some(instance) = store.instances.get(instance.0 as usize) else { return };
        for export in instance.module.exports() {
            if let Some(item) = instance.external(export.kind, export.index) {
                self.define(module, &export.name, item);
            }
        }
    }

    /// Makes a host function for every function import of a module that is not
    /// defined yet: the host learns at the call what it was asked for.
    pub fn define_host_functions(&mut self, store: &mut Store, module: &Module) {
        for import in module.imports() {
            if let ExternType::Function(ty) = &import.ty
                && self.get(import).is_none()
            {
                let function = store.host_function(&import.module, &import.name, ty.clone());
                self.define(&import.module, &import.name, Extern::Function(function));
            }
        }
    }

    /// What is known for an import.
    #[must_use]
    pub fn get(&self, import: &Import) -> Option<Extern> {
        self.items.get(&(import.module.clone(), import.name.clone())).copied()
    }
}

impl Store {
    /// Makes an instance. The start function is not called: see [`Module::start`].
    ///
    /// # Errors
    /// If an import is missing or of another type, a memory or table cannot be
    /// had, or an active segment does not fit (then, as the specification wants,
    /// segments before it have been written).
    pub fn instantiate(&mut self, module: &Module, linker: &Linker) -> Result<InstanceId, InstantiateError> {
        let inner = &module.0;
        let types: Box<[u32]> = inner.types.iter().map(|ty| self.type_id(ty)).collect();
        let (mut functions, mut tables, mut memories, mut globals, mut tags) =
            <(Vec<_>, Vec<_>, Vec<_>, Vec<_>, Vec<_>)>::default();
        for import in &inner.imports {
            let name = || (import.module.clone(), import.name.clone());
            let item = linker.get(import).ok_or_else(|| {
                let (module, name) = name();
                InstantiateError::MissingImport { module, name }
            })?;
            if !self.matches(item, &import.ty) {
                let (module, name) = name();
                return Err(InstantiateError::IncompatibleImport { module, name });
            }
            match item {
                Extern::Function(id) => functions.push(id.0),
                Extern::Table(id) => tables.push(id.0),
                Extern::Memory(id) => memories.push(id.0),
                Extern::Global(id) => globals.push(id.0),
                Extern::Tag(id) => tags.push(id.0),
            }
        }
        // What may fail for want of room comes first, and is kept apart until all is there.
        let mut new_memories = Vec::with_capacity(inner.memories.len());
        for ty in &inner.memories {
            let index = (memories.len() + new_memories.len()) as u32;
            let memory = Memory::new(*ty, self.limits.memory_pages);
            new_memories.push(memory.ok_or(InstantiateError::TooLarge { what: "memory", index, size: ty.minimum })?);
        }
        let id = InstanceId(self.instances.len() as u32);
        let mut new_functions = Vec::with_capacity(inner.functions.len() - inner.imported_functions as usize);
        for (index, ty) in inner.functions.iter().enumerate().skip(inner.imported_functions as usize) {
            functions.push((self.functions.len() + new_functions.len()) as u32);
            let function =
                ModuleFunction { instance: id.0, index: index as u32, body: OnceCell::new(), breakpoints: None };
            new_functions.push(Function { kind: FunctionKind::Module(function), ty: types[*ty as usize] });
        }
        let first_global = self.globals.len();
        for (ty, init) in &inner.globals {
            let bits = init.evaluate(&functions, |index| self.global_value(&globals, index)).to_bits();
            globals.push(self.globals.len() as u32);
            self.globals.push(Global { bits, ty: *ty });
        }
        let mut new_tables = Vec::with_capacity(inner.tables.len());
        for (ty, init) in &inner.tables {
            let value = init.as_ref().map(|init| init.evaluate(&functions, |index| self.global_value(&globals, index)));
            let Some(table) = self.table(*ty, value.map_or(0, |value| value.to_bits() as u64)) else {
                self.globals.truncate(first_global);
                let index = (tables.len() + new_tables.len()) as u32;
                return Err(InstantiateError::TooLarge { what: "table", index, size: ty.minimum });
            };
            new_tables.push(table);
        }
        let elements = inner.elements.iter().map(|segment| {
            let items = segment.items.iter();
            let slot = |value: Value| value.to_bits() as u64;
            items.map(|item| slot(item.evaluate(&functions, |index| self.global_value(&globals, index)))).collect()
        });
        let elements: Vec<Arc<[u64]>> = elements.collect();
        tables.extend((self.tables.len() as u32..).take(new_tables.len()));
        memories.extend((self.memories.len() as u32..).take(new_memories.len()));
        for ty in &inner.tags {
            tags.push(self.tags.len() as u32);
            self.tags.push(types[*ty as usize]);
        }
        self.functions.extend(new_functions);
        self.tables.extend(new_tables);
        self.memories.extend(new_memories);
        let (first_data, first_element) = (self.dropped_data.len(), self.elements.len());
        self.dropped_data.resize(first_data + inner.data.len(), false);
        self.elements.extend(elements.into_iter().map(Some));
        self.instances.push(Instance {
            module: module.clone(),
            types,
            functions: functions.into(),
            tables: tables.into(),
            memories: memories.into(),
            globals: globals.into(),
            tags: tags.into(),
            first_data,
            first_element,
        });
        self.apply_segments(id).map_err(InstantiateError::Trap)?;
        Ok(id)
    }

    fn apply_segments(&mut self, id: InstanceId) -> Result<(), Trap> {
        let module = self.instances[id.0 as usize].module.clone();
        for (index, segment) in module.0.elements.iter().enumerate() {
            let instance = &self.instances[id.0 as usize];
            let segment_index = instance.first_element + index;
            if let Some((table, offset)) = &segment.active {
                let offset = offset.evaluate(&instance.functions, |index| self.global_value(&instance.globals, index));
                let table = instance.tables[*table as usize] as usize;
                let items = self.elements[segment_index].clone().unwrap_or_default();
                let offset = usize::try_from(offset.to_bits()).map_err(|_| Trap::TableOutOfBounds)?;
                let target = Arc::make_mut(&mut self.tables[table].elements);
                let end = offset.checked_add(items.len()).ok_or(Trap::TableOutOfBounds)?;
                target.get_mut(offset..end).ok_or(Trap::TableOutOfBounds)?.copy_from_slice(&items);
            }
            if segment.active.is_some() || segment.declared {
                self.elements[segment_index] = None;
            }
        }
        for (index, segment) in module.0.data.iter().enumerate() {
            if let Some((memory, offset)) = &segment.active {
                let instance = &self.instances[id.0 as usize];
                let segment_index = instance.first_data + index;
                let offset = offset.evaluate(&instance.functions, |index| self.global_value(&instance.globals, index));
                let memory = instance.memories[*memory as usize] as usize;
                let bytes = module.bytes().get(segment.range.clone()).unwrap_or_default();
                let address = u64::try_from(offset.to_bits()).map_err(|_| Trap::MemoryOutOfBounds)?;
                if !self.memories[memory].write(address, bytes) {
                    return Err(Trap::MemoryOutOfBounds);
                }
                self.dropped_data[segment_index] = true;
            }
        }
        Ok(())
    }

    fn global_value(&self, globals: &[u32], index: u32) -> Value {
        let id = globals.get(index as usize).copied().unwrap_or(u32::MAX);
        self.global(GlobalId(id)).map_or(Value::I32(0), |(_, value)| value)
    }

    fn matches(&self, item: Extern, wanted: &ExternType) -> bool {
        let limits = |size: u64, maximum: Option<u64>, least: u64, most: Option<u64>| {
            size >= least && most.is_none_or(|most| maximum.is_some_and(|maximum| maximum <= most))
        };
        match (item, wanted) {
            (Extern::Function(id), ExternType::Function(ty)) => self.function_type(id) == Some(ty),
            (Extern::Global(id), ExternType::Global(ty)) => self.global(id).is_some_and(|(have, _)| have == *ty),
            (Extern::Tag(id), ExternType::Tag(ty)) => {
                self.tags.get(id.0 as usize).and_then(|id| self.types.get(*id as usize)) == Some(ty)
            }
            (Extern::Memory(id), ExternType::Memory(ty)) => self.memory(id).is_some_and(|memory| {
                let have = memory.ty();
                let same = have.memory64 == ty.memory64 && have.shared == ty.shared;
                same && limits(memory.size(), have.maximum, ty.minimum, ty.maximum)
            }),
            (Extern::Table(id), ExternType::Table(ty)) => self.table_type(id).is_some_and(|(have, size)| {
                let same = have.element == ty.element && have.table64 == ty.table64;
                same && limits(size, have.maximum, ty.minimum, ty.maximum)
            }),
            _ => false,
        }
    }
}

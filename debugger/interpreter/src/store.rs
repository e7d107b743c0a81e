//! The store: all that instances are made of, addressed by typed ids.

use crate::ModuleError;
use crate::memory::Memory;
use crate::module::{ExportKind, GlobalType, MemoryType, Module, TableType};
use crate::side_table::Body;
use crate::value::{FunctionType, Value, ValueType};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);)*
    };
}

ids! {
    /// A function of the store: of a module or of the host.
    FunctionId,
    /// A table of the store.
    TableId,
    /// A memory of the store.
    MemoryId,
    /// A global of the store.
    GlobalId,
    /// A tag of the store.
    TagId,
    /// An instance of the store.
    InstanceId,
    /// An exception that something may still refer to.
    ExceptionId,
}

/// What an import can be given, and what an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extern {
    /// A function.
    Function(FunctionId),
    /// A table.
    Table(TableId),
    /// A memory.
    Memory(MemoryId),
    /// A global.
    Global(GlobalId),
    /// A tag.
    Tag(TagId),
}

/// Bounds on what a program may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Pages of 64 KiB that one memory may have.
    pub memory_pages: u64,
    /// Elements that one table may have.
    pub table_elements: u64,
    /// Frames on the call stack.
    pub frames: usize,
    /// Slots of 8 bytes on the value stack; at most 2^20 (8 MiB).
    pub stack_slots: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_pages: 65536, table_elements: 10_000_000, frames: 100_000, stack_slots: 1 << 20 }
    }
}

/// A function that the host implements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFunction {
    /// Module name by which it was imported.
    pub module: String,
    /// Name by which it was imported.
    pub name: String,
    /// Its type.
    pub ty: FunctionType,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) kind: FunctionKind,
    /// Index in [`Store::types`].
    pub(crate) ty: u32,
}

#[derive(Debug)]
pub(crate) enum FunctionKind {
    Module(ModuleFunction),
    Host(Arc<HostFunction>),
}

#[derive(Debug)]
pub(crate) struct ModuleFunction {
    pub(crate) instance: u32,
    /// Index in the module's function index space.
    pub(crate) index: u32,
    pub(crate) body: OnceCell<Arc<Body>>,
    /// The code with breakpoints in it, if there are any.
    pub(crate) breakpoints: Option<Box<[u8]>>,
}

/// A table: references as slots.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) ty: TableType,
    pub(crate) limit: u64,
    /// Shared with snapshots until it changes.
    pub(crate) elements: Arc<Vec<u64>>,
}

impl Table {
    pub(crate) fn grow(&mut self, delta: u64, value: u64) -> Option<u64> {
        let old = self.elements.len() as u64;
        let new = old.checked_add(delta)?;
        if new > self.limit || self.ty.maximum.is_some_and(|maximum| new > maximum) {
            return None;
        }
        let elements = Arc::make_mut(&mut self.elements);
        elements.try_reserve(usize::try_from(delta).ok()?).ok()?;
        elements.resize(new as usize, value);
        Some(old)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Global {
    pub(crate) bits: u128,
    pub(crate) ty: GlobalType,
}

/// An exception: its tag and the slots of its values.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    pub(crate) tag: u32,
    pub(crate) slots: Box<[u64]>,
}

/// Exceptions that something may still refer to, by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exceptions {
    items: Vec<Option<Exception>>,
    free: Vec<u32>,
    /// Number of items at which unused ones are looked for.
    goal: usize,
}

impl Exceptions {
    const FIRST_GOAL: usize = 1024;

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn get(&self, index: u32) -> Option<&Exception> {
        self.items.get(index as usize)?.as_ref()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Exception)> {
        (0..).zip(&self.items).filter_map(|(index, item)| Some((index, item.as_ref()?)))
    }

    pub(crate) fn is_full(&self) -> bool {
        self.free.is_empty() && self.items.len() >= self.goal.max(Self::FIRST_GOAL)
    }

    pub(crate) fn add(&mut self, exception: Exception) -> ExceptionId {
        match self.free.pop() {
            Some(index) => {
                self.items[index as usize] = Some(exception);
                ExceptionId(index)
            }
            None => {
                self.items.push(Some(exception));
                ExceptionId(self.items.len() as u32 - 1)
            }
        }
    }

    /// Keeps those that are used.
    pub(crate) fn retain(&mut self, used: &[bool]) {
        for (item, used) in self.items.iter_mut().zip(used) {
            item.take_if(|_| !used);
        }
        self.free = (0..self.items.len() as u32).rev().filter(|index| self.items[*index as usize].is_none()).collect();
        self.goal = 2 * (self.items.len() - self.free.len());
    }
}

/// An instance: where the items of a module's index spaces are in the store.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) module: Module,
    pub(crate) types: Box<[u32]>,
    pub(crate) functions: Box<[u32]>,
    pub(crate) tables: Box<[u32]>,
    pub(crate) memories: Box<[u32]>,
    pub(crate) globals: Box<[u32]>,
    pub(crate) tags: Box<[u32]>,
    /// Where this instance's segments begin among all instances' segments.
    pub(crate) first_data: usize,
    pub(crate) first_element: usize,
}

/// All state of all instances but the call stack.
#[derive(Debug)]
pub struct Store {
    pub(crate) limits: Limits,
    pub(crate) types: Vec<FunctionType>,
    type_ids: HashMap<FunctionType, u32>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) functions: Vec<Function>,
    pub(crate) tables: Vec<Table>,
    pub(crate) memories: Vec<Memory>,
    pub(crate) globals: Vec<Global>,
    pub(crate) tags: Vec<u32>,
    pub(crate) dropped_data: Vec<bool>,
    /// Items of every element segment, as slots; `None` once dropped.
    pub(crate) elements: Vec<Option<Arc<[u64]>>>,
    pub(crate) exceptions: Arc<Exceptions>,
    /// What instances without a memory have in its place.
    pub(crate) none: Memory,
}

impl Store {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            types: Vec::new(),
            type_ids: HashMap::new(),
            instances: Vec::new(),
            functions: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            dropped_data: Vec::new(),
            elements: Vec::new(),
            exceptions: Arc::default(),
            none: Memory::none(),
        }
    }

    pub(crate) fn type_id(&mut self, ty: &FunctionType) -> u32 {
        if let Some(id) = self.type_ids.get(ty) {
            return *id;
        }
        let id = self.types.len() as u32;
        self.types.push(ty.clone());
        self.type_ids.insert(ty.clone(), id);
        id
    }

    /// Makes a function of the host's, to be given to imports.
    pub fn host_function(&mut self, module: &str, name: &str, ty: FunctionType) -> FunctionId {
        let id = self.type_id(&ty);
        let function = HostFunction { module: module.into(), name: name.into(), ty };
        self.functions.push(Function { kind: FunctionKind::Host(Arc::new(function)), ty: id });
        FunctionId(self.functions.len() as u32 - 1)
    }

    /// Makes a global that the host gives to imports. `None` if the value is not of the type.
    pub fn host_global(&mut self, ty: GlobalType, value: Value) -> Option<GlobalId> {
        if value.ty() != ty.value {
            return None;
        }
        self.globals.push(Global { bits: value.to_bits(), ty });
        Some(GlobalId(self.globals.len() as u32 - 1))
    }

    /// Makes a memory that the host gives to imports. `None` if it cannot be had.
    pub fn host_memory(&mut self, ty: MemoryType) -> Option<MemoryId> {
        self.memories.push(Memory::new(ty, self.limits.memory_pages)?);
        Some(MemoryId(self.memories.len() as u32 - 1))
    }

    /// Makes a table that the host gives to imports. `None` if it cannot be had.
    pub fn host_table(&mut self, ty: TableType) -> Option<TableId> {
        self.tables.push(self.table(ty, 0)?);
        Some(TableId(self.tables.len() as u32 - 1))
    }

    /// Makes a tag that the host gives to imports.
    pub fn host_tag(&mut self, ty: &FunctionType) -> TagId {
        let id = self.type_id(ty);
        self.tags.push(id);
        TagId(self.tags.len() as u32 - 1)
    }

    pub(crate) fn table(&self, ty: TableType, value: u64) -> Option<Table> {
        let limit = self.limits.table_elements;
        if value == 0 && ty.minimum <= limit {
            // Zeros from the allocator: the host need not touch them yet.
            let elements = Arc::new(vec![0; usize::try_from(ty.minimum).ok()?]);
            return Some(Table { ty, limit, elements });
        }
        let mut table = Table { ty, limit, elements: Arc::default() };
        table.grow(ty.minimum, value).map(|_| table)
    }

    /// The export of that name.
    #[must_use]
    pub fn export(&self, instance: InstanceId, name: &str) -> Option<Extern> {
        let instance = self.instances.get(instance.0 as usize)?;
        let export = instance.module.exports().iter().find(|export| export.name == name)?;
        instance.external(export.kind, export.index)
    }

    /// The exported function of that name.
    #[must_use]
    pub fn exported_function(&self, instance: InstanceId, name: &str) -> Option<FunctionId> {
        match self.export(instance, name)? {
            Extern::Function(function) => Some(function),
            _ => None,
        }
    }

    /// An item by its index in an instance's index space.
    #[must_use]
    pub fn item(&self, instance: InstanceId, kind: ExportKind, index: u32) -> Option<Extern> {
        self.instances.get(instance.0 as usize)?.external(kind, index)
    }

    /// The bounds on what a program may use.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Instances, in the order in which they were made.
    pub fn instances(&self) -> impl ExactSizeIterator<Item = InstanceId> + use<> {
        (0..self.instances.len() as u32).map(InstanceId)
    }

    /// The module of an instance.
    #[must_use]
    pub fn module(&self, instance: InstanceId) -> Option<&Module> {
        self.instances.get(instance.0 as usize).map(|instance| &instance.module)
    }

    /// The instance and index of a module's function; `None` of the host's.
    #[must_use]
    pub fn function_origin(&self, function: FunctionId) -> Option<(InstanceId, u32)> {
        match &self.functions.get(function.0 as usize)?.kind {
            FunctionKind::Module(function) => Some((InstanceId(function.instance), function.index)),
            FunctionKind::Host(_) => None,
        }
    }

    /// A function of the host; `None` for a module's.
    #[must_use]
    pub fn as_host_function(&self, function: FunctionId) -> Option<&HostFunction> {
        match &self.functions.get(function.0 as usize)?.kind {
            FunctionKind::Host(function) => Some(function),
            FunctionKind::Module(_) => None,
        }
    }

    /// The type of a function.
    #[must_use]
    pub fn function_type(&self, function: FunctionId) -> Option<&FunctionType> {
        self.types.get(self.functions.get(function.0 as usize)?.ty as usize)
    }

    /// A memory.
    #[must_use]
    pub fn memory(&self, memory: MemoryId) -> Option<&Memory> {
        self.memories.get(memory.0 as usize)
    }

    /// A memory, to change.
    pub fn memory_mut(&mut self, memory: MemoryId) -> Option<&mut Memory> {
        self.memories.get_mut(memory.0 as usize)
    }

    /// The type and value of a global.
    #[must_use]
    pub fn global(&self, global: GlobalId) -> Option<(GlobalType, Value)> {
        let global = self.globals.get(global.0 as usize)?;
        Some((global.ty, Value::from_bits(global.ty.value, global.bits)))
    }

    /// Sets a global, also one that the program may not change.
    ///
    /// Returns `false` if there is no such global or the value is of another type.
    pub fn set_global(&mut self, global: GlobalId, value: Value) -> bool {
        let target = self.globals.get_mut(global.0 as usize).filter(|global| global.ty.value == value.ty());
        target.map(|global| global.bits = value.to_bits()).is_some()
    }

    /// The type and current length of a table.
    #[must_use]
    pub fn table_type(&self, table: TableId) -> Option<(TableType, u64)> {
        self.tables.get(table.0 as usize).map(|table| (table.ty, table.elements.len() as u64))
    }

    /// An element of a table.
    #[must_use]
    pub fn table_get(&self, table: TableId, index: u64) -> Option<Value> {
        let table = self.tables.get(table.0 as usize)?;
        let slot = *table.elements.get(usize::try_from(index).ok()?)?;
        Some(Value::from_bits(table.ty.element, slot.into()))
    }

    /// Sets an element of a table; `false` if there is none or the type differs.
    pub fn table_set(&mut self, table: TableId, index: u64, value: Value) -> bool {
        let table = self.tables.get_mut(table.0 as usize).filter(|table| table.ty.element == value.ty());
        let (Some(table), Ok(index)) = (table, usize::try_from(index)) else { return false };
        Arc::make_mut(&mut table.elements).get_mut(index).map(|slot| *slot = value.to_bits() as u64).is_some()
    }

    /// The tag and values of an exception.
    #[must_use]
    pub fn exception(&self, exception: ExceptionId) -> Option<(TagId, Vec<Value>)> {
        let exception = self.exceptions.get(exception.0)?;
        let ty = self.types.get(*self.tags.get(exception.tag as usize)? as usize)?;
        Some((TagId(exception.tag), values_from_slots(&ty.parameters, &exception.slots)?))
    }

    /// Makes an exception that a host function may throw. `None` if the values
    /// are not those of the tag.
    pub fn new_exception(&mut self, tag: TagId, values: &[Value]) -> Option<ExceptionId> {
        let ty = self.types.get(*self.tags.get(tag.0 as usize)? as usize)?;
        if !has_types(values, &ty.parameters) {
            return None;
        }
        let mut slots = vec![0; crate::value::slot_count(&ty.parameters) as usize];
        values.iter().try_fold(0, |at, value| value.write_slots(&mut slots, at))?;
        Some(Arc::make_mut(&mut self.exceptions).add(Exception { tag: tag.0, slots: slots.into() }))
    }

    /// The prepared body of a module's function.
    pub(crate) fn body(&self, function: &ModuleFunction) -> Result<Arc<Body>, ModuleError> {
        let module = &self.instances[function.instance as usize].module;
        let body = module.0.body(function.index)?;
        Ok(Arc::clone(function.body.get_or_init(|| Arc::clone(body))))
    }
}

impl Instance {
    pub(crate) fn external(&self, kind: ExportKind, index: u32) -> Option<Extern> {
        let index = index as usize;
        Some(match kind {
            ExportKind::Function => Extern::Function(FunctionId(*self.functions.get(index)?)),
            ExportKind::Table => Extern::Table(TableId(*self.tables.get(index)?)),
            ExportKind::Memory => Extern::Memory(MemoryId(*self.memories.get(index)?)),
            ExportKind::Global => Extern::Global(GlobalId(*self.globals.get(index)?)),
            ExportKind::Tag => Extern::Tag(TagId(*self.tags.get(index)?)),
        })
    }
}

/// Whether values are of these types, in order.
pub(crate) fn has_types(values: &[Value], types: &[ValueType]) -> bool {
    values.iter().map(Value::ty).eq(types.iter().copied())
}

/// Values of these types from slots that hold just them.
pub(crate) fn values_from_slots(types: &[ValueType], slots: &[u64]) -> Option<Vec<Value>> {
    let mut at = 0;
    let read = |ty: &ValueType| {
        let value = Value::from_slots(*ty, slots, at);
        at += ty.slots() as usize;
        value
    };
    types.iter().map(read).collect()
}

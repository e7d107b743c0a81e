//! What can be looked at in the interpreter's machine, stopped or between two
//! instructions of a program that runs.

use wasm_interpreter::{ExportKind, Extern, GlobalId, Machine};

use super::value_of;
use crate::engine::{EngineError, Instance, InstanceId, Memory, MemoryId, ModuleId, Moment, Result, Value};

/// A machine that stands still.
pub(super) struct Visit<'m>(pub(super) &'m Machine);

impl Moment for Visit<'_> {
    fn instances(&mut self) -> Result<Vec<Instance>> {
        let store = &self.0.store;
        let instances = store.instances().map(|instance| {
            let memories = (0..).map_while(|index| match store.item(instance, ExportKind::Memory, index)? {
                Extern::Memory(memory) => Some(MemoryId(memory.0)),
                _ => None,
            });
            let globals = (0..).take_while(|index| store.item(instance, ExportKind::Global, *index).is_some()).count();
            Instance { module: ModuleId(0), memories: memories.collect(), globals: globals as u32 }
        });
        Ok(instances.collect())
    }

    fn memories(&mut self) -> Result<Vec<Memory>> {
        let memories = (0..).map_while(|index| self.0.store.memory(wasm_interpreter::MemoryId(index)));
        let describe = |memory: &wasm_interpreter::Memory| {
            let ty = memory.ty();
            Memory {
                bytes: memory.bytes().len() as u64,
                maximum_bytes: ty.maximum.map(|pages| pages.saturating_mul(1 << 16)),
                memory64: ty.memory64,
                shared: ty.shared,
            }
        };
        Ok(memories.map(describe).collect())
    }

    fn global(&mut self, instance: InstanceId, index: u32) -> Result<Value> {
        let global = self.0.store.global(global_id(self.0, instance, index)?);
        global.map(|(_, value)| value_of(value)).ok_or_else(|| EngineError::NoSuch(format!("global {index}")))
    }

    fn read_memory(&mut self, id: MemoryId, address: u64, into: &mut [u8]) -> Result<()> {
        let memory = memory(self.0, id)?;
        let end = memory.bytes().len() as u64;
        let length = into.len() as u64;
        let bytes = memory.read(address, into.len()).ok_or(EngineError::OutOfBounds { address, length, end })?;
        into.copy_from_slice(bytes);
        Ok(())
    }
}

impl Visit<'_> {
    pub(super) fn table_function(&self, instance: InstanceId, index: u32) -> Result<(InstanceId, u32)> {
        let store = &self.0.store;
        let found = || {
            let Extern::Table(table) = store.item(wasm_interpreter::InstanceId(instance.0), ExportKind::Table, 0)?
            else {
                return None;
            };
            match store.table_get(table, index.into())? {
                wasm_interpreter::Value::FuncRef(function) => store.function_origin(function?),
                _ => None,
            }
        };
        let (instance, function) =
            found().ok_or_else(|| EngineError::NoSuch(format!("function in element {index}")))?;
        Ok((InstanceId(instance.0), function))
    }
}

pub(super) fn memory(machine: &Machine, memory: MemoryId) -> Result<&wasm_interpreter::Memory> {
    let found = machine.store.memory(wasm_interpreter::MemoryId(memory.0));
    found.ok_or_else(|| EngineError::NoSuch(format!("memory {}", memory.0)))
}

pub(super) fn global_id(machine: &Machine, instance: InstanceId, index: u32) -> Result<GlobalId> {
    let instance = wasm_interpreter::InstanceId(instance.0);
    match machine.store.item(instance, ExportKind::Global, index) {
        Some(Extern::Global(global)) => Ok(global),
        _ => Err(EngineError::NoSuch(format!("global {index}"))),
    }
}

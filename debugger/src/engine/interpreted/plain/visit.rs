//! Who comes in by a check of a run at full speed.

use std::sync::atomic::Ordering;

use wasmtime::{Caller, Extern, ModuleExport, Val};

use super::{Guest, Left};
use crate::engine::{EngineError, Instance, InstanceId, Memory, MemoryId, ModuleId, Moment, Result, Value};

/// What a check calls that has found something.
///
/// # Errors
/// If the run is interrupted.
pub(super) fn open(mut caller: Caller<'_, Guest>) -> std::result::Result<(), Left> {
    let guest = caller.data();
    // Whoever rings from here on calls again.
    guest.bell.set(0);
    if guest.bell.raised.load(Ordering::Acquire) {
        return Err(Left(None));
    }
    if let Some(visitor) = guest.visitor.clone().filter(|_| guest.calls >= guest.known) {
        visitor(&mut Visit { caller: &mut caller });
    }
    Ok(())
}

/// A run that waits at its door.
struct Visit<'v, 'c> {
    caller: &'v mut Caller<'c, Guest>,
}

impl Visit<'_, '_> {
    fn export(&mut self, export: Option<ModuleExport>) -> Option<Extern> {
        self.caller.get_module_export(&export?)
    }

    fn memory(&mut self, memory: MemoryId) -> Result<wasmtime::Memory> {
        let export = self.caller.data().memories.get(memory.0 as usize).copied();
        let found = self.export(export).and_then(Extern::into_memory);
        found.ok_or_else(|| EngineError::NoSuch(format!("memory {}", memory.0)))
    }
}

impl Moment for Visit<'_, '_> {
    fn instances(&mut self) -> Result<Vec<Instance>> {
        let guest = self.caller.data();
        let memories = (0..guest.memories.len()).map(|index| MemoryId(index as u32)).collect();
        let globals = guest.globals.last().map_or(0, |(index, _)| index + 1);
        Ok(vec![Instance { module: ModuleId(0), memories, globals }])
    }

    fn memories(&mut self) -> Result<Vec<Memory>> {
        let count = self.caller.data().memories.len();
        let describe = |index| {
            let memory = self.memory(MemoryId(index as u32))?;
            let ty = memory.ty(&*self.caller);
            Ok(Memory {
                bytes: memory.data_size(&*self.caller) as u64,
                maximum_bytes: ty.maximum().map(|pages| pages.saturating_mul(ty.page_size())),
                memory64: ty.is_64(),
                shared: ty.is_shared(),
            })
        };
        (0..count).map(describe).collect()
    }

    fn global(&mut self, _: InstanceId, index: u32) -> Result<Value> {
        let known = self.caller.data().globals.iter().find(|(known, _)| *known == index);
        let export = known.map(|(_, export)| *export);
        // The others are constant, or references.
        let global = self.export(export).and_then(Extern::into_global);
        let global = global.ok_or_else(|| EngineError::NoSuch(format!("global {index}")))?;
        Ok(match global.get(&mut *self.caller) {
            Val::I32(value) => Value::I32(value as u32),
            Val::I64(value) => Value::I64(value as u64),
            Val::F32(bits) => Value::F32(bits),
            Val::F64(bits) => Value::F64(bits),
            Val::V128(value) => Value::V128(value.as_u128()),
            _ => return Err(EngineError::NoSuch(format!("number in global {index}"))),
        })
    }

    fn read_memory(&mut self, memory: MemoryId, address: u64, into: &mut [u8]) -> Result<()> {
        let memory = self.memory(memory)?;
        let data = memory.data(&*self.caller);
        let outside = EngineError::OutOfBounds { address, length: into.len() as u64, end: data.len() as u64 };
        let start = usize::try_from(address).ok();
        let bytes = start.and_then(|start| data.get(start..start.checked_add(into.len())?)).ok_or(outside)?;
        into.copy_from_slice(bytes);
        Ok(())
    }
}

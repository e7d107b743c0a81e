//! What can be looked at in wasmtime's store, stopped or between two
//! instructions of a program that runs.

use std::sync::PoisonError;

use wasm_host::State;
use wasmtime::{AsContextMut, RootScope, StoreContextMut};

use super::Control;
use super::guest::Guest;
use super::memory::{AnyMemory, load};
use crate::engine::{EngineError, Instance, InstanceId, Memory, MemoryId, Moment, Result, Value};

/// A store, and what is known of the program in it.
pub(super) struct Visit<'g, 's, 'c> {
    pub(super) guest: &'g Guest,
    pub(super) store: &'s mut StoreContextMut<'c, State>,
}

impl Control {
    /// Lets the visitor in, if there is one.
    pub(super) fn receive(&self, store: &mut StoreContextMut<'_, State>) {
        let visitor = self.visitor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(visitor) = visitor {
            let mut shown = RootScope::new(store);
            visitor(&mut Visit { guest: &self.guest, store: &mut shown.as_context_mut() });
            self.guest.objects.release();
        }
    }
}

impl Visit<'_, '_, '_> {
    /// wasmtime does not tell where a function comes from: it is looked for in
    /// the instance that has the table, then in all others.
    pub(super) fn table_function(&mut self, instance: InstanceId, index: u32) -> Result<(InstanceId, u32)> {
        let missing = || EngineError::NoSuch(format!("function in element {index}"));
        let owner = self.guest.instance(self.store, instance)?;
        let table = owner.debug_table(&mut *self.store, 0).ok_or_else(missing)?;
        let element = table.get(&mut *self.store, index.into());
        let wanted = element.as_ref().and_then(|element| element.as_func().flatten()).ok_or_else(missing)?;
        let wanted = wanted.to_raw(&mut *self.store);
        let all = self.store.as_context_mut().debug_all_instances();
        let others = (0..).zip(&all).map(|(id, other)| (InstanceId(id), *other)).filter(|(id, _)| *id != instance);
        let candidates: Vec<_> = std::iter::once((instance, owner)).chain(others).collect();
        for (id, candidate) in candidates {
            for function in 0.. {
                let Some(found) = candidate.debug_function(&mut *self.store, function) else { break };
                if found.to_raw(&mut *self.store) == wanted {
                    return Ok((id, function));
                }
            }
        }
        Err(missing())
    }
}

impl Moment for Visit<'_, '_, '_> {
    fn instances(&mut self) -> Result<Vec<Instance>> {
        let mut memories = Vec::new();
        let all = self.store.as_context_mut().debug_all_instances();
        all.iter().map(|instance| self.guest.describe(self.store, *instance, &mut memories)).collect()
    }

    fn memories(&mut self) -> Result<Vec<Memory>> {
        Ok(self.guest.memories(self.store)?.iter().map(|memory| memory.describe(self.store)).collect())
    }

    fn global(&mut self, instance: InstanceId, index: u32) -> Result<Value> {
        let value = self.guest.global(self.store, instance, index)?.get(&mut *self.store);
        Ok(self.guest.value(self.store, value))
    }

    fn read_memory(&mut self, memory: MemoryId, address: u64, into: &mut [u8]) -> Result<()> {
        let memory = self.guest.memory(self.store, memory)?;
        let range = memory.range(self.store, address, into.len())?;
        match &memory {
            AnyMemory::Own(memory) => into.copy_from_slice(&memory.data(&*self.store)[range]),
            AnyMemory::Shared(memory) => {
                for (byte, cell) in into.iter_mut().zip(&memory.data()[range]) {
                    *byte = load(cell);
                }
            }
        }
        Ok(())
    }
}

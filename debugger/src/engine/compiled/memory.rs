//! Memories of wasmtime, of one thread or shared.

use std::sync::atomic::Ordering;

use wasm_host::State;
use wasmtime::StoreContextMut;

use crate::engine::{EngineError, Memory, Result};

/// A memory of wasmtime, of either kind.
pub(super) enum AnyMemory {
    Own(wasmtime::Memory),
    Shared(wasmtime::SharedMemory),
}

impl AnyMemory {
    pub(super) fn describe(&self, store: &mut StoreContextMut<'_, State>) -> Memory {
        let (bytes, ty) = match self {
            AnyMemory::Own(memory) => (memory.data_size(&*store), memory.ty(&*store)),
            AnyMemory::Shared(memory) => (memory.data_size(), memory.ty()),
        };
        Memory {
            bytes: bytes as u64,
            maximum_bytes: ty.maximum().map(|pages| pages.saturating_mul(ty.page_size())),
            memory64: ty.is_64(),
            shared: ty.is_shared(),
        }
    }

    pub(super) fn range(
        &self,
        store: &StoreContextMut<'_, State>,
        address: u64,
        length: usize,
    ) -> Result<std::ops::Range<usize>> {
        let end = match self {
            AnyMemory::Own(memory) => memory.data_size(store),
            AnyMemory::Shared(memory) => memory.data_size(),
        };
        let outside = || EngineError::OutOfBounds { address, length: length as u64, end: end as u64 };
        let start = usize::try_from(address).map_err(|_| outside())?;
        let stop = start.checked_add(length).filter(|stop| *stop <= end).ok_or_else(outside)?;
        Ok(start..stop)
    }

    pub(super) fn same(&self, other: &AnyMemory, store: &StoreContextMut<'_, State>) -> bool {
        match (self, other) {
            (AnyMemory::Own(one), AnyMemory::Own(two)) => one.data_ptr(store) == two.data_ptr(store),
            (AnyMemory::Shared(one), AnyMemory::Shared(two)) => std::ptr::eq(one.data(), two.data()),
            _ => false,
        }
    }
}

pub(super) fn own_memories(store: &mut StoreContextMut<'_, State>, instance: wasmtime::Instance) -> Vec<AnyMemory> {
    let memory = |index| {
        let own = instance.debug_memory(&mut *store, index).map(AnyMemory::Own);
        own.or_else(|| instance.debug_shared_memory(&mut *store, index).map(AnyMemory::Shared))
    };
    (0..).map_while(memory).collect()
}

/// Reads a byte that threads share.
#[allow(unsafe_code)]
pub(super) fn load(cell: &std::cell::UnsafeCell<u8>) -> u8 {
    // SAFETY: the byte lives as long as the cell's borrow, is aligned as every
    // byte is, and is only accessed by atomic instructions from here; races with
    // compiled code give one of the values written, as WebAssembly has it.
    unsafe { std::sync::atomic::AtomicU8::from_ptr(cell.get()) }.load(Ordering::Relaxed)
}

/// Writes a byte that threads share.
#[allow(unsafe_code)]
pub(super) fn save(cell: &std::cell::UnsafeCell<u8>, byte: u8) {
    // SAFETY: as in `load`.
    unsafe { std::sync::atomic::AtomicU8::from_ptr(cell.get()) }.store(byte, Ordering::Relaxed);
}

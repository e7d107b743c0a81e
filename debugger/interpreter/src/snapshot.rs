//! Snapshots: all state of a machine at one moment, sharing what did not
//! change with other snapshots.

use crate::Machine;
use crate::machine::frame::{Frame, FrameKind};
use crate::memory::Image;
use crate::store::Exceptions;
use std::collections::HashSet;
use std::sync::Arc;
use thiserror::Error;
use xxhash_rust::xxh3::Xxh3;

/// All state of a machine: memories, tables, globals, dropped segments,
/// exceptions, both stacks, and the count of operators. Breakpoints and
/// watchpoints are not state.
#[derive(Clone, Debug)]
pub struct Snapshot {
    memories: Vec<Image>,
    tables: Vec<Arc<Vec<u64>>>,
    globals: Vec<u128>,
    dropped_data: Vec<bool>,
    elements: Vec<Option<Arc<[u64]>>>,
    exceptions: Arc<Exceptions>,
    stack: Box<[u64]>,
    frames: Box<[Frame]>,
    instances: usize,
    instructions: u64,
}

/// Why a snapshot could not be restored.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum RestoreError {
    /// The machine has other instances, memories, tables or globals than then.
    #[error("the snapshot is of a machine with other instances")]
    OtherInstances,
    /// The host cannot give the room for a memory.
    #[error("the host cannot give the room for a memory")]
    NoRoom,
}

impl Snapshot {
    /// The count of operators when it was taken.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        self.instructions
    }

    /// Bytes that these snapshots hold together; what they share counts once.
    pub fn bytes_held<'a>(snapshots: impl IntoIterator<Item = &'a Self>) -> usize {
        let mut seen = HashSet::new();
        let mut total = 0;
        let mut visit = |address: usize, len: usize| {
            if seen.insert(address) {
                total += len;
            }
        };
        let mut own = 0;
        for snapshot in snapshots {
            for memory in &snapshot.memories {
                own += memory.visit_allocations(&mut visit);
            }
            for table in &snapshot.tables {
                visit(Arc::as_ptr(table).addr(), table.len() * size_of::<u64>());
            }
            for segment in snapshot.elements.iter().flatten() {
                visit(segment.as_ptr().addr(), segment.len() * size_of::<u64>());
            }
            let exceptions =
                snapshot.exceptions.iter().map(|(_, exception)| 32 + exception.slots.len() * size_of::<u64>());
            visit(Arc::as_ptr(&snapshot.exceptions).addr(), exceptions.sum());
            own += size_of_val(&snapshot.globals[..])
                + size_of_val(&snapshot.dropped_data[..])
                + size_of_val(&snapshot.elements[..])
                + size_of_val(&snapshot.tables[..])
                + size_of_val(&snapshot.stack[..])
                + size_of_val(&snapshot.frames[..])
                + size_of::<Self>();
        }
        total + own
    }
}

impl Machine {
    /// All state as it is now. Costs time for the pages that changed since the
    /// last snapshot or [`Self::restore`].
    pub fn snapshot(&mut self) -> Snapshot {
        let store = &mut self.store;
        Snapshot {
            memories: store.memories.iter_mut().map(crate::Memory::snapshot).collect(),
            tables: store.tables.iter().map(|table| Arc::clone(&table.elements)).collect(),
            globals: store.globals.iter().map(|global| global.bits).collect(),
            dropped_data: store.dropped_data.clone(),
            elements: store.elements.clone(),
            exceptions: Arc::clone(&store.exceptions),
            stack: self.stack[..self.sp].into(),
            frames: self.frames[..].into(),
            instances: store.instances.len(),
            instructions: self.instructions,
        }
    }

    /// Takes the state of a snapshot of this machine. A breakpoint on the next
    /// operator counts again.
    ///
    /// # Errors
    /// If instances were made since, or a memory cannot be had; the state may
    /// then be of either time.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        let store = &mut self.store;
        let same = snapshot.instances == store.instances.len()
            && snapshot.memories.len() == store.memories.len()
            && snapshot.tables.len() == store.tables.len()
            && snapshot.globals.len() == store.globals.len();
        if !same {
            return Err(RestoreError::OtherInstances);
        }
        for (memory, image) in store.memories.iter_mut().zip(&snapshot.memories) {
            memory.restore(image).ok_or(RestoreError::NoRoom)?;
        }
        for (table, elements) in store.tables.iter_mut().zip(&snapshot.tables) {
            table.elements = Arc::clone(elements);
        }
        for (global, bits) in store.globals.iter_mut().zip(&snapshot.globals) {
            global.bits = *bits;
        }
        store.dropped_data.clone_from(&snapshot.dropped_data);
        store.elements.clone_from(&snapshot.elements);
        store.exceptions = Arc::clone(&snapshot.exceptions);
        self.sp = snapshot.stack.len();
        self.stack[..self.sp].copy_from_slice(&snapshot.stack);
        self.frames.clear();
        self.frames.extend_from_slice(&snapshot.frames);
        self.instructions = snapshot.instructions;
        self.forget_stops();
        Ok(())
    }

    /// A hash over all state that a snapshot holds: the same after any way to
    /// the same operator.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hasher = Xxh3::new();
        let number = |hasher: &mut Xxh3, number: u64| hasher.update(&number.to_le_bytes());
        number(&mut hasher, self.instructions);
        let store = &self.store;
        store.memories.iter().for_each(|memory| memory.hash(&mut hasher));
        for table in &store.tables {
            number(&mut hasher, table.elements.len() as u64);
            table.elements.iter().for_each(|slot| number(&mut hasher, *slot));
        }
        store.globals.iter().for_each(|global| hasher.update(&global.bits.to_le_bytes()));
        store.dropped_data.iter().for_each(|dropped| number(&mut hasher, u64::from(*dropped)));
        store.elements.iter().for_each(|segment| number(&mut hasher, u64::from(segment.is_some())));
        for (index, exception) in store.exceptions.iter() {
            number(&mut hasher, index.into());
            number(&mut hasher, exception.tag.into());
            exception.slots.iter().for_each(|slot| number(&mut hasher, *slot));
        }
        self.stack[..self.sp].iter().for_each(|slot| number(&mut hasher, *slot));
        for (index, frame) in self.frames.iter().enumerate() {
            number(&mut hasher, frame.kind as u64);
            // Which operator the innermost function ran last depends on the way to here.
            let op = if index + 1 == self.frames.len() { frame.pc } else { frame.op };
            for part in [frame.function, frame.base, frame.pc, op, frame.stp] {
                number(&mut hasher, part.into());
            }
            // An entry's token is about a breakpoint, which is not state.
            let token = if frame.kind == FrameKind::Entry { 0 } else { frame.token };
            number(&mut hasher, token);
        }
        hasher.digest()
    }
}

//! Values of the program that the host names by handle.

use alloc::vec::Vec;

use crate::Handle;

/// Bits of a handle that say which slot; the others count the slot's use, so
/// that a handle to a removed value is found out.
const INDEX_BITS: u32 = 22;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

/// Keeps values that the host refers to by [`Handle`]: up to four million at
/// a time. A handle to a removed value finds nothing, until its slot was used
/// 1024 times more.
pub struct Table<T> {
    slots: Vec<Slot<T>>,
    /// The first free slot, in a list through [`Slot::Free`].
    free: Option<u32>,
    live: usize,
}

struct Slot<T> {
    uses: u32,
    state: State<T>,
}

enum State<T> {
    Full(T),
    /// And the next free one.
    Free(Option<u32>),
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table::new()
    }
}

impl<T> Table<T> {
    /// A table without values; it allocates with the first.
    pub const fn new() -> Self {
        Table { slots: Vec::new(), free: None, live: 0 }
    }

    /// How many values there are.
    pub fn live(&self) -> usize {
        self.live
    }

    /// Keeps `value`; the handle names it until it is removed.
    ///
    /// # Panics
    /// If there are 2²² values already.
    pub fn insert(&mut self, value: T) -> Handle<T> {
        self.live += 1;
        if let Some(index) = self.free
            && let Some(slot) = self.slots.get_mut(index as usize)
            && let State::Free(next) = slot.state
        {
            self.free = next;
            slot.state = State::Full(value);
            return Handle::from_bits(slot.uses << INDEX_BITS | index);
        }
        let index = self.slots.len() as u32;
        assert!(index <= INDEX_MASK, "a wasm::Table holds four million values");
        self.slots.push(Slot { uses: 0, state: State::Full(value) });
        Handle::from_bits(index)
    }

    fn slot(&self, handle: Handle<T>) -> Option<usize> {
        let bits = handle.to_bits();
        let index = (bits & INDEX_MASK) as usize;
        let slot = self.slots.get(index)?;
        (slot.uses == bits >> INDEX_BITS).then_some(index)
    }

    /// The value that the handle names, if it is still there.
    pub fn get(&self, handle: Handle<T>) -> Option<&T> {
        match &self.slots[self.slot(handle)?].state {
            State::Full(value) => Some(value),
            State::Free(_) => None,
        }
    }

    /// The value that the handle names, to change it.
    pub fn get_mut(&mut self, handle: Handle<T>) -> Option<&mut T> {
        let index = self.slot(handle)?;
        match &mut self.slots[index].state {
            State::Full(value) => Some(value),
            State::Free(_) => None,
        }
    }

    /// Takes the value out; its handles find nothing from now on.
    pub fn remove(&mut self, handle: Handle<T>) -> Option<T> {
        let index = self.slot(handle)?;
        let slot = &mut self.slots[index];
        if matches!(slot.state, State::Free(_)) {
            return None;
        }
        slot.uses = (slot.uses + 1) & (u32::MAX >> INDEX_BITS);
        let state = core::mem::replace(&mut slot.state, State::Free(self.free));
        self.free = Some(index as u32);
        self.live -= 1;
        match state {
            State::Full(value) => Some(value),
            State::Free(_) => None,
        }
    }
}

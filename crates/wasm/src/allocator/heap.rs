//! The heap: free blocks in a list by rising address, so that neighbours are
//! found and joined when a block comes back.
//!
//! Blocks in use have no header: the layout that comes with each call says
//! their size. A free block holds its size and the next free block. The search
//! starts where the last one ended (next fit), and wraps around.

use core::alloc::Layout;
use core::ptr::{self, null_mut};

/// Sizes and addresses of blocks are multiples of this: a free block's own
/// two words.
const GRANULE: usize = size_of::<Block>();

/// Where the heap gets memory.
pub(super) trait Source {
    /// Memory that the heap owns from now on: at least `len` bytes, start and
    /// length multiples of 16. None when there is no more.
    fn more(&mut self, len: usize) -> Option<(*mut u8, usize)>;
}

/// A free block. Invariant: between `head` and the end of the list addresses
/// rise, and no two blocks touch.
#[derive(Clone, Copy)]
struct Block {
    size: usize,
    next: *mut Block,
}

pub(super) struct Heap<S> {
    first: *mut Block,
    /// A free block, or null for the list's start: where to search from.
    last_used: *mut Block,
    pub(super) source: S,
}

fn rounded(size: usize) -> usize {
    (size.max(1) + GRANULE - 1) & !(GRANULE - 1)
}

impl<S: Source> Heap<S> {
    pub(super) const fn new(source: S) -> Self {
        Heap { first: null_mut(), last_used: null_mut(), source }
    }

    /// The block after `block`; null stands for the list's start.
    ///
    /// # Safety
    /// `block` is null or free.
    unsafe fn next(&self, block: *mut Block) -> *mut Block {
        // SAFETY: free blocks hold a `Block` (the caller's promise).
        if block.is_null() { self.first } else { unsafe { (*block).next } }
    }

    /// # Safety
    /// `block` is null or free, `next` is null or free and above it.
    unsafe fn link(&mut self, block: *mut Block, next: *mut Block) {
        if block.is_null() {
            self.first = next;
        } else {
            // SAFETY: free blocks hold a `Block`.
            unsafe { (*block).next = next }
        }
    }

    /// # Safety
    /// As for `GlobalAlloc::alloc`, and nobody else uses the heap meanwhile.
    pub(super) unsafe fn alloc(&mut self, layout: Layout) -> *mut u8 {
        let size = rounded(layout.size());
        // SAFETY: the list's invariant, see `Block`.
        unsafe {
            loop {
                let stop = self.last_used;
                let mut before = stop;
                loop {
                    let block = self.next(before);
                    if !block.is_null() {
                        let gap = (block as usize).wrapping_neg() & (layout.align() - 1);
                        if gap + size <= (*block).size {
                            return self.carve(before, block, gap, size);
                        }
                    }
                    before = block;
                    if before == stop {
                        break;
                    }
                }
                let Some((start, len)) = self.source.more(size + layout.align()) else {
                    return null_mut();
                };
                self.insert(start, len);
            }
        }
    }

    /// Takes `size` bytes out of the free `block`, `gap` bytes from its start.
    ///
    /// # Safety
    /// `block` is free, comes after `before`, and has the bytes.
    unsafe fn carve(&mut self, before: *mut Block, block: *mut Block, gap: usize, size: usize) -> *mut u8 {
        // SAFETY: all addresses lie in the free block; `gap` and the rest are
        // multiples of the granule, so that each holds a `Block` if not empty.
        unsafe {
            let Block { size: whole, mut next } = *block;
            let start = block.cast::<u8>().add(gap);
            let rest = whole - gap - size;
            if rest > 0 {
                let tail = start.add(size).cast::<Block>();
                *tail = Block { size: rest, next };
                next = tail;
            }
            if gap > 0 {
                *block = Block { size: gap, next };
                self.last_used = block;
            } else {
                self.link(before, next);
                self.last_used = before;
            }
            start
        }
    }

    /// Adds `len` bytes from `start` to the free ones.
    ///
    /// # Safety
    /// Nobody uses them; both are multiples of the granule.
    unsafe fn insert(&mut self, start: *mut u8, len: usize) {
        let block = start.cast::<Block>();
        // SAFETY: the list's invariant; the new bytes are ours.
        unsafe {
            let mut before = if self.last_used < block { self.last_used } else { null_mut() };
            let mut next = self.next(before);
            while !next.is_null() && next < block {
                before = next;
                next = (*next).next;
            }
            *block = Block { size: len, next };
            if !next.is_null() && start.wrapping_add(len) == next.cast() {
                *block = Block { size: len + (*next).size, next: (*next).next };
            }
            if !before.is_null() && before.cast::<u8>().wrapping_add((*before).size) == start {
                (*before).size += (*block).size;
                (*before).next = (*block).next;
                self.last_used = before;
            } else {
                self.link(before, block);
                self.last_used = block;
            }
        }
    }

    /// # Safety
    /// As for `GlobalAlloc::dealloc`, and nobody else uses the heap meanwhile.
    pub(super) unsafe fn dealloc(&mut self, start: *mut u8, layout: Layout) {
        // SAFETY: the block came from `alloc` with the same size.
        unsafe { self.insert(start, rounded(layout.size())) }
    }

    /// # Safety
    /// As for `GlobalAlloc::realloc`, and nobody else uses the heap meanwhile.
    pub(super) unsafe fn realloc(&mut self, start: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let (old, new) = (rounded(layout.size()), rounded(new_size));
        // SAFETY: the block came from `alloc` with size `old`.
        unsafe {
            if new <= old {
                if new < old {
                    self.insert(start.add(new), old - new);
                }
                return start;
            }
            // Grow in place where the block above is free and large enough.
            let end = start.wrapping_add(old).cast::<Block>();
            let mut before = if self.last_used < end { self.last_used } else { null_mut() };
            let mut next = self.next(before);
            while !next.is_null() && next < end {
                before = next;
                next = (*next).next;
            }
            if next == end && !next.is_null() && (*next).size >= new - old {
                self.carve(before, next, 0, new - old);
                return start;
            }
            let moved = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(start, moved, layout.size());
                self.dealloc(start, layout);
            }
            moved
        }
    }

    /// The free blocks, for tests: start and size.
    #[cfg(test)]
    fn free(&self) -> impl Iterator<Item = (usize, usize)> {
        let mut at = self.first;
        core::iter::from_fn(move || {
            let block = at;
            // SAFETY: the list's invariant.
            let Block { size, next } = *unsafe { block.as_ref() }?;
            at = next;
            Some((block as usize, size))
        })
    }
}

#[cfg(test)]
mod tests;

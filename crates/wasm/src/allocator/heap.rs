//! The heap: chunks with a word before them, free ones in lists by size.
//!
//! Memory is a row of chunks without gaps. A chunk begins with a header: its
//! size, whether it is used, and whether the one before it is. A free chunk
//! also holds its neighbours in the list of its size, and its size once more
//! in its last word, so that both neighbours in memory are found and joined
//! when a chunk comes back. A header of size 0 that is used ends the row.
//!
//! ```text
//! used   | header | payload …                          |
//! free   | header | next | previous | …         | size |
//! ```

use core::alloc::Layout;
use core::ptr::{self, null_mut};

const WORD: usize = size_of::<usize>();
/// Sizes of chunks, and addresses of payloads, are multiples of this.
const GRANULE: usize = 2 * WORD;
/// What a free chunk must hold.
const SMALLEST: usize = 4 * WORD;

/// The flags in a header: this chunk is used; the one before it is.
const USED: usize = 1;
const BEFORE_USED: usize = 2;
const FLAGS: usize = USED | BEFORE_USED;

const BINS: usize = 32;

/// The address of a chunk's header.
type Chunk = *mut usize;

/// Where the heap gets memory.
pub(super) trait Source {
    /// Memory that the heap owns from now on: at least `len` bytes, start and
    /// length multiples of 16. None when there is no more.
    fn more(&mut self, len: usize) -> Option<(*mut u8, usize)>;
}

pub(super) struct Heap<S> {
    /// Lists of free chunks by the logarithm of their size.
    bins: [Chunk; BINS],
    /// The end of the newest memory.
    end: *mut u8,
    pub(super) source: S,
}

/// The size of a chunk whose payload has `size` bytes.
fn rounded(size: usize) -> usize {
    ((size + WORD + GRANULE - 1) & !(GRANULE - 1)).max(SMALLEST)
}

fn bin(size: usize) -> usize {
    // The logarithm, as 31 - n is !n modulo 32; `ilog2` would check for 0.
    !size.leading_zeros() as usize % BINS
}

/// # Safety
/// `chunk` is a chunk of the heap, or the end of a row.
unsafe fn size(chunk: Chunk) -> usize {
    // SAFETY: the caller's promise.
    unsafe { *chunk & !FLAGS }
}

/// # Safety
/// `chunk` is a chunk of the heap.
unsafe fn after(chunk: Chunk) -> Chunk {
    // SAFETY: a row of chunks ends with a header.
    unsafe { chunk.byte_add(size(chunk)) }
}

/// Makes two used chunks of one; the second begins `at` bytes after the first.
///
/// # Safety
/// The chunk is used, and both parts are large enough for a chunk.
unsafe fn split(chunk: Chunk, at: usize) -> Chunk {
    // SAFETY: the second header lies in the first chunk's payload.
    unsafe {
        let rest = size(chunk) - at;
        *chunk -= rest;
        let second = chunk.byte_add(at);
        *second = rest | FLAGS;
        second
    }
}

/// The links of a free chunk: next and previous.
///
/// # Safety
/// `chunk` is free.
unsafe fn links(chunk: Chunk) -> *mut [Chunk; 2] {
    // SAFETY: a free chunk has room for them.
    unsafe { chunk.add(1).cast() }
}

// All methods: the heap's memory is as the module's head says, before and
// after each call, and nobody else touches it meanwhile.
impl<S: Source> Heap<S> {
    pub(super) const fn new(source: S) -> Self {
        Heap { bins: [null_mut(); BINS], end: null_mut(), source }
    }

    /// A free chunk of at least `size` bytes, or null.
    unsafe fn find(&self, wanted: usize) -> Chunk {
        for mut chunk in self.bins[bin(wanted)..].iter().copied() {
            // Of the first list some may be too small, of the others none.
            while !chunk.is_null() {
                // SAFETY: chunks in lists are free.
                unsafe {
                    if size(chunk) >= wanted {
                        return chunk;
                    }
                    chunk = (*links(chunk))[0];
                }
            }
        }
        null_mut()
    }

    /// Takes a free chunk out of its list, to be used: the header of the one
    /// after it says so.
    unsafe fn unlink(&mut self, chunk: Chunk) {
        // SAFETY: the chunk and its neighbours in the list are free.
        unsafe {
            *after(chunk) |= BEFORE_USED;
            let [next, previous] = *links(chunk);
            if !next.is_null() {
                (*links(next))[1] = previous;
            }
            if previous.is_null() {
                self.bins[bin(size(chunk))] = next;
            } else {
                (*links(previous))[0] = next;
            }
        }
    }

    /// Makes `size` bytes from `chunk` a free chunk. Its neighbours are used.
    unsafe fn insert(&mut self, chunk: Chunk, size: usize) {
        // SAFETY: the bytes are the heap's, and no chunk is among them.
        unsafe {
            let bin = bin(size);
            let next = self.bins[bin];
            *chunk = size | BEFORE_USED;
            *links(chunk) = [next, null_mut()];
            if !next.is_null() {
                (*links(next))[1] = chunk;
            }
            self.bins[bin] = chunk;
            let end = after(chunk);
            *end.sub(1) = size;
            *end &= !BEFORE_USED;
        }
    }

    /// Frees a used chunk: joins it with its neighbours.
    unsafe fn free(&mut self, mut chunk: Chunk) {
        // SAFETY: headers and the sizes at the ends of free chunks are right.
        unsafe {
            let mut whole = size(chunk);
            let next = after(chunk);
            if *next & USED == 0 {
                self.unlink(next);
                whole += size(next);
            }
            if *chunk & BEFORE_USED == 0 {
                chunk = chunk.byte_sub(*chunk.sub(1));
                self.unlink(chunk);
                whole += size(chunk);
            }
            self.insert(chunk, whole);
        }
    }

    /// Gives back what a used chunk has beyond `wanted` bytes.
    unsafe fn trim(&mut self, chunk: Chunk, wanted: usize) {
        // SAFETY: both parts are large enough for a chunk.
        unsafe {
            if size(chunk) - wanted >= SMALLEST {
                let tail = split(chunk, wanted);
                self.free(tail);
            }
        }
    }

    /// Gets memory for a chunk of `wanted` bytes.
    unsafe fn grow(&mut self, wanted: usize) -> bool {
        let Some((start, len)) = self.source.more(wanted + GRANULE) else { return false };
        // SAFETY: the new memory is ours; before it, if it continues the last,
        // lies the end of a row.
        unsafe {
            let end = start.add(len);
            let chunk = if start == self.end {
                let chunk: Chunk = start.sub(WORD).cast();
                *chunk |= len;
                chunk
            } else {
                let chunk: Chunk = start.add(WORD).cast();
                *chunk = (len - GRANULE) | FLAGS;
                chunk
            };
            *after(chunk) = FLAGS;
            self.end = end;
            self.free(chunk);
        }
        true
    }

    /// # Safety
    /// As for `GlobalAlloc::alloc`.
    pub(super) unsafe fn alloc(&mut self, layout: Layout) -> *mut u8 {
        let wanted = rounded(layout.size());
        // Room to move the payload up, and for a free chunk before it.
        let slack = if layout.align() > GRANULE { layout.align() + SMALLEST } else { 0 };
        // SAFETY: a free chunk of the size is split into used and free ones.
        unsafe {
            let mut chunk = loop {
                let chunk = self.find(wanted + slack);
                if !chunk.is_null() {
                    break chunk;
                }
                if !self.grow(wanted + slack) {
                    return null_mut();
                }
            };
            self.unlink(chunk);
            *chunk |= USED;
            let mut gap = (chunk.add(1) as usize).wrapping_neg() & (layout.align() - 1);
            if gap > 0 {
                if gap < SMALLEST {
                    gap += layout.align();
                }
                let front = chunk;
                chunk = split(front, gap);
                self.free(front);
            }
            self.trim(chunk, wanted);
            chunk.add(1).cast()
        }
    }

    /// # Safety
    /// As for `GlobalAlloc::dealloc`.
    pub(super) unsafe fn dealloc(&mut self, start: *mut u8) {
        // SAFETY: before a payload is its chunk's header.
        unsafe { self.free(start.cast::<usize>().sub(1)) }
    }

    /// # Safety
    /// As for `GlobalAlloc::realloc`.
    pub(super) unsafe fn realloc(&mut self, start: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let wanted = rounded(new_size);
        // SAFETY: before a payload is its chunk's header; what a chunk takes
        // from a free one after it is given back beyond `wanted`.
        unsafe {
            let chunk = start.cast::<usize>().sub(1);
            let next = after(chunk);
            if size(chunk) < wanted && *next & USED == 0 && size(chunk) + size(next) >= wanted {
                self.unlink(next);
                *chunk += size(next);
            }
            if size(chunk) >= wanted {
                self.trim(chunk, wanted);
                return start;
            }
            let moved = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(start, moved, layout.size());
                self.dealloc(start);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests;

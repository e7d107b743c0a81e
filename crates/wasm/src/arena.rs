//! Memory that is freed as a whole.
//!
//! ```
//! let total = wasm::arena::scope(|arena| {
//!     let mut words = wasm::arena::Vec::new(arena);
//!     for word in "one two three".split(' ') {
//!         words.push(arena.alloc_str(word));
//!     }
//!     words.iter().map(|w| w.len()).sum::<usize>()
//! });
//! assert_eq!(total, 11);
//! ```

use core::alloc::Layout;
use core::cell::Cell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::{fmt, slice, str};

use alloc::alloc::{alloc, dealloc, handle_alloc_error};

/// The first chunk; later ones are twice as large, up to `MAX_CHUNK`.
const FIRST_CHUNK: usize = 1024;
const MAX_CHUNK: usize = 64 * 1024;

/// Hands out memory from chunks and frees all of them when it is dropped.
/// What it holds is not dropped: values that own something else belong into
/// [`Vec`], which drops its elements.
pub struct Arena {
    /// The free rest of the newest chunk.
    next: Cell<*mut u8>,
    end: Cell<*mut u8>,
    chunks: Cell<*mut Chunk>,
}

/// At the start of each chunk.
struct Chunk {
    older: *mut Chunk,
    layout: Layout,
}

/// Runs `body` with an arena that is freed when it returns.
pub fn scope<R>(body: impl FnOnce(&Arena) -> R) -> R {
    body(&Arena::new())
}

impl Default for Arena {
    fn default() -> Self {
        Arena::new()
    }
}

impl Arena {
    /// An arena without memory yet.
    pub const fn new() -> Self {
        Arena {
            next: Cell::new(core::ptr::null_mut()),
            end: Cell::new(core::ptr::null_mut()),
            chunks: Cell::new(core::ptr::null_mut()),
        }
    }

    /// Memory for `layout` that lives as long as the arena.
    pub fn allocate(&self, layout: Layout) -> NonNull<u8> {
        let next = self.next.get();
        let free = self.end.get() as usize - next as usize;
        let gap = next.align_offset(layout.align());
        if !next.is_null()
            && let Some(need) = gap.checked_add(layout.size())
            && need <= free
        {
            // SAFETY: the bytes lie in the newest chunk.
            return unsafe {
                self.next.set(next.add(need));
                NonNull::new_unchecked(next.add(gap))
            };
        }
        self.chunk(layout)
    }

    #[cold]
    fn chunk(&self, wanted: Layout) -> NonNull<u8> {
        let older = self.chunks.get();
        // SAFETY: the chunk list is ours.
        let size = match unsafe { older.as_ref() } {
            None => FIRST_CHUNK,
            Some(chunk) => (chunk.layout.size() * 2).clamp(FIRST_CHUNK, MAX_CHUNK),
        };
        let layout = Layout::new::<Chunk>().extend(wanted).and_then(|(both, at)| {
            Layout::from_size_align(both.size().max(size), both.align()).map(|layout| (layout, at))
        });
        let Ok((layout, at)) = layout else { handle_alloc_error(wanted) };
        // SAFETY: the size is not zero; the chunk's head and the wanted bytes
        // fit, as `extend` computed.
        unsafe {
            let start = alloc(layout);
            if start.is_null() {
                handle_alloc_error(layout);
            }
            let chunk = start.cast::<Chunk>();
            chunk.write(Chunk { older, layout });
            self.chunks.set(chunk);
            self.next.set(start.add(at + wanted.size()));
            self.end.set(start.add(layout.size()));
            NonNull::new_unchecked(start.add(at))
        }
    }

    /// Keeps `value`; it is never dropped.
    #[allow(clippy::mut_from_ref)]
    pub fn alloc<T>(&self, value: T) -> &mut T {
        let place = self.allocate(Layout::new::<T>()).cast::<T>();
        // SAFETY: fresh memory of the right layout, given out once.
        unsafe {
            place.write(value);
            &mut *place.as_ptr()
        }
    }

    /// Keeps a copy of `slice`.
    #[allow(clippy::mut_from_ref)]
    pub fn alloc_slice<T: Copy>(&self, slice: &[T]) -> &mut [T] {
        let place = self.allocate(Layout::for_value(slice)).cast::<T>();
        // SAFETY: fresh memory of the slice's layout, given out once.
        unsafe {
            place.as_ptr().copy_from_nonoverlapping(slice.as_ptr(), slice.len());
            slice::from_raw_parts_mut(place.as_ptr(), slice.len())
        }
    }

    /// Keeps a copy of `text`.
    pub fn alloc_str(&self, text: &str) -> &str {
        // SAFETY: a copy of UTF-8 is UTF-8.
        unsafe { str::from_utf8_unchecked(self.alloc_slice(text.as_bytes())) }
    }

    /// Makes the newest allocation larger in place, if there is room.
    fn extend(&self, start: *mut u8, old: usize, new: usize) -> bool {
        let is_newest = start.wrapping_add(old) == self.next.get();
        let fits = is_newest && new - old <= self.end.get() as usize - self.next.get() as usize;
        if fits {
            self.next.set(start.wrapping_add(new));
        }
        fits
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        let mut chunk = self.chunks.get();
        while !chunk.is_null() {
            // SAFETY: each chunk was allocated with its layout; nothing
            // borrows from the arena any more.
            unsafe {
                let Chunk { older, layout } = chunk.read();
                dealloc(chunk.cast(), layout);
                chunk = older;
            }
        }
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").finish_non_exhaustive()
    }
}

/// A growing list in an arena. Dropped, it drops its elements; its memory goes
/// with the arena.
pub struct Vec<'a, T> {
    arena: &'a Arena,
    start: NonNull<T>,
    len: usize,
    capacity: usize,
    owns: PhantomData<T>,
}

impl<'a, T> Vec<'a, T> {
    /// An empty list.
    pub fn new(arena: &'a Arena) -> Self {
        let capacity = if size_of::<T>() == 0 { usize::MAX } else { 0 };
        Vec { arena, start: NonNull::dangling(), len: 0, capacity, owns: PhantomData }
    }

    /// Adds `value` at the end.
    pub fn push(&mut self, value: T) {
        if self.len == self.capacity {
            self.grow(1);
        }
        // SAFETY: there is room for one more.
        unsafe { self.start.add(self.len).write(value) }
        self.len += 1;
    }

    /// Takes the last element.
    pub fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        // SAFETY: the element was written, and is no longer counted.
        Some(unsafe { self.start.add(self.len).read() })
    }

    /// Adds copies of `values` at the end.
    pub fn extend_from_slice(&mut self, values: &[T])
    where
        T: Copy,
    {
        if self.capacity - self.len < values.len() {
            self.grow(values.len());
        }
        // SAFETY: there is room; `values` cannot lie in memory that only we have.
        unsafe { self.start.add(self.len).as_ptr().copy_from_nonoverlapping(values.as_ptr(), values.len()) }
        self.len += values.len();
    }

    /// Drops all elements and keeps the room.
    pub fn clear(&mut self) {
        while self.pop().is_some() {}
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        let capacity = (self.len + more).max(self.capacity.saturating_mul(2)).max(4);
        let Ok(layout) = Layout::array::<T>(capacity) else { panic!("a list of more than half the memory") };
        let old = self.capacity * size_of::<T>();
        let extended = self.capacity > 0 && self.arena.extend(self.start.as_ptr().cast(), old, layout.size());
        if !extended {
            let start = self.arena.allocate(layout).cast::<T>();
            // SAFETY: fresh memory for more than `len` elements.
            unsafe { start.as_ptr().copy_from_nonoverlapping(self.start.as_ptr(), self.len) }
            self.start = start;
        }
        self.capacity = capacity;
    }

    /// The elements, for as long as the arena lives. They are never dropped.
    pub fn into_slice(self) -> &'a mut [T] {
        let me = core::mem::ManuallyDrop::new(self);
        // SAFETY: the elements are written, the memory is the arena's, and
        // nobody else has it.
        unsafe { slice::from_raw_parts_mut(me.start.as_ptr(), me.len) }
    }
}

impl<T> Deref for Vec<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `len` elements are written.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for Vec<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: `len` elements are written, and we have them alone.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl<T> Extend<T> for Vec<'_, T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

impl<T> Drop for Vec<'_, T> {
    fn drop(&mut self) {
        self.clear();
    }
}

impl<T: fmt::Debug> fmt::Debug for Vec<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Text that grows in an arena.
pub struct String<'a>(Vec<'a, u8>);

impl<'a> String<'a> {
    /// Empty text.
    pub fn new(arena: &'a Arena) -> Self {
        String(Vec::new(arena))
    }

    /// Adds `text` at the end.
    pub fn push_str(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// The text, for as long as the arena lives.
    pub fn into_str(self) -> &'a str {
        // SAFETY: only `push_str` writes, and it adds UTF-8.
        unsafe { str::from_utf8_unchecked(self.0.into_slice()) }
    }
}

impl Deref for String<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        // SAFETY: only `push_str` writes, and it adds UTF-8.
        unsafe { str::from_utf8_unchecked(&self.0) }
    }
}

impl fmt::Write for String<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

impl fmt::Debug for String<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

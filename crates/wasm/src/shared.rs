//! A slice that the jobs of a scope write in disjoint parts.

use core::marker::PhantomData;
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::Pod;

/// A mutable slice shared by several jobs, each of which claims parts that no
/// other gets: the parts come in order, each once.
///
/// ```
/// let mut pixels = [1u8; 1000];
/// let shared = wasm::SharedSlice::new(&mut pixels);
/// wasm::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             while let Some((_at, part)) = shared.claim(64) {
///                 part.iter_mut().for_each(|p| *p *= 2);
///             }
///         });
///     }
/// })
/// .unwrap();
/// assert!(pixels.iter().all(|p| *p == 2));
/// ```
pub struct SharedSlice<'a, T: Pod> {
    start: *mut T,
    len: usize,
    claimed: AtomicUsize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: `claim` hands out each element at most once, and `T: Pod` is `Send`
// in effect (numbers only).
unsafe impl<T: Pod> Sync for SharedSlice<'_, T> {}
// SAFETY: as above; it owns the exclusive borrow of the slice.
unsafe impl<T: Pod> Send for SharedSlice<'_, T> {}

impl<'a, T: Pod> SharedSlice<'a, T> {
    /// Shares `slice` for as long as this value lives.
    pub fn new(slice: &'a mut [T]) -> Self {
        SharedSlice { start: slice.as_mut_ptr(), len: slice.len(), claimed: AtomicUsize::new(0), slice: PhantomData }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The next part that nobody has: up to `count` elements, and the index of
    /// the first.
    #[allow(clippy::mut_from_ref)]
    pub fn claim(&self, count: usize) -> Option<(usize, &mut [T])> {
        let range = self.advance(count)?;
        // SAFETY: the range lies in the slice, and `advance` gives each index
        // once, so no other reference to these elements exists; they live as
        // long as `self` borrows the slice.
        let part = unsafe { core::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) };
        Some((range.start, part))
    }

    fn advance(&self, count: usize) -> Option<Range<usize>> {
        let start = self
            .claimed
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |at| {
                (at < self.len && count > 0).then(|| at.saturating_add(count).min(self.len))
            })
            .ok()?;
        Some(start..start.saturating_add(count).min(self.len))
    }
}

//! A small global allocator for programs that count bytes.

#[cfg(any(target_arch = "wasm32", test))]
mod heap;

use core::alloc::{GlobalAlloc, Layout};

/// A global allocator of less than one kilobyte: one word before each block, free blocks
/// in lists by size, split and joined with their neighbours at once; memory
/// grows by pages.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
/// # let _ = Box::new(7);
/// ```
///
/// On other targets than wasm32 it is the system's.
pub struct Allocator {
    #[cfg(target_arch = "wasm32")]
    heap: crate::thread::Lock<heap::Heap<pages::Pages>>,
}

impl Default for Allocator {
    fn default() -> Self {
        Allocator::new()
    }
}

#[cfg(target_arch = "wasm32")]
mod pages {
    use core::arch::wasm32::memory_grow;

    use super::heap::Source;

    const PAGE: usize = 65_536;

    unsafe extern "C" {
        /// The linker's: the first byte after static data and stack.
        static __heap_base: u8;
        /// The linker's: the end of the memory that the module starts with.
        static __heap_end: u8;
    }

    /// The rest of the first pages, then pages of `memory.grow`.
    pub(super) struct Pages {
        pub(super) started: bool,
    }

    impl Source for Pages {
        fn more(&mut self, len: usize) -> Option<(*mut u8, usize)> {
            if !self.started {
                self.started = true;
                let start = (&raw const __heap_base as usize).next_multiple_of(16);
                // The end of a page: not below the start.
                let first = (&raw const __heap_end as usize).wrapping_sub(start);
                if first >= len {
                    return Some((start as *mut u8, first));
                }
            }
            // `div_ceil` is larger; the sum is far from overflow.
            #[allow(clippy::manual_div_ceil)]
            let pages = (len + PAGE - 1) / PAGE;
            let at = memory_grow::<0>(pages);
            // No memory is `usize::MAX`. Nothing is handed out at the very top
            // either, where addresses wrap.
            (at < PAGE - pages).then(|| ((at * PAGE) as *mut u8, pages * PAGE))
        }
    }
}

#[cfg(target_arch = "wasm32")]
impl Allocator {
    /// An allocator without memory yet.
    pub const fn new() -> Self {
        Allocator { heap: crate::thread::Lock::new(heap::Heap::new(pages::Pages { started: false })) }
    }
}

// SAFETY: the heap hands out disjoint blocks of the size and alignment asked
// for (see `heap`), under a lock where there are threads.
#[cfg(target_arch = "wasm32")]
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the lock gives the heap to one caller.
        self.heap.with(|heap| unsafe { heap.alloc(layout) })
    }

    unsafe fn dealloc(&self, start: *mut u8, _: Layout) {
        // SAFETY: as above; the block is the caller's.
        self.heap.with(|heap| unsafe { heap.dealloc(start) });
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above; the block is the caller's.
        self.heap.with(|heap| unsafe { heap.realloc(start, layout, new_size) })
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Allocator {
    /// The system's allocator.
    pub const fn new() -> Self {
        // The heap is for wasm32; here only its tests use it.
        Allocator {}
    }
}

#[cfg(not(target_arch = "wasm32"))]
extern crate std;

// SAFETY: the system's allocator does all.
#[cfg(not(target_arch = "wasm32"))]
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        unsafe { std::alloc::System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { std::alloc::System.dealloc(start, layout) }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        unsafe { std::alloc::System.realloc(start, layout, new_size) }
    }
}

//! A lock that spins: what it guards takes nanoseconds, and a browser's main
//! thread may not wait otherwise. Without threads it is nothing.

use core::cell::UnsafeCell;
#[cfg(wasm_threads)]
use core::sync::atomic::{AtomicBool, Ordering};

pub(crate) struct Lock<T> {
    #[cfg(wasm_threads)]
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `with` gives the value to one thread at a time; without the atomics
// feature there is only one thread.
unsafe impl<T> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Lock {
            #[cfg(wasm_threads)]
            taken: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// Runs `body` with the value to itself. `body` must not take the lock again.
    #[inline]
    pub(crate) fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        #[cfg(wasm_threads)]
        while self.taken.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            core::hint::spin_loop();
        }
        // SAFETY: the flag is ours, or there are no threads.
        let result = body(unsafe { &mut *self.value.get() });
        #[cfg(wasm_threads)]
        self.taken.store(false, Ordering::Release);
        result
    }
}

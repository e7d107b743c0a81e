//! Jobs that borrow and end with their scope.
//!
//! Built plainly, `spawn` runs its job at once. Built with `+atomics` and
//! shared memory, worker threads that the loader starts run the jobs, and the
//! end of the scope helps, then waits. The program is the same.
//!
//! ```
//! let mut sums = [0u32; 4];
//! let numbers: Vec<u32> = (0..1000).collect();
//! wasm::thread::scope(|scope| {
//!     for (sum, part) in sums.iter_mut().zip(numbers.chunks(250)) {
//!         scope.spawn(move || *sum = part.iter().sum());
//!     }
//! })
//! .unwrap();
//! assert_eq!(sums.iter().sum::<u32>(), 499_500);
//! ```

#[cfg(all(target_arch = "wasm32", wasm_threads, feature = "alloc"))]
#[path = "thread/workers.rs"]
mod back_end;
#[cfg(not(all(target_arch = "wasm32", wasm_threads, feature = "alloc")))]
#[path = "thread/single.rs"]
mod back_end;
#[cfg(target_arch = "wasm32")]
mod lock;

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, Ordering};

#[cfg(target_arch = "wasm32")]
pub(crate) use lock::Lock;

/// Says to jobs that their result is no longer wanted. Jobs look at it; those
/// of the scope that were not begun are not run.
#[derive(Debug, Default)]
pub struct CancelToken(AtomicBool);

impl CancelToken {
    /// Asks all jobs to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether jobs should stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Jobs of a scope did not end by themselves: they panicked or trapped, or
/// the host lost their worker. What they were writing is half written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// How many jobs.
    pub jobs: u32,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the scope's jobs panicked, trapped or lost their worker", self.jobs)
    }
}

impl core::error::Error for Failed {}

/// Where jobs are spawned; see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    token: CancelToken,
    jobs: back_end::Jobs,
    // Invariant in both, as in std.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Runs `job` now or on another thread, before the scope ends.
    pub fn spawn<F: FnOnce() + Send + 'scope>(&'scope self, job: F) {
        back_end::spawn(self, job);
    }

    /// Cancels the scope's jobs; jobs may hold it.
    pub fn token(&self) -> &CancelToken {
        &self.token
    }
}

/// Runs `body`, which may spawn jobs that borrow what outlives the scope, and
/// returns when all of them have ended.
///
/// # Errors
/// If a job panicked or trapped on a worker. (On the calling thread of a build
/// without workers a panic ends the program, as everywhere.)
pub fn scope<'env, R, F>(body: F) -> Result<R, Failed>
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
{
    let scope =
        Scope { token: CancelToken::default(), jobs: back_end::Jobs::new(), scope: PhantomData, env: PhantomData };
    let result = {
        let _waits = back_end::AtEnd::of(&scope.jobs);
        body(&scope)
    };
    match scope.jobs.failed() {
        0 => Ok(result),
        jobs => Err(Failed { jobs }),
    }
}

/// How many workers run jobs beside the calling thread.
pub fn workers() -> usize {
    back_end::workers()
}

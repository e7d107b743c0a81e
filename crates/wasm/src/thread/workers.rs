//! The back end with workers: a queue of jobs in shared memory.
//!
//! The loader starts the workers, each an instance of the module on the same
//! memory with a stack of its own, which call `wasmrust:worker` and never
//! return. Jobs run behind a call of the host (`run`), which catches traps, so
//! that a failing job costs its scope an error and nobody a thread. A worker
//! that the host loses is reported to `wasmrust:lost` by another instance.

use alloc::boxed::Box;
use core::ptr::{self, null_mut};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::{CancelToken, Lock, Scope};

mod host {
    #[link(wasm_import_module = "wasmrust:thread")]
    unsafe extern "C" {
        /// Sleeps while the word is `expected`; may return at any time, and
        /// does at once where the thread may not sleep.
        pub(super) fn wait(word: *const u32, expected: u32);
        /// Wakes up to `count` threads that sleep at the word.
        pub(super) fn notify(word: *const u32, count: u32);
        /// Calls the export `wasmrust:run` with `job`; 0 if it returned, 1 if
        /// it trapped.
        pub(super) fn run(job: *mut super::Job) -> u32;
        /// The number of this thread: 0 the first, workers from 1.
        pub(super) safe fn id() -> u32;
        /// How many workers there are.
        pub(super) safe fn workers() -> u32;
    }
}

/// More threads than this are not told apart when the host loses one.
const THREADS: usize = 256;

/// The jobs of one scope.
pub(super) struct Jobs {
    pending: AtomicU32,
    failed: AtomicU32,
}

/// A job in the queue: the head of a `Box<Closure<F>>`.
#[repr(C)]
struct Job {
    next: *mut Job,
    /// Runs and frees the closure, or only frees it.
    run: unsafe fn(*mut Job),
    jobs: *const Jobs,
    token: *const CancelToken,
}

#[repr(C)]
struct Closure<F> {
    job: Job,
    function: F,
}

struct Queue {
    first: *mut Job,
    last: *mut Job,
}

static QUEUE: Lock<Queue> = Lock::new(Queue { first: null_mut(), last: null_mut() });

/// Counts the jobs pushed: what idle workers sleep on.
static PUSHED: AtomicU32 = AtomicU32::new(0);

/// What each thread is running: on its stack, the innermost first.
static RUNNING: [AtomicPtr<Running>; THREADS] = [const { AtomicPtr::new(null_mut()) }; THREADS];

struct Running {
    jobs: *const Jobs,
    outer: *mut Running,
}

impl Jobs {
    pub(super) fn new() -> Self {
        Jobs { pending: AtomicU32::new(0), failed: AtomicU32::new(0) }
    }

    pub(super) fn failed(&self) -> u32 {
        self.failed.load(Ordering::Relaxed)
    }
}

/// Ends one job of `jobs`, which may be gone when this returns.
///
/// # Safety
/// The job was counted in `pending` and ends once.
unsafe fn end(jobs: *const Jobs, failed: bool) {
    // SAFETY: `jobs` lives as long as a job is pending; after the last
    // `fetch_sub` only its address is used.
    unsafe {
        let word = (&raw const (*jobs).pending).cast::<u32>();
        if failed {
            (*jobs).failed.fetch_add(1, Ordering::Relaxed);
        }
        if (*jobs).pending.fetch_sub(1, Ordering::AcqRel) == 1 {
            host::notify(word, u32::MAX);
        }
    }
}

pub(super) fn spawn<'scope, F: FnOnce() + Send + 'scope>(scope: &'scope Scope<'scope, '_>, job: F) {
    unsafe fn run<F: FnOnce()>(job: *mut Job) {
        // SAFETY: `job` heads a `Closure<F>` that `spawn` leaked for us.
        let closure = unsafe { Box::from_raw(job.cast::<Closure<F>>()) };
        // SAFETY: the scope waits for this job.
        let cancelled = unsafe { (*closure.job.token).is_cancelled() };
        let Closure { function, .. } = *closure;
        if !cancelled {
            function();
        }
    }
    scope.jobs.pending.fetch_add(1, Ordering::Relaxed);
    let job = Box::into_raw(Box::new(Closure {
        job: Job { next: null_mut(), run: run::<F>, jobs: &scope.jobs, token: &scope.token },
        function: job,
    }))
    .cast::<Job>();
    QUEUE.with(|queue| {
        if queue.first.is_null() {
            queue.first = job;
        } else {
            // SAFETY: jobs in the queue are alive.
            unsafe { (*queue.last).next = job }
        }
        queue.last = job;
    });
    PUSHED.fetch_add(1, Ordering::Release);
    // SAFETY: the word is a static.
    unsafe { host::notify(PUSHED.as_ptr(), 1) }
}

/// Runs a waiting job, of whatever scope. False if there is none.
fn run_one() -> bool {
    let job = QUEUE.with(|queue| {
        let job = queue.first;
        if !job.is_null() {
            // SAFETY: jobs in the queue are alive.
            queue.first = unsafe { (*job).next };
        }
        job
    });
    if job.is_null() {
        return false;
    }
    // SAFETY: the job came out of the queue: it is ours, and its scope waits.
    unsafe {
        let jobs = (*job).jobs;
        let mine = RUNNING.get(host::id() as usize);
        let mut running = Running { jobs, outer: null_mut() };
        if let Some(mine) = mine {
            running.outer = mine.load(Ordering::Relaxed);
            mine.store(&mut running, Ordering::Release);
        }
        let failed = host::run(job) != 0;
        if let Some(mine) = mine {
            mine.store(running.outer, Ordering::Release);
        }
        end(jobs, failed);
    }
    true
}

/// When dropped, all jobs have ended.
pub(super) struct AtEnd<'a>(pub(super) &'a Jobs);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        loop {
            let pending = self.0.pending.load(Ordering::Acquire);
            if pending == 0 {
                return;
            }
            if !run_one() {
                // SAFETY: the word lives in the scope, which we are ending.
                unsafe { host::wait(self.0.pending.as_ptr(), pending) }
                core::hint::spin_loop();
            }
        }
    }
}

pub(super) fn workers() -> usize {
    host::workers() as usize
}

/// What a worker does until the host ends it.
#[unsafe(export_name = "wasmrust:worker")]
extern "C" fn worker() {
    loop {
        let pushed = PUSHED.load(Ordering::Acquire);
        if !run_one() {
            // SAFETY: the word is a static.
            unsafe { host::wait(PUSHED.as_ptr(), pushed) }
        }
    }
}

/// Called by the host's `run`.
#[unsafe(export_name = "wasmrust:run")]
unsafe extern "C" fn run(job: *mut Job) {
    // SAFETY: the host passes what `run_one` passed it.
    unsafe { ((*job).run)(job) }
}

/// Called by the host, on another thread, when thread `id` is gone.
#[unsafe(export_name = "wasmrust:lost")]
extern "C" fn lost(id: u32) {
    let Some(slot) = RUNNING.get(id as usize) else { return };
    let mut running = slot.swap(null_mut(), Ordering::Acquire);
    while !running.is_null() {
        // SAFETY: the thread is gone, its stack stays as it was.
        unsafe {
            let Running { jobs, outer } = ptr::read(running);
            end(jobs, true);
            running = outer;
        }
    }
}

//! The back end with workers: a queue of jobs in shared memory.
//!
//! The loader starts the workers, each an instance of the module on the same
//! memory with a stack of its own, which call `wasmrust:worker` and never
//! return. Jobs run behind a call of the host (`run`), which catches traps, so
//! that a failing job costs its scope an error and nobody a thread. A worker
//! that the host loses is reported to `wasmrust:lost` by another instance.

use alloc::boxed::Box;
use core::cell::Cell;
use core::ffi::c_void;
use core::ptr::{self, null_mut};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::{CancelToken, Lock, Scope};

mod host {
    use core::ffi::c_void;

    #[link(wasm_import_module = "wasmrust:thread")]
    unsafe extern "C" {
        /// Sleeps while the word is `expected`; may return at any time, and
        /// does at once where the thread may not sleep.
        pub(super) fn wait(word: *const u32, expected: u32);
        /// Wakes up to `count` threads that sleep at the word.
        pub(super) fn notify(word: *const u32, count: u32);
        /// Calls the export `wasmrust:run` with `job`; 0 if it returned, 1 if
        /// it trapped. The stack pointer then stays where the trap left it,
        /// until the caller's epilogue.
        pub(super) fn run(job: *mut c_void) -> u32;
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
    /// The scope around this one, of the same job; only its thread looks.
    around: Cell<*const Jobs>,
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

/// What other threads read of it does not change while it can be found.
struct Running {
    jobs: *const Jobs,
    outer: *mut Running,
    /// The innermost scope that the job has open; only its thread looks.
    scopes: Cell<*const Jobs>,
}

impl Jobs {
    pub(super) fn new() -> Self {
        Jobs { pending: AtomicU32::new(0), failed: AtomicU32::new(0), around: Cell::new(ptr::null()) }
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
        let word = (*jobs).pending.as_ptr().cast_const();
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
        let outer = mine.map_or(null_mut(), |mine| mine.load(Ordering::Relaxed));
        let mut running = Running { jobs, outer, scopes: Cell::new(ptr::null()) };
        let running = &raw mut running;
        if let Some(mine) = mine {
            mine.store(running, Ordering::Release);
        }
        let failed = host::run(job.cast()) != 0;
        if failed {
            // Scopes that the job had open lie on the stack that it left, and
            // their jobs still use it: it is not given up before they end.
            while let Some(scope) = (*running).scopes.get().as_ref() {
                scope.wait();
                (*running).scopes.set(scope.around.get());
            }
        }
        if let Some(mine) = mine {
            mine.store(outer, Ordering::Release);
        }
        end(jobs, failed);
    }
    true
}

impl Jobs {
    /// Helps, then waits, until all jobs have ended.
    fn wait(&self) {
        loop {
            let pending = self.pending.load(Ordering::Acquire);
            if pending == 0 {
                return;
            }
            if !run_one() {
                // SAFETY: the word lives as long as `self`.
                unsafe { host::wait(self.pending.as_ptr(), pending) }
                core::hint::spin_loop();
            }
        }
    }
}

/// What this thread is running, if it is a job.
fn running<'a>() -> Option<&'a Running> {
    // SAFETY: the record lies on this thread's stack, further out.
    unsafe { RUNNING.get(host::id() as usize)?.load(Ordering::Relaxed).as_ref() }
}

/// When dropped, all jobs have ended.
pub(super) struct AtEnd<'a>(&'a Jobs);

impl<'a> AtEnd<'a> {
    pub(super) fn of(jobs: &'a Jobs) -> Self {
        if let Some(running) = running() {
            jobs.around.set(running.scopes.replace(jobs));
        }
        AtEnd(jobs)
    }
}

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.wait();
        if let Some(running) = running() {
            running.scopes.set(self.0.around.get());
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
unsafe extern "C" fn run(job: *mut c_void) {
    let job = job.cast::<Job>();
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
            let Running { jobs, outer, .. } = ptr::read(running);
            end(jobs, true);
            running = outer;
        }
    }
}

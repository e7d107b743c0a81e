//! Jobs on shared memory: the same program with and without workers.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};

use wasm::SharedSlice;
use wasm::thread::scope;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[wasm::import("env")]
extern "wasm" {
    /// Ends the worker that calls it.
    fn leave();
}

#[wasm::export]
fn parallel_transform(mut bytes: Vec<u8>, jobs: u32) -> Result<Vec<u8>, u32> {
    let shared = SharedSlice::new(&mut bytes);
    scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((at, part)) = shared.claim(1000) {
                    for (i, byte) in part.iter_mut().enumerate() {
                        *byte = byte.wrapping_mul(31).wrapping_add((at + i) as u8).rotate_left(3);
                    }
                }
            });
        }
    })
    .map_err(|failed| failed.jobs)?;
    Ok(bytes)
}

/// Each job allocates, and opens a scope of its own.
#[wasm::export]
fn nested(jobs: u32) -> u32 {
    let total = AtomicU32::new(0);
    let done = scope(|outer| {
        for i in 0..jobs {
            let total = &total;
            outer.spawn(move || {
                let numbers: Vec<u32> = (0..=i).collect();
                let sum = AtomicU32::new(0);
                let inner = scope(|inner| {
                    for part in numbers.chunks(16) {
                        let sum = &sum;
                        inner.spawn(move || {
                            sum.fetch_add(part.iter().sum(), Ordering::Relaxed);
                        });
                    }
                });
                if inner.is_ok() {
                    total.fetch_add(sum.load(Ordering::Relaxed), Ordering::Relaxed);
                }
            });
        }
    });
    if done.is_ok() { total.load(Ordering::Relaxed) } else { u32::MAX }
}

/// Every third job panics.
#[wasm::export]
fn failing(jobs: u32) -> Result<u32, u32> {
    let ended = AtomicU32::new(0);
    scope(|scope| {
        for i in 0..jobs {
            let ended = &ended;
            scope.spawn(move || {
                assert!(i % 3 != 2, "job {i} fails");
                ended.fetch_add(1, Ordering::Relaxed);
            });
        }
    })
    .map_err(|failed| failed.jobs * 100 + ended.load(Ordering::Relaxed))?;
    Ok(ended.load(Ordering::Relaxed))
}

/// Jobs fail while the jobs of their own scopes still use their stack.
#[wasm::export]
fn failing_with_open_scope(jobs: u32) -> u32 {
    let total = AtomicU32::new(0);
    let result = scope(|outer| {
        for i in 0..jobs {
            let total = &total;
            outer.spawn(move || {
                let numbers = [i; 64];
                let _ = scope(|inner| {
                    for part in numbers.chunks(8) {
                        inner.spawn(move || {
                            let mut sum = 0u32;
                            for _ in 0..2000 {
                                sum = core::hint::black_box(part).iter().sum();
                            }
                            total.fetch_add(sum, Ordering::Relaxed);
                        });
                    }
                    assert!(i % 2 == 0, "job {i} fails with its scope open");
                });
            });
        }
    });
    total.load(Ordering::Relaxed) + result.map_or_else(|failed| failed.jobs, |()| 0) * 1_000_000
}

/// One job's worker goes away; the others are not touched by it.
#[wasm::export]
fn losing() -> Result<u32, u32> {
    let begun = AtomicU32::new(0);
    scope(|scope| {
        let begun = &begun;
        scope.spawn(move || {
            begun.store(1, Ordering::Relaxed);
            leave();
        });
        // The calling thread helps only once a worker has the first job.
        while begun.load(Ordering::Relaxed) == 0 {
            core::hint::spin_loop();
        }
        scope.spawn(move || begun.store(2, Ordering::Relaxed));
    })
    .map_err(|failed| failed.jobs)?;
    Ok(begun.load(Ordering::Relaxed))
}

#[wasm::export]
fn cancelled() -> u32 {
    let ran = AtomicU32::new(0);
    let result = scope(|scope| {
        scope.token().cancel();
        for _ in 0..100 {
            scope.spawn(|| {
                ran.fetch_add(1, Ordering::Relaxed);
            });
        }
        scope.token().is_cancelled()
    });
    ran.load(Ordering::Relaxed) + (result == Ok(true)) as u32 * 1000
}

#[wasm::export]
fn workers() -> u32 {
    wasm::thread::workers() as u32 + wasm::host().threads() as u32 * 100
}

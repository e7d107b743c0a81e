//! One slice, transformed by several threads: each claims the next part that nobody has. Built without threads, or
//! where the host has none, the same program does the same alone.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::vec::Vec;

use wasm::SharedSlice;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

/// Elements in a part: long enough to be worth the claim.
const PART: usize = 1024;

/// Each number after `steps` steps of the logistic map, by `jobs` jobs; the error is how many of them failed.
#[wasm::export]
fn parallel_transform(mut numbers: Vec<f64>, steps: u32, jobs: u32) -> Result<Vec<f64>, u32> {
    let shared = SharedSlice::new(&mut numbers);
    wasm::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((_, part)) = shared.claim(PART) {
                    for x in part {
                        for _ in 0..steps {
                            *x = 3.9 * *x * (1.0 - *x);
                        }
                    }
                }
            });
        }
    })
    .map_err(|failed| failed.jobs)?;
    Ok(numbers)
}

/// One of the jobs traps: the scope says so, and the program goes on.
#[wasm::export]
fn with_a_trap(jobs: u32) -> Result<u32, u32> {
    wasm::thread::scope(|scope| {
        for job in 0..jobs {
            scope.spawn(move || assert!(job != 1, "job {job} fails"));
        }
    })
    .map_err(|failed| failed.jobs)?;
    Ok(jobs)
}

#[wasm::export]
fn workers() -> u32 {
    wasm::thread::workers() as u32
}

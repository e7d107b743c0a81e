//! Calls between JavaScript and Rust, one kind each, in loops that measure.mjs times.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::string::String;

use wasm::ExternRef;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

pub struct Thing;

#[wasm::import("env")]
extern "wasm" {
    fn plus(a: i32, b: i32) -> i32;
    fn value(thing: &ExternRef<Thing>) -> i32;
    fn length(text: &str) -> i32;
    fn make(value: i32) -> ExternRef<Thing>;
    fn consume(thing: ExternRef<Thing>) -> i32;
    fn checked(a: i32) -> Result<i32, String>;
}

/// Called by JavaScript.
#[wasm::export]
fn add(a: i32, b: i32) -> i32 {
    a + b
}

#[wasm::export]
fn halve(a: i32) -> Result<i32, String> {
    if a % 2 == 0 { Ok(a / 2) } else { Err("odd".into()) }
}

#[wasm::export]
fn scalars(n: i32) -> i32 {
    (0..n).fold(0, plus)
}

/// One reference, lent `n` times.
#[wasm::export]
fn references(n: i32, thing: &ExternRef<Thing>) -> i32 {
    (0..n).fold(0, |sum, _| sum + value(thing))
}

/// Text of the caller's.
#[wasm::export]
fn measure(text: &str) -> u32 {
    text.len() as u32
}

/// `n` references, made by the host, owned here, given back.
#[wasm::export]
fn owned(n: i32) -> i32 {
    (0..n).fold(0, |sum, i| sum + consume(make(i & 1)))
}

/// 32 bytes of text.
#[wasm::export]
fn strings(n: i32) -> i32 {
    (0..n).fold(0, |sum, _| sum + length("thirty-two bytes of plain text.."))
}

#[wasm::export]
fn results(n: i32) -> Result<i32, String> {
    let mut sum = 0;
    for i in 0..n {
        sum += checked(i & 1)?;
    }
    Ok(sum)
}

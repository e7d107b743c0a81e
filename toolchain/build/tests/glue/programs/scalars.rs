//! Numbers, `bool` and `char` in both directions.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[wasm::import("env")]
extern "wasm" {
    fn bytes(a: i8, b: u8, c: i16, d: u16) -> u16;
    fn words(a: i32, b: u32, c: f32, d: f64) -> u32;
    fn longs(a: i64, b: u64) -> u64;
    fn next(c: char) -> char;
    fn not(b: bool) -> bool;
}

#[wasm::export]
fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

#[wasm::export]
fn sum(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}

#[wasm::export]
fn hosts_bytes(a: i8, b: u8, c: i16, d: u16) -> u16 {
    bytes(a, b, c, d)
}

#[wasm::export]
fn hosts_words(a: i32, b: u32, c: f32, d: f64) -> u32 {
    words(a, b, c, d)
}

#[wasm::export]
fn hosts_longs(a: i64, b: u64) -> u64 {
    longs(a, b)
}

#[wasm::export]
fn hosts_next(c: char) -> char {
    next(c)
}

#[wasm::export]
fn hosts_not(b: bool) -> bool {
    not(b)
}

#[wasm::export]
fn half(a: f64) -> f64 {
    a / 2.0
}

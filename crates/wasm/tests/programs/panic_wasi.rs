//! Print and panic through WASI.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

extern crate alloc;
#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[wasm::export(name = "_start")]
fn main() {
    let host = wasm::host();
    wasm::println!("Hello, WASI {}", if host.wasi() && !host.javascript() { 42 } else { 0 });
    panic!("at the end");
}

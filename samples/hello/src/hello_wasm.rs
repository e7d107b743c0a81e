//! With the print, the allocator and the panic handler of the crate `wasm`.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::ToString;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[wasm::export(name = "_start")]
fn main() {
    let name = "world".to_string();
    wasm::println!("Hello, {name}!");
}

//! A panic with its message and place.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;
#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[wasm::export]
fn at(i: u32) -> i32 {
    let list = [1, 2, 3];
    wasm::print!("at {i}");
    wasm::println!();
    assert!(i != 7, "seven is refused, got {i}");
    list[i as usize]
}

//! Text and `Option` in both directions.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

use alloc::format;
use alloc::string::String;

#[wasm::import("env")]
extern "wasm" {
    fn log(text: &str);
    fn lookup(key: &str) -> Option<String>;
}

#[wasm::export]
fn greet(name: &str) -> String {
    log(name);
    format!("Hello, {name}!")
}

#[wasm::export]
fn first_word(text: &str) -> Option<String> {
    text.split_whitespace().next().map(String::from)
}

#[wasm::export]
fn found(key: &str) -> String {
    lookup(key).unwrap_or_default()
}

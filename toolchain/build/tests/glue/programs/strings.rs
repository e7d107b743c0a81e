//! Text, `Option` and `Result` in both directions.
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
    fn read(path: &str) -> Result<String, String>;
    fn check(code: u32) -> Result<(), u32>;
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
fn number(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| format!("not a number: {text:?}"))
}

#[wasm::export]
fn through(path: &str) -> Result<String, String> {
    read(path)
}

#[wasm::export]
fn found(key: &str) -> String {
    lookup(key).unwrap_or_default()
}

#[wasm::export]
fn checked(code: u32) -> Result<(), u32> {
    check(code)
}

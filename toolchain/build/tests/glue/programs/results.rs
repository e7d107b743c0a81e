//! `Result` in both directions.
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
    fn read(page: u32) -> Result<String, String>;
    fn check(code: u32) -> Result<(), u32>;
}

#[wasm::export]
fn number(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| format!("not a number: {text:?}"))
}

#[wasm::export]
fn through(page: u32) -> Result<String, String> {
    read(page)
}

#[wasm::export]
fn checked(code: u32) -> Result<(), u32> {
    check(code)
}

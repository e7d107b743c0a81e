//! What a program says of itself: effects of functions, and what to compile first. Hints only; they are recorded in the
//! module (docs/compiler-contract.md) for the tools.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::String;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[wasm::import("host")]
extern "wasm" {
    fn fetch(url: &str) -> Result<String, String>;
    fn cached(key: &str) -> Option<u32>;
    fn cache(key: &str, value: u32);
}

/// The length of what is at `url`, asked for once.
#[wasm::effect(network, storage)]
#[wasm::export]
fn fetch_and_cache(url: &str) -> Result<u32, String> {
    let key = key_of(url);
    if let Some(length) = cached(&key) {
        return Ok(length);
    }
    let length = fetch(url)?.len() as u32;
    cache(&key, length);
    Ok(length)
}

#[wasm::effect(pure)]
fn key_of(url: &str) -> String {
    let hash =
        url.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ byte as u64).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

#[wasm::compile_hints(critical)]
pub mod startup {
    #[wasm::export]
    fn title() -> &'static str {
        "Lengths"
    }
}

#[wasm::compile_hints(lazy, group = "ui")]
pub mod ui {
    use alloc::format;
    use alloc::string::String;

    #[wasm::export]
    fn settings(entries: u32) -> String {
        format!("{entries} entries in the cache")
    }
}

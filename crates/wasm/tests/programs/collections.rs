//! Collections on the small allocator and in arenas.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[wasm::export]
fn words(text: &str) -> String {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word.into()).or_default() += 1;
    }
    let mut out: Vec<_> = counts.into_iter().collect();
    out.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    out.iter().map(|(word, n)| format!("{word}={n} ")).collect()
}

#[wasm::export]
fn arena(rounds: u32) -> u32 {
    let mut total = 0;
    for round in 0..rounds {
        total += wasm::arena::scope(|arena| {
            let mut list = wasm::arena::Vec::new(arena);
            for i in 0..1000u32 {
                list.push(arena.alloc(i + round));
            }
            let mut text = wasm::arena::String::new(arena);
            for number in list.iter().take(10) {
                let _ = core::fmt::Write::write_fmt(&mut text, format_args!("{number},"));
            }
            text.into_str().len() as u32
        });
    }
    total
}

//! The map of any bytes is an exact partition of them.

#![no_main]

#[path = "../../analyzer/tests/common/invariants.rs"]
#[allow(dead_code)]
mod invariants;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(map) = wasm_binary::Map::parse(bytes) {
        invariants::partition("input", &map);
        assert!(map.damage().iter().all(|d| d.offset <= bytes.len() as u64 && !d.message.is_empty()));
    }
});

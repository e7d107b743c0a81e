//! Names: demangled, escaped, taken apart. What comes out can be printed, and is no longer than its bound.

#![no_main]

use wasm_analyzer::symbol::{Language, Symbol};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let name = wasm_binary::demangle(&text);
    assert!(name.len() <= 32 * text.len() + 1024, "{} bytes become {}", text.len(), name.len());
    let shown = wasm_binary::escape(&name);
    assert!(!shown.chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')));
    for language in [Language::Rust, Language::Unknown] {
        let symbol = Symbol::parse(&text, language);
        let _ = (symbol.family(), symbol.crate_name());
    }
});

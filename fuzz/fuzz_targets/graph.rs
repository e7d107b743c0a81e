//! All views of any bytes: references, retained sizes, garbage, tree, report, advice. They are about the whole file and
//! agree.

#![no_main]

#[path = "../../analyzer/tests/common/invariants.rs"]
#[allow(dead_code)]
mod invariants;

use wasm_analyzer::insights::insights;
use wasm_analyzer::{Analysis, Trust};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    invariants::survives("input", bytes);
    if let Ok(analysis) = Analysis::new(bytes, Trust::Sound) {
        for advice in insights(&analysis, None) {
            assert!(advice.gain.amount <= analysis.bytes(), "{}: saves more than there is", advice.line());
        }
    }
});

//! All advice on what is open. Each domain says its own in the terms of `wasm_advice`; here they become one list.

use wasm_advice::{Advice, rank};

use super::binary::Binary;

/// All advice, ranked: what would make the file smaller. What saves memory or time joins here.
pub fn gather(binary: &Binary) -> Vec<Advice> {
    rank(binary.insights())
}

//! Integers that are longer than they need to be: a linker leaves five bytes for each index and address that it fills
//! in. Saves that padding. Silent on objects, where the linker needs it; once Binaryen has written the file; and where no
//! linker option is known to do it (see `wasm-opt-not-run`).

use super::facts::{Facts, Maker};
use wasm_advice::{Advice, Certainty, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("padded-indices");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    // The linker refuses to move code that debug information describes.
    let has_debug_info = facts.sections(|name| name.starts_with(".debug_")).0 > 0;
    if !facts.is_final || facts.maker != Maker::Rust || has_debug_info {
        return None;
    }
    facts.advice(
        KIND,
        (facts.scan.padding, Certainty::Exact),
        phrase!("indices and addresses are padded"),
        phrase!(
            "The linker left five bytes for each function index, global and address that it filled in; one to three \
             would do."
        ),
        Fix::setting(
            ".cargo/config.toml",
            "[target.wasm32-unknown-unknown]\nrustflags = [\"-Cstrip=debuginfo\", \"-Clink-arg=--compress-relocations\"]",
        ),
        Vec::new(),
    )
}

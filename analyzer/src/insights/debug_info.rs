//! DWARF in a file that is shipped. Saves the `.debug_*` sections. Silent on objects, which are yet to be linked, and
//! where the file only names a debug file beside it.

use super::facts::{Facts, Maker};
use wasm_advice::{Advice, Certainty, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("debug-info-shipped");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let (bytes, evidence) = facts.sections(|name| name.starts_with(".debug_"));
    let fix = match facts.maker {
        Maker::Rust => Fix::setting("Cargo.toml", "[profile.release]\nstrip = \"debuginfo\""),
        Maker::Go => Fix::command("go build -ldflags=-w"),
        Maker::TinyGo => Fix::command("tinygo build -no-debug"),
        Maker::Emscripten => Fix::command(phrase!("{0} (with the flags that you build with)", "emcc -gseparate-dwarf")),
        Maker::Other => Fix::command(r"wasm-tools strip --delete '^\.debug_' FILE -o FILE"),
    };
    facts.advice(
        KIND,
        (bytes, Certainty::Exact),
        phrase!("debug information is shipped"),
        phrase!(
            "The .debug_* sections are for debuggers; no engine needs them to run the module. Keep a copy of the file \
             with them to debug with."
        ),
        fix,
        evidence,
    )
}

//! A name section in a file that is shipped. Saves the section; in Rust `strip = true` also takes off what tells tools
//! about the build. Silent on objects, and without a name section.

use super::facts::{Facts, Maker};
use wasm_advice::{Advice, Certainty, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("names-shipped");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    if facts.sections(|name| name == "name").0 == 0 {
        return None;
    }
    let goes =
        |name: &str| name == "name" || (facts.maker == Maker::Rust && matches!(name, "producers" | "target_features"));
    let (bytes, evidence) = facts.sections(goes);
    let fix = match facts.maker {
        Maker::Rust => Fix::setting("Cargo.toml", "[profile.release]\nstrip = true"),
        Maker::Go => Fix::command("go build -ldflags=-s"),
        Maker::Emscripten => Fix::command(phrase!(
            "{0} (with the flags that you build with, without {1})",
            "emcc -g0",
            "--profiling-funcs"
        )),
        Maker::TinyGo => Fix::command("tinygo build -no-debug"),
        Maker::Other => Fix::command("wasm-tools strip --delete '^name$' FILE -o FILE"),
    };
    facts.advice(
        KIND,
        (bytes, Certainty::Exact),
        phrase!("names of functions and locals are shipped"),
        phrase!(
            "The name section is for tools and stack traces; no engine needs it to run the module. Keep a copy of the \
             file with it: wasm-size diff, profilers and debuggers find names there by the build identity."
        ),
        fix,
        evidence,
    )
}

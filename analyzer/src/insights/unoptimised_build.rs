//! Code that was compiled without optimisation. Saves most of it: the share of such code is told by how often a value is
//! written to a local that the next instruction reads back, which LLVM only does without optimisation. Silent on
//! optimised builds; in a debug build of Rust the standard library is optimised and does not count.

use super::facts::{Facts, Maker};
use wasm_advice::{Advice, Certainty, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("unoptimised-build");

/// Such pairs in a thousand instructions of code without optimisation: 9 to 12 in builds of Rust and C, none in optimised
/// ones.
const PAIRS: u64 = 9;
/// What optimisation takes off such code and its names, in a hundred.
const SAVED: u64 = 88;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let thousands = (facts.scan.operators / 1000).max(1);
    // A third of the code at least: a few such functions are written by hand.
    let pairs = (facts.scan.set_then_get / thousands).min(PAIRS);
    if pairs * 3 < PAIRS {
        return None;
    }
    let functions: u64 = facts.functions().map(|id| facts.size(id)).sum();
    facts.advice(
        KIND,
        (functions * pairs / PAIRS * SAVED / 100, Certainty::Estimate),
        phrase!("the build is not optimised"),
        phrase!(
            "{0} values are written to a local that the next instruction reads back, which no optimised code does.",
            facts.scan.set_then_get
        ),
        match facts.maker {
            Maker::Rust => Fix::command("cargo build --release"),
            Maker::Emscripten => Fix::command(phrase!("{0} (with the flags that you build with)", "emcc -Os")),
            Maker::Go | Maker::TinyGo => Fix::command("tinygo build -opt=z"),
            Maker::Other => Fix::command(phrase!("{0} (with the flags that you build with)", "clang -Os")),
        },
        Vec::new(),
    )
}

//! A linker's output as it is, without Binaryen after it. Saves what is sure to go: padding, copies of functions, what
//! nothing reaches, zeros in data. What `-Oz` takes off the code beside that can only be told by running it. Silent once
//! Binaryen has written the file, and on objects.

use super::facts::Facts;
use super::{duplicate_bodies, garbage, padded_indices, zeros_in_data};
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind};

pub(super) const KIND: Kind = Kind::new("wasm-opt-not-run");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    if !facts.is_final || facts.is_post_processed() {
        return None;
    }
    let parts = [padded_indices::find, duplicate_bodies::find, garbage::find, zeros_in_data::find];
    let parts: Vec<Advice> = parts.into_iter().filter_map(|find| find(facts)).collect();
    let part =
        |part: &Advice| Evidence { label: part.title.clone(), amount: Some(part.gain.amount), ..Evidence::default() };
    facts.advice(
        KIND,
        (parts.iter().map(|part| part.gain.amount).sum(), Certainty::Estimate),
        "wasm-opt has not been run",
        "The file is as the linker wrote it. Counted is what is sure to go; Binaryen's optimiser often takes another tenth \
         off code from LLVM.",
        Fix::command("wasm-opt --all-features -Oz FILE -o FILE"),
        parts.iter().map(part).collect(),
    )
}

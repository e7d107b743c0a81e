//! A linker's output as it is, without Binaryen after it. Saves what is sure to go: padding, copies of functions, what
//! nothing reaches, zeros in data. What `-Oz` takes off the code beside that can only be told by running it. Silent once
//! Binaryen has written the file, and on objects.

use super::facts::Facts;
use super::{duplicate_bodies, garbage, zeros_in_data};
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, Phrase, phrase};

pub(super) const KIND: Kind = Kind::new("wasm-opt-not-run");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    if !facts.is_final || facts.is_post_processed() {
        return None;
    }
    let others =
        [duplicate_bodies::find, garbage::find, zeros_in_data::find].into_iter().filter_map(|find| find(facts));
    let mut parts: Vec<(Phrase, u64)> = others.map(|a| (a.title, a.gain.amount)).collect();
    // What goes takes its share of the padding along.
    let whole = facts.analysis.bytes().max(1);
    let left = whole.saturating_sub(parts.iter().map(|(_, amount)| amount).sum());
    parts.push((phrase!("indices and addresses are padded"), facts.scan.padding * left / whole));
    parts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let evidence = |(label, amount): &(Phrase, u64)| Evidence {
        label: label.clone(),
        amount: Some(*amount),
        ..Evidence::default()
    };
    facts.advice(
        KIND,
        (parts.iter().map(|(_, amount)| amount).sum(), Certainty::Estimate),
        phrase!("wasm-opt has not been run"),
        phrase!(
            "The file is as the linker wrote it. Counted is what is sure to go; Binaryen's optimiser often takes \
             another tenth off code from LLVM."
        ),
        Fix::command("wasm-opt --all-features -Oz FILE -o FILE"),
        parts.iter().map(evidence).collect(),
    )
}

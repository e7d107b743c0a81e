//! Code that only panics need: it formats the message and the place, and prints them. Saves what is only reached
//! through the functions by which the standard library panics. Silent without names, and where panics abort at once.

use super::facts::Facts;
use super::fmt_machinery::is_formatting;
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};
use wasm_binary::{Edge, ItemId, Node, Reason};

pub(super) const KIND: Kind = Kind::new("panic-machinery");

/// Callers in the user's own code that are named.
const MAX_CALLERS: usize = 3;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let is_entry = |node: Node| facts.node_name(node).is_some_and(panics);
    let gone = facts.freed_with_formatting(|_, edge: Edge| is_entry(edge.target));
    // Where panics stop at once, what is left of them formats nothing.
    let formats = |node: Node| facts.node_name(node).is_some_and(is_formatting);
    if !gone.iter().any(|&id| facts.analysis.graph.edges(id.into()).any(|edge| formats(edge.target))) {
        return None;
    }
    let mut callers: Vec<(usize, ItemId)> = facts
        .functions()
        .filter(|&id| facts.is_users(id))
        .map(|id| (facts.analysis.graph.edges(id.into()).filter(|e| is_entry(e.target)).count(), id))
        .filter(|(calls, _)| *calls > 0)
        .collect();
    callers.sort_by_key(|&(calls, id)| (std::cmp::Reverse(calls), id));
    let mut evidence: Vec<Evidence> =
        callers.iter().take(MAX_CALLERS).map(|&(_, id)| caller(facts, id, is_entry)).collect();
    evidence.extend(facts.items(&gone));
    let detail = match callers.first() {
        None => {
            phrase!("It is only reached through panics: formatting of messages and places, the hook, the backtrace.")
        }
        Some(&(_, id)) => phrase!(
            "It is only reached through panics: formatting of messages and places, the hook, the backtrace. Functions \
             outside the standard library that can panic: {0}, most of all {1}.",
            callers.len(),
            facts.place(id),
        ),
    };
    facts.advice(
        KIND,
        (facts.bytes_with_data(&gone), Certainty::Estimate),
        phrase!("panics carry the machinery that prints them"),
        detail,
        Fix::command(
            "RUSTFLAGS=\"-Zunstable-options -Cpanic=immediate-abort\" cargo +nightly build --release \
             -Zbuild-std=std,panic_abort",
        ),
        evidence,
    )
}

/// A caller, and the place of the call if that is known.
fn caller(facts: &Facts<'_, '_>, id: ItemId, is_entry: impl Fn(Node) -> bool) -> Evidence {
    let analysis = facts.analysis;
    let entry = analysis.graph.edges(id.into()).find(|e| e.reason == Reason::Call && is_entry(e.target));
    let site = entry.and_then(|e| analysis.graph.sites(&analysis.map, id, e.target).first().copied());
    let place = site.and_then(|site| facts.place_at(site));
    let label = analysis.map.label(id);
    let label = place.map_or(label.clone(), |place| format!("{label} ({place})"));
    let range = Some(analysis.map.item(id).range());
    Evidence { label: phrase!("can panic: {0}", label), item: Some(id.0), range, ..Evidence::default() }
}

/// Whether a function of the standard library is one by which panics begin.
pub(super) fn panics(name: &str) -> bool {
    let is_std = ["core::", "std::", "alloc::", "<alloc::", "<core::"].iter().any(|path| name.starts_with(path));
    let last = name.rsplit("::").next().unwrap_or(name);
    let is_module = name.starts_with("core::panicking::") || name.starts_with("std::panicking::");
    is_module
        || is_std
            && (last.ends_with("_fail")
                || last.ends_with("_failed")
                || last.ends_with("_fail_rt")
                || last.ends_with("_overflow") && name.contains("raw_vec")
                || last.starts_with("panic_")
                || matches!(last, "handle_alloc_error" | "handle_error" | "do_panic" | "assert_failed" | "rust_oom"))
        || matches!(name, "rust_begin_unwind" | "__rustc::rust_begin_unwind" | "rust_panic" | "__rustc::rust_panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_known_by_name() {
        for name in [
            "core::panicking::panic_fmt",
            "core::option::unwrap_failed",
            "core::result::unwrap_failed",
            "core::slice::index::slice_end_index_len_fail",
            "core::str::slice_error_fail_rt",
            "alloc::raw_vec::capacity_overflow",
            "alloc::raw_vec::handle_error",
            "core::cell::panic_already_borrowed",
            "<alloc::vec::Vec<_>>::remove::assert_failed",
            "std::panicking::rust_panic_with_hook",
        ] {
            assert!(panics(name), "{name}");
        }
        for name in ["core::fmt::write", "app::panicking::f", "app::assert_failed", "alloc::raw_vec::finish_grow"] {
            assert!(!panics(name), "{name}");
        }
    }
}

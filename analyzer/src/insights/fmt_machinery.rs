//! `format!`, `write!`, `println!` and `to_string` in the user's own code. Saves what would not be reached without
//! these calls; what panics need stays as long as they do, so the saving may be small before panics are dealt with.
//! Silent without names, and where only the standard library formats.

use super::facts::Facts;
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};
use wasm_binary::{Edge, ItemId, Node};

pub(super) const KIND: Kind = Kind::new("fmt-machinery");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let formats =
        |node: Node| facts.node_name(node).is_some_and(|name| is_formatting(name) && !name.contains("::panic"));
    let users: Vec<bool> =
        facts.analysis.map.iter().map(|(id, _)| facts.is_function(id) && facts.is_users(id)).collect();
    let is_user = |node: Node| users.get(node.as_usize()).copied().unwrap_or(false);
    let gone = facts.freed_with_formatting(|from, edge: Edge| is_user(from) && formats(edge.target));
    let graph = &facts.analysis.graph;
    let mut callers: Vec<(usize, ItemId)> = facts
        .functions()
        .filter(|id| users[id.as_usize()])
        .map(|id| (graph.edges(id.into()).filter(|e| formats(e.target)).count(), id))
        .filter(|(calls, _)| *calls > 0)
        .collect();
    callers.sort_by_key(|&(calls, id)| (std::cmp::Reverse(calls), id));
    let &(_, first) = callers.first()?;
    let mut evidence: Vec<Evidence> = Vec::new();
    for &(_, id) in callers.iter().take(3) {
        let range = Some(facts.analysis.map.item(id).range());
        evidence.push(Evidence {
            label: phrase!("formats: {0}", facts.place(id)),
            item: Some(id.0),
            range,
            ..Evidence::default()
        });
    }
    evidence.extend(facts.items(&gone));
    facts.advice(
        KIND,
        (facts.bytes_with_data(&gone), Certainty::Estimate),
        phrase!("text is formatted with format!, write! or to_string"),
        phrase!(
            "Functions outside the standard library that do so: {0}, most of all {1}. What is only reached through \
             these calls would go.",
            callers.len(),
            facts.place(first)
        ),
        Fix::edit(phrase!(
            "build the text with push_str, and numbers with a small function (or the crate `itoa`), instead of \
             format!, write! and to_string"
        )),
        evidence,
    )
}

/// Whether it is of the formatting machinery that code calls: `core::fmt::write`, `alloc::fmt::format`, `to_string`, ….
pub(super) fn is_formatting(name: &str) -> bool {
    name.starts_with("core::fmt::")
        || name.starts_with("<core::fmt::")
        || name.starts_with("alloc::fmt::")
        || name.contains(" as core::fmt::")
        || name.contains(" as alloc::string::ToString>")
        || name.contains(" as alloc::string::SpecToString>")
        || name.ends_with("::write_fmt")
        || name == "std::io::stdio::_print"
        || name == "std::io::stdio::_eprint"
}

/// Whether it is an implementation of a formatting trait, which formatting calls through a table.
pub(super) fn is_fmt_implementation(name: &str) -> bool {
    let is_trait = name.contains(" as core::fmt::") || name.contains("<impl core::fmt::");
    is_trait && !name.contains("{{closure}}")
}

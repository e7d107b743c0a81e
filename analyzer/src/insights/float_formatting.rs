//! Text of floating-point numbers: Rust's exact algorithms (Grisu with Dragon to fall back upon) are large. Saves what is
//! only reached through them. Silent without names, and where no float is formatted.

use super::facts::Facts;
use super::freed;
use wasm_advice::{Advice, Certainty, Fix, Kind, phrase};
use wasm_binary::{Edge, Node};

pub(super) const KIND: Kind = Kind::new("float-formatting");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let formats = |node: Node| facts.node_name(node).is_some_and(is_float);
    let gone = freed::freed(facts.analysis, |_, edge: Edge| formats(edge.target));
    facts.advice(
        KIND,
        (facts.bytes_with_data(&gone), Certainty::Estimate),
        phrase!("floating-point numbers are turned into text"),
        phrase!(
            "Exact conversion of f32 and f64 to text is large; it is only reached through Display and Debug of \
             floats."
        ),
        Fix::edit(phrase!(
            "format a rounded integer instead ((x * 100.0).round() as i64 and a decimal point), or let the host \
             format"
        )),
        facts.items(&gone),
    )
}

fn is_float(name: &str) -> bool {
    name.starts_with("core::fmt::float::")
        || name.starts_with("core::num::flt2dec::")
        || name.starts_with("core::num::imp::flt2dec::")
        || ["f32", "f64"].iter().any(|float| {
            name.strip_prefix('<').and_then(|n| n.strip_prefix(float)).is_some_and(|n| n.starts_with(" as core::fmt::"))
        })
}

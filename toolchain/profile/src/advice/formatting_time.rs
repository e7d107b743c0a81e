//! Time in making text of values.

use super::facts::Facts;
use super::names::formats;
use wasm_advice::{Advice, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("formatting-time");

/// What writes text as its purpose is known for it: less than that is not worth a change.
const MIN_PERCENT: u64 = 10;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let part = facts.part(|_, function| formats(facts.name(function)), |_| false);
    if !facts.is_share(part.weight, MIN_PERCENT) {
        return None;
    }
    let title = phrase!("{0} of the time makes text of values", facts.share(part.weight));
    let detail = phrase!(
        "Counted is all time in the machinery of format strings (core::fmt, printf), of panics and of numbers in \
         decimal, and in what they call. A writer for one type costs a third to a half of it; the gain is counted as half."
    );
    let mut fix = phrase!(
        "write numbers with a writer of their own (itoa, ryu, write_str for parts that are text), make no text that \
         is not shown (log levels, Debug), and keep unwrap and format! out of loops"
    );
    if let Some((caller, _)) = part.callers.first() {
        fix = phrase!("in {0}: {1}", facts.name(*caller), fix);
    }
    Some(facts.advice(KIND, part.weight / 2, (title, detail), facts.callers(&part), Fix::edit(fix)))
}

//! Time in making text of values.

use super::facts::Facts;
use super::names::formats;
use wasm_advice::{Advice, Fix, Kind};

pub(super) const KIND: Kind = Kind::new("formatting-time");

/// What writes text as its purpose is known for it: less than that is not worth a change.
const MIN_PERCENT: u64 = 10;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let part = facts.part(|_, function| formats(facts.name(function)), |_| false);
    if !facts.is_share(part.weight, MIN_PERCENT) {
        return None;
    }
    let title = format!("{} of the time makes text of values", facts.share(part.weight));
    let detail = "Counted is all time in the machinery of format strings (core::fmt, printf), of panics and of numbers in \
                  decimal, and in what they call. A writer for one type costs a third to a half of it; the gain is half.";
    let at = part.callers.first().map_or(String::new(), |(caller, _)| format!("in {}: ", facts.name(*caller)));
    let fix = format!(
        "{at}write numbers with a writer of their own (itoa, ryu, write_str for parts that are text), make no text that \
         is not shown (log levels, Debug), and keep unwrap and format! out of loops"
    );
    Some(facts.advice(KIND, part.weight / 2, (title, detail.into()), facts.callers(&part), Fix::edit(fix)))
}

//! Time in the allocator.

use super::facts::Facts;
use super::names::allocates;
use wasm_advice::{Advice, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("allocator-time");

/// A program that makes anything spends some percent there.
const MIN_PERCENT: u64 = 10;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let part = facts.part(|_, function| allocates(facts.name(function)), |_| false);
    let (caller, _) = *part.callers.first()?;
    if !facts.is_share(part.weight, MIN_PERCENT) {
        return None;
    }
    let title = phrase!("{0} of the time is in the allocator", facts.share(part.weight));
    let detail = phrase!(
        "Counted is all time in functions that take and free memory, and in what they call. It goes as far as the \
         functions named here reuse what they have; the gain is what goes if all of them do."
    );
    let fix = phrase!(
        "in {0}: reuse buffers between calls (clear instead of a new one, with_capacity), allocate many small things \
         at once (an arena, one vector with indices), pass slices instead of copies",
        facts.name(caller)
    );
    Some(facts.advice(KIND, part.weight, (title, detail), facts.callers(&part), Fix::edit(fix)))
}

//! Time in calls from the module to its host. Needs the module, to tell which is which.

use super::facts::Facts;
use wasm_advice::{Advice, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("host-calls");

const MIN_PERCENT: u64 = 10;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    facts.map()?;
    let is_own = |function| facts.item(function).is_some();
    let enters = |caller: Option<_>, function| caller.is_some_and(is_own) && facts.is_foreign(function);
    // What the host calls back is the module's own time.
    let part = facts.part(enters, is_own);
    let (caller, _) = *part.callers.first()?;
    if !facts.is_share(part.weight, MIN_PERCENT) {
        return None;
    }
    let title = phrase!("{0} of the time is in calls to the host", facts.share(part.weight));
    let detail = phrase!(
        "Counted is the time of what the module imports, the way there and back included, until the host calls the \
         module again. What the host does for each call can't be told from what it does for the data: the gain is \
         what goes if the calls are made so seldom that they no longer count."
    );
    let fix = phrase!(
        "in {0}: collect what is sent and call once for many (write to a buffer in memory, let the host read it), \
         keep values that do not change instead of asking again, and decide in the module whether a call is needed",
        facts.name(caller)
    );
    Some(facts.advice(KIND, part.weight, (title, detail), facts.callers(&part), Fix::edit(fix)))
}

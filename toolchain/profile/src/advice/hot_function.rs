//! One function that takes most of the time, with its hottest lines where the profile has them.

use super::facts::Facts;
use super::names::{allocates, copies, formats};
use wasm_advice::{Advice, Evidence, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("hot-function");

/// What is less is no more than the largest of several.
const MIN_PERCENT: u64 = 40;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let hot = facts.hot.first().filter(|hot| facts.is_share(hot.own, MIN_PERCENT))?;
    let name = facts.name(hot.function);
    // Other advice is about these.
    if !facts.is_own(hot.function) || [allocates, copies, formats].iter().any(|is| is(name)) {
        return None;
    }
    let lines = facts.lines(hot.function);
    let mut evidence: Vec<Evidence> = vec![facts.function(name.into(), hot.function, hot.own)];
    for (file, line, weight) in lines.iter().take(5) {
        evidence.push(facts.function(format!("{file}:{line}").into(), hot.function, *weight));
    }
    let title = phrase!("{0} takes {1} of the time itself", name, facts.share(hot.own));
    let detail = phrase!(
        "Counted is the time in the function's own code, not in what it calls. The gain is what goes if it is made \
         twice as fast; nothing else in the program can bring as much."
    );
    let text = phrase!(
        "look at the hottest lines of {0}: do less (an index or table instead of a search, stop early), keep what is \
         computed again and again out of the inner loop, work on whole slices so that bounds are checked once, use \
         SIMD (-Ctarget-feature=+simd128)",
        name,
    );
    let fix = match lines.first() {
        Some((file, line, _)) => Fix::edit_at(format!("{file}:{line}"), text),
        None => Fix::edit(text),
    };
    Some(facts.advice(KIND, hot.own / 2, (title, detail), evidence, fix))
}

//! What would make a program faster, as a profile of it shows: each kind of advice is a file of its own, with what it
//! looks for, how it finds the gain, and when it is silent.
//!
//! A gain counts time of the recorded run (samples, where the profile tells no time) that goes if that advice alone is
//! followed and its premise holds, which its detail states: a profile shows where time goes, not what a change brings.
//! Two advices may count the same time. Functions are told by their names, so a stripped program says little; what the
//! code is like is read of the module, where it is given.

mod allocator_time;
mod copy_loops;
mod facts;
mod formatting_time;
mod host_calls;
mod hot_function;
mod names;
mod small_calls;

use wasm_advice::{Advice, Kind, rank};
use wasm_binary::Map;

use crate::matching::Match;
use crate::model::Profile;
use facts::Facts;

type Find = fn(&Facts<'_, '_>) -> Option<Advice>;

/// All kinds, by name.
const ALL: &[(Kind, Find)] = &[
    (allocator_time::KIND, allocator_time::find),
    (copy_loops::KIND, copy_loops::find),
    (formatting_time::KIND, formatting_time::find),
    (host_calls::KIND, host_calls::find),
    (hot_function::KIND, hot_function::find),
    (small_calls::KIND, small_calls::find),
];

/// The kinds of advice that there are.
pub fn kinds() -> impl Iterator<Item = Kind> {
    ALL.iter().map(|(kind, _)| *kind)
}

/// All advice on a run, by falling gain; with the module that ran and which of its functions the profile has, its
/// evidence names items, and the kinds that look at code are heard. A profile that measures neither time nor samples,
/// such as one of allocations, gives none.
#[must_use]
pub fn advice(profile: &Profile, file: Option<(&Map<'_>, &Match)>) -> Vec<Advice> {
    let Some(facts) = Facts::new(profile, file) else { return Vec::new() };
    rank(ALL.iter().filter_map(|(_, find)| find(&facts)).collect())
}

//! Small functions that are called so often that the calls count. Needs the module.
//!
//! A function is small if its code is no longer than that of the calls around it, has no loop and does not call itself;
//! it counts if its callers call it directly, for only then it can be put into them.

use wasmparser::Operator;

use super::facts::Facts;
use super::names::{allocates, copies, formats};
use crate::hot::HotFunction;
use crate::{CallId, FunctionId};
use wasm_advice::{Advice, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("small-calls");

/// Some twenty instructions: as many as engines and compilers put into the caller without asking.
const MAX_BYTES: u32 = 64;
const MIN_PERCENT: u64 = 5;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let is_heavy = |hot: &&HotFunction| facts.is_share(hot.own, MIN_PERCENT);
    let small: Vec<(&HotFunction, FunctionId)> = facts
        .hot
        .iter()
        .take_while(is_heavy)
        .filter(|hot| is_small(facts, hot.function))
        .filter_map(|hot| Some((hot, caller(facts, hot.function)?)))
        .collect();
    let own: u64 = small.iter().map(|(hot, _)| hot.own).sum();
    let (first, from) = small.first()?;
    let evidence = small.iter().map(|(hot, caller)| {
        let label = phrase!("{0}, called by {1}", facts.name(hot.function), facts.name(*caller));
        facts.function(label, hot.function, hot.own)
    });
    let title = phrase!("{0} of the time is in small functions that are called", facts.share(own));
    let detail = phrase!(
        "Their code is a few instructions, so entering and leaving them costs about as much as what they do, and the \
         caller can't be optimised across the call. The gain is half of their own time."
    );
    let fix = phrase!(
        "put {0} into {1}: #[inline] where it is in another crate, lto = true or codegen-units = 1, opt-level = 3 \
         instead of \"s\" or \"z\" for the package where the time goes; wasm-opt -O3 does it after the link",
        facts.name(first.function),
        facts.name(*from)
    );
    Some(facts.advice(KIND, own / 2, (title, detail), evidence.collect(), Fix::edit(fix)))
}

fn is_small(facts: &Facts<'_, '_>, function: FunctionId) -> bool {
    let (Some(map), Some(item)) = (facts.map(), facts.item(function)) else { return false };
    let name = facts.name(function);
    let (range, index) = (map.item(item).range(), map.item(item).index);
    let is_long = |operator: &Operator<'_>| match operator {
        Operator::Loop { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. } => true,
        Operator::Call { function_index } => *function_index == index,
        _ => false,
    };
    range.end - range.start <= MAX_BYTES
        && ![allocates, copies, formats].iter().any(|is| is(name))
        && facts.has(function, is_long) == Some(false)
}

/// The heaviest of the functions that call it, of the same module and directly.
fn caller(facts: &Facts<'_, '_>, function: FunctionId) -> Option<FunctionId> {
    let index = facts.map()?.item(facts.item(function)?).index;
    let calls =
        |operator: &Operator<'_>| matches!(operator, Operator::Call { function_index } if *function_index == index);
    let profile = facts.profile;
    let entered = profile.calls().iter().enumerate().filter(|(_, call)| call.function == function);
    let mut callers: Vec<(u64, FunctionId)> = entered
        .filter_map(|(at, call)| Some((facts.weights.own(CallId::new(at)), profile.call(call.parent?).function)))
        .collect();
    callers.sort_by_key(|(own, function)| (std::cmp::Reverse(*own), *function));
    callers.into_iter().map(|(_, caller)| caller).find(|caller| facts.has(*caller, calls) == Some(true))
}

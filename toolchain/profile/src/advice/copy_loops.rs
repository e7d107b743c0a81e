//! Copying in a loop, where one instruction of the bulk-memory proposal does it. Needs the module.

use wasmparser::Operator;

use super::facts::Facts;
use super::names::copies;
use crate::hot::HotFunction;
use wasm_advice::{Advice, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("copy-loops");

const MIN_PERCENT: u64 = 5;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let is_bulk =
        |operator: &Operator<'_>| matches!(operator, Operator::MemoryCopy { .. } | Operator::MemoryFill { .. });
    let is_loop = |hot: &&HotFunction| {
        let function = hot.function;
        copies(facts.name(function)) && facts.has(function, is_bulk) == Some(false)
    };
    let loops: Vec<&HotFunction> = facts.hot.iter().filter(is_loop).collect();
    let own: u64 = loops.iter().map(|hot| hot.own).sum();
    if loops.is_empty() || !facts.is_share(own, MIN_PERCENT) {
        return None;
    }
    let is_one = |function| loops.iter().any(|hot| hot.function == function);
    let part = facts.part(|_, function| is_one(function), |_| false);
    let mut evidence: Vec<_> =
        loops.iter().map(|hot| facts.function(facts.name(hot.function).into(), hot.function, hot.own)).collect();
    evidence.extend(facts.callers(&part));
    let title = phrase!("{0} of the time is spent in copying by loops", facts.share(own));
    let detail = phrase!(
        "These functions copy or fill memory without memory.copy and memory.fill, which engines carry out with the \
         machine's own routines and which all of them have had since 2021. The gain is what goes if those \
         instructions take half the time of the loop; for long runs of bytes it is more."
    );
    let fix = phrase!(
        "build for bulk memory: -Ctarget-feature=+bulk-memory (Rust, on by default since 1.87), -mbulk-memory (C, \
         C++); let a memcpy of your own call __builtin_memcpy"
    );
    Some(facts.advice(KIND, own / 2, (title, detail), evidence, Fix::edit(fix)))
}

//! What the kinds of advice share: the weights of the run, what functions are called, what their code is like.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasm_advice::{Advice, Certainty, Evidence, Fix, Gain, Kind, Phrase};
use wasm_binary::{ItemId, Map, demangle};
use wasmparser::Operator;

use crate::difference::stable_name;
use crate::hot::{HotFunction, hot_functions};
use crate::matching::Match;
use crate::model::{Profile, Unit};
use crate::weights::{Filter, Weights};
use crate::{CallId, FunctionId, MeasureId};

/// More is not listed: the heaviest come first.
const MAX_EVIDENCE: usize = 50;

pub(super) struct Facts<'p, 'a> {
    pub(super) profile: &'p Profile,
    pub(super) weights: Weights,
    /// The functions with weight, the heaviest in itself first.
    pub(super) hot: Vec<HotFunction>,
    /// What ran at all: not the samples in which nothing did.
    pub(super) sum: u64,
    file: Option<(&'p Map<'a>, &'p Match)>,
    unit: wasm_advice::Unit,
    /// By function, without hashes.
    names: Vec<String>,
}

/// The weight of a group of functions and all that they call.
pub(super) struct Part {
    pub(super) weight: u64,
    /// Who called into the group from outside, and how much of it is theirs; the heaviest first.
    pub(super) callers: Vec<(FunctionId, u64)>,
}

impl<'p, 'a> Facts<'p, 'a> {
    /// `None` if the profile measures no time, or has too few samples to say anything.
    pub(super) fn new(profile: &'p Profile, file: Option<(&'p Map<'a>, &'p Match)>) -> Option<Facts<'p, 'a>> {
        // With fewer, a share of a tenth is known to no better than its half.
        const MIN_SAMPLES: usize = 100;
        let find = |unit| profile.measures().iter().position(|measure| measure.unit == unit);
        let (measure, unit) = match (find(Unit::Nanoseconds), find(Unit::Samples)) {
            (Some(time), _) => (time, wasm_advice::Unit::Nanoseconds),
            (None, Some(samples)) => (samples, wasm_advice::Unit::Samples),
            (None, None) => return None,
        };
        let weights = Weights::new(profile, MeasureId::new(measure), &Filter::default());
        let hot = hot_functions(profile, &weights);
        let names: Vec<String> =
            profile.functions().iter().map(|function| stable_name(&demangle(&function.name)).to_string()).collect();
        let is_idle = |hot: &&HotFunction| names.get(hot.function.index()).is_some_and(|name| name == "(idle)");
        let idle: u64 = hot.iter().filter(is_idle).map(|hot| hot.own).sum();
        let sum = weights.sum() - weights.without_stack() - idle;
        // Folded stacks are one sample a line, with its count as weight.
        let samples = match unit {
            wasm_advice::Unit::Samples => sum,
            _ => profile.sample_count() as u64,
        };
        (samples >= MIN_SAMPLES as u64 && sum > 0).then_some(Facts { profile, weights, hot, sum, file, unit, names })
    }

    /// What a function is called, without its hash.
    pub(super) fn name(&self, function: FunctionId) -> &str {
        self.names.get(function.index()).map_or("", String::as_str)
    }

    /// The module's function.
    pub(super) fn item(&self, function: FunctionId) -> Option<ItemId> {
        Some(self.file?.1.item(function)?.0)
    }

    /// The module.
    pub(super) fn map(&self) -> Option<&'p Map<'a>> {
        Some(self.file?.0)
    }

    /// Whether a function is the host's; only known with the module.
    pub(super) fn is_foreign(&self, function: FunctionId) -> bool {
        self.file.is_some_and(|(_, found)| found.is_foreign(function))
    }

    /// Whether it is a function of the program, as far as is known.
    pub(super) fn is_own(&self, function: FunctionId) -> bool {
        match self.file {
            Some(_) => self.item(function).is_some(),
            None => !self.name(function).starts_with('('),
        }
    }

    /// Whether a weight is that part of the run, in percent.
    pub(super) fn is_share(&self, weight: u64, percent: u64) -> bool {
        u128::from(weight) * 100 >= u128::from(self.sum) * u128::from(percent)
    }

    /// `12 %` of the run.
    pub(super) fn share(&self, weight: u64) -> String {
        format!("{:.0} %", 100.0 * weight as f64 / self.sum as f64)
    }

    /// What the functions of a group weigh with all that they call. A group is entered through `enters`, given the
    /// caller and the callee, and left through `leaves`.
    pub(super) fn part(
        &self,
        enters: impl Fn(Option<FunctionId>, FunctionId) -> bool,
        leaves: impl Fn(FunctionId) -> bool,
    ) -> Part {
        // Who entered, for each call that is inside.
        let mut entered: Vec<Option<Option<FunctionId>>> = Vec::with_capacity(self.profile.calls().len());
        let mut callers: BTreeMap<FunctionId, u64> = BTreeMap::new();
        let mut weight = 0;
        for (index, call) in self.profile.calls().iter().enumerate() {
            let above = call.parent.and_then(|parent| entered.get(parent.index()).copied().flatten());
            let caller = call.parent.map(|parent| self.profile.call(parent).function);
            let by = match above {
                Some(by) => (!leaves(call.function)).then_some(by),
                None => enters(caller, call.function).then_some(caller),
            };
            entered.push(by);
            if let Some(by) = by {
                let own = self.weights.own(CallId::new(index));
                weight += own;
                if let Some(caller) = by {
                    *callers.entry(caller).or_default() += own;
                }
            }
        }
        let mut callers: Vec<(FunctionId, u64)> = callers.into_iter().filter(|(_, weight)| *weight > 0).collect();
        callers.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| self.name(a.0).cmp(self.name(b.0))));
        Part { weight, callers }
    }

    /// A function as evidence.
    pub(super) fn function(&self, label: Phrase, function: FunctionId, amount: u64) -> Evidence {
        let name = demangle(&self.profile.function(function).name).to_string();
        let item = self.item(function).map(|item| item.0);
        Evidence { label, item, function: Some(name), amount: Some(amount), ..Evidence::default() }
    }

    /// The callers of a part as evidence.
    pub(super) fn callers(&self, part: &Part) -> Vec<Evidence> {
        let evidence =
            |(function, weight): &(FunctionId, u64)| self.function(self.name(*function).into(), *function, *weight);
        part.callers.iter().map(evidence).collect()
    }

    /// Where the source is that weighs most within a function: file, line, own weight; the heaviest first.
    pub(super) fn lines(&self, function: FunctionId) -> Vec<(Arc<str>, u32, u64)> {
        let Some(file) = &self.profile.function(function).file else { return Vec::new() };
        let mut lines: BTreeMap<u32, u64> = BTreeMap::new();
        for (stack, weight) in self.profile.stacks().iter().zip(&self.weights.stacks) {
            let Some(frame) = self.profile.frames().get(stack.frame.index()) else { continue };
            if let Some(line) = frame.line.filter(|_| frame.function == function && *weight > 0) {
                *lines.entry(line).or_default() += weight;
            }
        }
        let mut lines: Vec<_> = lines.into_iter().map(|(line, weight)| (file.clone(), line, weight)).collect();
        lines.sort_by_key(|(_, line, weight)| (std::cmp::Reverse(*weight), *line));
        lines
    }

    /// Whether an operator that `is` accepts is in a function of the module; `None` if its code is not known.
    pub(super) fn has(&self, function: FunctionId, is: impl Fn(&Operator<'_>) -> bool) -> Option<bool> {
        self.item(function).and_then(|item| self.item_has(item, is))
    }

    /// As [`Facts::has`], for an item.
    pub(super) fn item_has(&self, item: ItemId, is: impl Fn(&Operator<'_>) -> bool) -> Option<bool> {
        let reader = self.map()?.function_body(item)?.get_operators_reader().ok()?;
        for operator in reader {
            if is(&operator.ok()?) {
                return Some(true);
            }
        }
        Some(false)
    }

    /// An advice whose gain is an estimate: what it rests upon is in `detail`.
    pub(super) fn advice(
        &self,
        kind: Kind,
        amount: u64,
        (title, detail): (Phrase, Phrase),
        mut evidence: Vec<Evidence>,
        fix: Fix,
    ) -> Advice {
        evidence.truncate(MAX_EVIDENCE);
        let gain = Gain { amount, unit: self.unit, certainty: Certainty::Estimate };
        Advice { kind, title, detail, evidence, gain, fix }
    }
}

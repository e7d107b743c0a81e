//! How heavy each stack is under a filter: the one pass over the samples. All views but the flame chart are made of its
//! result, which is as large as the trees, not as the samples.
//!
//! Cost: O(samples in range + stacks), a few milliseconds per million samples.

use std::ops::Range;

use crate::model::{Column, Profile};
use crate::{CallId, FunctionId, MeasureId, ThreadId};

/// Which samples count. The default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only samples that touch this part of the axis. Of a duration, only the part within counts; other values count
    /// whole.
    pub range: Option<Range<u64>>,
    /// Only these threads.
    pub threads: Option<Vec<ThreadId>>,
    /// Only samples with a function on the stack whose name, module or file contains this, whatever the case. Empty:
    /// all samples.
    pub search: String,
}

impl Filter {
    /// For each function whether the search finds it; all of them for an empty search.
    #[must_use]
    pub fn finds(&self, profile: &Profile) -> Vec<bool> {
        let wanted = self.search.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        let modules: Vec<bool> = profile.modules().iter().map(|module| has(&module.name)).collect();
        let found = |function: &crate::Function| {
            wanted.is_empty()
                || has(&function.name)
                || function.module.is_some_and(|module| modules[module.index()])
                || function.file.as_deref().is_some_and(has)
        };
        profile.functions().iter().map(found).collect()
    }

    /// For each call whether the search finds a function on its stack; `None` if there is nothing to search for.
    pub(crate) fn kept(&self, profile: &Profile) -> Option<Vec<bool>> {
        if self.search.is_empty() {
            return None;
        }
        let finds = self.finds(profile);
        let mut kept: Vec<bool> = Vec::with_capacity(profile.calls().len());
        for call in profile.calls() {
            let inherited = call.parent.is_some_and(|parent| kept[parent.index()]);
            kept.push(inherited || finds[call.function.index()]);
        }
        Some(kept)
    }

    /// The threads that count.
    pub(crate) fn has_thread(&self, thread: ThreadId) -> bool {
        self.threads.as_ref().is_none_or(|threads| threads.contains(&thread))
    }
}

/// The weight of each stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    pub(crate) stacks: Vec<u64>,
    own: Vec<u64>,
    total: Vec<u64>,
    sum: u64,
    without_stack: u64,
}

impl Weights {
    /// Sums one measure over the samples that the filter lets through.
    #[must_use]
    pub fn new(profile: &Profile, measure: MeasureId, filter: &Filter) -> Self {
        let mut stacks = vec![0_u64; profile.stacks().len()];
        let mut without_stack = 0;
        for (index, thread) in profile.threads().iter().enumerate() {
            if !filter.has_thread(ThreadId::new(index)) {
                continue;
            }
            let samples = filter.range.as_ref().map_or(0..thread.len(), |range| thread.samples_in(range));
            let mut add = |sample: usize, value: u64| match thread.stacks[sample] {
                Some(stack) => stacks[stack.index()] += value,
                None => without_stack += value,
            };
            match thread.values.get(measure.index()) {
                Some(Column::Same(value)) => samples.for_each(|sample| add(sample, *value)),
                Some(Column::Each(values)) => samples.for_each(|sample| add(sample, values[sample])),
                Some(Column::Duration) => {
                    let range = filter.range.clone().unwrap_or(0..u64::MAX);
                    for sample in samples {
                        let (start, end) =
                            (thread.starts[sample].max(range.start), thread.end_of(sample).min(range.end));
                        add(sample, end.saturating_sub(start));
                    }
                }
                None => {}
            }
        }
        let kept = filter.kept(profile);
        if kept.is_some() {
            without_stack = 0;
        }
        let mut own = vec![0_u64; profile.calls().len()];
        for (stack, weight) in profile.stacks().iter().zip(&mut stacks) {
            let call = stack.call.index();
            if kept.as_ref().is_some_and(|kept| !kept[call]) {
                *weight = 0;
            }
            own[call] += *weight;
        }
        let mut total = own.clone();
        for (index, call) in profile.calls().iter().enumerate().rev() {
            if let Some(parent) = call.parent {
                total[parent.index()] += total[index];
            }
        }
        let sum = own.iter().sum::<u64>() + without_stack;
        Self { stacks, own, total, sum, without_stack }
    }

    /// What counted while the stack's innermost function itself ran.
    #[must_use]
    pub fn own(&self, call: CallId) -> u64 {
        self.own[call.index()]
    }

    /// What counted while the stack's innermost function or what it called ran.
    #[must_use]
    pub fn total(&self, call: CallId) -> u64 {
        self.total[call.index()]
    }

    /// All that counted, with samples that have no stack.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// What counted in samples without a stack.
    #[must_use]
    pub fn without_stack(&self) -> u64 {
        self.without_stack
    }

    /// What counted while the function was on the stack, recursion once. O(calls).
    #[must_use]
    pub fn total_of(&self, profile: &Profile, function: FunctionId) -> u64 {
        let outermost = profile.calls().iter().zip(&self.total);
        outermost.filter(|(call, _)| call.function == function && !call.recursive).map(|(_, total)| total).sum()
    }
}

//! What is computed of a profile, off the UI's thread: weights, trees, hot places, colours. No egui.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use wasm_profile::{
    Axis, Chart, Difference, Filter, FunctionId, HotAddress, HotFunction, HotLine, MeasureId, Pair, Profile, ThreadId,
    Tree, Unit, Weights, hot_addresses, hot_functions, hot_lines,
};

use crate::model::{Documents, Recording};
use crate::widgets::{self, duration};

/// What a summary is of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub(super) generation: u64,
    pub(super) measure: usize,
    pub(super) thread: Option<usize>,
    pub(super) range: Option<Range<u64>>,
}

/// A profile under a filter.
pub(super) struct Summary {
    pub(super) key: Key,
    pub(super) recording: Arc<Recording>,
    pub(super) measure: MeasureId,
    pub(super) weights: Weights,
    /// Samples that count.
    pub(super) samples: usize,
    pub(super) tree: Tree,
    pub(super) functions: Vec<HotFunction>,
    /// By function: where it is in `functions`.
    row_of: Vec<Option<u32>>,
    pub(super) lines: Vec<HotLine>,
    pub(super) addresses: Vec<HotAddress>,
    /// Against the run that is compared with.
    pub(super) difference: Option<Difference>,
    /// The thread that is drawn in time order.
    pub(super) thread: ThreadId,
    /// How many rows that thread has.
    pub(super) rows: u32,
    pub(super) colors: Colors,
    /// How deep the stack is over the whole time, from 0 to 1.
    pub(super) activity: Vec<f32>,
}

/// Parts of the strip that shows the whole time.
const ACTIVITY_PARTS: usize = 1024;

impl Summary {
    /// Computes it; `None` without a profile.
    pub(super) fn work(documents: &Documents, key: Key) -> Option<impl FnOnce() -> Summary + Send + use<>> {
        let recording = documents.profile.clone()?;
        let (before, matched, binary) =
            (documents.profile_before.clone(), documents.matched.clone(), documents.binary.clone());
        Some(move || {
            let profile = recording.profile();
            let measure = MeasureId::new(key.measure.min(profile.measures().len().saturating_sub(1)));
            let chosen = key.thread.filter(|at| *at < profile.threads().len()).map(ThreadId::new);
            let threads = chosen.map(|thread| vec![thread]);
            let filter = Filter { range: key.range.clone(), threads, search: String::new() };
            let weights = Weights::new(profile, measure, &filter);
            let thread = chosen.unwrap_or_else(|| busiest(profile));
            let counted = |at: usize| chosen.is_none_or(|thread| thread.index() == at);
            let samples = profile.threads().iter().enumerate().filter(|(at, _)| counted(*at));
            let samples = samples
                .map(|(_, thread)| key.range.as_ref().map_or(thread.len(), |range| thread.samples_in(range).len()))
                .sum();
            let functions = hot_functions(profile, &weights);
            let mut row_of = vec![None; profile.functions().len()];
            for (at, hot) in functions.iter().enumerate() {
                row_of[hot.function.index()] = Some(at as u32);
            }
            let difference = before.as_deref().map(|before| {
                let name = &profile.measures()[measure.index()].name;
                let same = before.profile().measures().iter().position(|other| other.name == *name);
                let old = Weights::new(before.profile(), MeasureId::new(same.unwrap_or(0)), &Filter::default());
                Difference::new((before.profile(), &old), (profile, &weights), true)
            });
            let crate_of = |function: FunctionId| {
                let (item, _) = matched.as_ref()?.item(function)?;
                binary.as_ref()?.with(|analysis, _| analysis.crate_of(item))
            };
            let group = |function: FunctionId| {
                let module = || profile.module_of(function).map(|module| stem(&module.name).to_string());
                let path = || recording.label(function).split("::").next().unwrap_or_default();
                crate_of(function).or_else(module).unwrap_or_else(|| path().trim_start_matches(['<', '&']).to_string())
            };
            let (tree, lines, addresses) =
                (Tree::new(profile, &weights), hot_lines(profile, &weights), hot_addresses(profile, &weights));
            // Colours stay when only a part counts.
            let all = Weights::new(profile, measure, &Filter::default());
            let colors = Colors::new(profile, &hot_functions(profile, &all), group);
            let chart = (!profile.threads().is_empty()).then(|| Chart::new(profile, thread, &Filter::default()));
            Summary {
                measure,
                samples,
                tree,
                row_of,
                lines,
                addresses,
                difference,
                thread,
                rows: chart.as_ref().map_or(0, Chart::rows),
                colors,
                activity: chart.map(|chart| activity(profile, &chart)).unwrap_or_default(),
                functions,
                weights,
                recording: recording.clone(),
                key,
            }
        })
    }

    pub(super) fn profile(&self) -> &Profile {
        self.recording.profile()
    }

    /// The thread in time order, if there is any.
    pub(super) fn chart(&self) -> Option<Chart<'_>> {
        let profile = self.profile();
        (self.thread.index() < profile.threads().len()).then(|| Chart::new(profile, self.thread, &Filter::default()))
    }

    /// The weight of a function.
    pub(super) fn hot(&self, function: FunctionId) -> Option<&HotFunction> {
        self.functions.get((*self.row_of.get(function.index())?)? as usize)
    }

    /// A weight in the unit of the measure.
    pub(super) fn weight(&self, weight: u64) -> String {
        match self.profile().measures().get(self.measure.index()).map(|measure| measure.unit) {
            Some(Unit::Nanoseconds) => duration(weight),
            Some(Unit::Bytes) => widgets::size(weight),
            _ => widgets::grouped(weight),
        }
    }

    /// A distance on the axis.
    pub(super) fn distance(&self, distance: u64) -> String {
        match self.profile().axis() {
            Axis::Time => duration(distance),
            Axis::Weight => widgets::grouped(distance),
        }
    }

    /// What a function of the difference is called.
    pub(super) fn difference_label<'a>(&'a self, difference: &'a Difference, function: FunctionId) -> &'a str {
        let row = &difference.functions()[function.index()];
        row.after.map_or(&*row.name, |after| self.recording.label(after))
    }
}

/// How strong a change is, from -1 (only before) to 1 (only after).
pub(super) fn change(pair: Pair) -> f32 {
    let sum = pair.before as f64 + pair.after as f64;
    if sum == 0.0 { 0.0 } else { (pair.delta() as f64 / sum) as f32 }
}

/// A module's name without its directory.
fn stem(name: &str) -> &str {
    match name.rsplit(['/', '\\']).next() {
        Some(last) if !last.is_empty() => last,
        _ => name,
    }
}

/// The thread with the most samples.
fn busiest(profile: &Profile) -> ThreadId {
    let most = profile.threads().iter().enumerate().max_by_key(|(at, thread)| (thread.len(), std::cmp::Reverse(*at)));
    ThreadId::new(most.map_or(0, |(at, _)| at))
}

fn activity(profile: &Profile, chart: &Chart<'_>) -> Vec<f32> {
    let range = profile.range();
    let width = range.end - range.start;
    let depth = |part: usize| {
        let at = range.start + (u128::from(width) * (2 * part as u128 + 1) / (2 * ACTIVITY_PARTS as u128)) as u64;
        let call = chart.sample_at(at).and_then(|sample| chart.call(sample))?;
        Some(profile.call(call).depth + 1)
    };
    let depths: Vec<u32> = (0..ACTIVITY_PARTS).map(|part| depth(part).unwrap_or(0)).collect();
    let deepest = depths.iter().copied().max().unwrap_or(0).max(1);
    depths.into_iter().map(|depth| depth as f32 / deepest as f32).collect()
}

/// Which functions belong together: by crate, else by module, else by how their names begin.
#[derive(Debug, Default)]
pub(super) struct Colors {
    /// Groups by falling own weight; what has no line of its own is the last one.
    pub(super) legend: Vec<(String, u64)>,
    category: Vec<u32>,
}

/// Groups with a line of their own in the legend.
const MAX_GROUPS: usize = 9;

impl Colors {
    fn new(profile: &Profile, functions: &[HotFunction], group: impl Fn(FunctionId) -> String) -> Colors {
        let names: Vec<(String, &HotFunction)> = functions.iter().map(|hot| (group(hot.function), hot)).collect();
        let mut sums: HashMap<&str, u64> = HashMap::new();
        for (name, hot) in &names {
            *sums.entry(name).or_default() += hot.own;
        }
        let mut sorted: Vec<(&str, u64)> = sums.into_iter().collect();
        sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let rank: HashMap<&str, u32> =
            sorted.iter().enumerate().map(|(at, (name, _))| (*name, at.min(MAX_GROUPS) as u32)).collect();
        let mut category = vec![MAX_GROUPS as u32; profile.functions().len()];
        for (name, hot) in &names {
            category[hot.function.index()] = rank.get(name.as_str()).copied().unwrap_or(MAX_GROUPS as u32);
        }
        let mut legend: Vec<(String, u64)> =
            sorted.iter().take(MAX_GROUPS).map(|(name, own)| ((*name).to_string(), *own)).collect();
        if sorted.len() > MAX_GROUPS {
            legend.push(("…".into(), sorted[MAX_GROUPS..].iter().map(|(_, own)| own).sum()));
        }
        Colors { legend, category }
    }

    /// The group of a function.
    pub(super) fn category(&self, function: FunctionId) -> u32 {
        self.category.get(function.index()).copied().unwrap_or(MAX_GROUPS as u32)
    }
}

/// A function between all that calls it and all that it calls.
pub(super) struct Sandwich {
    pub(super) callers: Tree,
    pub(super) callees: Tree,
}

/// Callers further away are not shown.
const MAX_CALLERS: u32 = 200;

impl Sandwich {
    pub(super) fn new(summary: &Summary, function: FunctionId) -> Sandwich {
        let (profile, weights) = (summary.profile(), &summary.weights);
        Sandwich {
            callers: Tree::callers(profile, weights, function, MAX_CALLERS),
            callees: Tree::callees(profile, weights, function),
        }
    }
}

/// What a search finds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By function.
    pub(super) is_match: Vec<bool>,
    pub(super) functions: usize,
    /// The weight of samples with such a function on the stack.
    pub(super) weight: u64,
}

impl Found {
    pub(super) fn new(summary: &Summary, matches: impl Fn(FunctionId) -> bool) -> Found {
        let profile = summary.profile();
        let is_match: Vec<bool> = summary.recording.functions().map(matches).collect();
        let mut found = Found::default();
        let mut is_kept: Vec<bool> = Vec::with_capacity(profile.calls().len());
        for (at, call) in profile.calls().iter().enumerate() {
            let kept = is_match[call.function.index()] || call.parent.is_some_and(|parent| is_kept[parent.index()]);
            if kept {
                found.weight += summary.weights.own(wasm_profile::CallId::new(at));
            }
            is_kept.push(kept);
        }
        found.functions = summary.functions.iter().filter(|hot| is_match[hot.function.index()]).count();
        found.is_match = is_match;
        found
    }

    /// Whether a function keeps its colour.
    pub(super) fn keeps(&self, function: FunctionId) -> bool {
        self.is_match.get(function.index()).copied().unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FOLDED: &[u8] = b"main;parse 2\nmain;render;draw 5\nmain;parse 1\n";

    fn documents(folded: &[u8]) -> Documents {
        let profile = Arc::new(Recording::new("a.folded".into(), wasm_profile::open(folded).unwrap()));
        Documents { profile: Some(profile), ..Documents::default() }
    }

    fn summary(documents: &Documents, range: Option<Range<u64>>) -> Summary {
        Summary::work(documents, Key { generation: 0, measure: 0, thread: None, range }).unwrap()()
    }

    #[test]
    fn a_part_of_the_axis_has_its_own_weights() {
        let documents = documents(FOLDED);
        let names = |summary: &Summary| -> Vec<String> {
            summary.functions.iter().map(|hot| summary.recording.label(hot.function).to_string()).collect()
        };
        assert_eq!(names(&summary(&documents, None)), ["draw", "parse", "main", "render"]);
        let part = summary(&documents, Some(0..2));
        assert_eq!(names(&part), ["parse", "main"]);
        assert_eq!((part.weights.sum(), part.samples, part.rows), (2, 1, 3));
    }

    #[test]
    fn a_search_counts_whole_stacks_once() {
        let documents = documents(FOLDED);
        let all = summary(&documents, None);
        let found = Found::new(&all, |function| all.recording.label(function).contains('r'));
        assert_eq!((found.functions, found.weight), (3, 8));
    }

    #[test]
    fn two_runs_are_compared_by_their_shares() {
        let mut documents = documents(FOLDED);
        let before = Recording::new("b".into(), wasm_profile::open(b"main;parse 6\nmain;render;draw 10\n").unwrap());
        documents.profile_before = Some(Arc::new(before));
        let difference = summary(&documents, None).difference.unwrap();
        assert!(difference.changed().is_empty());
        assert_eq!(change(Pair { before: 0, after: 4 }), 1.0);
        assert_eq!(change(Pair { before: 3, after: 1 }), -0.5);
    }
}

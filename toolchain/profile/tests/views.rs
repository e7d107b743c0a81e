//! What the views must agree on, for random profiles: every weight is shown once, wherever it is shown.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use wasm_profile::{
    Axis, Builder, Chart, Column, Filter, Format, Frame, FunctionId, Measure, MeasureId, Profile, Samples, ThreadId,
    Tree, Unit, Weights, hot_functions, hot_lines,
};

/// A sample: what it lasts, its weight, its stack as (function, line), outermost first.
type Sample = (u8, u8, Vec<(u8, u8)>);

fn build(threads: &[Vec<Sample>]) -> Profile {
    let measures = vec![
        Measure { name: "time".into(), unit: Unit::Nanoseconds },
        Measure { name: "samples".into(), unit: Unit::Samples },
        Measure { name: "bytes".into(), unit: Unit::Bytes },
    ];
    let mut builder = Builder::new(Format::Built, Axis::Time, measures);
    for samples in threads {
        let (mut now, mut starts, mut stacks) = (0, Vec::new(), Vec::new());
        for (lasts, _, path) in samples {
            starts.push(now);
            now += u64::from(*lasts);
            let mut stack = None;
            for &(function, line) in path {
                let file = Some(builder.text(&format!("f{}.rs", function % 2)));
                let name = builder.text(&format!("f{function}"));
                let function = wasm_profile::Function { name, module: None, file, line: None, address: None };
                let function = builder.function(function);
                let frame = builder.frame(Frame { line: Some(line.into()), ..Frame::of(function) });
                stack = Some(builder.stack(stack, frame));
            }
            stacks.push(stack);
        }
        let weights = samples.iter().map(|(_, weight, _)| u64::from(*weight)).collect();
        let values = vec![Column::Duration, Column::Same(1), Column::Each(weights)];
        builder.thread(Samples { starts, end: now, stacks, values, ..Samples::default() }).unwrap();
    }
    builder.finish().unwrap()
}

fn samples() -> impl Strategy<Value = Vec<Vec<Sample>>> {
    let stack = proptest::collection::vec((0..6_u8, 1..3_u8), 0..8);
    let sample = (0..5_u8, 0..5_u8, stack);
    proptest::collection::vec(proptest::collection::vec(sample, 0..30), 1..3)
}

/// What a reader of the definition would do: look at each sample by itself.
fn naive(profile: &Profile, measure: MeasureId, keep: impl Fn(&[String]) -> bool) -> BTreeMap<String, (u64, u64)> {
    let mut sums = BTreeMap::new();
    for thread in profile.threads() {
        for sample in 0..thread.len() {
            let Some(stack) = thread.stacks()[sample] else { continue };
            let path = profile.path(profile.stacks()[stack.index()].call);
            let path: Vec<_> = path.into_iter().map(|id| profile.function(id).name.to_string()).collect();
            if !keep(&path) {
                continue;
            }
            let value = thread.value(sample, measure);
            sums.entry(path.last().unwrap().clone()).or_insert((0, 0)).0 += value;
            for name in path.iter().collect::<HashSet<_>>() {
                sums.entry(name.clone()).or_insert((0, 0)).1 += value;
            }
        }
    }
    sums.retain(|_, (_, total)| *total > 0);
    sums
}

fn by_name(profile: &Profile, weights: &Weights) -> BTreeMap<String, (u64, u64)> {
    let rows = hot_functions(profile, weights).into_iter();
    rows.map(|row| (profile.function(row.function).name.to_string(), (row.own, row.total))).collect()
}

proptest! {
    #[test]
    fn functions_weigh_what_their_samples_weigh(threads in samples(), measure in 0..3_usize) {
        let profile = build(&threads);
        let measure = MeasureId::new(measure);
        let weights = Weights::new(&profile, measure, &Filter::default());
        prop_assert_eq!(by_name(&profile, &weights), naive(&profile, measure, |_| true));
        let all: u64 = profile.threads().iter().flat_map(|thread| (0..thread.len()).map(|at| thread.value(at, measure))).sum();
        prop_assert_eq!(weights.sum(), all);

        let search = Filter { search: "F3".into(), ..Filter::default() };
        let found = Weights::new(&profile, measure, &search);
        prop_assert_eq!(by_name(&profile, &found), naive(&profile, measure, |path| path.iter().any(|name| name == "f3")));
    }

    #[test]
    fn own_weights_add_up(threads in samples(), measure in 0..3_usize) {
        let profile = build(&threads);
        let weights = Weights::new(&profile, MeasureId::new(measure), &Filter::default());
        let with_stack = weights.sum() - weights.without_stack();
        prop_assert_eq!(hot_functions(&profile, &weights).iter().map(|row| row.own).sum::<u64>(), with_stack);
        prop_assert_eq!(hot_lines(&profile, &weights).iter().map(|row| row.own).sum::<u64>(), with_stack);
        prop_assert!(hot_lines(&profile, &weights).iter().all(|row| row.total <= with_stack));
        let tree = Tree::new(&profile, &weights);
        prop_assert_eq!(tree.width(), with_stack);
        prop_assert_eq!(tree.nodes().iter().map(|node| node.own).sum::<u64>(), with_stack);
    }

    #[test]
    fn a_tree_is_laid_out_within_its_parents(threads in samples()) {
        let profile = build(&threads);
        let weights = Weights::new(&profile, MeasureId::new(2), &Filter::default());
        let tree = Tree::new(&profile, &weights);
        for (number, node) in tree.nodes().iter().enumerate() {
            let children: Vec<_> = tree.children(Some(number as u32)).map(|child| tree.nodes()[child as usize]).collect();
            prop_assert!(children.iter().map(|child| child.total).is_sorted_by(|a, b| a >= b));
            prop_assert_eq!(node.own + children.iter().map(|child| child.total).sum::<u64>(), node.total);
            let mut at = node.start;
            for child in children {
                prop_assert_eq!((child.start, child.parent, child.depth), (at, Some(number as u32), node.depth + 1));
                at += child.total;
            }
        }
        let all: Vec<_> = tree.rectangles(0..u64::MAX, 0).map(|it| it.node).collect();
        prop_assert_eq!(all, (0..tree.nodes().len() as u32).collect::<Vec<_>>());
        for (start, end, narrowest) in [(3, 9, 1), (0, 20, 3), (10, 11, 2)] {
            let drawn: Vec<_> = tree.rectangles(start..end, narrowest).map(|it| it.node).collect();
            let wanted = tree.nodes().iter().enumerate().filter(|(_, it)| it.start < end && it.start + it.total > start && it.total >= narrowest);
            prop_assert_eq!(drawn, wanted.map(|(number, _)| number as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_chart_shows_the_tree_in_time_order(threads in samples()) {
        let profile = build(&threads);
        for thread in 0..threads.len() {
            let thread = ThreadId::new(thread);
            let filter = Filter { threads: Some(vec![thread]), ..Filter::default() };
            let weights = Weights::new(&profile, MeasureId::default(), &filter);
            let chart = Chart::new(&profile, thread, &filter);
            let mut sums = BTreeMap::new();
            let rectangles = chart.rectangles(chart.range(), 1);
            for it in &rectangles {
                *sums.entry(it.node).or_insert(0) += it.end - it.start;
            }
            let tree = Tree::new(&profile, &weights);
            let wanted: BTreeMap<_, _> = tree.nodes().iter().map(|node| (node.call.unwrap().index() as u32, node.total)).collect();
            prop_assert_eq!(sums, wanted);
            prop_assert!(rectangles.iter().all(|it| it.depth < chart.rows()));
            // In a row, left to right without overlap; neighbours are not the same.
            for pair in rectangles.windows(2).filter(|pair| pair[0].depth == pair[1].depth) {
                prop_assert!(pair[0].end <= pair[1].start);
                prop_assert!(pair[0].end < pair[1].start || pair[0].node != pair[1].node);
            }
            // A coarse picture shows what is there, to a pixel.
            for it in chart.rectangles(chart.range(), 4) {
                let middle = |at: u64| rectangles.iter().any(|exact| exact.node == it.node && exact.start < at + 4 && exact.end + 4 > at);
                prop_assert!(middle(it.start) && middle(it.end));
            }
        }
    }

    #[test]
    fn the_sandwich_weighs_what_the_function_weighs(threads in samples(), function in 0..6_usize) {
        let profile = build(&threads);
        let weights = Weights::new(&profile, MeasureId::new(2), &Filter::default());
        let Some(function) = (0..profile.functions().len()).map(FunctionId::new).nth(function) else { return Ok(()) };
        let total = weights.total_of(&profile, function);
        for tree in [Tree::callees(&profile, &weights, function), Tree::callers(&profile, &weights, function, 100)] {
            prop_assert_eq!(tree.width(), total);
            prop_assert!(tree.nodes().is_empty() || tree.nodes()[0].function == function && tree.nodes()[0].end as usize == tree.nodes().len());
        }
        // What calls it directly: the weight of its stacks by caller.
        let callers = Tree::callers(&profile, &weights, function, 2);
        prop_assert!(callers.rows() <= 2);
        for node in callers.nodes().iter().filter(|node| node.depth == 1) {
            let calls = profile.calls().iter().enumerate().filter(|(_, call)| {
                call.function == function && !call.recursive && call.parent.is_some_and(|parent| profile.call(parent).function == node.function)
            });
            prop_assert_eq!(calls.map(|(call, _)| weights.total(wasm_profile::CallId::new(call))).sum::<u64>(), node.total);
        }
    }

    #[test]
    fn parts_of_the_time_add_up_to_the_whole(threads in samples(), cut in 0..60_u64) {
        let profile = build(&threads);
        let whole = profile.range();
        let cut = cut.clamp(whole.start, whole.end);
        let sum = |range| {
            let filter = Filter { range: Some(range), ..Filter::default() };
            Weights::new(&profile, MeasureId::default(), &filter).sum()
        };
        prop_assert_eq!(sum(whole.start..cut) + sum(cut..whole.end), sum(whole));
    }
}

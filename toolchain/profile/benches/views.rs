//! What five million samples cost: `cargo bench -p wasm-profile [-- MILLIONS]`. Prints the best of three runs.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use wasm_profile::{
    Chart, Difference, Filter, FunctionId, MeasureId, Profile, ThreadId, Tree, Weights, hot_functions, hot_lines, open,
};

/// Stacks of functions.
const STACKS: usize = 100_000;
const FUNCTIONS: usize = 5_000;

fn main() {
    let millions = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(5);
    let samples = millions * 1_000_000;
    println!("{samples} samples, {STACKS} stacks");
    let files = [
        ("Firefox", firefox(samples)),
        ("cpuprofile", cpuprofile(samples)),
        ("pprof", pprof(samples)),
        ("folded", folded(samples)),
    ];
    for (name, file) in &files {
        let (took, profile) = best(|| open(file).unwrap());
        assert_eq!(profile.sample_count(), samples);
        println!("open {name:<11} {:>5} MB {:>6} ms", file.len() / 1_000_000, took.as_millis());
    }
    views(&open(&files[0].1).unwrap());
}

fn views(profile: &Profile) {
    let all = Filter::default();
    let print = |what: &str, took: Duration| println!("{what:<28} {took:>10.1?}");
    let (took, weights) = best(|| Weights::new(profile, MeasureId::default(), &all));
    print("weights, all samples", took);
    let range = profile.range();
    let tenth = Filter { range: Some(0..(range.end - range.start) / 10), ..Filter::default() };
    print("weights, a tenth of the time", best(|| Weights::new(profile, MeasureId::default(), &tenth)).0);
    let search = Filter { search: "42".into(), ..Filter::default() };
    print("weights, a search", best(|| Weights::new(profile, MeasureId::default(), &search)).0);
    let (took, tree) = best(|| Tree::new(profile, &weights));
    print("call tree", took);
    print("left heavy, 2000 px", best(|| tree.rectangles(0..tree.width(), tree.width() / 2000).count()).0);
    let chart = Chart::new(profile, ThreadId::new(0), &all);
    print("flame chart, 2000 px", best(|| chart.rectangles(chart.range(), (range.end - range.start) / 2000)).0);
    print("hot functions", best(|| hot_functions(profile, &weights)).0);
    print("hot lines", best(|| hot_lines(profile, &weights)).0);
    let function = FunctionId::new(1);
    print("callees", best(|| Tree::callees(profile, &weights, function)).0);
    print("callers", best(|| Tree::callers(profile, &weights, function, 100)).0);
    print("difference", best(|| Difference::new((profile, &weights), (profile, &weights), true)).0);
}

fn best<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut runs = (0..3).map(|_| {
        let start = Instant::now();
        let result = run();
        (start.elapsed(), result)
    });
    let first = runs.next().unwrap();
    runs.fold(first, |best, next| if next.0 < best.0 { next } else { best })
}

/// A number that looks random.
fn mix(number: usize) -> usize {
    let mixed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)) as usize
}

/// The caller's stack of each: a tree some twenty deep.
fn parent(stack: usize) -> Option<usize> {
    (stack > 0).then(|| mix(stack) % stack)
}

fn function(stack: usize) -> usize {
    mix(stack + 7) % FUNCTIONS
}

/// Programs stay at a place for a while.
fn stack_of(sample: usize) -> usize {
    mix(sample / 3) % STACKS
}

fn list<T: std::fmt::Display>(items: impl Iterator<Item = T>) -> String {
    let mut text = String::from("[");
    for (index, item) in items.enumerate() {
        let comma = if index > 0 { "," } else { "" };
        write!(text, "{comma}{item}").unwrap();
    }
    text.push(']');
    text
}

fn firefox(samples: usize) -> Vec<u8> {
    let prefix = list((0..STACKS).map(|stack| parent(stack).map_or("null".into(), |parent| parent.to_string())));
    let frames = list(0..STACKS);
    let funcs = list((0..STACKS).map(function));
    let lines = list((0..STACKS).map(|stack| 1 + mix(stack) % 500));
    let none = list((0..STACKS).map(|_| -1));
    let names = list((0..=FUNCTIONS).map(|name| format!("\"function {name}\"")));
    let func_names = list(0..FUNCTIONS);
    let files = list((0..FUNCTIONS).map(|_| FUNCTIONS));
    let stack = list((0..samples).map(stack_of));
    let deltas = list((0..samples).map(|sample| 1.0 + (mix(sample) % 1000) as f64 / 1e6));
    let weight = list((0..samples).map(|_| 1));
    let cpu = list((0..samples).map(|sample| 900 + mix(sample) % 100));
    format!(
        r#"{{"meta":{{"interval":1.0,"preprocessedProfileVersion":55,"product":"bench","sampleUnits":{{"threadCPUDelta":"µs"}}}},
        "libs":[],"threads":[{{"name":"main","pid":"1","samples":{{"length":{samples},"weightType":"samples","stack":{stack},
        "timeDeltas":{deltas},"weight":{weight},"threadCPUDelta":{cpu}}},"stackTable":{{"prefix":{prefix},"frame":{frames}}},
        "frameTable":{{"func":{funcs},"line":{lines},"address":{none}}},"funcTable":{{"name":{func_names},"fileName":{files}}},
        "stringArray":{names}}}]}}"#
    )
    .into_bytes()
}

fn cpuprofile(samples: usize) -> Vec<u8> {
    let nodes = list((0..STACKS).map(|stack| {
        let parent = parent(stack).map_or(String::new(), |parent| format!(r#","parent":{parent}"#));
        let function = function(stack);
        format!(
            r#"{{"id":{stack},"callFrame":{{"functionName":"function {function}","scriptId":"1","url":"wasm://wasm/bench-01234567","lineNumber":0,"columnNumber":{function}}}{parent}}}"#
        )
    }));
    let ids = list((0..samples).map(stack_of));
    let deltas = list((0..samples).map(|sample| 900 + mix(sample) % 200));
    format!(r#"{{"nodes":{nodes},"startTime":1,"endTime":2,"samples":{ids},"timeDeltas":{deltas}}}"#).into_bytes()
}

fn folded(samples: usize) -> Vec<u8> {
    let mut paths: Vec<String> = Vec::new();
    for stack in 0..STACKS {
        let above = parent(stack).map(|parent| paths[parent].clone() + ";").unwrap_or_default();
        paths.push(format!("{above}function {}", function(stack)));
    }
    let mut text = String::new();
    for sample in 0..samples {
        writeln!(text, "{} 1", paths[stack_of(sample)]).unwrap();
    }
    text.into_bytes()
}

fn pprof(samples: usize) -> Vec<u8> {
    fn varint(bytes: &mut Vec<u8>, mut value: u64) {
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
    }
    fn message(bytes: &mut Vec<u8>, field: u64, contents: &[u8]) {
        varint(bytes, field << 3 | 2);
        varint(bytes, contents.len() as u64);
        bytes.extend(contents);
    }
    fn integers(fields: &[(u64, usize)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &(field, value) in fields {
            varint(&mut bytes, field << 3);
            varint(&mut bytes, value as u64);
        }
        bytes
    }
    let mut file = Vec::new();
    message(&mut file, 1, &integers(&[(1, 1), (2, 2)]));
    let (mut sample, mut ids) = (Vec::new(), Vec::new());
    for at in 0..samples {
        sample.clear();
        ids.clear();
        let path = std::iter::successors(Some(stack_of(at)), |&stack| parent(stack));
        path.for_each(|stack| varint(&mut ids, function(stack) as u64 + 1));
        message(&mut sample, 1, &ids);
        message(&mut sample, 2, &[1]);
        message(&mut file, 2, &sample);
    }
    for function in 1..=FUNCTIONS {
        let mut location = integers(&[(1, function)]);
        message(&mut location, 4, &integers(&[(1, function), (2, function)]));
        message(&mut file, 4, &location);
        message(&mut file, 5, &integers(&[(1, function), (2, 2 + function)]));
    }
    for name in ["", "samples", "count"] {
        message(&mut file, 6, name.as_bytes());
    }
    for function in 1..=FUNCTIONS {
        message(&mut file, 6, format!("function {function}").as_bytes());
    }
    file
}

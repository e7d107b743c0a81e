//! Prints what a module's debug information says, and how long asking took:
//! `cargo run --release -p wasm-source --example dwarf -- FILE [OFFSET…]`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::time::Instant;

use wasm_source::{DebugSections, Source};

fn timed<T>(what: &str, ask: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let answer = ask();
    println!("{what}: {:.3} ms", start.elapsed().as_secs_f64() * 1e3);
    answer
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let module = std::fs::read(arguments.next().expect("a file")).unwrap();
    let sections = timed("sections", || DebugSections::from_module(&module).unwrap());
    let source = timed("open", || Source::open(&sections).unwrap());
    let code = sections.code();
    let offsets: Vec<u32> = arguments.map(|offset| offset.parse().unwrap()).collect();
    let middle = code.start + (code.end - code.start) / 2;
    timed("first frames_at", || source.frames_at(middle));
    timed("frames_at again", || source.frames_at(middle));
    for offset in offsets {
        for frame in source.frames_at(offset) {
            let path = frame.file.and_then(|file| source.path(file));
            println!("{offset}: {:?} {path:?}:{:?}", frame.name, frame.line);
        }
    }
    let units = timed("units", || source.units().collect::<Vec<_>>());
    println!("  {} units", units.len());
    let subprograms = timed("subprograms", || source.subprograms().count());
    println!("  {subprograms} subprograms");
    let statics = timed("static variables", || source.static_variables().count());
    println!("  {statics} static variables");
    let mut files: BTreeMap<_, u64> = BTreeMap::new();
    timed("line ranges", || {
        for line in source.line_ranges() {
            *files.entry(line.file).or_default() += line.range.len() as u64;
        }
    });
    let bytes: u64 = files.values().sum();
    println!("  {bytes} bytes of {} in {} files", code.len(), files.len());
    let mut inlined = 0;
    timed("inline ranges", || {
        for unit in &units {
            for range in source.inline_ranges(unit.id) {
                if !range.inlined.is_empty() {
                    inlined += range.range.len() as u64;
                }
            }
        }
    });
    println!("  {inlined} bytes inlined");
    let charges = timed("charges", || source.charges());
    let charged: u64 = charges.iter().map(|charge| charge.range.len() as u64).sum();
    println!("  {charged} bytes in {} charges", charges.len());
    let step = (code.len() / 10_000).max(1);
    let all = timed("10,000 × frames_at", || {
        let offsets = code.clone().step_by(step);
        offsets.map(|offset| source.frames_at(offset).len()).sum::<usize>()
    });
    println!("  {all} frames");
    for problem in source.problems().iter().take(20) {
        println!("problem: {problem}");
    }
}

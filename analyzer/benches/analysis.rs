//! The whole analysis behind `wasm-size FILE` except compression (map, names, graph, retained sizes), against a bare
//! `wasmparser` visitor decode of the same bytes, run in turn; on one thread and on all cores.
//!
//! `benches/run` calls it. Prints medians of the ratios of neighbouring runs: the machine's speed drifts, ratios do not.
//!
//! Usage: `cargo bench -p wasm-analyzer --bench analysis -- FILE...`

use std::hint::black_box;
use std::time::Instant;
use wasm_analyzer::{Analysis, Trust};
use wasmparser::{
    FromReader, OperatorsReader, OperatorsReaderAllocations, Parser, Payload, SectionLimited, VisitOperator,
    VisitSimdOperator,
};

/// Decodes every entry of every section and every instruction, and looks at nothing.
struct Nothing;

macro_rules! nothing {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* $(,)? })? => $visit:ident ($($ann:tt)*))*) => {$(
        #[inline]
        fn $visit(&mut self $($(, _: $argty)*)?) {}
    )*};
}

impl<'a> VisitOperator<'a> for Nothing {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(nothing);
}

impl<'a> VisitSimdOperator<'a> for Nothing {
    wasmparser::for_each_visit_simd_operator!(nothing);
}

fn visitor_decode(bytes: &[u8]) -> wasmparser::Result<()> {
    let mut allocations = OperatorsReaderAllocations::default();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(entries) => read_all(entries)?,
            Payload::ImportSection(entries) => read_all(entries)?,
            Payload::FunctionSection(entries) => read_all(entries)?,
            Payload::TableSection(entries) => read_all(entries)?,
            Payload::MemorySection(entries) => read_all(entries)?,
            Payload::TagSection(entries) => read_all(entries)?,
            Payload::GlobalSection(entries) => read_all(entries)?,
            Payload::ExportSection(entries) => read_all(entries)?,
            Payload::ElementSection(entries) => read_all(entries)?,
            Payload::DataSection(entries) => read_all(entries)?,
            Payload::CodeSectionEntry(body) => {
                let mut locals = body.get_locals_reader()?;
                for _ in 0..locals.get_count() {
                    locals.read()?;
                }
                let mut operators = OperatorsReader::new_with_allocs(locals.get_binary_reader(), allocations);
                while !operators.eof() {
                    operators.visit_operator(&mut Nothing)?;
                }
                allocations = operators.into_allocations();
            }
            _ => {}
        }
    }
    Ok(())
}

/// Decodes the entries of a section.
fn read_all<'a, T: FromReader<'a>>(entries: SectionLimited<'a, T>) -> wasmparser::Result<()> {
    entries.into_iter().try_for_each(|entry| entry.map(|entry| drop(black_box(entry))))
}

fn analysis(bytes: &[u8]) {
    let _ = black_box(Analysis::new(bytes, Trust::Sound));
}

/// Median of the ratios of `a` to `b`, run in turn, and the median time of `b` in milliseconds.
fn ratio(mut a: impl FnMut(), mut b: impl FnMut(), runs: usize) -> (f64, f64) {
    let time = |f: &mut dyn FnMut()| {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64()
    };
    a();
    b();
    let mut pairs: Vec<(f64, f64)> = (0..runs).map(|_| (time(&mut a), time(&mut b))).map(|(a, b)| (a / b, b)).collect();
    pairs.sort_by(|x, y| x.0.total_cmp(&y.0));
    let median = pairs[pairs.len() / 2].0;
    pairs.sort_by(|x, y| x.1.total_cmp(&y.1));
    (median, pairs[pairs.len() / 2].1 * 1000.0)
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if files.is_empty() {
        eprintln!("usage: cargo bench -p wasm-analyzer --bench analysis -- FILE...");
        std::process::exit(2);
    }
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    let (one, all) = (pool(1), pool(0));
    println!("{:>9}  {:>12}  {:>14}  {:>14}  file", "MB", "visitor, ms", "one thread", "all cores");
    println!("{:>9}  {:>12}  {:>14}  {:>14}", "", "", "× visitor", "times faster");
    for path in files {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) => {
                eprintln!("{path}: {e}");
                std::process::exit(2);
            }
        };
        let runs = (200_000_000 / bytes.len().max(1)).clamp(7, 301);
        let decode = || drop(black_box(visitor_decode(black_box(&bytes))));
        let (to_visitor, visitor_ms) = ratio(|| one.install(|| analysis(black_box(&bytes))), decode, runs);
        let (speed_up, _) = ratio(|| one.install(|| analysis(&bytes)), || all.install(|| analysis(&bytes)), runs);
        let name = path.rsplit('/').next().unwrap_or(&path);
        let megabytes = bytes.len() as f64 / 1e6;
        println!("{megabytes:>9.3}  {visitor_ms:>12.3}  {to_visitor:>14.2}  {speed_up:>14.2}  {name}");
    }
}

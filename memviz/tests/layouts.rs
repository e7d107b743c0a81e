//! Layouts of programs of all kinds: each byte is in exactly one band, and stacks, regions and based data are where
//! they should be.
#![allow(clippy::unwrap_used, missing_docs)]

use memviz::{BandKind, Certainty, Heat, Image, Layout, MemoryRead, Pattern, Program, State, ThreadStack, find, owner};
use proptest::prelude::*;
use wasm_binary::Map;
use wasm_source::WasmValue;

fn program(text: &str) -> Program {
    Program::new(&Map::parse(&wat::parse_str(text).unwrap()).unwrap(), None)
}

/// Start, kind, name and certainty of each band, after a check that they are a partition.
fn bands(state: &State<'_>) -> Vec<(u64, BandKind, String, Certainty)> {
    let layout = Layout::of(state);
    partition(&layout, state.memory.len());
    layout.bands.into_iter().map(|band| (band.start, band.kind, band.name, band.certainty)).collect()
}

fn partition(layout: &Layout, len: u64) {
    let ends = |ranges: Vec<std::ops::Range<u64>>| {
        let mut at = 0;
        for range in ranges {
            assert_eq!(range.start, at);
            assert!(range.end > at);
            at = range.end;
        }
        assert_eq!(at, len);
    };
    ends(layout.bands.iter().map(|band| band.range()).collect());
    ends(layout.uses().into_iter().map(|(range, _)| range).collect());
}

fn kinds(bands: &[(u64, BandKind, String, Certainty)]) -> Vec<(u64, &'static str)> {
    bands.iter().map(|band| (band.0, band.1.name())).collect()
}

#[test]
fn a_stack_behind_the_data() {
    let program = program(
        r#"(module (memory 2)
        (global (mut i32) (i32.const 70000))
        (global (export "__data_end") i32 (i32.const 4000))
        (global (export "__heap_base") i32 (i32.const 70000))
        (data (i32.const 1024) "some data"))"#,
    );
    let memory = Image::zeros(131_072);
    let seen = bands(&State::new(&program, &memory));
    assert_eq!(
        kinds(&seen),
        [
            (0, "reserved"),
            (1024, "data"),
            (1033, "zeroed data"),
            (4000, "unclaimed"),
            (4000, "stack"),
            (70_000, "unclaimed")
        ]
        .into_iter()
        .filter(|band| *band != (4000, "unclaimed"))
        .collect::<Vec<_>>()
    );
    // The stack pointer's place is a guess, as nothing names it.
    assert_eq!(seen[3].3, Certainty::Inferred);
    let globals = [Some(WasmValue::I32(69_900))];
    let layout = Layout::of(&State { globals: &globals, ..State::new(&program, &memory) });
    assert_eq!(layout.stack.as_ref().unwrap().pointer, Some(69_900));
    assert_eq!(owner(&program, &layout, 69_950).to_string(), "stack, 0x32 above the stack pointer");
}

#[test]
fn the_linkers_symbols_are_believed() {
    let program = program(
        r#"(module (memory 2)
        (global $__stack_pointer (mut i32) (i32.const 9000))
        (global (export "__stack_low") i32 (i32.const 5000))
        (global (export "__stack_high") i32 (i32.const 9000))
        (global (export "__global_base") i32 (i32.const 1024))
        (global (export "__data_end") i32 (i32.const 4000))
        (global (export "__heap_base") i32 (i32.const 9008))
        (data $greeting (i32.const 2048) "hello"))"#,
    );
    let memory = Image::zeros(131_072);
    let seen = bands(&State::new(&program, &memory));
    let expected = [
        (0, "reserved"),
        (1024, "zeroed data"),
        (2048, "data"),
        (2053, "zeroed data"),
        (4000, "unclaimed"),
        (5000, "stack"),
        (9000, "unclaimed"),
    ];
    assert_eq!(kinds(&seen), expected);
    assert_eq!(seen[2].2, "greeting");
    assert!(seen.iter().filter(|band| band.1 == BandKind::Stack).all(|band| band.3 == Certainty::Stated));
}

#[test]
fn position_independent_data_lies_where_the_globals_say() {
    let program = program(
        r#"(module (import "env" "memory" (memory 1))
        (import "env" "__stack_pointer" (global (mut i32)))
        (import "env" "__memory_base" (global i32))
        (import "GOT.mem" "__heap_base" (global (mut i32)))
        (import "GOT.mem" "__stack_low" (global (mut i32)))
        (import "GOT.mem" "__stack_high" (global (mut i32)))
        (data (global.get 1) "data")
        (data (i32.add (global.get 1) (i32.const 16)) "more"))"#,
    );
    let memory = Image::zeros(65_536);
    let value = |value| Some(WasmValue::I32(value));
    let globals = [value(30_000), value(2000), value(40_000), value(20_000), value(40_000)];
    let seen = bands(&State { globals: &globals, ..State::new(&program, &memory) });
    assert_eq!(
        kinds(&seen)[..5],
        [(0, "reserved"), (2000, "data"), (2004, "zeroed data"), (2016, "data"), (2020, "zeroed data")]
    );
    assert!(kinds(&seen).contains(&(20_000, "stack")));
}

#[test]
fn a_region_is_one_band_and_threads_have_their_stacks() {
    let program = program(
        r#"(module (memory 1)
        (import "wasmrust:region/EU_DATA;region=eu;encryption=at-rest" "memory" (memory 1)))"#
            .replace("(module (memory 1)", "(module")
            .replace("(memory 1)))", "(memory 1)) (memory 1))")
            .as_str(),
    );
    let memory = Image::zeros(65_536);
    let seen = bands(&State::new(&program, &memory));
    assert_eq!(seen, [(0, BandKind::Region, "EU_DATA, region=eu, encryption=at-rest".to_string(), Certainty::Stated)]);
    let threads = [ThreadStack { name: "worker 1".to_string(), range: 8192..16_384, pointer: Some(16_000) }];
    let state = State { index: 1, threads: &threads, ..State::new(&program, &memory) };
    let seen = bands(&state);
    assert_eq!(kinds(&seen), [(0, "reserved"), (8192, "stack"), (16_384, "unclaimed")]);
    assert_eq!(seen[1].2, "stack of worker 1");
}

/// The modules of the corpus that are here and not too large, over an empty memory and over one that holds the module itself.
#[test]
fn every_module_gives_a_partition() {
    let corpus = std::env::var_os("WASM_CORPUS").map(std::path::PathBuf::from);
    let corpus =
        corpus.unwrap_or_else(|| std::path::Path::new(&std::env::var_os("HOME").unwrap()).join(".cache/wasm-corpus"));
    let Ok(files) = std::fs::read_dir(&corpus) else {
        eprintln!("not run: {} is not here (corpus/fetch)", corpus.display());
        return;
    };
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.metadata().unwrap().len() > 3 << 20 {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let Ok(map) = Map::parse(&bytes) else { continue };
        let program = Program::new(&map, None);
        for (index, ty) in program.memories.iter().enumerate() {
            let mut memory = Image::zeros(ty.minimum_bytes.min(16 << 20));
            let state = State { index: index as u32, ..State::new(&program, &memory) };
            partition(&Layout::of(&state), memory.len());
            memory.write(1 << 16, &bytes[..bytes.len().min(1 << 20)]);
            let state = State { index: index as u32, ..State::new(&program, &memory) };
            partition(&Layout::of(&state), memory.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_hit_is_found_once(
        bytes in prop::collection::vec(0u8..3, 0..2000),
        pattern in prop::collection::vec(0u8..3, 1..4),
        start in 0usize..2000,
    ) {
        // Around the border of what is read at once.
        let mut memory = vec![9; (1 << 18) - 1000];
        memory.extend(&bytes);
        let start = start.min(memory.len());
        let expected: Vec<u64> = (start..memory.len())
            .filter(|at| memory[*at..].starts_with(&pattern)).map(|at| at as u64).collect();
        let pattern = Pattern { bytes: pattern, align: 1 };
        prop_assert_eq!(find(&memory, start as u64..u64::MAX, &pattern, usize::MAX), expected);
    }

    #[test]
    fn heat_sees_what_changed(writes in prop::collection::vec((0usize..200_000, any::<u8>()), 0..20)) {
        let mut memory = vec![0u8; 200_000];
        let mut heat = Heat::new(4096);
        prop_assert_eq!(heat.look(&memory), []);
        let before = memory.clone();
        for (at, byte) in &writes {
            memory[*at] = *byte;
        }
        let changed = heat.look(&memory);
        for cell in 0..memory.len().div_ceil(4096) {
            let range = cell * 4096..((cell + 1) * 4096).min(memory.len());
            let differs = memory[range.clone()] != before[range.clone()];
            prop_assert_eq!(changed.iter().any(|changed| changed.contains(&(range.start as u64))), differs);
            let range = range.start as u64..range.end as u64;
            prop_assert_eq!(heat.changes(range.clone()), u32::from(differs));
            prop_assert_eq!(heat.age(range), differs.then_some(0));
        }
        // What was added and is empty has not changed.
        memory.resize(300_000, 0);
        prop_assert_eq!(heat.look(&memory), []);
    }
}

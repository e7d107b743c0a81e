//! Files that nobody wrote: modules and components with all proposals that wasm-smith makes, mutants of the samples,
//! and files with bytes flipped, cut out and put in. Nothing panics, everything ends, every byte has its place.
//!
//! `TEST_EFFORT=20` does twenty times as much.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::invariants::{partition, survives, views};
use common::{Random, effort};
use std::time::{Duration, Instant};
use wasm_analyzer::{Analysis, Trust};
use wasm_binary::Map;

/// Runs `check`, which has to end in time: a file that does not is written out and named.
fn in_time(name: &str, bytes: &[u8], check: impl FnOnce()) {
    let start = Instant::now();
    check();
    let took = start.elapsed();
    if took > Duration::from_secs(20) {
        let file = std::env::temp_dir().join(format!("{name}.wasm"));
        std::fs::write(&file, bytes).unwrap();
        panic!("{name}: took {took:?}: {}", file.display());
    }
}

fn everything() -> wasm_smith::Config {
    wasm_smith::Config {
        custom_descriptors_enabled: true,
        custom_page_sizes_enabled: true,
        generate_custom_sections: true,
        shared_everything_threads_enabled: true,
        acquire_release_atomics_enabled: true,
        max_memories: 4,
        max_tables: 4,
        max_modules: 14,
        ..wasm_smith::Config::default()
    }
}

fn generated_module(seed: u64) -> Option<Vec<u8>> {
    let noise = Random(seed).bytes(6000);
    let module = wasm_smith::Module::new(everything(), &mut arbitrary::Unstructured::new(&noise));
    Some(module.ok()?.to_bytes())
}

fn generated_component(seed: u64) -> Option<Vec<u8>> {
    let noise = Random(seed).bytes(20_000);
    let component = wasm_smith::Component::new(everything(), &mut arbitrary::Unstructured::new(&noise));
    Some(component.ok()?.to_bytes())
}

#[test]
fn generated_files_are_mapped_without_damage() {
    let mut count = 0;
    for seed in 0..u64::from(effort(150)) {
        for (kind, bytes) in [("module", generated_module(seed)), ("component", generated_component(seed))] {
            let Some(bytes) = bytes else { continue };
            let name = format!("{kind}-{seed}");
            in_time(&name, &bytes, || {
                let analysis = Analysis::new(&bytes, Trust::Sound).unwrap();
                let damage: Vec<String> = analysis.damage().map(ToString::to_string).collect();
                if !damage.is_empty() {
                    std::fs::write(std::env::temp_dir().join(format!("{name}.wasm")), &bytes).unwrap();
                }
                assert!(damage.is_empty(), "{name}: {damage:?}");
                views(&name, &analysis);
                survives(&name, &bytes);
            });
            count += 1;
        }
    }
    assert!(count > effort(200), "only {count} files were generated");
}

#[test]
fn mutants_of_real_modules_are_mapped_without_damage() {
    let mut count = 0;
    for name in ["c-calc/c-calc.wasm", "rust-markdown/rust-markdown.wasm"] {
        let original = lean(&common::sample(name).bytes);
        for seed in 0..u64::from(effort(30)) {
            let mut mutate = wasm_mutate::WasmMutate::default();
            mutate.seed(seed).fuel(300);
            let Ok(mutants) = mutate.run(&original) else { continue };
            for bytes in mutants.take(1).flatten() {
                let name = format!("mutant-{seed}");
                in_time(&name, &bytes, || {
                    let analysis = Analysis::new(&bytes, Trust::Sound).unwrap();
                    // Custom sections are mutated without regard to their meaning.
                    let damage = analysis.damage().filter(|d| !d.section.starts_with("custom"));
                    let damage: Vec<String> = damage.map(ToString::to_string).collect();
                    assert!(damage.is_empty(), "{name}: {damage:?}");
                    views(&name, &analysis);
                    // A mutant is another build of its original: matching must end, whatever it finds.
                    let before = Analysis::new(&original, Trust::Sound).unwrap();
                    let file = |analysis| wasm_analyzer::diff::FileSize::new(&name, analysis);
                    let diff = wasm_analyzer::diff::Diff::new(file(&before), &before, file(&analysis), &analysis);
                    assert_eq!(diff.delta(), analysis.bytes() as i64 - before.bytes() as i64, "{name}");
                    assert_eq!(diff.rows.iter().map(|r| r.delta).sum::<i64>(), diff.delta(), "{name}: rows add up");
                });
                count += 1;
            }
        }
    }
    assert!(count > 10, "only {count} mutants");
}

/// A module without its debug information, which makes mutants slow and is a test of its own.
fn lean(bytes: &[u8]) -> Vec<u8> {
    let map = Map::parse(bytes).unwrap();
    let mut lean = bytes[..8].to_vec();
    for section in map.sections() {
        if !section.name.is_some_and(|name| name.starts_with(".debug")) {
            lean.extend(&bytes[section.range.start as usize..section.range.end as usize]);
        }
    }
    lean
}

/// One change for the worse.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.len() < 9 {
        return;
    }
    let at = random.below(bytes.len());
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes[at] = random.next() as u8,
        3 => bytes[at] = 0xff,
        // A LEB that overflows, or claims much.
        4 => drop(bytes.splice(at..(at + 1).min(bytes.len()), [0xff, 0xff, 0xff, 0xff, 0x0f])),
        5 => drop(bytes.splice(at..at, [0x80; 12])),
        6 => {
            let end = (at + random.below(40)).min(bytes.len());
            bytes.drain(at..end);
        }
        _ => {
            let from = random.below(bytes.len());
            let end = (from + random.below(200)).min(bytes.len());
            let copy = bytes[from..end].to_vec();
            bytes.splice(at..at, copy);
        }
    }
}

#[test]
fn damaged_files_are_mapped_and_say_so() {
    let mut originals: Vec<Vec<u8>> = common::samples().iter().map(|sample| lean_any(&sample.bytes)).collect();
    originals.extend((0..60).filter_map(generated_module));
    originals.extend((0..30).filter_map(generated_component));
    originals.extend(fixtures());
    let mut random = Random(7);
    let (mut damaged, mut all) = (0, 0);
    for round in 0..effort(900) {
        let mut bytes = originals[random.below(originals.len())].clone();
        for _ in 0..=random.below(4) {
            damage(&mut bytes, &mut random);
        }
        let name = format!("damaged-{round}");
        in_time(&name, &bytes, || survives(&name, &bytes));
        if let Ok(map) = Map::parse(&bytes) {
            damaged += usize::from(Analysis::of(map, Trust::Sound).damage().next().is_some());
            all += 1;
        }
    }
    assert!(damaged * 2 > all, "only {damaged} of {all} files were found to be damaged");
}

/// Debug information too: the sample with DWARF, damaged inside its debug sections.
#[test]
fn damaged_debug_information_does_no_harm() {
    let sample = common::sample("c-calc/c-calc.wasm").bytes;
    let map = Map::parse(&sample).unwrap();
    let sections: Vec<_> = map.sections().iter().filter(|s| s.name.is_some_and(|n| n.starts_with(".debug"))).collect();
    let mut random = Random(11);
    for round in 0..effort(40) {
        let mut bytes = sample.clone();
        for _ in 0..=random.below(20) {
            let section = sections[random.below(sections.len())];
            let at = section.payload.start as usize + random.below(section.payload.len());
            bytes[at] = if random.below(3) == 0 { 0xff } else { random.next() as u8 };
        }
        let name = format!("debug-{round}");
        in_time(&name, &bytes, || survives(&name, &bytes));
    }
}

/// Truncated everywhere: each prefix is mapped, and damage is named.
#[test]
fn every_prefix_is_mapped() {
    let bytes = lean(&common::sample("c-calc/c-calc.wasm").bytes);
    let component = common::sample("component-words/component-words.wasm").bytes;
    let mut random = Random(3);
    for bytes in [&bytes, &component] {
        let sound = Map::parse(bytes).unwrap();
        let ends: Vec<u32> = sound.sections().iter().map(|s| s.range.end).collect();
        for round in 0..effort(60) as usize {
            let end = if round < 20 { round } else { random.below(bytes.len()) };
            let Ok(map) = Map::parse(&bytes[..end]) else {
                assert!(end < 8, "a header is enough for a map");
                continue;
            };
            partition(&format!("the first {end} bytes"), &map);
            // Cut between sections it is whole, apart from functions without their bodies.
            if !ends.contains(&(end as u32)) && end > 8 {
                assert!(!map.damage().is_empty(), "the first {end} bytes are called sound");
            }
        }
    }
}

fn lean_any(bytes: &[u8]) -> Vec<u8> {
    let is_component = Map::parse(bytes).unwrap().kind() == wasm_binary::BinaryKind::Component;
    if is_component { bytes.to_vec() } else { lean(bytes) }
}

fn fixtures() -> Vec<Vec<u8>> {
    ["oracle/gc.wat", "oracle/tables.wat"]
        .map(|file| wat::parse_file(format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap())
        .to_vec()
}

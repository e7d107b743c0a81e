//! Profiles that real tools wrote.
#![allow(clippy::unwrap_used, missing_docs)]

use wasm_profile::{
    Address, Axis, Error, Filter, Format, MeasureId, Profile, Tree, Weights, hot_functions, hot_lines, open,
};

const NODE: &[u8] = include_bytes!("files/node-named.cpuprofile");
const NODE_STRIPPED: &[u8] = include_bytes!("files/node-stripped.cpuprofile");

fn weights(profile: &Profile) -> Weights {
    Weights::new(profile, MeasureId::default(), &Filter::default())
}

/// The functions with weight: name, own, total.
fn table(profile: &Profile) -> Vec<(String, u64, u64)> {
    let rows = hot_functions(profile, &weights(profile)).into_iter();
    rows.map(|row| (profile.function(row.function).name.to_string(), row.own, row.total)).collect()
}

#[test]
fn folded() {
    let profile = open(b"# a comment\nmain;a b;c 3\nmain;a b 1\nmain 2\nmain;a b;c 4\n\nother;c 1.75\r\n").unwrap();
    assert_eq!((profile.format(), profile.axis(), profile.range()), (Format::Folded, Axis::Weight, 0..11));
    let rows = [("c", 8, 8), ("main", 2, 10), ("a b", 1, 8), ("other", 0, 1)];
    assert_eq!(table(&profile), rows.map(|(name, own, total)| (name.to_string(), own, total)));
    assert_eq!(profile.calls().len(), 5);
}

#[test]
fn folded_of_two_runs() {
    let profile = open(b"main;a 3 5\nmain;b 0 7\n").unwrap();
    let names: Vec<_> = profile.measures().iter().map(|measure| &*measure.name).collect();
    assert_eq!(names, ["after", "before"]);
    assert_eq!(weights(&profile).sum(), 12);
    assert_eq!(Weights::new(&profile, MeasureId::new(1), &Filter::default()).sum(), 3);
}

#[test]
fn what_is_no_profile_is_said() {
    let message = |bytes: &[u8]| open(bytes).unwrap_err().to_string();
    assert!(message(b"").starts_with("not a profile"), "{}", message(b""));
    assert_eq!(message(b"main;a 3\nmain b\n"), "folded stacks: line 2: the last word is not a number below 2^64");
    assert_eq!(message(b"main;a 18446744073709551615\nmain 1\n"), "the weights of all samples add up to 2^64 or more");
    assert!(matches!(open(&[0x1f, 0x8b, 8, 0]), Err(Error::Gzip(_))));
}

#[test]
fn node_runs_a_wasm_module() {
    let profile = open(NODE).unwrap();
    assert_eq!((profile.format(), profile.axis(), profile.threads().len()), (Format::CpuProfile, Axis::Time, 1));
    let wasm: Vec<_> = profile.functions().iter().filter(|it| matches!(it.address, Some(Address::Wasm(_)))).collect();
    let mut places: Vec<_> = wasm.iter().map(|it| (&*it.name, it.address.unwrap())).collect();
    places.sort_unstable();
    // The offsets of the functions' code in work.wasm.
    assert_eq!(places, [("fib", Address::Wasm(52)), ("leaf", Address::Wasm(81)), ("run", Address::Wasm(107))]);
    assert!(profile.modules().iter().any(|module| module.name.starts_with("wasm://wasm/work-")));

    let rows = table(&profile);
    let row = |name: &str| rows.iter().find(|row| row.0 == name).unwrap();
    let (fib, leaf, run) = (row("fib"), row("leaf"), row("run"));
    assert!(fib.1 == fib.2 && leaf.1 == leaf.2, "fib calls nothing but itself, leaf nothing: {rows:?}");
    assert_eq!(run.2, run.1 + fib.2 + leaf.2);
    assert!(run.2 > weights(&profile).sum() / 2);
}

#[test]
fn node_calls_functions_by_their_index() {
    let profile = open(NODE_STRIPPED).unwrap();
    let mut indices: Vec<_> = profile.functions().iter().filter_map(wasm_profile::Function::wasm_index).collect();
    indices.sort_unstable();
    assert_eq!(indices, [1, 2, 3]);
}

#[test]
fn a_script_has_lines() {
    let profile = open(NODE).unwrap();
    let lines = hot_lines(&profile, &weights(&profile));
    let line = lines.iter().find(|line| &*line.file == "file:///app/run.mjs").unwrap();
    assert!((1..=7).contains(&line.line) && line.total > 0, "{line:?}");
    assert!(Tree::new(&profile, &weights(&profile)).rows() > 5);
}

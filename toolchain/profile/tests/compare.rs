//! Two profiles, a profile and a module, and what is written of a profile.
#![allow(clippy::unwrap_used, missing_docs)]

use wasm_binary::Map;
use wasm_profile::export::{csv, difference_rows, firefox, folded, function_rows, json, line_rows, node_rows};
use wasm_profile::{
    CallId, Difference, Filter, Match, MatchKind, MatchReport, MeasureId, Pair, Profile, Tree, Weights, hot_functions,
    hot_lines, open,
};

const WORK: &[u8] = include_bytes!("files/work.wasm");
const NODE: &[u8] = include_bytes!("files/node-named.cpuprofile");
const NODE_STRIPPED: &[u8] = include_bytes!("files/node-stripped.cpuprofile");
const CHROME: &[u8] = include_bytes!("files/chrome-trace.json");
const WASMTIME: &[u8] = include_bytes!("files/wasmtime.json");
const WASMTIME_STRIPPED: &[u8] = include_bytes!("files/wasmtime-stripped.json");
const PPROF: &[u8] = include_bytes!("files/node.pb.gz");

fn weights(profile: &Profile) -> Weights {
    Weights::new(profile, MeasureId::default(), &Filter::default())
}

fn compare(before: &[u8], after: &[u8], normalised: bool) -> Difference {
    let (before, after) = (open(before).unwrap(), open(after).unwrap());
    let difference = Difference::new((&before, &weights(&before)), (&after, &weights(&after)), normalised);
    let own = (0..difference.tree().nodes().len()).map(|node| difference.own(node as u32));
    let sum = own.fold((0, 0), |sum, own| (sum.0 + own.before, sum.1 + own.after));
    let with_stack = difference.sum();
    assert!(sum.1 == with_stack.after && sum.0.abs_diff(with_stack.before) <= difference.tree().nodes().len() as u64);
    difference
}

/// Name, own before and after, total before and after.
type Row = (String, u64, u64, u64, u64);

fn rows(difference: &Difference) -> Vec<Row> {
    let functions = difference.functions().iter();
    let mut rows: Vec<_> = functions
        .map(|it| (it.name.to_string(), it.own.before, it.own.after, it.total.before, it.total.after))
        .collect();
    rows.sort();
    rows
}

fn row(name: &str, own: [u64; 2], total: [u64; 2]) -> Row {
    (name.into(), own[0], own[1], total[0], total[1])
}

#[test]
fn what_became_slower() {
    let difference = compare(b"main;a 10\nmain;gone 5\nmain 1\n", b"main;a 30\nmain;new;a 4\nmain 1\n", false);
    assert_eq!(
        rows(&difference),
        [
            row("a", [10, 34], [10, 34]),
            row("gone", [5, 0], [5, 0]),
            row("main", [1, 1], [16, 35]),
            row("new", [0, 0], [0, 4])
        ]
    );
    assert_eq!(difference.sum(), Pair { before: 16, after: 35 });
    let changed: Vec<_> =
        difference.changed().into_iter().map(|id| &*difference.functions()[id.index()].name).collect();
    assert_eq!(changed, ["a", "gone"]);
    assert_eq!(difference.functions().iter().find(|it| &*it.name == "a").unwrap().own.ratio(), Some(2.4));
    // As wide as both together: what is gone is seen.
    assert_eq!(difference.tree().width(), 51);
    assert_eq!(difference.tree().nodes().len(), 5);
    let table = csv(&difference_rows(&difference)).unwrap();
    assert_eq!(table.lines().nth(1), Some("a,,10,34,10,34"));
}

#[test]
fn twice_as_many_samples_are_no_change() {
    let difference = compare(b"main;a 10\nmain;b 5\n", b"main;a 20\nmain;b 10\n", true);
    assert!(difference.changed().is_empty(), "{:?}", rows(&difference));
    let slower = compare(b"main;a 10\nmain;b 10\n", b"main;a 30\nmain;b 10\n", true);
    assert_eq!(rows(&slower)[..2], [row("a", [20, 30], [20, 30]), row("b", [20, 10], [20, 10])]);
}

#[test]
fn functions_of_two_builds_are_the_same_without_their_hashes() {
    let difference = compare(
        b"app::run::h0123456789abcdef 3\nx::hnothex 1\n",
        b"app::run::hfedcba9876543210 5\nx::hnothex 1\n",
        false,
    );
    assert_eq!(rows(&difference).len(), 2);
    // Two runs of one module, in two engines: by the names alone, for the modules are called differently.
    let engines = compare(NODE, WASMTIME, true);
    for name in ["fib", "leaf", "run"] {
        let both =
            engines.functions().iter().filter(|it| &*it.name == name && it.before.is_some() && it.after.is_some());
        assert_eq!(both.count(), 1, "{name}");
    }
}

fn find(profile: &Profile, bytes: &[u8]) -> (Vec<(String, u32, MatchKind)>, MatchReport) {
    let map = Map::parse(bytes).unwrap();
    let found = Match::new(profile, &map);
    let mut functions: Vec<_> = (0..profile.functions().len())
        .map(wasm_profile::FunctionId::new)
        .filter_map(|id| {
            found.item(id).map(|(item, kind)| (profile.function(id).name.to_string(), map.item(item).index, kind))
        })
        .collect();
    functions.sort();
    (functions, found.report(profile, &weights(profile)))
}

#[test]
fn a_profile_finds_its_functions() {
    let named = |kind| vec![("fib".to_string(), 1, kind), ("leaf".to_string(), 2, kind), ("run".to_string(), 3, kind)];
    for (file, kind) in
        [(NODE, MatchKind::Offset), (CHROME, MatchKind::Offset), (WASMTIME, MatchKind::Name), (PPROF, MatchKind::Name)]
    {
        let profile = open(file).unwrap();
        let (functions, report) = find(&profile, WORK);
        assert_eq!(functions, named(kind), "{:?}", profile.format());
        assert!(!report.is_other_build(), "{report:?}");
        let all = report.found.weight + report.missing.weight + report.foreign.weight;
        assert_eq!(all + weights(&profile).without_stack(), weights(&profile).sum());
        assert!(report.found.weight > report.foreign.weight);
    }
    let by_offset: Vec<_> = find(&open(NODE_STRIPPED).unwrap(), WORK).0;
    assert_eq!(by_offset[0], ("wasm-function[1]".into(), 1, MatchKind::Offset));
    let by_index = find(&open(WASMTIME_STRIPPED).unwrap(), WORK).0;
    assert_eq!(by_index[0], ("<wasm function 0>".into(), 1, MatchKind::Index));
}

#[test]
fn a_profile_finds_the_functions_of_a_file_that_was_stripped() {
    let map = Map::parse(WORK).unwrap();
    let name = map.sections().iter().find(|section| section.name == Some("name")).unwrap().range.clone();
    let stripped = [&WORK[..name.start as usize], &WORK[name.end as usize..]].concat();
    let (functions, report) = find(&open(NODE).unwrap(), &stripped);
    let found = |name: &str, index| (name.to_string(), index, MatchKind::Offset);
    assert_eq!(functions, [found("fib", 1), found("leaf", 2), found("run", 3)]);
    assert!(!report.is_other_build());
}

#[test]
fn a_frame_is_a_place_in_the_file() {
    let (profile, map) = (open(NODE).unwrap(), Map::parse(WORK).unwrap());
    let found = Match::new(&profile, &map);
    let places: std::collections::BTreeSet<_> =
        profile.frames().iter().filter_map(|frame| found.offset(&map, frame)).collect();
    assert_eq!(places.into_iter().collect::<Vec<_>>(), [52, 81, 107]);
}

#[test]
fn a_profile_of_another_build_is_matched_by_name() {
    // `leaf` is renamed, and all code is elsewhere.
    let other = wat::parse_str(
        r#"(module (import "env" "tick" (func)) (import "env" "tock" (func))
            (func $run (export "run") nop nop) (func $fib) (func $leaves))"#,
    )
    .unwrap();
    let (functions, report) = find(&open(NODE).unwrap(), &other);
    assert_eq!(functions, [("fib".to_string(), 3, MatchKind::Name), ("run".to_string(), 2, MatchKind::Name)]);
    assert!(report.is_other_build());
    assert_eq!((report.moved, report.missing.functions, &*report.missing_names[0]), (2, 1, "leaf"));
    assert!(report.missing.weight > 0);
    // Indices of another build prove nothing if the code is elsewhere.
    let (functions, report) = find(&open(NODE_STRIPPED).unwrap(), &other);
    assert!(functions.is_empty() && report.missing.functions == 3, "{functions:?}");
}

/// The stacks with their own weight, by name.
fn paths(profile: &Profile) -> Vec<(Vec<String>, u64)> {
    let weights = weights(profile);
    let calls = (0..profile.calls().len()).map(CallId::new).filter(|&call| weights.own(call) > 0);
    let name = |id| profile.function(id).name.to_string();
    let mut paths: Vec<_> =
        calls.map(|call| (profile.path(call).into_iter().map(name).collect::<Vec<_>>(), weights.own(call))).collect();
    paths.sort();
    // Functions of one name in two modules.
    paths.dedup_by(|a, b| {
        let same = a.0 == b.0;
        b.1 += if same { a.1 } else { 0 };
        same
    });
    paths
}

#[test]
fn what_is_written_is_read_again() {
    for file in [NODE, NODE_STRIPPED, CHROME, WASMTIME, WASMTIME_STRIPPED, PPROF] {
        let profile = open(file).unwrap();
        let text = folded(&profile, &weights(&profile));
        assert_eq!(paths(&open(text.as_bytes()).unwrap()), paths(&profile));

        let json = firefox(&profile, MeasureId::default());
        let again = open(json.as_bytes()).unwrap();
        assert_eq!(paths(&again), paths(&profile));
        assert_eq!(hot_lines(&again, &weights(&again)), hot_lines(&profile, &weights(&profile)));
        for (left, right) in profile.threads().iter().zip(again.threads()) {
            assert_eq!((&left.name, left.starts()), (&right.name, right.starts()));
        }
        let found =
            |profile| find(profile, WORK).0.into_iter().map(|(name, index, _)| (name, index)).collect::<Vec<_>>();
        assert_eq!(found(&profile), found(&again));
        assert_eq!(
            firefox(&again, MeasureId::default()),
            firefox(&open(json.as_bytes()).unwrap(), MeasureId::default())
        );
    }
}

#[test]
fn folded_names_stay_apart() {
    let text = wasm_profile::export::folded;
    let mut builder = wasm_profile::Builder::new(wasm_profile::Format::Built, wasm_profile::Axis::Weight, vec![]);
    let mut stack = None;
    for name in ["a;b", "#c\n", ""] {
        let function = builder.named(name);
        let frame = builder.frame(wasm_profile::Frame::of(function));
        stack = Some(builder.stack(stack, frame));
    }
    let values = vec![wasm_profile::Column::Same(3)];
    builder.thread(wasm_profile::Samples { stacks: vec![stack], values, ..Default::default() }).unwrap();
    let profile = builder.finish().unwrap();
    assert_eq!(text(&profile, &weights(&profile)), "a:b;#c;(unknown) 3\n");
}

#[test]
fn tables() {
    let profile = open(b"main;a 3\nmain;a,b 4\n").unwrap();
    let weights = weights(&profile);
    let hot = hot_functions(&profile, &weights);
    assert_eq!(
        csv(&function_rows(&profile, &hot)).unwrap(),
        "function,module,file,line,own,total\n\"a,b\",,,,4,4\na,,,,3,3\nmain,,,,0,7\n"
    );
    let nodes = json(&node_rows(&profile, &Tree::new(&profile, &weights)));
    let nodes: serde_json::Value = serde_json::from_str(&nodes).unwrap();
    assert_eq!(nodes[1], serde_json::json!({ "depth": 1, "function": "a,b", "module": "", "own": 4, "total": 4 }));
    let node = open(NODE).unwrap();
    let lines = hot_lines(&node, &self::weights(&node));
    assert_eq!(csv(&line_rows(&lines)).unwrap().lines().count(), lines.len() + 1);
}

#[cfg(feature = "svg")]
#[test]
fn a_flame_graph() {
    let profile = open(NODE).unwrap();
    let draw = || wasm_profile::export::svg(&profile, &weights(&profile), "work", "ns").unwrap();
    let svg = String::from_utf8(draw()).unwrap();
    assert!(svg.starts_with("<?xml") && svg.contains("<title>leaf (") && svg.contains(">work<"), "{}", &svg[..400]);
    assert_eq!(draw(), svg.as_bytes());
    let empty = open(b"main 0\n").unwrap();
    assert!(wasm_profile::export::svg(&empty, &weights(&empty), "", "").is_err());
}

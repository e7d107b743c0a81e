//! Profiles that real tools wrote.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use proptest::sample::Index;
use wasm_profile::export::firefox;
use wasm_profile::{
    Address, Axis, Chart, Error, Filter, Format, HotAddress, MeasureId, Profile, ThreadId, Tree, Unit, Weights,
    hot_addresses, hot_functions, hot_lines, open,
};

const NODE: &[u8] = include_bytes!("files/node-named.cpuprofile");
const NODE_STRIPPED: &[u8] = include_bytes!("files/node-stripped.cpuprofile");

const CHROME: &[u8] = include_bytes!("files/chrome-trace.json");
const WASMTIME: &[u8] = include_bytes!("files/wasmtime.json");
const PPROF: &[u8] = include_bytes!("files/node.pb.gz");

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
    let profile = open(b"\nmain;a b;c 3\nmain;a b 1\nmain 2\nmain;a b;c 4\n\nother;c 1.75\r\n").unwrap();
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

    work_is_told(&profile);
}

/// What any profiler must tell of work.wat: `run` calls `fib`, which calls itself, and `leaf`.
fn work_is_told(profile: &Profile) {
    let rows = table(profile);
    let row = |name: &str| rows.iter().find(|row| row.0 == name).unwrap_or_else(|| panic!("{name}: {rows:?}"));
    let (fib, leaf, run) = (row("fib"), row("leaf"), row("run"));
    assert!(fib.1 == fib.2 && leaf.1 == leaf.2, "fib calls nothing but itself, leaf nothing: {rows:?}");
    assert_eq!(run.2, run.1 + fib.2 + leaf.2);
    assert!(run.2 > weights(profile).sum() / 2);
    assert!(profile.calls().iter().any(|call| call.recursive && &*profile.function(call.function).name == "fib"));
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

#[test]
fn wasmtime_profiles_a_guest() {
    let profile = open(WASMTIME).unwrap();
    assert_eq!((profile.format(), profile.axis(), profile.name()), (Format::Firefox, Axis::Time, "work.wasm"));
    let measures: Vec<_> = profile.measures().iter().map(|measure| (&*measure.name, measure.unit)).collect();
    assert_eq!(measures, [("samples", Unit::Samples), ("time", Unit::Nanoseconds), ("cpu", Unit::Nanoseconds)]);
    assert_eq!(weights(&profile).sum(), profile.sample_count() as u64);
    assert!(profile.functions().iter().all(|it| &*profile.modules()[it.module.unwrap().index()].name == "work.wasm"));
    assert!(profile.modules()[0].build_id.is_none(), "an id of zeros is none");
    work_is_told(&profile);
    // Samples every 2 ms, in time order, for as long as it ran.
    let millis = profile.range().end / 1_000_000;
    assert!((200..5000).contains(&millis), "{millis}");
    assert!(profile.threads()[0].starts().is_sorted());
}

#[test]
fn chrome_records_a_page() {
    let profile = open(CHROME).unwrap();
    assert_eq!((profile.format(), profile.threads().len()), (Format::ChromeTrace, 1));
    assert_eq!(profile.threads()[0].name, "CrRendererMain");
    let rows = table(&profile);
    assert!(rows.iter().any(|row| row.0 == "leaf") && rows.iter().any(|row| row.0 == "fib"), "{rows:?}");
    let addresses = hot_addresses(&profile, &weights(&profile));
    let name = |row: &HotAddress| profile.function(row.function).name.to_string();
    let wasm =
        addresses.iter().filter(|row| matches!(row.address, Address::Wasm(_))).map(|row| (name(row), row.address));
    let wasm: Vec<_> = wasm.collect();
    assert_eq!(wasm, [("leaf", 81), ("fib", 52), ("run", 107)].map(|(name, at)| (name.to_string(), Address::Wasm(at))));
    // A sample's line: the page fetches the module in its second line.
    let lines = hot_lines(&profile, &weights(&profile));
    assert!(lines.iter().any(|line| line.line == 2 && line.own > 0 && line.file.ends_with("page.html")), "{lines:?}");
}

#[test]
fn pprof_of_node() {
    let profile = open(PPROF).unwrap();
    assert_eq!((profile.format(), profile.axis()), (Format::Pprof, Axis::Weight));
    let measures: Vec<_> = profile.measures().iter().map(|measure| (&*measure.name, measure.unit)).collect();
    assert_eq!(measures, [("wall", Unit::Nanoseconds), ("sample", Unit::Samples)]);
    work_is_told(&profile);
    assert_eq!(profile.range(), 0..weights(&profile).sum());
}

/// A broken file must give a profile or an error, whichever; and what it gives must add up.
fn is_sound(bytes: &[u8]) {
    let Ok(profile) = open(bytes) else { return };
    for measure in 0..profile.measures().len() {
        let weights = Weights::new(&profile, MeasureId::new(measure), &Filter::default());
        let tree = Tree::new(&profile, &weights);
        assert_eq!(tree.width() + weights.without_stack(), weights.sum());
        assert_eq!(tree.nodes().iter().map(|node| node.own).sum::<u64>(), tree.width());
    }
    for thread in 0..profile.threads().len() {
        let chart = Chart::new(&profile, ThreadId::new(thread), &Filter::default());
        let range = chart.range();
        for it in chart.rectangles(range.clone(), 1 + (range.end - range.start) / 1000) {
            assert!(range.start <= it.start && it.start < it.end && it.end <= range.end);
        }
    }
    let weights = weights(&profile);
    for hot in hot_functions(&profile, &weights).into_iter().take(3) {
        assert_eq!(Tree::callees(&profile, &weights, hot.function).width(), hot.total);
        assert_eq!(Tree::callers(&profile, &weights, hot.function, 20).width(), hot.total);
    }
    // JSON's numbers are exact up to 2^53.
    if weights.sum() < 1 << 53 {
        let again = open(firefox(&profile, MeasureId::default()).as_bytes()).unwrap();
        assert_eq!(again.sample_count(), profile.sample_count());
    }
}

/// Every kind of file, unpacked.
fn files() -> Vec<Vec<u8>> {
    let mut pprof = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(PPROF), &mut pprof).unwrap();
    let folded = b"main;a 3 5\nmain;b 0 7\nmain;b;c 1 2\n".to_vec();
    vec![NODE_STRIPPED.to_vec(), CHROME.to_vec(), WASMTIME.to_vec(), PPROF.to_vec(), pprof, folded]
}

#[test]
fn a_file_that_is_cut_off() {
    for file in files() {
        let step = file.len().div_ceil(500);
        for end in (0..file.len()).step_by(step) {
            is_sound(&file[..end]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_file_with_other_bytes(which in 0..6_usize, changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..8)) {
        let mut file = files().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        is_sound(&file);
    }

    #[test]
    fn a_file_with_other_numbers(which in 0..6_usize, changes in proptest::collection::vec((any::<Index>(), "-?[0-9]{1,20}"), 1..4)) {
        let text = files().swap_remove(which);
        let digits = |byte: &u8| byte.is_ascii_digit();
        let mut file = text.clone();
        for (at, number) in changes {
            let at = at.index(file.len());
            let Some(start) = file[at..].iter().position(digits).map(|start| at + start) else { continue };
            let end = file[start..].iter().position(|byte| !digits(byte)).map_or(file.len(), |length| start + length);
            file.splice(start..end, number.into_bytes());
        }
        is_sound(&file);
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        is_sound(&bytes);
    }
}

#[test]
fn newer_firefox_shares_its_tables() {
    let mut file: serde_json::Value = serde_json::from_slice(WASMTIME).unwrap();
    let thread = file["threads"][0].as_object_mut().unwrap();
    let tables = ["stringArray", "stackTable", "frameTable", "funcTable", "resourceTable", "nativeSymbols"];
    let shared: serde_json::Map<_, _> =
        tables.iter().map(|&table| (table.to_string(), thread.remove(table).unwrap())).collect();
    let second = serde_json::Value::Object(thread.clone());
    file["shared"] = serde_json::Value::Object(shared);
    file["threads"].as_array_mut().unwrap().push(second);
    let (once, twice) = (open(WASMTIME).unwrap(), open(file.to_string().as_bytes()).unwrap());
    let doubled: Vec<_> = table(&once).into_iter().map(|(name, own, total)| (name, 2 * own, 2 * total)).collect();
    assert_eq!(table(&twice), doubled);
    assert_eq!(once.stacks(), twice.stacks());
}

#[test]
fn a_packed_file_is_read() {
    let mut packed = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzEncoder::new(NODE, flate2::Compression::fast()), &mut packed)
        .unwrap();
    assert_eq!(table(&open(&packed).unwrap()), table(&open(NODE).unwrap()));
}

#[test]
fn what_refers_to_itself_is_said() {
    let message = |text: &str| open(text.as_bytes()).unwrap_err().to_string();
    let node =
        |id: u32, child: u32| format!(r#"{{"id":{id},"callFrame":{{"functionName":"f"}},"children":[{child}]}}"#);
    let ring = format!(r#"{{"nodes":[{},{}],"samples":[1],"timeDeltas":[1]}}"#, node(1, 2), node(2, 1));
    assert_eq!(message(&ring), "V8 .cpuprofile: a node is its own ancestor, or two nodes have one id");
    assert_eq!(
        message(r#"{"nodes":[],"samples":[7],"timeDeltas":[1]}"#),
        "V8 .cpuprofile: a sample of node 7, which is not there"
    );
    let firefox = r#"{"meta":{"preprocessedProfileVersion":55},"threads":[{"stringArray":["f"],"funcTable":{"name":[0]},
        "frameTable":{"func":[0]},"stackTable":{"prefix":[0],"frame":[0]},"samples":{"stack":[0],"time":[0]}}]}"#;
    assert_eq!(message(firefox), "Firefox Profiler JSON: stack 0 has the prefix 0, which does not come before it");
    assert_eq!(
        message(r#"{"traceEvents":[{"name":"other"}]}"#),
        "Chrome trace without the V8 profiler's events: record it in the Performance panel of DevTools"
    );
}

/// A location of 5,000 inlined functions, named 5,000 times in one stack: 25 million frames out of 30 kB.
#[test]
fn inlined_functions_do_not_multiply_without_end() {
    let field = |number: u8, contents: &[u8]| {
        let length = contents.len();
        let mut bytes = vec![number << 3 | 2, length as u8 | 0x80, (length >> 7) as u8 | 0x80, (length >> 14) as u8];
        bytes.extend(contents);
        bytes
    };
    let line = field(4, &[1 << 3, 1]);
    let mut location = vec![1 << 3, 1];
    location.extend(line.repeat(5000));
    let mut sample = field(1, &[1; 5000]);
    sample.extend(field(2, &[1]));
    let mut file = field(1, &[]);
    for part in [field(2, &sample), field(4, &location), field(5, &[1 << 3, 1]), field(6, &[])] {
        file.extend(part);
    }
    let error = open(&file).unwrap_err().to_string();
    assert!(error.ends_with("more stacks of inlined functions than a file of this size can mean"), "{error}");
}

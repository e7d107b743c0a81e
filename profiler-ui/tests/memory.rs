//! The view of memory as a user drives it: a module that has not run, snapshots of one that ran (in node), a program
//! that runs behind a socket.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;

use common::{Bench, SAMPLE};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use memviz::coredump::{CoreInstance, Coredump};
use memviz::protocol::{Event, Frame, LiveMemory, Request, page_bits};
use memviz::snapshot::{Growth, Snapshot};
use memviz::{Image, MemoryRead as _};
use profiler_ui::state::State;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../memviz/tests/fixtures");
const TYPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../memviz/tests/fixtures/types_rust.wasm");

/// Memory of `types_rust.wasm` after each of so many calls of `fill`.
fn filled(calls: usize) -> Vec<Snapshot> {
    let mut snapshots = common::snapshots(TYPES, &vec!["fill"; calls]);
    for (call, snapshot) in (0..).zip(&mut snapshots) {
        let header = &mut snapshot.header;
        header.module.name = Some("types_rust.wasm".into());
        header.taken_at_ms = Some(1_800_000_000_000 + call * 1000);
        header.label = Some(format!("call {}", call + 1));
        let bytes = header.memories[0].bytes;
        header.growth = vec![Growth { at_ms: 1_800_000_000_000 - 500, memory: 0, bytes, stack: Vec::new() }];
    }
    snapshots
}

fn with_snapshots(state: &str, calls: usize) -> Bench {
    let mut bench = Bench::with_state(State::parse(state).unwrap(), &[TYPES]);
    for (at, snapshot) in filled(calls).into_iter().enumerate() {
        bench.put(&format!("{at}.memviz"), snapshot.write(), false);
    }
    bench.settle();
    bench
}

fn go_to(bench: &mut Bench, place: &str) {
    bench.key(Modifiers::NONE, Key::G);
    bench.type_text(place);
    bench.key(Modifiers::NONE, Key::Enter);
}

fn chosen(bench: &mut Bench) -> serde_json::Value {
    bench.state()["state"]["location"]["selection"]["memory"]["range"].clone()
}

#[test]
fn a_module_alone_shows_the_memory_that_it_starts_with() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::ALT, Key::Num2);
    bench.harness.get_all_by_label_contains("stack 0x0, ").next().unwrap();
    bench.harness.get_all_by_label_contains("data ").next().unwrap();
    bench.harness.get_by_label("hexdump, heat");
    go_to(&mut bench, "data");
    let range = chosen(&mut bench);
    assert!(range["start"].as_u64().unwrap() > 0, "{range}");
    // The data segment that wrote there is chosen in every other view.
    assert!(bench.state()["selected"].as_str().is_some(), "{}", bench.state());
}

#[test]
fn addresses_symbols_and_history_lead_through_the_memory() {
    let mut bench = with_snapshots("{}", 1);
    go_to(&mut bench, "0x100");
    assert_eq!(chosen(&mut bench)["start"], 0x100);
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.key(Modifiers::SHIFT, Key::ArrowRight);
    let range = chosen(&mut bench);
    assert_eq!(range["end"].as_u64().unwrap() - range["start"].as_u64().unwrap(), 2);
    go_to(&mut bench, "HEAD");
    let head = chosen(&mut bench);
    bench.harness.get_all_by_label_contains("HEAD").next().unwrap();
    // The static holds a pointer to the first node.
    bench.key(Modifiers::NONE, Key::Enter);
    let node = chosen(&mut bench);
    assert_ne!(node, head);
    bench.harness.get_all_by_label_contains("live block").next().unwrap();
    bench.key(Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(chosen(&mut bench), head);
    go_to(&mut bench, "no_such_thing");
    assert!(bench.state()["notices"].to_string().contains("no_such_thing"), "{}", bench.state());
}

#[test]
fn a_type_is_laid_over_what_is_chosen() {
    let mut bench = with_snapshots(r#"{"memory":{"type-name":"Node"}}"#, 1);
    go_to(&mut bench, "HEAD");
    bench.key(Modifiers::NONE, Key::Enter);
    bench.harness.get_all_by_label_contains("points: ").next().unwrap();
    bench.harness.get_all_by_label_contains("name: ").next().unwrap();
}

#[test]
fn moments_are_walked_through_and_compared() {
    let mut bench = with_snapshots(r#"{"memory":{"compared":{"moment":0},"panel":"diff"}}"#, 3);
    bench.harness.get_all_by_label_contains("+").next().unwrap();
    let blocks = |bench: &Bench| bench.harness.get_all_by_label_contains(" blocks").count();
    assert!(blocks(&bench) >= 1);
    bench.key(Modifiers::NONE, Key::OpenBracket);
    assert_eq!(bench.state()["state"]["memory"]["moment"]["moment"], 1);
    bench.key(Modifiers::NONE, Key::OpenBracket);
    bench.key(Modifiers::NONE, Key::OpenBracket);
    assert_eq!(bench.state()["state"]["memory"]["moment"], "start");
    bench.key(Modifiers::NONE, Key::CloseBracket);
    bench.harness.get_all_by_label_contains("0 B Changed").next().unwrap();
}

#[test]
fn live_blocks_are_counted_by_type_and_compared() {
    let bench = with_snapshots(r#"{"memory":{"compared":{"moment":0},"panel":"types"}}"#, 2);
    bench.harness.get_all_by_label_contains("Node").next().unwrap();
    bench.harness.get_all_by_label_contains("+4 / ").next().unwrap();
}

#[test]
fn what_leaks_is_told_by_type() {
    let waste = format!("{FIXTURES}/waste.wasm");
    let state = State::parse(r#"{"memory":{"panel":"leaks"}}"#).unwrap();
    let mut bench = Bench::with_state(state, &[&waste]);
    bench.put("lost.memviz", common::snapshot_after(&waste, &["open", "leak 30"]).write(), false);
    // A pointer that is left in the unused part of the stack hides one now and then.
    let is_group = |bench: &Bench, name: &str| {
        ["30", "29"].iter().any(|count| bench.harness.query_by_label(&format!("{count} × {name}")).is_some())
    };
    assert!(is_group(&bench, "waste::Session") && is_group(&bench, "waste::User"), "{}", bench.state());
}

#[test]
fn text_is_found_in_the_memory() {
    let mut bench = with_snapshots(r#"{"memory":{"pattern":"node node node node","panel":"found"}}"#, 1);
    let range = chosen(&mut bench);
    assert_eq!(range["end"].as_u64().unwrap() - range["start"].as_u64().unwrap(), 19, "{}", bench.state());
    let before = chosen(&mut bench);
    bench.key(Modifiers::NONE, Key::F3);
    // The only one that long is the last node's.
    assert_eq!(chosen(&mut bench), before);
}

#[test]
fn a_core_dump_shows_its_memory_without_a_module() {
    let snapshot = filled(1).remove(0);
    let dump = Coredump {
        executable: "types_rust.wasm".into(),
        modules: vec!["types_rust".into()],
        instances: vec![CoreInstance { module: 0, memories: vec![0], globals: vec![] }],
        memories: vec![(snapshot.header.memories[0].ty.clone(), snapshot.memories[0].clone())],
        ..Coredump::default()
    };
    let mut bench = Bench::empty();
    bench.put("crash.wasm", dump.write(), false);
    bench.settle();
    bench.harness.get_all_by_label_contains("dlmalloc").next().unwrap();
}

#[test]
fn a_snapshot_of_another_build_is_told_and_drawn() {
    let mut bench = Bench::open(SAMPLE);
    bench.put("other.memviz", filled(1).remove(0).write(), false);
    let notices = bench.state()["notices"].to_string();
    assert!(notices.contains("is of another build than the module"), "{notices}");
    bench.harness.get_by_label("hexdump, heat");
}

#[test]
fn a_link_leads_to_the_same_bytes() {
    let mut bench = with_snapshots("{}", 2);
    go_to(&mut bench, "HEAD");
    bench.key(Modifiers::NONE, Key::W);
    bench.key(Modifiers::NONE, Key::Num2);
    let link = bench.state()["link"].as_str().unwrap().to_string();
    let state = State::parse(&link).unwrap();
    let mut again = with_snapshots(&state.to_json().to_string(), 2);
    assert_eq!(again.state()["state"], bench.state()["state"]);
}

/// An engine: it serves a snapshot over a socket; `change` writes to its memory.
fn serve(listener: TcpListener, snapshot: Snapshot) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut snapshot = snapshot;
    let module = snapshot.header.module.clone();
    let memories =
        vec![LiveMemory { ty: snapshot.header.memories[0].ty.clone(), bytes: snapshot.header.memories[0].bytes }];
    let hello = Event::Hello { version: 1, module, engine: "test engine".into(), memories };
    stream.write_all(&Frame::new(None, hello).encode().unwrap()).unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let size = match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(size) => size,
        };
        received.extend(&buffer[..size]);
        while let Some((frame, used)) = Frame::<Request>::decode(&received).unwrap() {
            received.drain(..used);
            let mut answers = Vec::new();
            match frame.message {
                Request::Snapshot { .. } => {
                    answers.push(Frame { id: frame.id, message: Event::Snapshot, bytes: snapshot.write() });
                    // It goes on, writes, and stops.
                    let before = page_bits(&Image::zeros(snapshot.memories[0].len()), 0..u64::MAX, 4096);
                    let mut bits = before;
                    bits[0] |= 1;
                    snapshot.memories[0].write(0x100, b"written later");
                    answers.push(Frame {
                        id: None,
                        message: Event::Changed { memory: 0, page_bytes: 4096 },
                        bytes: bits,
                    });
                }
                Request::Read { memory, address, length } => {
                    let mut bytes = vec![0; length as usize];
                    assert!(snapshot.memories[memory as usize].read(address, &mut bytes));
                    answers.push(Frame { id: frame.id, message: Event::Bytes { memory, address }, bytes });
                }
                _ => answers.push(Frame::new(frame.id, Event::Done)),
            }
            for answer in answers {
                stream.write_all(&answer.encode().unwrap()).unwrap();
            }
        }
    }
}

#[test]
fn a_program_that_runs_is_watched() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let snapshot = filled(1).remove(0);
    std::thread::spawn(move || serve(listener, snapshot));
    let mut bench = Bench::open(TYPES);
    bench.attach(address);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while bench.harness.query_all_by_label("test engine").next().is_none() {
        assert!(std::time::Instant::now() < deadline, "{}", bench.state());
        bench.settle();
    }
    go_to(&mut bench, "0x100");
    // What it wrote after the snapshot is asked for, because it told that the page changed.
    while bench.harness.query_all_by_label_contains("written later").next().is_none() {
        assert!(std::time::Instant::now() < deadline, "{}", bench.state());
        bench.settle();
    }
    bench.harness.get_by_label("test engine");
    bench.harness.get_by_label("Take a snapshot").click();
    bench.settle();
}

#[test]
fn an_engine_that_is_not_there_is_told() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut bench = Bench::open(TYPES);
    bench.attach(address);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !bench.state()["notices"].to_string().contains("can't be reached") {
        assert!(std::time::Instant::now() < deadline, "{}", bench.state());
        bench.settle();
    }
}

const PICTURED: &str = r#","focus":"memory","memory":{"compared":{"moment":0},"type-name":""}}"#;

fn picture(theme: &str) -> Bench {
    let mut bench = with_snapshots(&format!(r#"{{"theme":"{theme}"{PICTURED}"#), 3);
    go_to(&mut bench, "HEAD");
    bench.settle();
    bench
}

#[test]
fn a_picture_in_light() {
    picture("light").harness.snapshot("memory_light");
}

#[test]
fn a_picture_in_dark() {
    picture("dark").harness.snapshot("memory_dark");
}

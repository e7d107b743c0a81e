//! Programs under the debugger, in this process and behind a socket, as a user drives them.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use common::{Bench, SAMPLE};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use profiler_ui::state::State;
use wasm_analyzer::source::Sources;
use wasm_binary::Map;
use wasm_gdb::engine;
use wasm_gdb::remote::Server;
use wasm_gdb::session::Session;

const CALC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/c-calc/c-calc.wasm");
const CALC_SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/c-calc/src");

/// The folder of the calculator's sources, as the compiler wrote it.
fn compiled_folder() -> String {
    let bytes = std::fs::read(CALC).unwrap();
    let map = Map::parse(&bytes).unwrap();
    let (sources, _) = Sources::open(&map);
    let (_, item) = map.iter().find(|(id, _)| map.name(*id).is_some_and(|name| name == "unary")).unwrap();
    let file = (item.start..item.end).find_map(|at| sources.places(&map, at).pop()).unwrap().file;
    file.rsplit_once('/').unwrap().0.to_string()
}

/// The calculator with something to calculate, and a breakpoint where an expression begins to be evaluated.
fn calc(theme: &str) -> (Bench, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input.txt");
    std::fs::write(&input, "a = 3\nsqrt(a^2 + 4^2)\n").unwrap();
    let state = serde_json::json!({
        "theme": theme,
        "code": { "source-map": [[compiled_folder(), CALC_SOURCES]] },
        "debugging": { "input": input, "breakpoints": [{ "at": { "function": "expr_eval" } }] },
    });
    let bench = Bench::with_state(State::parse(&state.to_string()).unwrap(), &[CALC]);
    (bench, folder)
}

/// Waits until the program does something else than run.
fn wait_for(bench: &mut Bench, status: &str) -> serde_json::Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        bench.settle();
        let state = bench.state();
        if state["debugged"]["status"] == status {
            return state;
        }
        assert!(Instant::now() < deadline, "not {status}: {state}");
    }
}

fn start(bench: &mut Bench) {
    bench.key(Modifiers::COMMAND, Key::F5);
    wait_for(bench, "stopped");
}

/// The calculator, stopped where the first expression begins to be evaluated.
fn calc_at_breakpoint(theme: &str) -> (Bench, tempfile::TempDir, serde_json::Value) {
    let (mut bench, folder) = calc(theme);
    start(&mut bench);
    bench.key(Modifiers::NONE, Key::F5);
    let hit = wait_for(&mut bench, "stopped");
    (bench, folder, hit)
}

fn line(state: &serde_json::Value) -> u64 {
    state["debugged"]["calls"][0]["line"].as_u64().unwrap()
}

#[test]
fn a_program_stops_at_a_breakpoint_steps_and_goes_back() {
    let (mut bench, _folder, hit) = calc_at_breakpoint("light");
    assert!(hit["debugged"]["calls"][0]["function"].as_str().unwrap().contains("expr_eval"), "{hit}");
    assert_eq!(hit["debugged"]["calls"][0]["file"], "eval.c");
    // The other views follow.
    assert!(hit["selected"].as_str().unwrap().contains("expr_eval"), "{hit}");
    bench.key(Modifiers::NONE, Key::F10);
    let stepped = wait_for(&mut bench, "stopped");
    assert_ne!(line(&stepped), line(&hit));
    bench.key(Modifiers::ALT, Key::F10);
    let back = wait_for(&mut bench, "stopped");
    assert_eq!(line(&back), line(&hit));
    // Without the breakpoint it runs to its end.
    bench.harness.get_by_label("Remove: expr_eval").click_accesskit();
    bench.settle();
    bench.key(Modifiers::NONE, Key::F5);
    let over = wait_for(&mut bench, "exited");
    assert_eq!(over["debugged"]["why"], "0");
    assert!(over["debugged"]["output"].as_str().unwrap().contains("a = 3\n5\n"), "{over}");
    assert_eq!(over["notices"], serde_json::json!([]));
}

/// A Rust program of one file with debug information.
fn rust_program(folder: &std::path::Path, source: &str) -> std::path::PathBuf {
    let (file, wasm) = (folder.join("main.rs"), folder.join("program.wasm"));
    std::fs::write(&file, source).unwrap();
    let mut rustc = std::process::Command::new("rustc");
    rustc
        .args(["--crate-name", "program", "--edition", "2024", "-g", "--target", "wasm32-wasip1", "-o"])
        .arg(&wasm)
        .arg(&file);
    let done = rustc.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    wasm
}

#[test]
fn a_rust_program_shows_its_main_first_and_the_runtime_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = rust_program(folder.path(), "fn main() {\n    let seven = 7;\n    println!(\"{seven}\");\n}\n");
    let mut bench = Bench::empty();
    bench.read(&wasm);
    start(&mut bench);
    let state = bench.state();
    let calls = state["debugged"]["calls"].as_array().unwrap();
    assert_eq!(calls[0]["function"], "program::main");
    assert_eq!(calls[0]["file"], "main.rs");
    assert!(calls.len() > 3, "{state}");
    assert_eq!(state["notices"], serde_json::json!([]));
    // What called it is one line, until it is wanted.
    let rows = |bench: &Bench| bench.harness.query_all_by_label_contains("lang_start").count();
    assert_eq!(rows(&bench), 0);
    bench.harness.get_by_label_contains("Calls of the runtime").click();
    bench.settle();
    assert!(rows(&bench) > 0);
    // Started anew it is there again; from its very beginning it runs there on demand.
    bench.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::F5);
    assert_eq!(wait_for(&mut bench, "stopped")["debugged"]["calls"][0]["function"], "program::main");
    bench.key(Modifiers::SHIFT, Key::F5);
    bench.key(Modifiers::ALT, Key::Num5);
    bench.harness.get_by_label("Stop before the first instruction").click();
    bench.settle();
    start(&mut bench);
    assert_ne!(bench.state()["debugged"]["calls"][0]["function"], "program::main");
    bench.key(Modifiers::COMMAND, Key::F10);
    let main = wait_for(&mut bench, "stopped");
    assert_eq!(main["debugged"]["calls"][0]["function"], "program::main");
    // Nothing of it stays: it runs to its end.
    bench.key(Modifiers::NONE, Key::F5);
    assert_eq!(wait_for(&mut bench, "exited")["debugged"]["output"], "7\n");
}

#[test]
fn a_stop_is_saved_with_its_calls_and_variables() {
    let (mut bench, _folder, hit) = calc_at_breakpoint("light");
    bench.command("export json");
    let [(name, bytes)] = &bench.saved()[..] else { panic!("one file") };
    assert_eq!(name, "debugger.json");
    let json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(json["calls"][0]["line"], hit["debugged"]["calls"][0]["line"]);
    let variables: Vec<&serde_json::Value> =
        json["scopes"].as_array().unwrap().iter().flat_map(|scope| scope["variables"].as_array().unwrap()).collect();
    assert!(variables.iter().any(|variable| variable["name"] == "expr"), "{json}");
    bench.command("export csv");
    let saved = bench.saved();
    let csv = String::from_utf8(saved[0].1.clone()).unwrap();
    assert!(csv.starts_with("what,name,value,type,file,line,at\ncall,"), "{csv}");
    assert!(csv.lines().any(|line| line.contains(",expr,")), "{csv}");
    assert!(csv.contains("\nbreakpoint,expr_eval,"), "{csv}");
    bench.command("export svg");
    let texts = common::texts_of_svg(&bench.saved()[0].1);
    assert!(texts.iter().any(|text| text.contains("eval.c")), "{texts:?}");
}

#[test]
fn a_breakpoint_of_a_function_has_its_dot_beside_the_line_where_it_stops() {
    let (mut bench, _folder, hit) = calc_at_breakpoint("light");
    // The program stands there, too: both are seen.
    bench.harness.get_by_label(&format!("breakpoint at line {}", line(&hit))).click();
    bench.settle();
    assert!(bench.state()["state"]["debugging"]["breakpoints"].is_null(), "{}", bench.state());
}

#[test]
fn the_memory_view_follows() {
    let (mut bench, _folder, _) = calc_at_breakpoint("light");
    // Where a pointer leads is shown in memory.
    bench.harness.get_all_by_label_contains("expr = ").next().unwrap().click();
    bench.settle();
    bench.harness.get_all_by_label_contains("kind = ").next().unwrap().click_secondary();
    bench.settle();
    bench.harness.get_by_label("Show in memory").click();
    bench.settle();
    let deadline = Instant::now() + Duration::from_secs(60);
    while bench.state()["live"]["pages"].as_u64().unwrap_or(0) == 0 {
        assert!(Instant::now() < deadline, "{}", bench.state());
        bench.settle();
    }
    bench.harness.get_all_by_label_contains("live block").next().unwrap();
    assert_eq!(bench.state()["notices"], serde_json::json!([]));
}

#[test]
fn values_unfold_are_watched_and_change() {
    let (mut bench, _folder, _) = calc_at_breakpoint("light");
    bench.harness.get_all_by_label_contains("expr = ").next().unwrap().click();
    bench.settle();
    bench.harness.get_all_by_label_contains("kind = ").next().unwrap();
    bench.harness.get_by_label("Expression to watch").focus();
    bench.settle();
    bench.type_text("variable_count + 7");
    bench.key(Modifiers::NONE, Key::Enter);
    bench.settle();
    bench.harness.get_all_by_label_contains("variable_count + 7 = 7").next().unwrap();
    // A command of the debugger answers below.
    bench.harness.get_by_label_contains("wasm mem map").focus();
    bench.settle();
    bench.type_text("variable_count");
    bench.key(Modifiers::NONE, Key::Enter);
    bench.settle();
    assert!(bench.state()["debugged"]["output"].as_str().unwrap().ends_with("variable_count0"), "{}", bench.state());
}

#[test]
fn a_breakpoint_is_set_beside_its_line() {
    let (mut bench, _folder, hit) = calc_at_breakpoint("dark");
    let next = line(&hit) + 1;
    bench.harness.get_by_label(&format!("no breakpoint at line {next}")).click();
    bench.settle();
    let set = &bench.state()["state"]["debugging"]["breakpoints"][1]["at"]["line"];
    assert_eq!(set["line"], next);
    assert!(set["file"].as_str().unwrap().ends_with("src/eval.c"), "{set}");
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.key(Modifiers::NONE, Key::F9);
    assert_eq!(bench.state()["state"]["debugging"]["breakpoints"].as_array().unwrap().len(), 3);
}

#[test]
fn a_program_that_never_ends_is_paused_and_left() {
    let mut bench = Bench::empty();
    let module =
        wat::parse_str("(module (memory (export \"memory\") 1) (func (export \"_start\") (loop br 0)))").unwrap();
    bench.put("endless.wasm", module, false);
    start(&mut bench);
    bench.key(Modifiers::NONE, Key::F5);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(wait_for(&mut bench, "running")["debugged"]["status"], "running");
    bench.key(Modifiers::NONE, Key::F6);
    wait_for(&mut bench, "stopped");
    // There is no source: its instructions are shown.
    bench.harness.get_all_by_label_contains("loop").next().unwrap();
    let has_memory = |state: &serde_json::Value| !state["live"].is_null();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !has_memory(&bench.state()) {
        assert!(Instant::now() < deadline, "{}", bench.state());
        bench.settle();
    }
    bench.key(Modifiers::SHIFT, Key::F5);
    assert!(bench.state()["debugged"].is_null());
    // That its memory is gone too is no surprise.
    std::thread::sleep(Duration::from_millis(300));
    bench.settle();
    assert_eq!(bench.state()["notices"], serde_json::json!([]));
}

#[test]
fn a_function_of_a_library_is_called() {
    let state = State::parse(r#"{"debugging": {"function": "twice", "arguments": "21"}}"#).unwrap();
    let mut bench = Bench::with_state(state, &[]);
    let module = wat::parse_str(
        "(module (func $twice (export \"twice\") (param i32) (result i32) local.get 0 i32.const 1 i32.shl))",
    );
    bench.put("twice.wasm", module.unwrap(), false);
    start(&mut bench);
    assert_eq!(bench.state()["debugged"]["calls"][0]["function"], "twice");
    bench.harness.get_all_by_label_contains("local0 = 21").next().unwrap();
}

#[test]
fn arguments_are_apart_as_in_a_shell() {
    let module =
        wat::parse_str("(module (func (export \"twice\") (param i32) (result i32) local.get 0 i32.const 1 i32.shl))")
            .unwrap();
    let open = |arguments: &str| {
        let state = serde_json::json!({ "debugging": { "function": "twice", "arguments": arguments } });
        let mut bench = Bench::with_state(State::parse(&state.to_string()).unwrap(), &[]);
        bench.put("twice.wasm", module.clone(), false);
        bench.key(Modifiers::COMMAND, Key::F5);
        bench
    };
    wait_for(&mut open("'21'"), "stopped");
    let lost = wait_for(&mut open("'21"), "lost");
    assert!(lost["debugged"]["why"].as_str().unwrap().contains("quote"), "{lost}");
}

#[test]
fn what_cannot_be_debugged_is_said() {
    let mut bench = Bench::empty();
    bench.key(Modifiers::COMMAND, Key::F5);
    assert!(bench.state()["notices"][0].as_str().unwrap().len() > 5);
    let module =
        wat::parse_str("(module (import \"nowhere\" \"nothing\" (func)) (func (export \"_start\") call 0))").unwrap();
    bench.put("lonely.wasm", module, false);
    bench.key(Modifiers::COMMAND, Key::F5);
    let lost = wait_for(&mut bench, "lost");
    assert!(lost["debugged"]["why"].as_str().unwrap().contains("nothing"), "{lost}");
}

/// A `wasm-gdb` that has the sample, and the port where it listens.
fn listening() -> SocketAddr {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let bytes = std::fs::read(CALC).unwrap().into();
        let engine = engine::launch(CALC, bytes, &Default::default(), Default::default()).unwrap();
        let modules = engine.modules().to_vec();
        let server = Server::listen(None, 0).unwrap();
        tell.send(server.address().unwrap()).unwrap();
        server.serve(&mut Session::new(engine, &modules)).unwrap();
    });
    told.recv().unwrap()
}

#[test]
fn a_wasm_gdb_that_listens_is_attached_to() {
    let mut bench = Bench::open(CALC);
    bench.debug_at(listening());
    let entry = wait_for(&mut bench, "stopped");
    assert!(entry["selected"].as_str().is_some(), "{entry}");
    bench.key(Modifiers::NONE, Key::F11);
    wait_for(&mut bench, "stopped");
}

#[test]
fn a_debugger_that_vanishes_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let gone = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let mut bench = Bench::open(SAMPLE);
    bench.debug_at(address);
    gone.join().unwrap();
    let lost = wait_for(&mut bench, "lost");
    assert!(lost["notices"].to_string().contains("The debugger can't be reached"), "{lost}");
}

#[test]
fn a_picture_in_light() {
    picture("light", "debugger_light");
}

#[test]
fn a_picture_in_dark() {
    picture("dark", "debugger_dark");
}

fn picture(theme: &str, name: &str) {
    let (mut bench, _folder, _) = calc_at_breakpoint(theme);
    bench.harness.get_all_by_label_contains("expr = ").next().unwrap().click();
    bench.settle();
    bench.harness.snapshot(name);
}

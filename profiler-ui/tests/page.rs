//! The panel of the browser's developer tools, as wide as it is when it is docked: what was found in a page, and what is
//! asked of the bridge.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::VecDeque;

use common::{Bench, SAMPLE};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use memviz::protocol::LiveMemory;
use memviz::snapshot::{ModuleIdentity, Snapshot};
use memviz::{MemoryRead, MemoryType};
use profiler_ui::live::{Ask, MemorySource, News};
use profiler_ui::page::PageCommand;
use profiler_ui::state::State;
use serde_json::{Value, json};

/// A docked panel of the developer tools.
const DOCKED: [f32; 2] = [550.0, 640.0];

fn panel(state: Value, files: &[&str]) -> Bench {
    Bench::scaled(State::parse(&state.to_string()).unwrap(), files, DOCKED, 1.0)
}

fn page() -> Value {
    let growth =
        |at: u64, bytes: u64, stack: &[&str]| json!({ "at_ms": at, "bytes": bytes, "how": "looked", "stack": stack });
    let memory = |id: u64, name: Value, bytes: u64, is_gone: bool| {
        json!({ "id": id, "frame": 1, "name": name, "how": "exported", "at_ms": 1000, "bytes": bytes,
            "minimum_bytes": 65536, "maximum_bytes": 18_446_744_073_709_552_000.0, "shared": id == 22, "is_64": id == 22,
            "is_gone": is_gone, "growth": [growth(1000, 65536, &[]), growth(3500, bytes, &["render (app.js:12)", "main (app.js:90)"])] })
    };
    let module = |id: u64, url: &str, error: Value| {
        json!({ "id": id, "frame": 1, "url": url, "name": null, "bytes": 761_130, "hash": "00", "how": "instantiate-streaming",
            "at_ms": 900, "took_ms": 12.5, "error": error, "has_bytes": error.is_null(),
            "imports": [{ "module": "env", "name": "log", "kind": "function" }],
            "exports": [{ "name": "render", "kind": "function" }, { "name": "memory", "kind": "memory" }],
            "custom_sections": [{ "name": "name", "bytes": 1200 }] })
    };
    let calls = |direction: &str, name: &str, count: u64, own: f64, total: f64| {
        json!({ "instance": 31, "direction": direction, "name": name, "count": count, "threw": 0, "total_ms": total,
            "own_ms": own, "longest_ms": 3.5, "value_bytes": count * 8 })
    };
    json!({
        "version": 1, "url": "https://markdown.test/live?q=1", "load": 1, "hook": "start", "counts_calls": true,
        "always_on": "not-granted", "attached": null,
        "frames": [{ "id": 1, "parent": null, "url": "https://markdown.test/", "hook": "start" }],
        "modules": [
            module(11, "https://markdown.test/pkg/markdown.wasm?v=3", Value::Null),
            module(12, "https://markdown.test/old.wasm", json!({ "kind": "CompileError", "message": "expected magic word" })),
        ],
        "instances": [{ "id": 31, "frame": 1, "module": 11, "at_ms": 950, "memories": [21], "tables": [41], "extern_refs": 17 }],
        "memories": [
            memory(21, json!("memory"), 1_179_648, false),
            memory(22, json!("env.shared"), 4_294_967_296, false),
            memory(23, Value::Null, 0, true),
        ],
        "tables": [{ "id": 41, "frame": 1, "name": "__indirect_function_table", "element": "funcref", "length": 120, "used": 118 }],
        "calls": [
            calls("in", "parse", 12, 4.0, 90.0),
            calls("in", "render", 3400, 812.4, 900.0),
            calls("out", "env.log", 90_000, 30.0, 30.0),
        ],
        "unseen": [{ "what": "worker", "subject": "https://markdown.test/worker.js", "reason": "a worker gets no hook: it can't be asked" }],
        "watches": [{ "memory": 21, "address": 1024, "length": 8, "hex": "de000000ad00beef", "changes": 7, "changed_at_ms": 4000 }],
        "search": null, "cost_ms": 4.25,
    })
}

#[test]
fn without_a_page_there_is_no_such_view() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::ALT, Key::Num7);
    assert_ne!(bench.state()["state"]["focus"], "page");
    assert!(bench.harness.query_by_label("Reload with hook").is_none());
}

#[test]
fn a_page_that_was_not_looked_into_says_what_to_do() {
    let mut bench = panel(json!({}), &[]);
    let asked = bench.start_panel();
    bench.harness.get_by_label_contains("Nothing was looked for yet");
    bench.harness.get_by_label("Reload with hook").click();
    bench.settle();
    bench.harness.get_by_label("Reload and count calls").click();
    bench.settle();
    let reload = |count_calls| PageCommand::Reload { count_calls };
    // And by the palette, from wherever the focus is.
    bench.key(Modifiers::COMMAND, Key::P);
    bench.type_text("with hook");
    bench.key(Modifiers::NONE, Key::Enter);
    assert_eq!(*asked.borrow(), [reload(false), reload(true), reload(false)]);
    let mut nothing = page();
    for list in ["modules", "instances", "memories", "tables", "calls", "watches", "unseen"] {
        nothing[list] = json!([]);
    }
    bench.set_page(&nothing);
    bench.harness.get_by_label_contains("this page has loaded no WebAssembly so far");
    nothing["hook"] = json!("unreachable");
    bench.set_page(&nothing);
    bench.harness.get_by_label_contains("This page can't be asked");
}

#[test]
fn memories_and_modules_are_opened_by_keys_and_by_buttons() {
    let mut bench = panel(json!({}), &[]);
    let asked = bench.start_panel();
    bench.set_page(&page());
    bench.harness.get_by_label_contains("memory, 1.1 MiB, markdown.wasm");
    bench.harness.get_by_label("render (app.js:12)");
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.key(Modifiers::NONE, Key::Enter);
    assert_eq!(*asked.borrow(), [PageCommand::Attach { memory: Some(22) }]);
    assert_eq!(bench.state()["state"]["focus"], "memory");
    bench.key(Modifiers::ALT, Key::Num7);
    // A memory that is gone can't be opened.
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.key(Modifiers::NONE, Key::Enter);
    assert_eq!(asked.borrow().len(), 1);
    bench.key(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(bench.state()["state"]["page"]["section"], "modules");
    bench.harness.get_by_label("ExternRef: 17");
    bench.harness.get_by_label("Show its sizes").click();
    bench.settle();
    assert_eq!(asked.borrow()[1], PageCommand::LoadModule { module: 11 });
    bench.key(Modifiers::ALT, Key::Num7);
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.harness.get_by_label_contains("CompileError: expected magic word");
    // The ids of another load mean something else.
    let mut next = page();
    next["load"] = json!(2);
    bench.set_page(&next);
    bench.harness.get_by_label("https://markdown.test/pkg/markdown.wasm?v=3");
}

#[test]
fn the_hot_calls_are_first() {
    let mut bench = panel(json!({ "page": { "section": "calls" } }), &[]);
    let asked = bench.start_panel();
    bench.set_page(&page());
    let order = |bench: &Bench| -> Vec<f32> {
        let top = |name: &str| bench.harness.get_by_label_contains(name).rect().top();
        [
            "render  JS → wasm  markdown.wasm, ",
            "env.log  wasm → JS  markdown.wasm, ",
            "parse  JS → wasm  markdown.wasm, ",
        ]
        .map(top)
        .to_vec()
    };
    assert!(order(&bench).is_sorted(), "{:?}", order(&bench));
    bench.harness.get_by_label_contains("Sort by").click();
    bench.settle();
    bench.harness.get_all_by_label("Count").next().unwrap().click();
    bench.settle();
    assert!(!order(&bench).is_sorted(), "{:?}", order(&bench));
    bench.harness.get_by_label("Forget the counts").click();
    bench.settle();
    assert_eq!(*asked.borrow(), [PageCommand::ClearCalls]);
}

#[test]
fn what_is_attached_can_be_saved_and_watched_places_left() {
    let mut bench = panel(json!({}), &[]);
    let asked = bench.start_panel();
    let mut attached = page();
    attached["attached"] = json!({ "memory": 21, "instance": 31, "memory_index": 0 });
    bench.set_page(&attached);
    for label in ["Save a snapshot", "Open in the full app", "Let go"] {
        bench.harness.get_by_label(label).click();
        bench.settle();
    }
    bench.harness.get_by_label("Watched 1").click();
    bench.settle();
    bench.harness.get_by_label("memory 0x400, de 00 00 00 ad 00 be ef, 7");
    bench.harness.get_by_label("Stop watching").click();
    bench.settle();
    bench.harness.get_by_label("Not seen 1").click();
    bench.settle();
    bench.harness.get_all_by_label_contains("a worker gets no hook").next().unwrap();
    let expected = [
        PageCommand::SaveSnapshot { label: None },
        PageCommand::OpenInTab,
        PageCommand::Attach { memory: None },
        PageCommand::Unwatch { memory: 21, address: 1024 },
    ];
    assert_eq!(*asked.borrow(), expected);
}

#[test]
fn an_inventory_that_is_none_is_told() {
    let mut bench = panel(json!({}), &[]);
    bench.start_panel();
    bench.set_page(&json!({ "version": 99 }));
    assert!(bench.state()["notices"].to_string().contains("version 99"), "{}", bench.state());
}

/// An engine that tells of one memory, and gives a snapshot of it.
struct Engine(VecDeque<News>);

impl MemorySource for Engine {
    fn ask(&mut self, ask: Ask) {
        if ask == Ask::Moment {
            let ty = MemoryType { minimum_bytes: 65_536, ..MemoryType::default() };
            let bytes = [b"needle".as_slice(), &[0; 65_530]].concat();
            let snapshot = Snapshot::take(ModuleIdentity::default(), [(ty, &bytes as &dyn MemoryRead)], &[]);
            self.0.push_back(News::Moment(Box::new(snapshot)));
        }
    }

    fn poll(&mut self) -> Option<News> {
        self.0.pop_front()
    }
}

#[test]
fn a_running_memory_is_searched_and_watched_in_the_page() {
    let mut bench = panel(json!({}), &[]);
    let asked = bench.start_panel();
    let mut attached = page();
    attached["attached"] = json!({ "memory": 21, "instance": 31, "memory_index": 0 });
    bench.set_page(&attached);
    let memory = LiveMemory { ty: MemoryType::default(), bytes: 65_536 };
    let hello = News::Hello { module: ModuleIdentity::default(), engine: "a page".into(), memories: vec![memory] };
    bench.attach_to(Box::new(Engine(VecDeque::from([hello]))));
    assert_eq!(bench.state()["state"]["focus"], "memory");
    bench.harness.get_by_label("Find in memory").focus();
    bench.settle();
    bench.type_text("u16:7");
    bench.key(Modifiers::NONE, Key::Enter);
    assert_eq!(*asked.borrow(), [PageCommand::Search { memory: 21, hex: "0700".into(), from: 0 }]);
    attached["search"] =
        json!({ "memory": 21, "hex": "0700", "hits": [512, 516, 4096], "searched_to": 65536, "is_done": true });
    bench.set_page(&attached);
    bench.harness.get_by_label("Found 3");
    bench.key(Modifiers::NONE, Key::F3);
    assert_eq!(bench.state()["state"]["location"]["selection"]["memory"]["range"]["start"], 512);
    bench.harness.get_by_label("Inspector").click();
    bench.settle();
    bench.harness.get_by_label("Watch").click();
    bench.settle();
    assert_eq!(asked.borrow()[1], PageCommand::Watch { memory: 21, address: 512, length: 2 });
}

fn picture(theme: &str) {
    let mut results = egui_kittest::SnapshotResults::new();
    for (name, state) in [
        ("memories", json!({})),
        ("modules", json!({ "section": "modules" })),
        ("calls", json!({ "section": "calls" })),
    ] {
        let mut bench = panel(json!({ "theme": theme, "page": state }), &[]);
        bench.start_panel();
        bench.set_page(&page());
        bench.harness.snapshot(format!("page_{name}_{theme}"));
        results.extend_harness(&mut bench.harness);
    }
}

#[test]
fn pictures_in_light() {
    picture("light");
}

#[test]
fn pictures_in_dark() {
    picture("dark");
}

/// The other views have to do with the width of a panel, too.
#[test]
fn the_other_views_in_a_narrow_panel() {
    let mut results = egui_kittest::SnapshotResults::new();
    for view in ["sizes", "memory", "code"] {
        let mut bench = panel(json!({ "theme": "light", "focus": view }), &[SAMPLE]);
        bench.settle();
        bench.harness.snapshot(format!("narrow_{view}"));
        results.extend_harness(&mut bench.harness);
    }
}

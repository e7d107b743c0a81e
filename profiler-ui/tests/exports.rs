//! Each view in each of its modes is saved as PNG, SVG, JSON and CSV.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeSet;

use common::{Bench, SAMPLE, SAMPLE_NEXT, texts_of_svg};
use profiler_ui::command::Command;
use profiler_ui::views::ViewId;
use serde_json::{Value, json};

/// Two runs that have lines and offsets, too.
const RUNS: [&str; 2] = ["node-stripped.cpuprofile", "node-named.cpuprofile"];
const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../toolchain/profile/tests/files/");

/// Saves the view that a state leads to in all formats, and looks at what came; the drawing has the text. Which view it
/// was.
fn check(bench: &mut Bench, state: &Value, text: &str) -> String {
    bench.go_to(state);
    bench.saved();
    for command in [Command::ExportPng, Command::ExportSvg, Command::ExportJson, Command::ExportCsv] {
        bench.run(command);
    }
    let focus = state["focus"].as_str().unwrap_or("sizes").to_string();
    let mut saved = bench.saved();
    saved.sort();
    let names: Vec<&str> = saved.iter().map(|(name, _)| name.as_str()).collect();
    let wanted = ["csv", "json", "png", "svg"].map(|ending| format!("{focus}.{ending}"));
    assert_eq!(names, wanted, "{state} {}", bench.state()["notices"]);
    let [csv, json, png, svg] = [0, 1, 2, 3].map(|at: usize| saved[at].1.as_slice());
    let csv = std::str::from_utf8(csv).unwrap();
    assert!(csv.lines().next().is_some_and(|head| head.contains(',')), "{state}: {csv}");
    let json: Value = serde_json::from_slice(json).unwrap();
    assert!(json.as_object().is_some_and(|all| !all.is_empty()) || json.is_array(), "{state}: {json}");
    let picture = image::load_from_memory_with_format(png, image::ImageFormat::Png).unwrap();
    assert!(picture.width() > 100 && picture.height() > 100, "{state}");
    let texts = texts_of_svg(svg);
    assert!(texts.iter().any(|drawn| drawn.contains(text)), "{state}: {text} is not in {texts:?}");
    focus
}

#[test]
fn each_view_is_saved_in_each_format_in_each_of_its_modes() {
    let mut bench = Bench::open(SAMPLE_NEXT);
    for run in RUNS {
        bench.put(run, std::fs::read(format!("{FILES}{run}")).unwrap(), false);
    }
    let item = largest_function();
    let mut cases = vec![
        (json!({}), "standard library"),
        (json!({ "sizes": { "chart": "sunburst" } }), "Sunburst"),
        (json!({ "focus": "advice" }), "debug information is shipped"),
        (json!({ "focus": "code" }), "Functions"),
        (json!({ "focus": "code", "code": { "function": item } }), "local.get"),
        (json!({ "focus": "debugger", "debugging": { "watches": ["1 + 1"] } }), "1 + 1"),
    ];
    for panel in ["inspector", "bands", "diff", "leaks", "types", "found"] {
        cases.push((json!({ "focus": "memory", "memory": { "panel": panel, "pattern": "a" } }), "data"));
    }
    for color in ["heat", "change"] {
        cases.push((json!({ "focus": "memory", "memory": { "color": color } }), "Inspector"));
    }
    for chart in ["time-order", "left-heavy", "sandwich", "difference"] {
        for table in ["call-tree", "functions", "lines", "offsets"] {
            cases.push((json!({ "focus": "time", "time": { "chart": chart, "table": table } }), "leaf"));
        }
    }
    let mut seen: BTreeSet<String> = cases.iter().map(|(state, text)| check(&mut bench, state, text)).collect();
    bench.put("other.wasm", std::fs::read(SAMPLE).unwrap(), true);
    check(&mut bench, &json!({}), "standard library");
    check(&mut bench, &json!({ "sizes": { "chart": "sunburst" } }), "Before");
    bench.start_panel();
    bench.set_page(&page("parse"));
    for (section, text) in [
        ("memories", "1.0 MiB"),
        ("modules", "parse"),
        ("calls", "parse"),
        ("tables", "funcref"),
        ("watched", "de 00"),
        ("unseen", "a worker"),
    ] {
        seen.insert(check(&mut bench, &json!({ "focus": "page", "page": { "section": section } }), text));
    }
    let all = ViewId::ALL.iter().chain([&ViewId::Page]).map(|view| view.file_stem().to_string());
    assert_eq!(seen, all.collect());
}

/// The item of the largest function that has a name.
fn largest_function() -> u32 {
    let bytes = std::fs::read(SAMPLE_NEXT).unwrap();
    let map = wasm_binary::Map::parse(&bytes).unwrap();
    let functions = map.iter().filter(|(_, item)| item.kind == wasm_binary::ItemKind::Function);
    functions.max_by_key(|(_, item)| item.end - item.start).unwrap().0.0
}

fn page(name: &str) -> Value {
    json!({
        "version": 1, "url": "https://a.test/", "load": 1, "hook": "start", "counts_calls": true,
        "modules": [{ "id": 11, "frame": 1, "url": null, "name": name, "bytes": 9, "how": "compile", "took_ms": 1.0,
            "error": null, "has_bytes": true }],
        "instances": [{ "id": 31, "frame": 1, "module": 11, "memories": [21], "tables": [41], "extern_refs": null }],
        "memories": [{ "id": 21, "frame": 1, "name": name, "how": "exported", "bytes": 1_048_576,
            "maximum_bytes": null, "shared": false, "is_64": false, "is_gone": false, "growth": [] }],
        "tables": [{ "id": 41, "name": name, "element": "funcref", "length": 3, "used": 2 }],
        "calls": [{ "instance": 31, "direction": "in", "name": name, "count": 1, "threw": 0, "total_ms": 1.0,
            "own_ms": 1.0, "longest_ms": 1.0, "value_bytes": 8 }],
        "watches": [{ "memory": 21, "address": 1024, "length": 2, "hex": "de00", "changes": 7 }],
        "unseen": [{ "what": "worker", "subject": name, "reason": "a worker gets no hook" }],
    })
}

/// What breaks out of an attribute, an element and a section of text, and what no XML may have.
const HOSTILE: &str = "\"'><script>&amp;]]></text><!--\u{1}";

#[test]
fn names_that_are_markup_stay_names() {
    let mut names = wasm_encoder::NameSection::new();
    let mut functions = wasm_encoder::NameMap::new();
    functions.append(0, HOSTILE);
    names.functions(&functions);
    let mut module = wat::parse_str("(module (memory 1) (func (result i32) i32.const 1 i32.const 2 i32.add))").unwrap();
    wasm_encoder::Section::append_to(&names, &mut module);
    let mut bench = Bench::empty();
    bench.put("hostile.wasm", module, false);
    bench.put("hostile.folded", format!("main;{} 5\n", HOSTILE.replace([';', '\u{1}'], "")).into(), false);
    bench.start_panel();
    bench.set_page(&page(HOSTILE));
    for state in [
        json!({}),
        json!({ "focus": "code" }),
        json!({ "focus": "time" }),
        json!({ "focus": "time", "time": { "chart": "left-heavy" } }),
        json!({ "focus": "page", "page": { "section": "calls" } }),
    ] {
        check(&mut bench, &state, "<script>");
    }
}

#[test]
fn without_anything_open_it_is_told() {
    let mut bench = Bench::empty();
    for command in [Command::ExportPng, Command::ExportSvg, Command::ExportJson, Command::ExportCsv] {
        bench.run(command);
    }
    assert_eq!(bench.saved(), []);
    let notices = bench.state()["notices"].to_string();
    for ending in ["png", "svg", "json", "csv"] {
        assert!(notices.contains(&format!("nothing to save as {ending}")), "{notices}");
    }
}

//! Source and wasm text side by side, as a user drives them.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Bench, SAMPLE};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use profiler_ui::state::State;
use wasm_analyzer::source::Sources;
use wasm_binary::{ItemId, Map};

const CALC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/c-calc/c-calc.wasm");
const CALC_SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/c-calc/src");

/// A function by its name, and the path of the file that it is written in.
fn function(file: &str, name: &str) -> (ItemId, String) {
    let bytes = std::fs::read(file).unwrap();
    let map = Map::parse(&bytes).unwrap();
    let (sources, _) = Sources::open(&map);
    let (id, item) = map.iter().find(|(id, _)| map.name(*id).is_some_and(|found| found == name)).unwrap();
    let place = (item.start..item.end).find_map(|at| sources.places(&map, at).pop());
    (id, place.map(|place| place.file).unwrap_or_default())
}

fn state(json: serde_json::Value) -> State {
    State::parse(&json.to_string()).unwrap()
}

/// The view on a function of the calculator, with its sources found.
fn calc(theme: &str) -> (Bench, String) {
    let (id, path) = function(CALC, "unary");
    let folder = path.rsplit_once('/').unwrap().0;
    let state = state(serde_json::json!({
        "focus": "code",
        "theme": theme,
        "code": { "source-map": [[folder, CALC_SOURCES]] },
        "location": { "selection": { "item": id } },
    }));
    let mut bench = Bench::with_state(state, &[CALC]);
    bench.key(Modifiers::ALT, Key::Num6);
    (bench, path)
}

#[test]
fn an_instruction_leads_to_its_line_and_the_line_to_all_its_instructions() {
    let (mut bench, path) = calc("light");
    bench.key(Modifiers::NONE, Key::ArrowDown);
    let selection = bench.state()["state"]["location"]["selection"].clone();
    assert!(selection["bytes"]["start"].is_u64(), "{selection}");
    bench.harness.get_by_label("Copy place").click();
    bench.settle();
    assert!(bench.harness.get_all_by_label_contains("local.get").count() > 1);
    bench.harness.get_all_by_label_contains("*unary(").next().unwrap().click();
    bench.settle();
    let selection = bench.state()["state"]["location"]["selection"].clone();
    assert_eq!(selection["line"]["file"], path.as_str());
}

#[test]
fn a_link_leads_to_the_same_code() {
    let (mut bench, _) = calc("light");
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.key(Modifiers::NONE, Key::ArrowDown);
    let link = bench.state()["link"].as_str().unwrap().to_string();
    let mut again = Bench::with_state(State::parse(&link).unwrap(), &[CALC]);
    assert_eq!(again.state()["state"], bench.state()["state"]);
    assert_eq!(again.state()["selected"], bench.state()["selected"]);
}

#[test]
fn a_function_is_chosen_from_a_list_that_the_search_narrows() {
    let mut bench = Bench::open(SAMPLE);
    bench.key(Modifiers::ALT, Key::Num6);
    bench.key(Modifiers::COMMAND, Key::F);
    bench.type_text("fmt");
    let first = bench.harness.get_all_by_label_contains("fmt").next().unwrap();
    first.click();
    bench.settle();
    assert!(bench.state()["selected"].as_str().unwrap().contains("fmt"), "{}", bench.state());
    assert!(bench.state()["state"]["code"]["function"].is_u64());
    bench.harness.get_by_label_contains("(func ");
    bench.harness.get_by_label("▲ Functions").click();
    bench.settle();
    assert!(bench.state()["state"]["code"]["function"].is_null());
}

#[test]
fn a_dropped_source_file_is_shown_beside_its_function() {
    let (id, path) = function(CALC, "unary");
    let mut bench = Bench::with_state(state(serde_json::json!({ "code": { "function": id } })), &[CALC]);
    bench.key(Modifiers::ALT, Key::Num6);
    // Where the compiler ran there is nothing here: lines and names are listed.
    bench.harness.get_by_label("Lines with code");
    let name = path.rsplit('/').next().unwrap();
    bench.put(name, std::fs::read(format!("{CALC_SOURCES}/{name}")).unwrap(), false);
    bench.settle();
    assert!(bench.harness.query_by_label("Lines with code").is_none());
    assert_eq!(bench.state()["notices"], serde_json::json!([]));
}

#[test]
fn without_debug_information_the_wasm_text_stands_alone() {
    let mut bench = Bench::empty();
    let module = wat::parse_str(
        "(module (func $twice (export \"twice\") (param i32) (result i32) local.get 0 i32.const 1 i32.shl))",
    );
    bench.put("twice.wasm", module.unwrap(), false);
    bench.key(Modifiers::ALT, Key::Num6);
    bench.harness.get_by_label("twice").click();
    bench.settle();
    bench.harness.get_by_label_contains("i32.shl");
    bench.harness.get_by_label_contains("Nothing is known of the source");
}

#[test]
fn a_picture_in_light() {
    let (mut bench, _) = calc("light");
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.harness.snapshot("code_light");
}

#[test]
fn a_picture_in_dark() {
    let (mut bench, _) = calc("dark");
    bench.key(Modifiers::NONE, Key::ArrowDown);
    bench.harness.snapshot("code_dark");
}

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
fn the_list_of_functions_and_a_function_are_saved() {
    let mut bench = Bench::open(CALC);
    bench.key(Modifiers::ALT, Key::Num6);
    bench.command("export csv");
    let saved = bench.saved();
    let [(name, csv)] = &saved[..] else { panic!("one file") };
    assert_eq!(name, "code.csv");
    assert!(csv.starts_with(b"name,item,size_bytes\n"));
    bench.command("export json");
    let saved = bench.saved();
    let list: serde_json::Value = serde_json::from_slice(&saved[0].1).unwrap();
    assert!(list["functions"].as_array().unwrap().iter().any(|function| function["name"] == "unary"), "{list}");
    let (mut bench, _) = calc("light");
    bench.command("export svg");
    let saved = bench.saved();
    let svg = std::str::from_utf8(&saved[0].1).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("local.get") && svg.ends_with("</svg>\n"), "{svg}");
}

#[test]
fn names_in_the_wasm_text_read_as_they_were_written() {
    let bytes = std::fs::read(SAMPLE).unwrap();
    let map = Map::parse(&bytes).unwrap();
    let largest = map.iter().filter(|(_, item)| item.kind == wasm_binary::ItemKind::Function);
    let (id, _) = largest.max_by_key(|(_, item)| item.size).unwrap();
    let state = state(serde_json::json!({ "focus": "code", "location": { "selection": { "item": id } } }));
    let mut bench = Bench::with_state(state, &[SAMPLE]);
    bench.key(Modifiers::ALT, Key::Num6);
    assert!(bench.harness.query_all_by_label_contains("(func $").next().is_some());
    assert!(bench.harness.query_all_by_label_contains("(func $_").next().is_none());
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

/// The calculator without its debug information, and that in a file of its own; both with a build id, or neither.
fn apart(ids: Option<(&[u8], &[u8])>) -> (Vec<u8>, Vec<u8>) {
    let bytes = std::fs::read(CALC).unwrap();
    let (mut program, mut debug) = (wasm_encoder::Module::new(), wasm_encoder::Module::new());
    for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
        let payload = payload.unwrap();
        let name = match &payload {
            wasmparser::Payload::CustomSection(section) => section.name(),
            _ => "",
        };
        if let Some((id, range)) = payload.as_section()
            && !(name == "build_id" && ids.is_some())
        {
            let data = &bytes[range.start as usize..range.end as usize];
            let into = if name.starts_with(".debug_") { &mut debug } else { &mut program };
            into.section(&wasm_encoder::RawSection { id, data });
        }
    }
    if let Some((of_program, of_debug)) = ids {
        for (module, id) in [(&mut program, of_program), (&mut debug, of_debug)] {
            let data = [&[id.len() as u8], id].concat();
            module.section(&wasm_encoder::CustomSection { name: "build_id".into(), data: data.into() });
        }
    }
    (program.finish(), debug.finish())
}

/// The view on a function of a program that has no debug information itself.
fn stripped(program: Vec<u8>) -> Bench {
    let (id, _) = function(CALC, "unary");
    let mut bench = Bench::with_state(state(serde_json::json!({ "code": { "function": id } })), &[]);
    bench.put("calc.wasm", program, false);
    bench.key(Modifiers::ALT, Key::Num6);
    bench.harness.get_by_label_contains("Nothing is known of the source");
    bench
}

#[test]
fn debug_information_is_laid_over_the_program_that_it_describes() {
    let (program, debug) = apart(Some((b"one", b"one")));
    let mut bench = stripped(program.clone());
    bench.put("calc.debug.wasm", debug, false);
    bench.settle();
    bench.harness.get_by_label("Lines with code");
    assert_eq!(bench.state()["open"]["name"], "calc.wasm");
    let notices = bench.state()["notices"].to_string();
    assert!(notices.contains("calc.debug.wasm: used as debug information of calc.wasm"), "{notices}");

    // A copy of the program that still has it describes it, too.
    let (program, _) = apart(None);
    let mut bench = stripped(program);
    bench.put("copy.wasm", std::fs::read(CALC).unwrap(), false);
    bench.settle();
    bench.harness.get_by_label("Lines with code");
    assert_eq!(bench.state()["open"]["name"], "calc.wasm");
}

#[test]
fn a_source_map_is_laid_over_the_program_that_it_describes() {
    let (program, _) = apart(None);
    let mut bench = stripped(program);
    let map = br#"{"version": 3, "sources": ["src/calc.ts"], "mappings": "AAAA"}"#;
    bench.put("calc.wasm.map", map.to_vec(), false);
    bench.settle();
    assert!(bench.harness.get_all_by_label_contains("calc.ts").count() > 0);
}

#[test]
fn debug_information_of_another_build_or_of_nothing_is_told() {
    let (program, debug) = apart(Some((b"one", b"two")));
    let mut bench = Bench::empty();
    bench.put("calc.debug.wasm", debug.clone(), false);
    bench.settle();
    let notices = bench.state()["notices"].to_string();
    assert!(notices.contains("calc.debug.wasm only describes a program: open that first"), "{notices}");
    let mut bench = stripped(program);
    bench.put("calc.debug.wasm", debug, false);
    bench.settle();
    bench.harness.get_by_label_contains("Nothing is known of the source");
    let notices = bench.state()["notices"].to_string();
    assert!(
        notices.contains("calc.debug.wasm describes another build than calc.wasm: 74776f, not 6f6e65"),
        "{notices}"
    );
}

#[test]
fn a_program_says_where_its_debug_information_is() {
    let (mut program, debug) = apart(None);
    let named = wasm_encoder::CustomSection {
        name: "external_debug_info".into(),
        data: b"\x0fcalc.debug.wasm".as_slice().into(),
    };
    wasm_encoder::Section::append_to(&named, &mut program);
    let mut bench = Bench::empty();
    bench.put("calc.wasm", program.clone(), false);
    bench.settle();
    let notices = bench.state()["notices"].to_string();
    assert!(
        notices.contains("calc.wasm has its debug information in calc.debug.wasm: drop that file here"),
        "{notices}"
    );

    // Beside it, it is found.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calc.wasm");
    std::fs::write(&file, program).unwrap();
    std::fs::write(folder.path().join("calc.debug.wasm"), debug).unwrap();
    let mut bench = Bench::empty();
    bench.read(&file);
    let notices = bench.state()["notices"].to_string();
    assert!(notices.contains("calc.debug.wasm: used as debug information of calc.wasm"), "{notices}");
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

//! What compilers and linkers make besides plain modules: objects, modules with relocations, dynamic libraries, 64-bit
//! memories, exceptions with references. The fixtures are built by `fixtures/build.sh`.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::invariants;
use wasm_analyzer::garbage::garbage;
use wasm_analyzer::source::Sources;
use wasm_analyzer::{Analysis, Trust};
use wasm_binary::{BinaryKind, ItemId, ItemKind, Reason};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn analyze<'a>(name: &str, bytes: &'a [u8], kind: BinaryKind) -> Analysis<'a> {
    let analysis = Analysis::new(bytes, Trust::Sound).unwrap();
    assert_eq!(analysis.map.kind(), kind, "{name}");
    let damage: Vec<String> = analysis.damage().map(ToString::to_string).collect();
    assert!(damage.is_empty(), "{name}: {damage:?}");
    invariants::views(name, &analysis);
    invariants::survives(name, bytes);
    analysis
}

fn function(analysis: &Analysis<'_>, name: &str) -> ItemId {
    let is_function = |id: &ItemId| analysis.map.item(*id).kind == ItemKind::Function;
    analysis.find(name).into_iter().find(is_function).unwrap_or_else(|| panic!("no function {name}"))
}

fn garbage_names(analysis: &Analysis<'_>) -> Vec<String> {
    garbage(analysis).rows.iter().map(|&(id, _)| analysis.map.label(id)).collect()
}

/// All that the source says is kept, and what that needs.
const KEPT: [&str; 8] =
    ["apply", "word", "twice", "thrice", "set_up", "kept_by_attribute", "keeps_table", "unused_table_entry"];

#[test]
fn an_object_keeps_what_its_linker_would() {
    for name in ["parts.o", "parts64.o"] {
        let bytes = fixture(name);
        let analysis = analyze(name, &bytes, BinaryKind::Object);
        for kept in KEPT {
            assert!(analysis.dominators.is_reached(function(&analysis, kept).into()), "{name}: {kept}");
        }
        let garbage = garbage_names(&analysis);
        let only_framing = garbage.iter().all(|label| label.contains("__stack_pointer"));
        assert!(only_framing, "{name}: {garbage:?}");
    }
}

/// Debug information names every function, and keeps none.
#[test]
fn retained_sizes_of_an_object_are_those_of_its_code() {
    let bytes = fixture("parts.o");
    let analysis = analyze("parts.o", &bytes, BinaryKind::Object);
    assert!(analysis.map.sections().iter().any(|s| s.name == Some("reloc..debug_info")));
    let (apply, helper) = (function(&analysis, "apply"), function(&analysis, "helper"));
    assert_eq!(analysis.dominators.idom(helper.into()), Some(apply.into()));
}

#[test]
fn a_constructor_runs_at_the_start() {
    let bytes = fixture("parts.o");
    let analysis = analyze("parts.o", &bytes, BinaryKind::Object);
    let edges = analysis.graph.edges(analysis.graph.root());
    let starts: Vec<String> =
        edges.filter(|e| e.reason == Reason::Start).map(|e| analysis.node_label(e.target).into_owned()).collect();
    assert!(starts.iter().any(|label| label == "set_up"), "{starts:?}");
}

#[test]
fn a_linked_module_with_relocations_keeps_its_table() {
    let bytes = fixture("parts_relocs.wasm");
    let analysis = analyze("parts_relocs.wasm", &bytes, BinaryKind::Object);
    let garbage = garbage_names(&analysis);
    assert_eq!(garbage, ["__stack_pointer"]);
}

#[test]
fn a_dynamic_library_is_open_to_its_host() {
    let bytes = fixture("parts_dylib.wasm");
    let analysis = analyze("parts_dylib.wasm", &bytes, BinaryKind::Dylib);
    let garbage = garbage_names(&analysis);
    assert!(garbage.iter().all(|label| label.starts_with("import global")), "{garbage:?}");
}

#[test]
fn memories_of_64_bits_are_read() {
    let bytes = fixture("parts64.wasm");
    let analysis = analyze("parts64.wasm", &bytes, BinaryKind::Module);
    let module = analysis.map.module(wasm_binary::ModuleId(0));
    assert!(module.data.iter().all(|segment| segment.address.is_some_and(|a| a >= 1024)), "{:?}", module.data);
    // Addresses are `i64.const`: with inferred references the strings are their function's.
    let bytes = fixture("parts64.wasm");
    let inferred = Analysis::new(&bytes, Trust::Inferred).unwrap();
    let word = function(&inferred, "word");
    let reasons: Vec<Reason> = inferred.graph.edges(word.into()).map(|e| e.reason).collect();
    assert!(reasons.contains(&Reason::DataAddress), "{reasons:?}");
}

#[test]
fn exceptions_with_references_and_their_lines_are_read() {
    let bytes = fixture("throws.o");
    let analysis = analyze("throws.o", &bytes, BinaryKind::Object);
    let features = analysis.graph.features().names();
    assert!(features.contains(&"exception-handling") && !features.contains(&"legacy-exception-handling"));
    let tag = analysis.find("__cpp_exception");
    assert!(!tag.is_empty(), "the tag is named");
    let (sources, problems) = Sources::open(&analysis.map);
    assert!(problems.is_empty(), "{problems:?}");
    let guarded = function(&analysis, "guarded");
    let body = analysis.map.item(guarded);
    let places: Vec<String> = (body.start..body.end)
        .flat_map(|offset| sources.places(&analysis.map, offset))
        .map(|place| place.to_string())
        .collect();
    assert!(
        places.iter().any(|place| place.ends_with("throws.cpp:12") || place.ends_with("throws.cpp:13")),
        "{places:?}"
    );
}

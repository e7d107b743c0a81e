//! Debug information in other files than the module: external, split, source
//! maps.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::fixture;
use wasm_source::{DebugSections, Mapping, Source, SourceMap, SourceMapError};

#[test]
fn external_debug_info_describes_the_module_that_refers_to_it() {
    let full = fixture("shapes_c_o2.wasm");
    let there = DebugSections::from_module(&full).unwrap();
    // The module itself without DWARF: 100 bytes further in its file.
    let url = b"\x0edebug/app.wasm";
    let here =
        DebugSections::new([("external_debug_info", &url[..])], there.code().start + 100..there.code().end + 100);
    assert!(!here.has_dwarf());
    assert_eq!(here.external_debug_info(), Some("debug/app.wasm"));
    let inside = Source::open(&there).unwrap();
    let outside = Source::open(&there.clone().with_code(here.code())).unwrap();
    let mut compared = 0;
    for offset in there.code() {
        let mut frames = inside.frames_at(offset);
        assert_eq!(outside.frames_at(offset + 100), frames);
        compared += frames.drain(..).count();
    }
    assert!(compared > 100);
}

#[test]
fn split_units_are_named_and_completed() {
    let module = fixture("shapes_split.wasm");
    let dwo = fixture("shapes_split.dwo");
    let mut source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let wanted = source.split_units();
    assert_eq!(wanted.len(), 1);
    assert_eq!(wanted[0].name, "shapes_split.dwo");
    assert_eq!(wanted[0].comp_dir.as_deref(), Some("/src"));
    assert_eq!(source.subprograms().count(), 0, "the skeleton has none");

    let split = DebugSections::from_module(&dwo).unwrap();
    assert_eq!(source.attach_dwo(&split), 1);
    assert_eq!(source.split_units(), []);
    let names: Vec<_> = source.subprograms().map(|s| s.name.unwrap()).collect();
    assert_eq!(names, ["area", "run"]);
    let area = source.subprograms().next().unwrap();
    let deepest = source.inline_ranges(area.id.unit).max_by_key(|range| range.inlined.len()).unwrap();
    let frames = source.frames_at(deepest.range.start);
    let names: Vec<_> = frames.iter().map(|frame| frame.name.clone().unwrap()).collect();
    assert_eq!(names, ["cross", "twice", "area"]);
    for frame in &frames {
        assert_eq!(source.path(frame.file.unwrap()).unwrap(), "/src/shapes.c");
        assert!(frame.line.is_some());
    }
    let counter = source.static_variables().find(|variable| variable.name.as_deref() == Some("counter")).unwrap();
    assert_eq!(counter.size, Some(4));
    assert!(counter.address >= 1024);
    assert_eq!(source.problems(), []);
}

#[test]
fn a_package_completes_what_its_units_do() {
    let module = fixture("shapes_split.wasm");
    let (dwo, dwp) = (fixture("shapes_split.dwo"), fixture("shapes_split.dwp"));
    let open = || Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let (mut by_unit, mut by_package) = (open(), open());
    assert_eq!(by_unit.attach_dwo(&DebugSections::from_module(&dwo).unwrap()), 1);
    assert_eq!(by_package.attach_dwp(&DebugSections::from_module(&dwp).unwrap()).unwrap(), 1);
    assert_eq!(by_package.split_units(), []);
    for source in [&by_unit, &by_package] {
        let names: Vec<_> = source.subprograms().map(|s| s.name.unwrap()).collect();
        assert_eq!(names, ["area", "run"]);
    }
    let code = DebugSections::from_module(&module).unwrap().code();
    let mut compared = 0;
    for offset in code {
        // The files of two sources have ids of their own.
        let frames = |source: &Source<'_>| -> Vec<_> {
            let frames = source.frames_at(offset);
            frames
                .iter()
                .map(|f| (f.name.as_deref().map(str::to_string), f.line, f.file.and_then(|id| source.path(id))))
                .collect()
        };
        assert_eq!(frames(&by_package), frames(&by_unit));
        compared += frames(&by_unit).len();
    }
    assert!(compared > 100);
    assert_eq!(by_package.problems(), []);
}

#[test]
fn a_dwo_of_another_build_completes_nothing() {
    let module = fixture("shapes_split.wasm");
    let mut dwo = fixture("shapes_split.dwo");
    let mut source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let id = source.split_units()[0].dwo_id.unwrap().to_le_bytes();
    let at = dwo.windows(8).position(|bytes| bytes == id).unwrap();
    dwo[at] ^= 1;
    assert_eq!(source.attach_dwo(&DebugSections::from_module(&dwo).unwrap()), 0);
    assert_eq!(source.split_units().len(), 1);
}

#[test]
fn a_source_map_gives_the_place_of_each_byte() {
    let map = SourceMap::parse(
        br#"{
            "version": 3, "sourceRoot": "src", "sources": ["a.ts", "b.ts"],
            "names": ["run"], "mappings": "oBAAA,EAAIA,CCEJ,G;AAAA"
        }"#,
    )
    .unwrap();
    let at = |offset| map.lookup(offset);
    let mapping = |offset, source: &'static str, line, column, name| {
        Some(Mapping { offset, source: source.into(), line, column, name })
    };
    assert_eq!(at(19), None);
    assert_eq!(at(20), mapping(20, "src/a.ts", 1, 1, None));
    assert_eq!(at(22), mapping(22, "src/a.ts", 1, 5, Some("run")));
    assert_eq!(at(25), mapping(23, "src/b.ts", 3, 1, None));
    assert_eq!(at(26), None, "no source from here on");
    assert_eq!(map.mappings().count(), 3);
    assert_eq!(map.segments().count(), 4);
}

#[test]
fn an_index_map_counts_from_its_sections() {
    let map = SourceMap::parse(
        br#")]}'
        {"version": 3, "sections": [
            {"offset": {"line": 0, "column": 0}, "map":
                {"version": 3, "sources": ["a"], "names": [], "mappings": "CAAA"}},
            {"offset": {"line": 0, "column": 100}, "map":
                {"version": 3, "sources": ["b"], "names": [], "mappings": "CACA"}}
        ]}"#,
    )
    .unwrap();
    let found = |offset| map.lookup(offset).map(|at| (at.source.into_owned(), at.line));
    assert_eq!(found(50), Some(("a".to_owned(), 1)));
    assert_eq!(found(101), Some(("b".to_owned(), 2)));
    assert_eq!(map.sources().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn what_is_no_source_map_is_an_error() {
    let parse = |json: &str| SourceMap::parse(json.as_bytes());
    assert!(matches!(parse("{"), Err(SourceMapError::Json(_))));
    assert!(matches!(parse(r#"{"version":2}"#), Err(SourceMapError::Version(2))));
    for (mappings, at) in [("AAAA,AAA", 5), ("!", 0), ("A,D", 2), ("ggggggggC", 0), ("g", 0)] {
        let json = format!(r#"{{"version":3,"sources":["a"],"mappings":"{mappings}"}}"#);
        let error = parse(&json).unwrap_err();
        assert!(matches!(error, SourceMapError::Mapping(found) if found == at), "{error}");
    }
}

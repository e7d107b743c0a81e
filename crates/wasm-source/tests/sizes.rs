//! What size reports take from debug information: code by line and by inlined
//! call, debug sections by function, data by variable.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeMap;

use common::{corpus, fixture};
use wasm_source::{ChargedSection, DebugSections, MemoryBase, Source};

fn modules() -> Vec<(&'static str, Vec<u8>)> {
    let mut modules: Vec<_> =
        ["shapes_c.wasm", "shapes_c_o2.wasm", "shapes_rs.wasm"].into_iter().map(|file| (file, fixture(file))).collect();
    for file in ["webtreesitter_debug.wasm", "ruby_dwarf.wasm"] {
        modules.extend(corpus(file).map(|module| (file, module)));
    }
    modules
}

#[test]
fn line_ranges_are_sorted_disjoint_and_cover_the_subprograms() {
    for (file, module) in modules() {
        let sections = DebugSections::from_module(&module).unwrap();
        let source = Source::open(&sections).unwrap();
        let (mut covered, mut end) = (0u64, sections.code().start);
        for line in source.line_ranges() {
            assert!(line.range.start >= end && line.range.end <= sections.code().end);
            assert!(line.range.start < line.range.end);
            end = line.range.end;
            covered += line.range.len() as u64;
        }
        let mut code: Vec<_> = source.subprograms().flat_map(|s| s.ranges).collect();
        code.sort_by_key(|range| range.start);
        let (mut described, mut end) = (0u64, 0);
        for range in code {
            let start = range.start.max(end);
            described += u64::from(range.end.saturating_sub(start));
            end = end.max(range.end);
        }
        // Rows start after the declarations of the locals.
        assert!(covered * 100 >= described * 95, "{file}: {covered} of {described} bytes");
    }
}

#[test]
fn a_line_range_is_what_a_lookup_finds() {
    let module = fixture("shapes_rs.wasm");
    let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    for line in source.line_ranges() {
        for offset in line.range {
            let innermost = source.frames_at(offset).remove(0);
            assert_eq!((innermost.file, innermost.line, innermost.column), (line.file, line.line, line.column));
        }
    }
}

#[test]
fn inline_ranges_are_what_a_lookup_finds() {
    let module = fixture("shapes_c_o2.wasm");
    let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let mut inlined = 0;
    for unit in source.units() {
        for range in source.inline_ranges(unit.id) {
            inlined += range.inlined.len();
            for offset in range.range {
                let functions = source.frames_at(offset).into_iter().map(|f| f.function.unwrap());
                let expected = range.inlined.iter().copied().chain([range.subprogram]);
                assert!(functions.eq(expected), "at {offset:#x}");
            }
        }
    }
    assert!(inlined > 0);
}

#[test]
fn each_function_is_charged_with_its_debug_information() {
    for (file, module) in modules() {
        let sections = DebugSections::from_module(&module).unwrap();
        let source = Source::open(&sections).unwrap();
        let charges = source.charges();
        let mut bytes: BTreeMap<ChargedSection, (u64, u32)> = BTreeMap::new();
        for charge in &charges {
            let (sum, end) = bytes.entry(charge.section).or_default();
            assert!(charge.range.start >= *end && !charge.range.is_empty());
            *end = charge.range.end;
            *sum += charge.range.len() as u64;
            let range = charge.range.start as usize..charge.range.end as usize;
            if charge.section == ChargedSection::Line {
                let rows = &sections.get(".debug_line").unwrap()[range];
                assert!(rows.ends_with(&[0, 1, 1]), "a sequence ends as one");
                let addresses = rows.windows(3).filter(|bytes| *bytes == [0, 5, 2]);
                assert!(addresses.count() >= 1, "and says where it starts");
            } else {
                assert!(sections.get(".debug_info").unwrap().get(range).is_some());
            }
        }
        let known = |code: u32| source.subprogram_at(code).is_some();
        let inside = charges.iter().filter(|charge| known(charge.code)).count();
        assert!(inside * 100 >= charges.len() * 95, "{file}: {inside} of {}", charges.len());
        let by_info = charges.iter().filter(|charge| charge.section == ChargedSection::Info);
        assert!(by_info.count() * 100 >= source.subprograms().count() * 99, "{file}");
        assert_eq!(bytes.len(), 2, "{file}");
    }
}

#[test]
fn static_variables_have_addresses_and_sizes() {
    let module = fixture("shapes_c.wasm");
    let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let found: Vec<_> = source
        .static_variables()
        .map(|v| (v.name.map(|name| name.into_owned()), v.base, v.address, v.size, v.line))
        .collect();
    let name = |name: &str| Some(name.to_owned());
    let zero = MemoryBase::Zero;
    assert_eq!(
        found,
        [
            (name("counter"), zero, 0x10080, Some(4), Some(29)),
            (None, zero, 0x10005, Some(9), Some(25)),
            (None, zero, 0x10000, Some(5), Some(26)),
            (name("shapes"), zero, 0x10010, Some(112), Some(24)),
        ]
    );
    // A position-independent module counts from a global.
    if let Some(module) = corpus("webtreesitter_debug.wasm") {
        let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
        let bases = source.static_variables().map(|variable| variable.base);
        assert!(bases.into_iter().all(|base| matches!(base, MemoryBase::Global(_))));
        let sized = source.static_variables().filter(|variable| variable.size.is_some());
        assert!(sized.count() > 100);
    }
}

#[test]
fn names_have_their_scopes() {
    let module = fixture("shapes_rs.wasm");
    let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let names: Vec<_> = source.subprograms().filter_map(|subprogram| source.qualified_name(subprogram.id)).collect();
    for expected in ["shapes::look", "shapes::run", "core::ptr::drop_in_place<shapes::Scene>"] {
        assert!(names.iter().any(|name| name == expected), "{expected} in {names:#?}");
    }
}

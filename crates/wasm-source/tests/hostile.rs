//! Damaged and hostile debug information: everything answers, in bounded time.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::{Duration, Instant};

use common::fixture;
use proptest::prelude::*;
use wasm_source::{DebugSections, ErrorKind, Inspector, Limits, Machine, Problem, Source, WasmValue};

/// Memory that repeats its address, and locals to match.
struct Noise;

impl Machine for Noise {
    fn read_memory(&self, address: u64, into: &mut [u8]) -> bool {
        for (at, byte) in into.iter_mut().enumerate() {
            *byte = address.wrapping_add(at as u64) as u8;
        }
        !address.is_multiple_of(7)
    }

    fn local(&self, index: u32) -> Option<WasmValue> {
        Some(WasmValue::I64(index.into()))
    }

    fn global(&self, index: u32) -> Option<WasmValue> {
        Some(WasmValue::I32(index))
    }

    fn stack(&self, _: u32) -> Option<WasmValue> {
        None
    }
}

/// Asks everything that there is to ask.
fn ask(sections: &DebugSections<'_>, split: Option<&DebugSections<'_>>) {
    let Ok(mut source) = Source::open(sections) else {
        return;
    };
    if let Some(split) = split {
        source.attach_dwo(split);
        let _ = source.attach_dwp(split);
    }
    let code = sections.code();
    let mut end = 0;
    for line in source.line_ranges() {
        assert!(line.range.start >= end && line.range.end <= code.end);
        end = line.range.end;
        let _ = line.file.and_then(|file| source.path(file));
    }
    for subprogram in source.subprograms() {
        let _ = source.qualified_name(subprogram.id);
        for range in &subprogram.ranges {
            assert!(code.start <= range.start && range.end <= code.end && !range.is_empty());
        }
    }
    for unit in source.units() {
        let _ = source.files(unit.id).unwrap_or_default();
        for range in source.inline_ranges(unit.id) {
            assert!(!range.range.is_empty());
        }
    }
    for variable in source.static_variables() {
        let inspector = Inspector::new(&source, &Noise, code.start);
        if let Ok(value) = inspector.variable(variable.id) {
            let _ = inspector.text(&value, Limits::default());
        }
    }
    for offset in code.clone().step_by(code.len() / 50 + 1) {
        let frames = source.frames_at(offset).len();
        let inspector = Inspector::new(&source, &Noise, offset);
        for variable in inspector.variables().unwrap_or_default() {
            assert!(variable.frame < frames);
            if let Ok(value) = inspector.variable(variable.id) {
                let text = inspector.text(&value, Limits::default());
                assert!(text.len() < 100_000, "{}", text.len());
            }
        }
    }
    let mut end = 0;
    let mut section = None;
    for charge in source.charges() {
        if section != Some(charge.section) {
            (section, end) = (Some(charge.section), 0);
        }
        assert!(charge.range.start >= end && code.contains(&charge.code));
        end = charge.range.end;
    }
    let _ = source.problems();
}

/// The debug sections of a module, each a copy that can be damaged.
fn sections_of(module: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    const NAMES: [&str; 17] = [
        ".debug_abbrev",
        ".debug_addr",
        ".debug_info",
        ".debug_line",
        ".debug_line_str",
        ".debug_loc",
        ".debug_loclists",
        ".debug_ranges",
        ".debug_rnglists",
        ".debug_str",
        ".debug_str_offsets",
        ".debug_types",
        ".debug_abbrev.dwo",
        ".debug_info.dwo",
        ".debug_loclists.dwo",
        ".debug_rnglists.dwo",
        ".debug_str_offsets.dwo",
    ];
    let sections = DebugSections::from_module(module).unwrap();
    let copy = |name| Some((name, sections.get(name)?.to_vec()));
    NAMES.into_iter().filter_map(copy).collect()
}

fn damaged<'a>(copy: &'a [(&'static str, Vec<u8>)], module: &DebugSections<'_>) -> DebugSections<'a> {
    let sections = copy.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
    DebugSections::new(sections, module.code())
}

/// What is done to a section: at a place, in thousandths of its length.
#[derive(Debug, Clone)]
enum Damage {
    Set(usize, u8),
    Flip(usize, u8),
    Truncate(usize),
    Copy(usize, usize, usize),
}

fn damage() -> impl Strategy<Value = (usize, Damage)> {
    let at = 0..100_000usize;
    let what = prop_oneof![
        4 => (at.clone(), prop_oneof![Just(0), Just(0x7f), Just(0xff), any::<u8>()])
            .prop_map(|(at, byte)| Damage::Set(at, byte)),
        4 => (at.clone(), 0..8u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        1 => at.clone().prop_map(Damage::Truncate),
        1 => (at.clone(), at, 1..64usize).prop_map(|(from, to, n)| Damage::Copy(from, to, n)),
    ];
    (0..16usize, what)
}

fn apply(sections: &mut [(&'static str, Vec<u8>)], which: usize, damage: &Damage) {
    let which = which % sections.len();
    let (_, bytes) = &mut sections[which];
    let length = bytes.len();
    if length == 0 {
        return;
    }
    match *damage {
        Damage::Set(at, byte) => bytes[at % length] = byte,
        Damage::Flip(at, bit) => bytes[at % length] ^= 1 << bit,
        Damage::Truncate(at) => bytes.truncate(at % length),
        Damage::Copy(from, to, count) => {
            let (from, to) = (from % length, to % length);
            let count = count.min(length - from).min(length - to);
            bytes.copy_within(from..from + count, to);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_sections_answer(
        which in 0..4usize,
        damages in prop::collection::vec(damage(), 1..12),
    ) {
        let file = ["shapes_c.wasm", "shapes_c_o2.wasm", "shapes_rs.wasm", "shapes_split.wasm"][which];
        let module = fixture(file);
        let sections = DebugSections::from_module(&module).unwrap();
        let mut copy = sections_of(&module);
        let dwo = fixture("shapes_split.dwo");
        let mut split = sections_of(&dwo);
        for (section, damage) in &damages {
            apply(&mut copy, *section, damage);
            apply(&mut split, *section, damage);
        }
        let split = damaged(&split, &sections);
        let start = Instant::now();
        ask(&damaged(&copy, &sections), (which == 3).then_some(&split));
        prop_assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn truncated_modules_are_errors(length in 0..2800usize) {
        let module = fixture("shapes_c.wasm");
        if let Ok(sections) = DebugSections::from_module(&module[..length]) {
            ask(&sections, None);
        }
    }
}

/// Builds DWARF byte by byte.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn leb(mut self, mut value: u64) -> Self {
        loop {
            let byte = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 {
                self.0.push(byte);
                return self;
            }
            self.0.push(byte | 0x80);
        }
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

/// A DWARF 4 unit of `entries`, with the abbreviation table at `table`.
fn unit(table: u32, entries: &[u8]) -> Vec<u8> {
    let length = 7 + entries.len() as u32;
    let header = Bytes::default().bytes(&length.to_le_bytes()).bytes(&[4, 0]).bytes(&table.to_le_bytes()).bytes(&[4]);
    header.bytes(entries).0
}

/// An abbreviation: its code, tag, whether it has children, attributes.
fn abbreviation(code: u64, tag: u64, children: bool, attributes: &[(u64, u64)]) -> Vec<u8> {
    let mut bytes = Bytes::default().leb(code).leb(tag).bytes(&[children.into()]);
    for (name, form) in attributes {
        bytes = bytes.leb(*name).leb(*form);
    }
    bytes.bytes(&[0, 0]).0
}

const UNIT: u64 = 0x11;
const SUBPROGRAM: u64 = 0x2e;
const INLINED: u64 = 0x1d;
const TYPEDEF: u64 = 0x16;
const VARIABLE: u64 = 0x34;
const LOW_PC: (u64, u64) = (0x11, 0x01);
const HIGH_PC: (u64, u64) = (0x12, 0x06);
const RANGES: (u64, u64) = (0x55, 0x17);
const ORIGIN: (u64, u64) = (0x31, 0x13);
const TYPE: (u64, u64) = (0x49, 0x13);
const LOCATION: (u64, u64) = (0x02, 0x18);
const NAME: (u64, u64) = (0x03, 0x08);
const FLAG: (u64, u64) = (0x3f, 0x19);

fn within<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
    result
}

fn open<'a>(abbrev: &'a [u8], info: &'a [u8], ranges: &'a [u8]) -> DebugSections<'a> {
    let sections = [(".debug_abbrev", abbrev), (".debug_info", info), (".debug_ranges", ranges)];
    DebugSections::new(sections, 100..10_100)
}

#[test]
fn loops_of_references_end() {
    // A subprogram whose origin is itself, and a variable whose type is a
    // typedef of itself.
    let mut abbrev = abbreviation(1, UNIT, true, &[]);
    abbrev.extend(abbreviation(2, SUBPROGRAM, true, &[LOW_PC, HIGH_PC, ORIGIN]));
    abbrev.extend(abbreviation(3, TYPEDEF, false, &[TYPE]));
    abbrev.extend(abbreviation(4, VARIABLE, false, &[TYPE, LOCATION]));
    abbrev.push(0);
    let mut entries = vec![1];
    let subprogram = 11 + entries.len() as u32;
    entries.extend([2, 10, 0, 0, 0, 50, 0, 0, 0]);
    entries.extend(subprogram.to_le_bytes());
    let typedef = 11 + entries.len() as u32;
    entries.push(3);
    entries.extend(typedef.to_le_bytes());
    entries.push(4);
    entries.extend(typedef.to_le_bytes());
    entries.extend([5, 0x03, 0, 4, 0, 0]);
    entries.extend([0, 0]);
    let info = unit(0, &entries);
    let sections = open(&abbrev, &info, &[]);
    let source = Source::open(&sections).unwrap();
    assert_eq!(source.frames_at(120).len(), 1);
    let variable = source.static_variables().next().unwrap();
    assert_eq!((variable.address, variable.size), (0x400, None));
    let inspector = Inspector::new(&source, &Noise, 120);
    let value = inspector.variable(variable.id).unwrap();
    assert!(inspector.text(&value, Limits::default()).contains("too many typedefs"));
    ask(&sections, None);
}

#[test]
fn deep_nesting_costs_in_proportion() {
    let mut abbrev = abbreviation(1, UNIT, true, &[]);
    abbrev.extend(abbreviation(2, SUBPROGRAM, true, &[LOW_PC, HIGH_PC]));
    abbrev.extend(abbreviation(3, INLINED, true, &[LOW_PC, HIGH_PC]));
    abbrev.push(0);
    let mut entries = vec![1];
    let code = [10, 0, 0, 0, 50, 0, 0, 0];
    for tag in [2, 3] {
        for _ in 0..50_000 {
            entries.push(tag);
            entries.extend(code);
        }
    }
    let info = unit(0, &entries);
    let sections = open(&abbrev, &info, &[]);
    within(Duration::from_secs(60), || ask(&sections, None));
}

#[test]
fn shared_range_lists_do_not_multiply() {
    let mut abbrev = abbreviation(1, UNIT, true, &[]);
    abbrev.extend(abbreviation(2, SUBPROGRAM, false, &[RANGES]));
    abbrev.push(0);
    let mut entries = vec![1];
    for _ in 0..20_000 {
        entries.extend([2, 0, 0, 0, 0]);
    }
    let info = unit(0, &entries);
    let mut ranges = Vec::new();
    for at in 0..20_000u32 {
        ranges.extend((10 + at % 4000).to_le_bytes());
        ranges.extend((11 + at % 4000).to_le_bytes());
    }
    let sections = open(&abbrev, &info, &ranges);
    let source = Source::open(&sections).unwrap();
    within(Duration::from_secs(60), || source.subprograms().count());
    let limit = ErrorKind::Limit("range lists overlap");
    let said = |problem: &Problem| matches!(problem, Problem::Damaged(e) if e.kind == limit);
    assert!(source.problems().iter().any(said), "{:?}", source.problems());
}

#[test]
fn shared_abbreviation_tables_do_not_multiply() {
    // Each unit starts in the middle of the same long table.
    let mut abbrev = Vec::new();
    let mut starts = Vec::new();
    for code in 1..20_000 {
        starts.push(abbrev.len() as u32);
        abbrev.extend(abbreviation(code, UNIT, false, &[]));
    }
    abbrev.push(0);
    let info: Vec<u8> = starts.iter().flat_map(|start| unit(*start, &[1])).collect();
    let sections = open(&abbrev, &info, &[]);
    let source = Source::open(&sections).unwrap();
    let units = within(Duration::from_secs(60), || source.units().count());
    assert!(units < starts.len());
    let limit = ErrorKind::Limit("abbreviation tables overlap");
    let said = |problem: &Problem| matches!(problem, Problem::Damaged(e) if e.kind == limit);
    assert!(source.problems().iter().any(said));
}

#[test]
fn an_abbreviation_of_a_hundred_thousand_attributes_is_refused() {
    let mut abbrev = abbreviation(1, UNIT, true, &vec![FLAG; 100_000]);
    abbrev.push(0);
    let good = abbrev.len() as u32;
    abbrev.extend(abbreviation(1, UNIT, false, &[NAME]));
    abbrev.push(0);
    let mut info = unit(0, &[1; 10_000]);
    info.extend(unit(good, b"\x01good\0"));
    let sections = open(&abbrev, &info, &[]);
    let source = Source::open(&sections).unwrap();
    let names: Vec<_> = source.units().map(|unit| unit.name.unwrap()).collect();
    assert_eq!(names, ["good"], "the other unit still answers");
    assert_eq!(source.problems()[0].to_string(), ".debug_abbrev at offset 0x0: abbreviation with too many attributes");
}

#[test]
fn ranges_outside_of_the_code_are_counted() {
    let mut abbrev = abbreviation(1, UNIT, true, &[]);
    abbrev.extend(abbreviation(2, SUBPROGRAM, false, &[LOW_PC, HIGH_PC]));
    abbrev.push(0);
    let mut entries = vec![1];
    // Past the code; past the end of 32 bits; dropped by the linker, twice.
    for low in [20_000u32, 0xffff_0000, 0, 0xffff_ffff, 40] {
        entries.push(2);
        entries.extend(low.to_le_bytes());
        entries.extend(0x20_0000u32.min(low).to_le_bytes());
    }
    let info = unit(0, &entries);
    let source = Source::open(&open(&abbrev, &info, &[])).unwrap();
    let starts: Vec<_> = source.subprograms().map(|s| s.ranges[0].clone()).collect();
    assert_eq!(starts.len(), 1);
    assert_eq!(starts[0], 140..180);
    let counted = Problem::OutsideCode { section: ".debug_info", count: 2 };
    assert_eq!(source.problems(), [counted]);
}

#[test]
fn a_unit_of_an_unknown_version_is_passed_over() {
    let mut abbrev = abbreviation(1, UNIT, false, &[NAME]);
    abbrev.push(0);
    let mut info = unit(0, b"\x01first\0");
    let mut unknown = unit(0, b"\x01what\0");
    unknown[4] = 99;
    let at = info.len();
    info.extend(unknown);
    info.extend(unit(0, b"\x01last\0"));
    let source = Source::open(&open(&abbrev, &info, &[])).unwrap();
    let names: Vec<_> = source.units().map(|unit| unit.name.unwrap()).collect();
    assert_eq!(names, ["first", "last"]);
    let problems = source.problems();
    assert_eq!(problems.len(), 1);
    let text = problems[0].to_string();
    assert!(text.starts_with(&format!(".debug_info at offset {at:#x}: ")), "{text}");
}

//! Debug information of any module: every question has an answer, in bounded time.

#![no_main]

use wasm_source::{DebugSections, Inspector, Limits, Machine, Source, WasmValue};

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

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(sections) = DebugSections::from_module(bytes) else { return };
    let Ok(mut source) = Source::open(&sections) else { return };
    source.attach_dwo(&sections);
    let _ = source.attach_dwp(&sections);
    let code = sections.code();
    let mut end = 0;
    for line in source.line_ranges() {
        assert!(line.range.start >= end && line.range.end <= code.end, "lines are in order, in the code");
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
        assert!(source.inline_ranges(unit.id).all(|range| !range.range.is_empty()));
    }
    for variable in source.static_variables() {
        let inspector = Inspector::new(&source, &Noise, code.start);
        if let Ok(value) = inspector.variable(variable.id) {
            let _ = inspector.text(&value, Limits::default());
        }
    }
    for offset in code.clone().step_by(code.len() / 20 + 1) {
        let _ = source.frames_at(offset);
        for variable in source.variables_at(offset).unwrap_or_default() {
            let inspector = Inspector::new(&source, &Noise, offset);
            if let Ok(value) = inspector.variable(variable.id) {
                let _ = inspector.text(&value, Limits::default());
            }
        }
    }
    let charges = source.charges();
    if let Ok(mut map) = wasm_binary::Map::parse(bytes) {
        let (sources, _) = wasm_analyzer::source::Sources::open(&map);
        let charges = sources.charges(&map);
        map.charge(&charges);
        let sum: u64 = map.items().iter().map(|item| u64::from(item.size)).sum();
        assert_eq!(sum, bytes.len() as u64, "charging keeps the partition");
    }
    drop(charges);
});

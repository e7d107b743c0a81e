//! A source map of any bytes: its segments are in order, and what is looked up is what is listed.

#![no_main]

use wasm_source::SourceMap;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(map) = SourceMap::parse(bytes) else { return };
    let offsets: Vec<u32> = map.segments().map(|segment| segment.0).collect();
    assert!(offsets.is_sorted(), "segments are in order");
    for &offset in &offsets {
        let _ = map.lookup(offset);
    }
    assert!(map.mappings().count() <= offsets.len());
    map.sources().for_each(drop);
});

//! The map and its views on real modules: the corpus and the samples. All their producers took out what is unused, so
//! there is little garbage.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::invariants;
use wasm_analyzer::{Analysis, Trust};

#[test]
fn every_byte_of_real_modules_has_one_place_in_all_views() {
    for module in common::samples().into_iter().chain(common::corpus()) {
        let name = &module.name;
        let analysis = Analysis::new(&module.bytes, Trust::Sound).unwrap();
        let damage: Vec<String> = analysis.damage().map(ToString::to_string).collect();
        assert!(damage.is_empty(), "{name}: {damage:?}");
        let garbage = invariants::views(name, &analysis);
        let share = garbage as f64 / analysis.bytes() as f64;
        println!("{name}: {garbage} bytes of garbage, {:.2} %", share * 100.0);
        assert!(share < 0.05, "{name}: {share}");
    }
}

//! What would make the file smaller: each kind of advice is a file of its own, with what it looks for, how it finds the
//! saving, and when it is silent.
//!
//! A saving counts the bytes of the file that go if that advice alone is followed: two advices may count the same bytes
//! (an unoptimised build also has padded indices), so savings do not add up. Kinds know no file format and no compiler
//! by themselves: what they share is in `Facts`.

mod data_objects;
mod debug_info;
mod duplicate_bodies;
mod duplicate_data;
mod facts;
mod float_formatting;
mod fmt_machinery;
mod freed;
mod garbage;
mod generic_bloat;
mod inlined_copies;
mod missing_lto;
mod names;
mod padded_indices;
mod panic_machinery;
mod scan;
mod static_tables;
mod text_in_data;
mod tool_sections;
mod two_versions;
mod unoptimised_build;
mod unused_exports;
mod wasm_opt;
mod zeros_in_data;

use crate::analysis::Analysis;
use crate::source::Sources;
use facts::Facts;
use wasm_advice::{Advice, Kind, rank};

type Find = fn(&Facts<'_, '_>) -> Option<Advice>;

/// All kinds, by name.
const ALL: &[(Kind, Find)] = &[
    (static_tables::KIND, static_tables::find),
    (debug_info::KIND, debug_info::find),
    (duplicate_bodies::KIND, duplicate_bodies::find),
    (duplicate_data::KIND, duplicate_data::find),
    (float_formatting::KIND, float_formatting::find),
    (fmt_machinery::KIND, fmt_machinery::find),
    (garbage::KIND, garbage::find),
    (generic_bloat::KIND, generic_bloat::find),
    (inlined_copies::KIND, inlined_copies::find),
    (missing_lto::KIND, missing_lto::find),
    (names::KIND, names::find),
    (padded_indices::KIND, padded_indices::find),
    (panic_machinery::KIND, panic_machinery::find),
    (text_in_data::KIND, text_in_data::find),
    (tool_sections::KIND, tool_sections::find),
    (two_versions::KIND, two_versions::find),
    (unoptimised_build::KIND, unoptimised_build::find),
    (unused_exports::KIND, unused_exports::find),
    (wasm_opt::KIND, wasm_opt::find),
    (zeros_in_data::KIND, zeros_in_data::find),
];

/// The kinds of advice that there are.
pub fn kinds() -> impl Iterator<Item = Kind> {
    ALL.iter().map(|(kind, _)| *kind)
}

/// All advice on a file, by falling saving. What DWARF says is used if it is given: inlined copies are only found with
/// it.
pub fn insights<'a>(analysis: &Analysis<'a>, sources: Option<&Sources<'a>>) -> Vec<Advice> {
    let facts = Facts::new(analysis, sources);
    #[cfg(feature = "parallel")]
    let found = {
        use rayon::prelude::*;
        ALL.par_iter().filter_map(|(_, find)| find(&facts)).collect()
    };
    #[cfg(not(feature = "parallel"))]
    let found = ALL.iter().filter_map(|(_, find)| find(&facts)).collect();
    rank(found)
}

//! What would make a program need less memory, as a snapshot of one shows: each kind of advice is a file of its own,
//! with what it looks for, how it finds the gain, and when it is silent.
//!
//! A gain counts bytes of linear memory that would not be needed at that moment if that advice alone is followed. All
//! of it rests upon one moment of one run: a kind that could be wrong for another run says so. Of a program that has
//! not run there is nothing to say, so callers give the memory of one that ran.

mod equal_blocks;
mod facts;
mod free_heap;
mod leaked_blocks;
mod spare_capacity;
mod stack_reserve;
mod untouched_memory;

use wasm_advice::{Advice, Kind, rank};
use wasm_source::Source;

use crate::layout::{Layout, State};
use facts::Facts;

type Find = fn(&Facts<'_, '_>) -> Option<Advice>;

/// All kinds, by name.
const ALL: &[(Kind, Find)] = &[
    (equal_blocks::KIND, equal_blocks::find),
    (free_heap::KIND, free_heap::find),
    (leaked_blocks::KIND, leaked_blocks::find),
    (spare_capacity::KIND, spare_capacity::find),
    (stack_reserve::KIND, stack_reserve::find),
    (untouched_memory::KIND, untouched_memory::find),
];

/// The kinds of advice that there are.
pub fn kinds() -> impl Iterator<Item = Kind> {
    ALL.iter().map(|(kind, _)| *kind)
}

/// All advice on a memory of a program that ran, by falling gain. With DWARF in `source`, types are named, and what
/// collections do not use is found.
pub fn advice(state: &State<'_>, layout: &Layout, source: Option<&Source<'_>>) -> Vec<Advice> {
    let facts = Facts { state, layout, source };
    rank(ALL.iter().filter_map(|(_, find)| find(&facts)).collect())
}

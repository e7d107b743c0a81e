//! Memory that the module asks for at its start and that nothing was ever written to.
//!
//! A memory grows when an allocator needs more, so what it starts with beyond static data, stack and heap is only
//! taken. Counted is the zero end of what the module declares, from the last byte that was written, the end of the data
//! or of the heap on. A memory that can't grow beyond its start keeps twice what was used.

use super::facts::{Facts, PAGE, advice, linker_flag, size};
use crate::layout::BandKind;
use wasm_advice::{Advice, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("untouched-memory");

/// 16 pages, the least that a default of a toolchain wastes (emscripten starts with 16 MiB).
const MIN_BYTES: u64 = 16 * PAGE;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let memory = facts.state.program.memory(facts.state.index);
    let declared = memory.minimum_bytes.min(facts.layout.len);
    let can_grow = memory.maximum_bytes.is_none_or(|maximum| maximum > memory.minimum_bytes);
    // What has a place in it is needed, even where it is zero; the end of a heap that is left to cut blocks from is not.
    let is_fixed = |kind| !matches!(kind, BandKind::Unclaimed | BandKind::Heap);
    let placed = facts.layout.bands.iter().filter(|band| is_fixed(band.kind)).map(|band| band.end).max().unwrap_or(0);
    let live = facts.layout.live().last().map_or(0, |block| block.range().end);
    let used = facts.last_touched(0..declared).max(placed).max(live);
    let wanted = if can_grow { used } else { used.saturating_mul(2) }.next_multiple_of(PAGE);
    let saved = declared.checked_sub(wanted)?;
    // Half of it: a program that uses most of what it has asks for what it needs.
    if saved < MIN_BYTES || saved < declared / 2 {
        return None;
    }
    let zero = phrase!(
        "From {0} to {1} all is zero, and neither data nor a block lies there.",
        format!("{used:#x}"),
        format!("{declared:#x}"),
    );
    let detail = match can_grow {
        true => phrase!(
            "{0} The memory grows when more is needed: a run that needs more than this one pays for growing. \
             Emscripten sets it with -sINITIAL_MEMORY.",
            zero,
        ),
        false => phrase!(
            "{0} The memory can't grow, so twice what was used is kept. Emscripten sets it with -sINITIAL_MEMORY, and \
             lets a memory grow with -sALLOW_MEMORY_GROWTH.",
            zero,
        ),
    };
    Some(advice(
        KIND,
        saved,
        phrase!("the memory starts with {0}, of which {1} were ever written", size(declared), size(used)),
        detail,
        vec![facts.addresses(phrase!("never written"), used..declared, declared - used)],
        linker_flag(&format!("--initial-memory={wanted}")),
    ))
}

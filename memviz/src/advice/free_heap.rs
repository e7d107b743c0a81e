//! A heap that is mostly free: a memory never shrinks, so its size is that of the peak.

use super::facts::{Facts, advice, size};
use crate::heap::{Block, BlockState};
use wasm_advice::{Advice, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("free-heap");

/// 16 pages: the slack that allocators keep is far below.
const MIN_BYTES: u64 = 1 << 20;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    // The heap that wastes most.
    let heap = facts.layout.heaps.iter().max_by_key(|heap| heap.summary().free_bytes + heap.summary().top_bytes)?;
    if !heap.damage.is_empty() {
        return None;
    }
    let summary = heap.summary();
    // What was never cut into blocks was never needed; only what was written counts as a peak.
    let is_spare = |block: &&Block| matches!(block.state, BlockState::Free | BlockState::Top);
    let written = |block: &Block| facts.last_touched(block.range()) - block.start;
    let spare: Vec<(u64, &Block)> = heap.blocks.iter().filter(is_spare).map(|block| (written(block), block)).collect();
    let bytes: u64 = spare.iter().map(|(written, _)| written).sum();
    // Three quarters: a heap that doubles what it holds, as a growing vector does, has half of it free for a moment.
    if bytes < MIN_BYTES || bytes / 3 < summary.live_bytes {
        return None;
    }
    let mut spare = spare;
    spare.sort_by_key(|(written, block)| (std::cmp::Reverse(*written), block.start));
    let evidence = spare.iter().filter(|(written, _)| *written > 0).map(|(written, block)| {
        let is_end = block.state == BlockState::Top;
        let what = if is_end { phrase!("at the heap's end") } else { phrase!("free block") };
        facts.addresses(what, block.range(), *written)
    });
    Some(advice(
        KIND,
        bytes,
        phrase!("the heap is mostly free: {0} of it are in use", size(summary.live_bytes)),
        phrase!(
            "{0} were in use at the peak and are free now: at the heap's end, or in free blocks ({1}, the largest of \
             {2}; {3} % of their bytes lie outside of it). A memory never shrinks: the program keeps what it once \
             needed. The gain is what is saved if the peak does not go beyond what is live now.",
            size(bytes),
            summary.free_blocks,
            size(summary.largest_free),
            format!("{:.0}", 100.0 * summary.fragmentation()),
        ),
        evidence.collect(),
        Fix::edit(phrase!(
            "make the peak lower: work in pieces instead of all at once, free or reuse a buffer before the next one \
             is made, read and write streams; or do the work of the peak in an instance of its own, which is dropped \
             after"
        )),
    ))
}

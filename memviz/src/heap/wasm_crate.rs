//! `wasm::Allocator` of the crate `wasm`.
//!
//! Rows of chunks without gaps. A chunk begins with a word: its size, whether it is used (1), and whether the one
//! before it is (2). A free chunk has its size once more in its last word. A header of size 0 that is used ends a row;
//! a row is all of a piece of memory, which ends with a page.

use std::collections::HashMap;
use std::ops::Range;

use super::{Allocator, Bin, Block, BlockState, Evidence, Heap, HeapDamage, most_blocks, own, unknown};
use crate::memory::Words;

const USED: u64 = 1;
const BEFORE_USED: u64 = 2;
const FLAGS: u64 = 3;
const BINS: u64 = 32;
const PAGE: u64 = 1 << 16;

pub(super) fn find(words: &Words<'_>, statics: Range<u64>, start: Option<u64>, minimum: u64) -> Option<Heap> {
    let w = words.size();
    let mut heap = Heap {
        allocator: Allocator::WasmAllocator,
        evidence: Evidence::Blocks,
        state: None,
        segments: Vec::new(),
        blocks: Vec::new(),
        damage: Vec::new(),
    };
    // The first row is the rest of the first pages, or pages of its own; more rows start with a page.
    let first = start.map(|start| start.next_multiple_of(16));
    let mut starts: Vec<u64> = first.into_iter().collect();
    let from = first.unwrap_or(minimum).max(PAGE).next_multiple_of(PAGE);
    starts.extend((from..words.len()).step_by(PAGE as usize));
    let mut done = 0;
    // All attempts together: a memory may be made so that each of them goes on for long.
    let mut steps = 4 * most_blocks(words.len());
    for start in starts {
        if start < done {
            continue;
        }
        if let Some(row) = row_end(words, start, &mut steps) {
            done = row;
            heap.segments.push(start..row);
        }
    }
    for row in heap.segments.clone() {
        read_row(words, row, &mut heap);
    }
    if let Some(bins) = find_bins(words, statics, &heap) {
        heap.evidence = Evidence::State;
        heap.state = Some(bins..bins + BINS * w);
    }
    // Two words in a row of zeros would do for a row without blocks.
    let is_sure = heap.state.is_some() || heap.blocks.iter().any(|block| block.state == BlockState::Live);
    is_sure.then_some(heap)
}

/// The end of the row that starts with a piece of memory, if there is a sound one up to the end of a page.
fn row_end(words: &Words<'_>, start: u64, steps: &mut usize) -> Option<u64> {
    let w = words.size();
    let mut at = start + w;
    loop {
        *steps = steps.checked_sub(1)?;
        let header = words.get(at)?;
        let size = header & !FLAGS;
        if size == 0 {
            let end = at + w;
            return (header & USED != 0 && at > start + w && end.is_multiple_of(PAGE)).then_some(end);
        }
        if size < 4 * w || !size.is_multiple_of(2 * w) {
            return None;
        }
        at = at.checked_add(size)?;
    }
}

fn read_row(words: &Words<'_>, row: Range<u64>, heap: &mut Heap) {
    let w = words.size();
    heap.blocks.push(own(row.start, row.start + w, BlockState::Own));
    let mut at = row.start + w;
    let mut before_used = true;
    while at < row.end {
        let header = words.get(at).unwrap_or(0);
        let size = header & !FLAGS;
        if size == 0 {
            heap.blocks.push(own(at, row.end, BlockState::Own));
            return;
        }
        let end = (at + size).min(row.end);
        let is_used = header & USED != 0;
        let wrong = if (header & BEFORE_USED != 0) != before_used {
            Some("a chunk's header contradicts the chunk before it".to_string())
        } else if !is_used && words.get(end - w) != Some(size) {
            Some(format!("a free chunk of {size} bytes has another size at its end"))
        } else {
            None
        };
        if let Some(message) = wrong {
            heap.damage.push(HeapDamage { address: at, message });
            heap.blocks.push(unknown(at, row.end));
            return;
        }
        let (state, bin) =
            if is_used { (BlockState::Live, None) } else { (BlockState::Free, Some(Bin::Bucket(size.ilog2()))) };
        heap.blocks.push(Block { payload: at + w, usable: size - w, bin, ..own(at, end, state) });
        before_used = is_used;
        at = end;
    }
}

/// The 32 list heads: each is null, or a free chunk of its size whose link to the one before it is null.
fn find_bins(words: &Words<'_>, statics: Range<u64>, heap: &Heap) -> Option<u64> {
    let w = words.size();
    let free: HashMap<u64, u64> = (heap.blocks.iter())
        .filter(|block| block.state == BlockState::Free && words.get(block.start + 2 * w) == Some(0))
        .map(|block| (block.start, u64::from(block.size.ilog2()) % BINS))
        .collect();
    let mut found = None;
    words.for_each_word(statics.start.next_multiple_of(w)..statics.end, |at, value| {
        if found.is_some() || value == 0 {
            return;
        }
        let Some(bins) = free.get(&value).and_then(|bin| at.checked_sub(bin * w)) else { return };
        let sound = (0..BINS).all(|bin| match words.get(bins + bin * w) {
            Some(0) => !free.values().any(|of| *of == bin),
            Some(chunk) => free.get(&chunk) == Some(&bin),
            None => false,
        });
        if sound {
            found = Some(bins);
        }
    });
    found
}

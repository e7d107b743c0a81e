//! Doug Lea's malloc 2.8.6 and its port to Rust.
//!
//! A chunk begins with the size of a free chunk before it (else with that chunk's last payload bytes), then its own
//! size with three flags: the chunk before it is in use (1), it is itself (2). The payload begins after these two
//! words and goes on through the first word of the next chunk. The state holds 32 lists of small chunks, each a head
//! that points to itself while it is empty: 64 words that no other data looks like. Around them lie the top chunk, its
//! size, and the newest segment; older segments are linked through records in the heap.

use std::collections::HashSet;
use std::ops::Range;

use super::{Allocator, Bin, Block, BlockState, Evidence, Heap, HeapDamage, most_blocks, own, unknown};
use crate::memory::{Words, for_each_chunk};

const PREVIOUS_IN_USE: u64 = 1;
const IN_USE: u64 = 2;
const FLAGS: u64 = 7;
const BINS: u64 = 32;

/// More arrays of bins than that are not looked at: a program has one or two.
const MOST_ARRAYS: usize = 64;

/// What follows from the size of a word and the alignment of payloads.
#[derive(Clone, Copy)]
struct Params {
    word: u64,
    align: u64,
}

impl Params {
    fn smallest(self) -> u64 {
        (4 * self.word).next_multiple_of(self.align)
    }

    /// What is kept free behind the top chunk for a segment's record (`TOP_FOOT_SIZE`).
    fn top_foot(self) -> u64 {
        let record = (4 * self.word + self.word).next_multiple_of(self.align);
        self.first_chunk(0) + record + self.smallest()
    }

    /// The first chunk in a segment: its payload is aligned.
    fn first_chunk(self, base: u64) -> u64 {
        (base.saturating_add(2 * self.word)).next_multiple_of(self.align) - 2 * self.word
    }

    /// The head of the chunks that close a segment behind its last one.
    fn fence(self) -> u64 {
        PREVIOUS_IN_USE | IN_USE | self.word
    }

    /// Both alignments that are in use.
    fn of(word: u64) -> Vec<Params> {
        let narrow = Params { word, align: 2 * word };
        if word == 8 { vec![narrow] } else { vec![Params { word, align: 16 }, narrow] }
    }
}

/// A state that was found.
struct Found {
    params: Params,
    allocator: Allocator,
    state: Range<u64>,
    top: u64,
    top_size: u64,
    /// Base and size; the newest first.
    segments: Vec<Range<u64>>,
    /// Payloads that are records of segments.
    records: HashSet<u64>,
    victim: Option<u64>,
    damage: Vec<HeapDamage>,
}

pub(super) fn find(words: &Words<'_>, statics: Range<u64>) -> Vec<Heap> {
    let mut heaps = Vec::new();
    let mut covered = 0;
    for bins in bin_arrays(words, statics) {
        if bins >= covered
            && let Some(found) = read_state(words, bins)
        {
            covered = bins + 2 * words.size() * BINS;
            heaps.push(read_heap(words, found));
        }
    }
    heaps
}

/// Addresses where arrays of small bins may be. The first two bins are for sizes below the smallest chunk, so they
/// point to themselves for ever, and most of the others are bins, too.
fn bin_arrays(words: &Words<'_>, statics: Range<u64>) -> Vec<u64> {
    let w = words.size();
    let mut selves: Vec<u64> = Vec::new();
    let mut last = None;
    words.for_each_word(statics.start.next_multiple_of(w)..statics.end, |at, value| {
        // Two words with the address of the head, which is two words before them.
        if value != 0 && value.wrapping_add(2 * w) == at {
            last = Some(at);
        } else if value != 0 && value.wrapping_add(3 * w) == at && last == Some(at - w) {
            selves.push(value);
        }
    });
    let pairs = selves.windows(2).filter(|pair| pair[1] == pair[0] + 2 * w).map(|pair| pair[0]);
    let is_array = |base: &u64| (0..BINS).filter(|bin| is_bin(words, base + bin * 2 * w)).count() >= 24;
    pairs.filter(is_array).take(MOST_ARRAYS).collect()
}

/// Whether a head points to itself, to chunks that point back, or twice to one chunk: to the last one that it had, as
/// taking that out clears only the bin's bit.
fn is_bin(words: &Words<'_>, head: u64) -> bool {
    let w = words.size();
    let (Some(next), Some(previous)) = (words.get(head + 2 * w), words.get(head + 3 * w)) else { return false };
    let leads_back = |chunk: u64, word: u64| chunk == head || words.get(chunk.saturating_add(word * w)) == Some(head);
    next != 0 && previous != 0 && (next == previous || leads_back(next, 3) && leads_back(previous, 2))
}

fn read_state(words: &Words<'_>, bins: u64) -> Option<Found> {
    let w = words.size();
    // C's state starts 8 bytes and 8 words before the bins and goes on for some 40 words behind them; the port's
    // order of fields is rustc's choice.
    let start = bins.saturating_sub(48 * w);
    let count = bins - start + (2 * BINS + 2 + 48) * w;
    let window: Vec<(u64, u64)> =
        (0..count / w).map_while(|at| Some((start + at * w, words.get(start + at * w)?))).collect();
    let outside = |at: u64| at < bins || at >= bins + (2 * BINS + 2) * w;
    for params in Params::of(w) {
        for (index, &(at, base)) in window.iter().enumerate() {
            let Some(&(_, size)) = window.get(index + 1) else { break };
            let Some(end) = base.checked_add(size) else { continue };
            if !outside(at) || base == 0 || size < params.top_foot() || end > words.len() || base % w != 0 {
                continue;
            }
            let tops = window.iter().filter(|&&(at, top)| outside(at) && base <= top && top < end);
            for &(top_at, top) in tops {
                let head = words.get(top + w).unwrap_or(0);
                let top_size = head & !FLAGS;
                let ends = top.checked_add(top_size).and_then(|end| end.checked_add(params.top_foot()));
                if ends != Some(end) || head & FLAGS != PREVIOUS_IN_USE {
                    continue;
                }
                let Some(&(size_at, _)) = window.iter().find(|&&(at, value)| outside(at) && value == top_size) else {
                    continue;
                };
                let is_c = top_at + 4 * w == bins && size_at + 7 * w == bins;
                let mut damage = Vec::new();
                let (segments, records) = segments(words, base..end, window.get(index + 2)?.1, &mut damage);
                let from = if is_c { bins - 8 * w - 8 } else { bins.min(at).min(top_at).min(size_at) };
                let to = (bins + (2 * BINS + 2) * w).max(at + 4 * w).max(top_at + w).max(size_at + w);
                // The designated victim: a chunk that the state holds outside of its lists.
                let victims = window.iter().filter(|&&(at, value)| outside(at) && value != top && value != 0);
                let victim = victims.map(|&(_, value)| value).find(|&chunk| {
                    let inside = segments.iter().any(|segment: &Range<u64>| segment.contains(&chunk));
                    let size = words.get(chunk.saturating_add(w)).unwrap_or(0) & !FLAGS;
                    let known = |&&(at, value): &&(u64, u64)| outside(at) && value == size;
                    inside && size >= params.smallest() && window.iter().any(|entry| known(&entry))
                });
                let allocator = if is_c { Allocator::Dlmalloc } else { Allocator::RustDlmalloc };
                let state = from..to;
                return Some(Found { params, allocator, state, top, top_size, segments, records, victim, damage });
            }
        }
    }
    None
}

/// The newest segment and those that it leads to; and the records that they are linked by.
fn segments(
    words: &Words<'_>,
    newest: Range<u64>,
    first: u64,
    damage: &mut Vec<HeapDamage>,
) -> (Vec<Range<u64>>, HashSet<u64>) {
    let w = words.size();
    let mut segments = vec![newest];
    let mut records = HashSet::new();
    let mut next = first;
    while next != 0 {
        let record = (words.get(next), words.get(next.saturating_add(w)), words.get(next.saturating_add(2 * w)));
        let (Some(base), Some(size), Some(link)) = record else {
            damage.push(HeapDamage { address: next, message: "a segment's record lies outside of the memory".into() });
            break;
        };
        let end = base.checked_add(size).filter(|end| *end <= words.len() && base != 0 && size > 8 * w);
        let overlaps = |end: u64| segments.iter().any(|known| base < known.end && known.start < end);
        match end.filter(|end| !overlaps(*end)) {
            Some(end) if records.insert(next) => segments.push(base..end),
            _ => {
                let message = format!("a segment's record names {base:#x} with {size} bytes");
                damage.push(HeapDamage { address: next, message });
                break;
            }
        }
        next = link;
    }
    (segments, records)
}

fn read_heap(words: &Words<'_>, found: Found) -> Heap {
    let mut blocks = Vec::new();
    let mut damage = found.damage;
    let limit = most_blocks(words.len());
    for segment in &found.segments {
        let top = segment.contains(&found.top).then_some((found.top, found.top_size));
        let walk = Walk { words, params: found.params, records: &found.records, victim: found.victim, limit };
        damage.extend(walk.segment(segment.clone(), top, &mut blocks));
    }
    Heap {
        allocator: found.allocator,
        evidence: Evidence::State,
        state: Some(found.state),
        segments: found.segments,
        blocks,
        damage,
    }
}

struct Walk<'w, 'm> {
    words: &'w Words<'m>,
    params: Params,
    records: &'w HashSet<u64>,
    victim: Option<u64>,
    limit: usize,
}

impl Walk<'_, '_> {
    /// Reads the chunks of a segment. Its last one is the top, or is followed by fences.
    fn segment(&self, segment: Range<u64>, top: Option<(u64, u64)>, blocks: &mut Vec<Block>) -> Option<HeapDamage> {
        let Params { word: w, .. } = self.params;
        let first = self.params.first_chunk(segment.start).min(segment.end);
        if first > segment.start {
            blocks.push(own(segment.start, first, BlockState::Own));
        }
        let broken = |at: u64, blocks: &mut Vec<Block>, message: String| {
            blocks.push(unknown(at, segment.end));
            Some(HeapDamage { address: at, message })
        };
        let mut at = first;
        let mut previous_in_use = true;
        loop {
            if let Some((top, size)) = top.filter(|top| top.0 == at) {
                let end = top.saturating_add(size).min(segment.end);
                blocks.push(Block {
                    payload: top + 2 * w,
                    usable: size.saturating_sub(w),
                    ..own(top, end, BlockState::Top)
                });
                blocks.push(own(end, segment.end, BlockState::Own));
                return None;
            }
            let Some(head) = self.words.get(at + w).filter(|_| at + 2 * w <= segment.end) else {
                return broken(at, blocks, "the chunks do not end with their segment".into());
            };
            if head == self.params.fence() {
                blocks.push(own(at, segment.end, BlockState::Own));
                let reached = top.map(|(top, _)| HeapDamage {
                    address: at,
                    message: format!("the chunks end before the top chunk at {top:#x}"),
                });
                return reached;
            }
            let size = head & !FLAGS;
            let end = at.checked_add(size).filter(|end| *end <= segment.end);
            let Some(end) = end.filter(|_| size >= self.params.smallest() && size.is_multiple_of(self.params.align))
            else {
                return broken(at, blocks, format!("a chunk's size is {size}"));
            };
            if blocks.len() >= self.limit {
                return broken(at, blocks, "more chunks than the memory can hold".into());
            }
            if (head & PREVIOUS_IN_USE != 0) != previous_in_use {
                let said = if previous_in_use { "free" } else { "in use" };
                return broken(
                    at,
                    blocks,
                    format!("a chunk's header says that the one before it is {said}; it is not"),
                );
            }
            let live = head & IN_USE != 0;
            let payload = at + 2 * w;
            let (state, bin) = if !live {
                // A free chunk's size stands once more behind it, and in all but the last word of a segment.
                let foot = self.words.get(end);
                if foot != Some(size) {
                    let said = foot.unwrap_or(0);
                    return broken(at, blocks, format!("a free chunk of {size} bytes has the size {said} at its end"));
                }
                (BlockState::Free, Some(self.bin(at, size)))
            } else if self.records.contains(&payload) {
                (BlockState::Own, None)
            } else {
                (BlockState::Live, None)
            };
            blocks.push(Block { start: at, size, payload, usable: size - w, state, bin });
            previous_in_use = live;
            at = end;
        }
    }

    fn bin(&self, chunk: u64, size: u64) -> Bin {
        if self.victim == Some(chunk) {
            return Bin::DesignatedVictim;
        }
        // Lists by 8 bytes up to 256; above, two trees for each power of two.
        let scaled = size >> 8;
        if scaled == 0 {
            return Bin::Small((size >> 3) as u32);
        }
        let log = scaled.ilog2();
        Bin::Tree(if log >= 16 { 31 } else { 2 * log + ((size >> (log + 7)) & 1) as u32 })
    }
}

/// Without a state: chunks from a heap's start in a range on, to a top chunk that ends a page.
pub(super) fn find_by_blocks(words: &Words<'_>, starts: Range<u64>) -> Option<Heap> {
    let first = starts.start.next_multiple_of(16);
    let end = starts.end.min(first.saturating_add(MOST_STARTS));
    // All attempts together: a memory may be made so that each of them goes on for long.
    let mut steps = 4 * most_blocks(words.len()) + MOST_STARTS as usize;
    for params in Params::of(words.size()) {
        // Rust's starts with the first page that it gets, C's where static data ends.
        let page = starts.end.saturating_sub(1).next_multiple_of(1 << 16);
        let bases = (first..end).step_by(16).map(|base| (base, Allocator::Dlmalloc));
        for (base, allocator) in bases.chain([(page, Allocator::RustDlmalloc)]) {
            let Some((top, size)) = find_top(words, params, base, &mut steps) else { continue };
            let segment = base..top + size + params.top_foot();
            let mut blocks = Vec::new();
            let records = HashSet::new();
            let walk = Walk { words, params, records: &records, victim: None, limit: most_blocks(words.len()) };
            let damage = walk.segment(segment.clone(), Some((top, size)), &mut blocks);
            let live = blocks.iter().filter(|block| block.state == BlockState::Live).count();
            if damage.is_none() && live >= 2 {
                let (evidence, segments) = (Evidence::Blocks, vec![segment]);
                return Some(Heap { allocator, evidence, state: None, segments, blocks, damage: Vec::new() });
            }
        }
    }
    None
}

/// In how many bytes a start is looked for.
const MOST_STARTS: u64 = 16 << 20;

/// Follows sizes until a chunk is followed by the mark of a top chunk's foot at the end of a page.
fn find_top(words: &Words<'_>, params: Params, base: u64, steps: &mut usize) -> Option<(u64, u64)> {
    let mut at = params.first_chunk(base);
    loop {
        *steps = steps.checked_sub(1)?;
        let head = words.get(at.checked_add(params.word)?)?;
        let size = head & !FLAGS;
        let is_first = at == params.first_chunk(base);
        if size < params.smallest() || !size.is_multiple_of(params.align) || is_first && head & PREVIOUS_IN_USE == 0 {
            return None;
        }
        let end = at.checked_add(size)?;
        let is_top =
            head & FLAGS == PREVIOUS_IN_USE && words.get(end.checked_add(params.word)?) == Some(params.top_foot());
        if is_top && (end + params.top_foot()).is_multiple_of(1 << 16) {
            return Some((at, size));
        }
        at = end;
    }
}

impl Words<'_> {
    /// Calls `each` with every aligned word of a range.
    pub(super) fn for_each_word(&self, range: Range<u64>, mut each: impl FnMut(u64, u64)) {
        let w = self.size() as usize;
        for_each_chunk(self.memory(), range, |start, bytes| {
            let words = bytes.unwrap_or_default().chunks_exact(w).enumerate();
            let at = |index: usize| start + (index * w) as u64;
            // By the width once, not at each word: whole memories are read this way.
            if w == 4 {
                words.for_each(|(index, word)| {
                    each(at(index), u32::from_le_bytes([word[0], word[1], word[2], word[3]]).into());
                });
            } else {
                words.for_each(|(index, word)| {
                    each(at(index), word.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)));
                });
            }
            true
        });
    }
}

//! emscripten's emmalloc.
//!
//! A region begins and ends with its size; at the end the lowest bit says that it is free. Root regions, one for each
//! piece of memory from `sbrk`, are linked; each begins with a region of 16 bytes that holds the link and the piece's
//! end, and ends with a region of 16 bytes. The state is 64 list heads of 16 bytes that point to themselves while
//! empty, and the first root region.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use super::{Allocator, Bin, Block, BlockState, Evidence, Heap, HeapDamage, most_blocks, own, unknown};
use crate::memory::Words;

const BUCKETS: u64 = 64;
const FREE: u64 = 1;

pub(super) fn find(words: &Words<'_>, statics: Range<u64>) -> Vec<Heap> {
    bucket_arrays(words, statics.clone()).into_iter().filter_map(|buckets| read(words, &statics, buckets)).collect()
}

/// Addresses of arrays of buckets: where most of 64 heads in a row are empty or lead to a region that points back.
fn bucket_arrays(words: &Words<'_>, statics: Range<u64>) -> Vec<u64> {
    let w = words.size();
    let stride = 4 * w;
    let mut selves = Vec::new();
    let mut last = None;
    words.for_each_word(statics.start.next_multiple_of(w)..statics.end, |at, value| {
        if value != 0 && value.wrapping_add(w) == at {
            last = Some(at);
        } else if value != 0 && value.wrapping_add(2 * w) == at && last == Some(at - w) {
            selves.push(value);
        }
    });
    let is_bucket = |head: u64| {
        let (Some(previous), Some(next)) = (words.get(head + w), words.get(head + 2 * w)) else { return false };
        let back = |region: u64, word: u64| region == head || words.get(region.saturating_add(word * w)) == Some(head);
        previous != 0 && next != 0 && back(previous, 2) && back(next, 1)
    };
    let mut arrays = BTreeSet::new();
    let mut covered = 0;
    // A program has one; a memory may be made of nothing but heads.
    for head in selves.into_iter().take(1024) {
        if head < covered {
            continue;
        }
        let sound = |base: u64| (0..BUCKETS).filter(|bucket| is_bucket(base + bucket * stride)).count();
        let candidates = (0..BUCKETS).filter_map(|before| head.checked_sub(before * stride));
        let Some((count, base)) = candidates.map(|base| (sound(base), base)).max() else { continue };
        if count >= BUCKETS as usize * 3 / 4 {
            arrays.insert(base);
            covered = base + stride * BUCKETS;
        }
    }
    arrays.into_iter().collect()
}

fn read(words: &Words<'_>, statics: &Range<u64>, buckets: u64) -> Option<Heap> {
    let w = words.size();
    let after = buckets + BUCKETS * 4 * w;
    // The list of root regions is a static beside the buckets.
    let around = (buckets.saturating_sub(64 * w).max(statics.start)..after + 64 * w).step_by(w as usize);
    let places = around.filter(|at| *at < buckets || *at >= after);
    let mut found = places.filter_map(|at| Some((at, words.get(at)?))).filter(|(_, root)| is_root(words, *root));
    let (at, first) = found.next()?;
    let mut heap = Heap {
        allocator: Allocator::Emmalloc,
        evidence: Evidence::State,
        state: Some(at.min(buckets)..(at + w).max(after)),
        segments: Vec::new(),
        blocks: Vec::new(),
        damage: Vec::new(),
    };
    let mut seen = HashSet::new();
    let mut root = first;
    while root != 0 && seen.insert(root) {
        let end = words.get(root.saturating_add(2 * w)).unwrap_or(0);
        let overlaps = heap.segments.iter().any(|known| root < known.end && known.start < end);
        if !is_root(words, root) || overlaps {
            heap.damage.push(HeapDamage { address: root, message: "no root region where a link leads".into() });
            break;
        }
        heap.segments.push(root..end);
        walk(words, root..end, &mut heap);
        root = words.get(root.saturating_add(w)).unwrap_or(0);
    }
    Some(heap)
}

/// A used region of four words that holds the end of its piece, which ends with another.
fn is_root(words: &Words<'_>, root: u64) -> bool {
    let w = words.size();
    let end = words.get(root.saturating_add(2 * w)).unwrap_or(0);
    root != 0
        && root.is_multiple_of(w)
        && words.get(root).is_some_and(|size| size >= 4 * w)
        && end <= words.len()
        && end >= root.saturating_add(8 * w)
        && words.get(end - w) == Some(4 * w)
        && words.get(end - 4 * w) == Some(4 * w)
}

fn walk(words: &Words<'_>, piece: Range<u64>, heap: &mut Heap) {
    let w = words.size();
    let limit = most_blocks(words.len());
    let mut at = piece.start;
    while at < piece.end {
        let size = words.get(at).unwrap_or(0);
        let end = at.checked_add(size).filter(|end| *end <= piece.end && size >= 4 * w && size.is_multiple_of(w));
        let Some(end) = end.filter(|_| heap.blocks.len() < limit) else {
            heap.damage.push(HeapDamage { address: at, message: format!("a region's size is {size}") });
            heap.blocks.push(unknown(at, piece.end));
            return;
        };
        let ceiling = words.get(end - w).unwrap_or(0);
        if ceiling & !FREE != size {
            let message = format!("a region of {size} bytes has the size {} at its end", ceiling & !FREE);
            heap.damage.push(HeapDamage { address: at, message });
            heap.blocks.push(unknown(at, piece.end));
            return;
        }
        let is_own = at == piece.start || end == piece.end;
        let (state, bin) = match (is_own, ceiling & FREE != 0) {
            (true, _) => (BlockState::Own, None),
            (_, true) => (BlockState::Free, Some(Bin::Bucket(bucket(size - 2 * w)))),
            (_, false) => (BlockState::Live, None),
        };
        heap.blocks.push(Block { payload: at + w, usable: size - 2 * w, bin, ..own(at, end, state) });
        at = end;
    }
}

/// The bucket of a payload's size: by 8 bytes up to 128, then 4 for each power of two up to 4 KiB, then 2.
fn bucket(size: u64) -> u32 {
    if size < 128 {
        return (size >> 3).saturating_sub(1) as u32;
    }
    let log = size.min(u64::from(u32::MAX)).ilog2();
    let clz = 31 - log;
    let index = if clz > 19 {
        110 - (u64::from(clz) << 2) + ((size >> (29 - clz)) ^ 4)
    } else {
        71 - (u64::from(clz) << 1) + ((size >> (30 - clz)) ^ 2)
    };
    index.min(BUCKETS - 1) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Word;
    use proptest::prelude::*;

    const BUCKETS_AT: usize = 1024;
    const ROOT_LIST: usize = BUCKETS_AT + 64 * 16 + 8;

    /// A memory as emmalloc leaves it: `pieces` of memory, each cut into regions of the given sizes, free or not.
    fn memory(pieces: &[Vec<(u64, bool)>]) -> (Vec<u8>, Vec<(u64, u64, bool)>) {
        let mut memory = vec![0u8; 1 << 20];
        let put = |memory: &mut Vec<u8>, at: usize, value: u64| {
            memory[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes());
        };
        for bucket in 0..64 {
            let head = BUCKETS_AT + bucket * 16;
            put(&mut memory, head + 4, head as u64);
            put(&mut memory, head + 8, head as u64);
        }
        let mut regions = Vec::new();
        let mut at = 8192;
        let mut last_root = 0;
        for piece in pieces {
            let root = at;
            put(&mut memory, at, 16);
            put(&mut memory, at + 12, 16);
            at += 16;
            for &(size, free) in piece {
                regions.push((at as u64, size, free));
                put(&mut memory, at, size);
                put(&mut memory, at + size as usize - 4, size | u64::from(free));
                if free {
                    // First in its list.
                    let head = BUCKETS_AT + bucket(size - 8) as usize * 16;
                    let first = u32::from_le_bytes([memory[head + 8], memory[head + 9], memory[head + 10], 0]) as usize;
                    put(&mut memory, at + 4, head as u64);
                    put(&mut memory, at + 8, first as u64);
                    put(&mut memory, head + 8, at as u64);
                    put(&mut memory, first + 4, at as u64);
                }
                at += size as usize;
            }
            put(&mut memory, at, 16);
            put(&mut memory, at + 12, 16);
            at += 16;
            put(&mut memory, root + 4, last_root as u64);
            put(&mut memory, root + 8, at as u64);
            last_root = root;
            // Somebody else's.
            at += 64;
        }
        put(&mut memory, ROOT_LIST, last_root as u64);
        (memory, regions)
    }

    fn pieces() -> impl Strategy<Value = Vec<Vec<(u64, bool)>>> {
        let region = (2u64..400, any::<bool>()).prop_map(|(size, free)| (size * 8, free));
        prop::collection::vec(prop::collection::vec(region, 1..20), 1..4)
    }

    proptest! {
        #[test]
        fn the_regions_are_read_as_they_were_made(pieces in pieces(), broken in any::<prop::sample::Index>()) {
            let (mut memory, regions) = memory(&pieces);
            let words = Words::new(&memory, Word::new(false));
            let heaps = find(&words, 1024..8192);
            prop_assert_eq!(heaps.len(), 1);
            let heap = &heaps[0];
            prop_assert_eq!(&heap.damage, &[]);
            let mut blocks: Vec<_> = heap.blocks.iter().filter(|block| block.state != BlockState::Own)
                .map(|block| (block.start, block.size, block.state == BlockState::Free)).collect();
            blocks.sort_unstable();
            prop_assert_eq!(&blocks, &regions);
            // A header that is overwritten is found.
            let (at, ..) = regions[broken.index(regions.len())];
            memory[at as usize..at as usize + 4].copy_from_slice(&[0x41; 4]);
            let words = Words::new(&memory, Word::new(false));
            let heaps = find(&words, 1024..8192);
            prop_assert_eq!(heaps[0].damage.iter().map(|damage| damage.address).collect::<Vec<_>>(), [at]);
        }
    }

    #[test]
    fn buckets_are_those_of_emmalloc() {
        let known =
            [(8, 0), (119, 13), (120, 14), (160, 15), (256, 18), (4095, 33), (6144, 34), (65536, 41), (1 << 28, 63)];
        for (size, expected) in known {
            assert_eq!(bucket(size), expected, "{size}");
        }
    }
}

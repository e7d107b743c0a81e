//! What changed between two moments of a memory.

use std::ops::Range;

use crate::heap::Block;
use crate::heat::push;
use crate::layout::{Layout, Use};
use crate::memory::{MemoryRead, for_each_chunk};

/// What changed from one moment to a later one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The memory's size before and after, in bytes.
    pub len: (u64, u64),
    /// The bytes that changed: sorted, without overlap; changes less than 16 bytes apart are one.
    pub changed: Vec<Range<u64>>,
    /// How many bytes differ.
    pub changed_bytes: u64,
    /// The differing bytes by what they are used for afterwards, in the legend's order; those with none are left out.
    pub by_use: Vec<(Use, u64)>,
    /// Live blocks that were not there.
    pub allocated: Vec<Block>,
    /// Live blocks that are gone.
    pub freed: Vec<Block>,
    /// Live blocks of another size than before: before, after.
    pub resized: Vec<(Block, Block)>,
}

/// How far apart two changes may be and still be shown as one.
const GAP: u64 = 16;

impl Difference {
    /// Compares two moments of one memory: what they hold, and their layouts.
    pub fn between((before, old): (&dyn MemoryRead, &Layout), (after, new): (&dyn MemoryRead, &Layout)) -> Difference {
        let mut difference = Difference { len: (before.len(), after.len()), ..Difference::default() };
        let uses = new.uses();
        let mut counts = [0u64; Use::ALL.len()];
        let mut at_use = 0;
        let mut changed: Vec<Range<u64>> = Vec::new();
        let mut count = |address: u64| {
            while uses.get(at_use).is_some_and(|(range, _)| range.end <= address) {
                at_use += 1;
            }
            if let Some((_, of)) = uses.get(at_use) {
                counts[*of as usize] += 1;
            }
            match changed.last_mut() {
                Some(last) if address < last.end + GAP => last.end = address + 1,
                _ => push(&mut changed, address..address + 1),
            }
        };
        let mut other = Vec::new();
        for_each_chunk(after, 0..after.len(), |start, bytes| {
            let bytes = bytes.unwrap_or_default();
            // What has come since was zero before.
            other.clear();
            other.resize(bytes.len(), 0);
            let common = before.len().saturating_sub(start).min(bytes.len() as u64) as usize;
            let readable = before.read(start, &mut other[..common]);
            if !readable || bytes == other {
                return true;
            }
            for (index, _) in bytes.iter().zip(&other).enumerate().filter(|(_, (new, old))| new != old) {
                count(start + index as u64);
                difference.changed_bytes += 1;
            }
            true
        });
        difference.changed = changed;
        difference.by_use =
            Use::ALL.into_iter().map(|of| (of, counts[of as usize])).filter(|(_, count)| *count > 0).collect();
        difference.blocks(old, new);
        difference
    }

    fn blocks(&mut self, old: &Layout, new: &Layout) {
        let mut old = old.live().into_iter().peekable();
        for block in new.live() {
            while let Some(gone) = old.next_if(|old| old.payload < block.payload) {
                self.freed.push(gone);
            }
            match old.next_if(|old| old.payload == block.payload) {
                Some(old) if old.usable == block.usable => {}
                Some(old) => self.resized.push((old, block)),
                None => self.allocated.push(block),
            }
        }
        self.freed.extend(old);
    }

    /// Bytes of live blocks that were allocated less those that were freed; resized ones by what they grew.
    pub fn live_growth(&self) -> i64 {
        let sum = |blocks: &[Block]| blocks.iter().map(|block| block.size as i64).sum::<i64>();
        let resized = self.resized.iter().map(|(old, new)| new.size as i64 - old.size as i64).sum::<i64>();
        sum(&self.allocated) - sum(&self.freed) + resized
    }
}

impl Layout {
    /// The live blocks of all heaps, by address of the payload.
    pub fn live(&self) -> Vec<Block> {
        let mut live: Vec<Block> = self.heaps.iter().flat_map(|heap| heap.live().copied()).collect();
        live.sort_by_key(|block| block.payload);
        live
    }
}

//! Heat: which parts of a memory changed, and when, without a copy of it.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use crate::memory::{MemoryRead, for_each_chunk};

/// How often each cell of a memory was seen to change. Two looks at the memory are compared by a hash of each cell, so
/// eight bytes a cell are kept; an engine that knows which pages were written tells with [`Heat::mark`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heat {
    cell_bytes: u64,
    hashes: Vec<u64>,
    changes: Vec<u32>,
    /// The look at which a cell last changed, from 1; 0 for never.
    last: Vec<u32>,
    looks: u32,
}

impl Heat {
    /// No look yet. Cells have `cell_bytes` bytes, made a power of two from 64 to 256 KiB.
    pub fn new(cell_bytes: u64) -> Heat {
        let cell_bytes = cell_bytes.clamp(64, 1 << 18).next_power_of_two();
        Heat { cell_bytes, hashes: Vec::new(), changes: Vec::new(), last: Vec::new(), looks: 0 }
    }

    /// How many bytes a cell has.
    pub fn cell_bytes(&self) -> u64 {
        self.cell_bytes
    }

    /// How many looks there were.
    pub fn looks(&self) -> u32 {
        self.looks
    }

    /// Looks at the memory; returns the ranges that changed since the last look. Memory that has come since then
    /// counts as changed where it is not zero.
    pub fn look(&mut self, memory: &dyn MemoryRead) -> Vec<Range<u64>> {
        let cells = memory.len().div_ceil(self.cell_bytes) as usize;
        let first = self.looks == 0;
        self.resize(cells);
        self.looks += 1;
        let mut changed: Vec<Range<u64>> = Vec::new();
        let cell_bytes = self.cell_bytes;
        for_each_chunk(memory, 0..memory.len(), |start, bytes| {
            for (index, bytes) in bytes.unwrap_or_default().chunks(cell_bytes as usize).enumerate() {
                let at = start + index as u64 * cell_bytes;
                let cell = (at / cell_bytes) as usize;
                // Without the zeros at the end: a cell that only became longer is as it was.
                let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                let hash = xxh3_64(&bytes[..used]);
                if !first && self.hashes[cell] != hash {
                    self.count(cell);
                    push(&mut changed, at..at + bytes.len() as u64);
                }
                self.hashes[cell] = hash;
            }
            true
        });
        changed
    }

    /// Counts the cells of a range of a memory of `len` bytes as changed since the last look.
    pub fn mark(&mut self, range: Range<u64>, len: u64) {
        let range = range.start.min(len)..range.end.min(len);
        if range.is_empty() {
            return;
        }
        let cells = self.cells(range);
        self.resize(self.changes.len().max(cells.end));
        cells.for_each(|cell| self.count(cell));
    }

    /// How often the cells of a range changed: that of the one that changed most.
    pub fn changes(&self, range: Range<u64>) -> u32 {
        let cells = self.cells(range);
        let end = cells.end.min(self.changes.len());
        self.changes.get(cells.start.min(end)..end).unwrap_or_default().iter().copied().max().unwrap_or(0)
    }

    /// How many looks ago a cell of a range last changed, 0 at the last one; `None` if none did.
    pub fn age(&self, range: Range<u64>) -> Option<u32> {
        let cells = self.cells(range);
        let end = cells.end.min(self.last.len());
        let last = self.last.get(cells.start.min(end)..end)?.iter().copied().max().filter(|last| *last > 0)?;
        Some(self.looks.saturating_sub(last))
    }

    fn cells(&self, range: Range<u64>) -> Range<usize> {
        // A memory has at most 2^48 bytes where that is meant to be addressed.
        let end = range.end.min(1 << 48);
        (range.start.min(end) / self.cell_bytes) as usize..end.div_ceil(self.cell_bytes) as usize
    }

    fn count(&mut self, cell: usize) {
        self.changes[cell] = self.changes[cell].saturating_add(1);
        self.last[cell] = self.looks.max(1);
    }

    fn resize(&mut self, cells: usize) {
        self.hashes.resize(cells, xxh3_64(&[]));
        self.changes.resize(cells, 0);
        self.last.resize(cells, 0);
    }
}

/// Adds a range to a sorted list, joined to the last one if they touch.
pub(crate) fn push(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
        _ => ranges.push(range),
    }
}

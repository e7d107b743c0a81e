//! The grid: a memory cut into cells of equal size, each with what fills most of it. All pictures share it.

use std::ops::Range;

use crate::memory::for_each_chunk;
use crate::{Heat, Layout, MemoryRead, Use};

/// A cell of a [`Grid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What has most of its bytes.
    pub of: Use,
    /// Of its bytes in heaps, how many in 255 are in live blocks.
    pub live: u8,
    /// Whether all its bytes are zero; only if the grid was told the memory.
    pub zero: bool,
    /// How often it was seen to change; only if the grid was told the heat.
    pub changes: u32,
}

/// A range of a memory as cells, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The addresses that the cells cover; the last one may be cut off.
    pub range: Range<u64>,
    /// How many bytes a cell stands for: a power of two.
    pub cell_bytes: u64,
    /// How many cells are in a row.
    pub columns: usize,
    /// The cells, by address.
    pub cells: Vec<Cell>,
}

impl Grid {
    /// Cuts a range into cells of `cell_bytes` (made a power of two), `columns` of them in a row.
    ///
    /// At most 2^22 cells: of a larger range the cells become larger.
    pub fn new(layout: &Layout, range: Range<u64>, cell_bytes: u64, columns: usize) -> Grid {
        let start = range.start.min(layout.len);
        let range = start..range.end.clamp(start, layout.len);
        let size = range.end - range.start;
        let mut cell_bytes = cell_bytes.clamp(1, 1 << 40).next_power_of_two();
        while size.div_ceil(cell_bytes) > 1 << 22 {
            cell_bytes *= 2;
        }
        // Cells start at round addresses.
        let range = range.start - range.start % cell_bytes..range.end;
        let mut cells = Vec::with_capacity(size.div_ceil(cell_bytes) as usize);
        let uses = layout.uses();
        let mut next = uses.partition_point(|(of, _)| of.end <= range.start);
        let mut at = range.start;
        while at < range.end {
            let end = (at + cell_bytes).min(range.end);
            let mut bytes = [0u64; Use::ALL.len()];
            while let Some((of, what)) = uses.get(next).filter(|(of, _)| of.start < end) {
                bytes[*what as usize] += of.end.min(end) - of.start.max(at);
                if of.end > end {
                    break;
                }
                next += 1;
            }
            cells.push(cell(&bytes));
            at = end;
        }
        Grid { range, cell_bytes, columns: columns.max(1), cells }
    }

    /// The smallest cells with which a range fits in `rows` rows.
    pub fn fitting(layout: &Layout, range: Range<u64>, columns: usize, rows: usize) -> Grid {
        let cells = (columns.max(1) * rows.max(1)) as u64;
        let size = range.end.min(layout.len).saturating_sub(range.start);
        Grid::new(layout, range, size.div_ceil(cells).max(16), columns)
    }

    /// Finds out which cells are all zero: reads the whole range.
    pub fn with_zeros(mut self, memory: &dyn MemoryRead) -> Grid {
        for cell in &mut self.cells {
            cell.zero = true;
        }
        let (start, cell_bytes) = (self.range.start, self.cell_bytes);
        for_each_chunk(memory, self.range.clone(), |at, bytes| {
            let Some(bytes) = bytes else {
                return false;
            };
            // Cells and chunks are powers of two: one divides the other, but for where the range starts.
            let mut at = at;
            let mut rest = bytes;
            while !rest.is_empty() {
                let cell = (at - start) / cell_bytes;
                let size = ((cell + 1) * cell_bytes + start - at).min(rest.len() as u64) as usize;
                let (part, after) = rest.split_at(size);
                if let Some(cell) = self.cells.get_mut(cell as usize) {
                    cell.zero &= part.iter().all(|byte| *byte == 0);
                }
                at += size as u64;
                rest = after;
            }
            true
        });
        self
    }

    /// Marks how often each cell changed.
    pub fn with_heat(mut self, heat: &Heat) -> Grid {
        for (index, cell) in self.cells.iter_mut().enumerate() {
            let start = self.range.start + index as u64 * self.cell_bytes;
            cell.changes = heat.changes(start..start + self.cell_bytes);
        }
        self
    }

    /// The addresses of a cell.
    pub fn cell_range(&self, index: usize) -> Range<u64> {
        let start = self.range.start + index as u64 * self.cell_bytes;
        start..(start + self.cell_bytes).min(self.range.end)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.cells.len().div_ceil(self.columns)
    }
}

fn cell(bytes: &[u64; Use::ALL.len()]) -> Cell {
    let of = |what: Use| bytes[what as usize];
    // What is known wins over what is not, of equals the earlier in the legend.
    let most =
        Use::ALL.into_iter().rev().max_by_key(|what| (of(*what), !matches!(what, Use::Unclaimed | Use::Reserved)));
    let heap = of(Use::HeapLive) + of(Use::HeapFree) + of(Use::HeapTop) + of(Use::HeapOther);
    let live = (u128::from(of(Use::HeapLive)) * 255).checked_div(heap.into()).unwrap_or(0) as u8;
    Cell { of: most.unwrap_or(Use::Unclaimed), live, zero: false, changes: 0 }
}

//! Who pays for which part of a compressed stream: one walk over the input in step with the
//! stream, holding a total for each range and a few entries for the block at hand, never
//! anything for each byte.

use std::ops::Range;

use super::{Cost, TransferError};

/// Costs by range of the input, filled from the first byte to the last.
pub(super) struct Ledger {
    /// End of each range; the ranges follow each other from 0.
    ends: Vec<usize>,
    costs: Vec<u64>,
    /// The range that holds `position`.
    current: usize,
    /// Input bytes that are charged.
    position: usize,
    /// Symbols of the open block by range, in fixed point: what a block needs besides its
    /// symbols is shared by these when it closes.
    block: Vec<(usize, u64)>,
    /// Cost of no range in particular.
    shared: u64,
}

/// The weight of a symbol in [`Ledger::block`]; a symbol that reaches over a boundary is divided.
const SYMBOL: u64 = 1 << 16;

impl Ledger {
    /// An empty ledger for `ranges`, which must partition `0..length` in order.
    pub(super) fn new(ranges: impl IntoIterator<Item = Range<usize>>, length: usize) -> Result<Self, TransferError> {
        let mut ends = Vec::new();
        let mut expected = 0;
        for (index, Range { start, end }) in ranges.into_iter().enumerate() {
            if start != expected || end < start || end > length {
                return Err(TransferError::Ranges { index, start, end, expected, length });
            }
            ends.push(end);
            expected = end;
        }
        if expected != length {
            return Err(TransferError::Uncovered { end: expected, length });
        }
        let costs = vec![0; ends.len()];
        Ok(Self { ends, costs, current: 0, position: 0, block: Vec::new(), shared: 0 })
    }

    /// Input bytes that are charged so far.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Charges a symbol: `cost` for the next `length` bytes of the input, in equal parts.
    pub(super) fn charge(&mut self, cost: Cost, length: usize) {
        let mut done = 0;
        while done < length {
            let Some(&end) = self.ends.get(self.current) else {
                // Past the input: the caller compares lengths when the stream has ended.
                self.shared += cost.0 - part(cost.0, done, length);
                self.position += length - done;
                return;
            };
            let upto = length.min(done.saturating_add(end - self.position));
            if upto > done {
                self.costs[self.current] += part(cost.0, upto, length) - part(cost.0, done, length);
                let weight = part(SYMBOL, upto, length) - part(SYMBOL, done, length);
                match self.block.last_mut() {
                    Some((range, sum)) if *range == self.current => *sum += weight,
                    _ => self.block.push((self.current, weight)),
                }
                self.position += upto - done;
                done = upto;
            }
            if self.position == end {
                self.current += 1;
            }
        }
    }

    /// Closes a block: `cost` goes to the symbols since the last close, in equal parts, or, if
    /// there are none, to all.
    pub(super) fn close_block(&mut self, cost: Cost) {
        let total = self.block.iter().map(|&(_, weight)| weight).sum();
        if total == 0 {
            self.shared += cost.0;
        }
        let mut before = 0;
        for (range, weight) in self.block.drain(..) {
            let after = before + weight;
            self.costs[range] += share(cost.0, after, total) - share(cost.0, before, total);
            before = after;
        }
    }

    /// Charges `cost` to all ranges, by what they already cost.
    pub(super) fn share(&mut self, cost: Cost) {
        self.shared += cost.0;
    }

    /// The costs by range. Their sum is all that was charged, unless nothing was charged to any
    /// range (an empty input): then there is nobody to pay for the frame.
    pub(super) fn finish(mut self) -> Vec<Cost> {
        self.close_block(Cost::default());
        let total = self.costs.iter().sum();
        let mut before = 0;
        let shared = self.shared;
        let pay = |cost: u64| {
            let after = before + cost;
            let extra = share(shared, after, total) - share(shared, before, total);
            before = after;
            Cost(cost + extra)
        };
        self.costs.into_iter().map(pay).collect()
    }
}

/// What the first `count` of `total` bytes have of `cost`, rounded down: differences of this
/// give parts that add up to `cost` exactly.
fn part(cost: u64, count: usize, total: usize) -> u64 {
    if count == total { cost } else { share(cost, count as u64, total as u64) }
}

/// `cost × weight / total`, rounded down; 0 if `total` is 0.
fn share(cost: u64, weight: u64, total: u64) -> u64 {
    if total == 0 {
        return 0;
    }
    let exact = match cost.checked_mul(weight) {
        Some(product) => return product / total,
        None => u128::from(cost) * u128::from(weight) / u128::from(total),
    };
    // weight ≤ total, so the result is at most `cost`.
    u64::try_from(exact).unwrap_or(cost)
}

//! Runs of data that occur twice: linkers merge equal strings, not equal tables. Saves the second and further copies of
//! runs of at least 2 KiB: shorter ones may be like by chance, as in the tables of parsers. Silent on fills and other runs of
//! few byte values, and on copies that overlap.

use super::facts::{Facts, Maker, plural};
use std::collections::HashMap;
use std::ops::Range;
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("duplicate-data");

/// Shorter runs are not worth a change.
const MIN_RUN: usize = 2048;
/// Fewer byte values are a fill, or a table of flags that merely looks alike.
const MIN_VALUES: usize = 12;
/// Blocks by which runs are found.
const BLOCK: usize = 64;
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let mut index = Index::default();
    let mut copies: Vec<(Range<u32>, u32)> = Vec::new();
    for data in &facts.data {
        index.copies(facts.analysis.map.bytes(), data.start as usize, data.bytes.len(), &mut copies);
    }
    copies.sort_by_key(|(range, _)| (std::cmp::Reverse(range.end - range.start), range.start));
    let evidence = |(range, first): &(Range<u32>, u32)| -> Evidence {
        let length = range.end - range.start;
        let (at, first) = (format!("{:#x}", range.start), format!("{first:#x}"));
        let label = phrase!("{0} bytes at {1}, as at {2}", length, at, first);
        facts.range(label, range.clone(), u64::from(length))
    };
    facts.advice(
        KIND,
        (copies.iter().map(|(range, _)| u64::from(range.end - range.start)).sum(), Certainty::Estimate),
        plural(copies.len(), phrase!("1 run of data is in the file twice"), |n| {
            phrase!("{0} runs of data are in the file twice", n)
        }),
        match facts.maker {
            Maker::Rust => phrase!(
                "A `const` is copied to each place that uses it, and two versions of a crate bring their tables \
                 twice."
            ),
            _ => phrase!("Each object file brings its own copy of a table that is defined in a header."),
        },
        Fix::edit(match facts.maker {
            Maker::Rust => {
                phrase!("make the table one `static` and refer to it (not a `const`, not a second `include_bytes!`)")
            }
            _ => phrase!("define the table once and declare it where it is used (not `static` in a header)"),
        }),
        copies.iter().take(10).map(evidence).collect(),
    )
}

/// Blocks seen so far: rolling hash → file offset of the first that has it.
struct Index {
    blocks: HashMap<u64, u32>,
    /// A bit for the upper part of each hash: most positions are told apart by it alone.
    filter: Vec<u64>,
}

impl Default for Index {
    fn default() -> Index {
        Index { blocks: HashMap::new(), filter: vec![0; 1 << 16] }
    }
}

impl Index {
    /// Finds the runs of one segment that repeat what is before, and adds it to the index.
    fn copies(&mut self, file: &[u8], start: usize, length: usize, copies: &mut Vec<(Range<u32>, u32)>) {
        let end = start + length;
        let leading = (1..BLOCK).fold(1u64, |power, _| power.wrapping_mul(BASE));
        let mut at = start;
        let mut hash = None;
        while at + BLOCK <= end {
            let here = match hash {
                Some(hash) => hash,
                None => file[at..at + BLOCK].iter().fold(0u64, |hash, &b| push(hash, b)),
            };
            let known = self.get(here).map(|first| first as usize);
            let run = known.filter(|first| first + BLOCK <= at).map_or(0, |first| {
                let room = (end - at).min(at - first);
                (0..room).take_while(|&n| file[first + n] == file[at + n]).count()
            });
            if let Some(first) = known.filter(|_| run >= MIN_RUN && is_varied(&file[at..at + run])) {
                // What stands before the block may be of the run too.
                let room = at - copies.last().map_or(start, |(range, _)| (range.end as usize).max(start)).min(at);
                let before =
                    (0..room.min(first).min(BLOCK)).take_while(|n| file[first - n - 1] == file[at - n - 1]).count();
                copies.push(((at - before) as u32..(at + run) as u32, (first - before) as u32));
            }
            if known.is_none() && (at - start).is_multiple_of(BLOCK) {
                self.insert(here, at as u32);
            }
            let step = run.max(1);
            hash = match (step, file.get(at + BLOCK)) {
                (1, Some(&next)) => Some(push(here.wrapping_sub(leading.wrapping_mul(u64::from(file[at]) + 1)), next)),
                _ => None,
            };
            at += step;
        }
    }

    fn get(&self, hash: u64) -> Option<u32> {
        let bit = hash >> 42;
        let is_possible = self.filter[(bit >> 6) as usize] & (1 << (bit & 63)) != 0;
        if is_possible { self.blocks.get(&hash).copied() } else { None }
    }

    fn insert(&mut self, hash: u64, at: u32) {
        let bit = hash >> 42;
        self.filter[(bit >> 6) as usize] |= 1 << (bit & 63);
        self.blocks.insert(hash, at);
    }
}

fn push(hash: u64, byte: u8) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1)
}

fn is_varied(run: &[u8]) -> bool {
    let mut seen = [false; 256];
    run.iter().for_each(|&b| seen[b as usize] = true);
    seen.iter().filter(|seen| **seen).count() >= MIN_VALUES
}

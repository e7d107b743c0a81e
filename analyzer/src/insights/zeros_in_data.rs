//! Runs of zeros in data segments, which a fresh memory has anyway. Saves each run, less the header of the segment that
//! the rest behind it becomes. Silent where the memory is imported, so that it may hold something before, and where
//! segments overlap.

use super::facts::{Data, Facts, plural};
use std::ops::Range;
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("zeros-in-data");

/// Flags, `i32.const`, an address, `end` and a length: the header of another segment.
const HEADER: u64 = 9;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    if overlaps(&facts.data) {
        return None;
    }
    let mut runs: Vec<(u64, Range<u32>)> = Vec::new();
    for data in facts.data.iter().filter(|data| data.is_fresh && data.address.is_some()) {
        runs.extend(zeros(data.bytes).map(|run| {
            let is_inside = run.start > 0 && run.end < data.bytes.len();
            let length = (run.end - run.start) as u64;
            let saved = if is_inside { length.saturating_sub(HEADER) } else { length };
            (saved, data.start + run.start as u32..data.start + run.end as u32)
        }));
    }
    runs.retain(|(saved, _)| *saved > 0);
    runs.sort_by_key(|(saved, range)| (std::cmp::Reverse(*saved), range.start));
    let saving = runs.iter().map(|(saved, _)| saved).sum();
    let evidence = |(saved, range): &(u64, Range<u32>)| -> Evidence {
        let length = range.end - range.start;
        let label = phrase!("{0} zeros at {1}", length, format!("{:#x}", range.start));
        facts.range(label, range.clone(), *saved)
    };
    facts.advice(
        KIND,
        (saving, Certainty::Estimate),
        plural(runs.len(), phrase!("1 run of zeros is in data segments"), |n| {
            phrase!("{0} runs of zeros are in data segments", n)
        }),
        phrase!("A memory is zero when it is made, so zeros need not be in the file."),
        Fix::command("wasm-opt --all-features --memory-packing FILE -o FILE"),
        runs.iter().take(10).map(evidence).collect(),
    )
}

/// Whether a segment writes what another one wrote.
fn overlaps(data: &[Data<'_>]) -> bool {
    let mut ranges: Vec<(u64, u64)> =
        data.iter().filter_map(|d| Some((d.address?, d.address?.saturating_add(d.bytes.len() as u64)))).collect();
    ranges.sort_unstable();
    ranges.windows(2).any(|pair| pair[0].1 > pair[1].0)
}

/// Runs of zeros that are clearly longer than a header.
fn zeros(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at + bytes[at..].iter().position(|&b| b == 0)?;
            let end = bytes[start..].iter().position(|&b| b != 0).map_or(bytes.len(), |length| start + length);
            at = end;
            if (end - start) as u64 >= 2 * HEADER {
                return Some(start..end);
            }
        }
        None
    })
}

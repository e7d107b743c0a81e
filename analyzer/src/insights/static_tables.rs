//! Tables whose elements are wider than their values: `[u32; N]` that holds only what fits a `u8` or `u16`. Saves the
//! bytes that are zero in every element. Silent on tables under 4 KiB, on sparse ones (see `zeros-in-data`) and on those
//! of few values, which may be something else.

use super::facts::{Data, Facts, contains, plural};
use std::collections::HashSet;
use std::ops::Range;
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("big-static-tables");

const MIN_TABLE: usize = 4096;
const MIN_VALUES: usize = 32;
/// Parts of `core`'s tables of letters in the other case, which nobody but Rust can change: А а Б б and the reverse.
const CASE_TABLES: [&[u8]; 2] =
    [b"\x10\x04\0\0\x30\x04\0\0\x11\x04\0\0\x31\x04\0\0", b"\x30\x04\0\0\x10\x04\0\0\x31\x04\0\0\x11\x04\0\0"];

/// A run of elements.
struct Table {
    /// In the segment.
    range: Range<usize>,
    /// Bytes of an element.
    width: usize,
    /// Bytes of it that any value uses.
    needed: usize,
}

impl Table {
    fn saving(&self) -> u64 {
        ((self.range.end - self.range.start) / self.width * (self.width - self.needed)) as u64
    }
}

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let mut tables: Vec<(&Data<'_>, Table)> = Vec::new();
    for data in &facts.data {
        tables.extend(tables_of(data.bytes, data.address.unwrap_or(0)).into_iter().map(|table| (data, table)));
    }
    tables.sort_by_key(|(data, table)| (std::cmp::Reverse(table.saving()), data.start, table.range.start));
    facts.advice(
        KIND,
        (tables.iter().map(|(_, table)| table.saving()).sum(), Certainty::Estimate),
        plural(tables.len(), phrase!("a static table is wider than its values"), |n| {
            phrase!("{0} static tables are wider than their values", n)
        }),
        phrase!("All elements have zeros in the same upper bytes. (After compression the difference is small.)"),
        Fix::edit(phrase!(
            "give the table the element type that its values need (`[u8; N]`, `[u16; N]`) and widen on reading"
        )),
        tables.iter().take(10).map(|(data, table)| evidence(facts, data, table)).collect(),
    )
}

/// `4096 values of 32 bits that fit 16, at 0x1a2 (address 0x100000), used by app::lookup`.
fn evidence(facts: &Facts<'_, '_>, data: &Data<'_>, table: &Table) -> Evidence {
    let range = data.start + table.range.start as u32..data.start + table.range.end as u32;
    let count = table.range.len() / table.width;
    let (width, needed) = (table.width * 8, table.needed * 8);
    let at = format!("{:#x}", range.start);
    let mut label = phrase!("{0} values of {1} bits that fit {2}, at {3}", count, width, needed, at);
    if let Some(address) = data.address {
        let start = address.saturating_add(table.range.start as u64);
        label = phrase!("{0} (address {1})", label, format!("{start:#x}"));
        let users = facts.objects().users(start..start.saturating_add(table.range.len() as u64));
        if let Some(&user) = users.first() {
            label = phrase!("{0}, used by {1}", label, facts.analysis.map.label(user));
        }
    }
    facts.range(label, range, table.saving())
}

/// The tables of a segment, which do not overlap: wide elements are looked for first.
fn tables_of(bytes: &[u8], address: u64) -> Vec<Table> {
    let mut found: Vec<Table> = Vec::new();
    for width in [8usize, 4, 2] {
        found.sort_by_key(|table| table.range.start);
        let wider: Vec<Range<usize>> = found.iter().map(|table| table.range.clone()).collect();
        let is_free = |range: &Range<usize>| {
            let at = wider.partition_point(|taken| taken.end <= range.start);
            wider.get(at).is_none_or(|taken| range.end <= taken.start)
        };
        let misaligned = (address % width as u64) as usize;
        let mut at = (width - misaligned) % width;
        while at + MIN_TABLE <= bytes.len() {
            let elements = bytes[at..].chunks_exact(width);
            let needs = elements.map(needed).take_while(|&needed| needed <= width / 2);
            let (mut count, mut needed, mut zero) = (0, 1, 0);
            for need in needs {
                count += 1;
                needed = needed.max(need);
                zero += usize::from(need == 0);
            }
            let range = at..at + count * width;
            if range.len() >= MIN_TABLE && zero * 2 < count && is_free(&range) && is_users(&bytes[range.clone()], width)
            {
                found.push(Table { range: range.clone(), width, needed: needed.next_power_of_two() });
            }
            at = range.end + width;
        }
    }
    found
}

/// Bytes up to the last that is not zero.
fn needed(element: &[u8]) -> usize {
    element.iter().rposition(|&b| b != 0).map_or(0, |at| at + 1)
}

/// Whether it has enough values to be a table, and is none of Rust's own.
fn is_users(table: &[u8], width: usize) -> bool {
    let values: HashSet<&[u8]> = table.chunks_exact(width).take(4096).collect();
    values.len() >= MIN_VALUES && !CASE_TABLES.iter().any(|part| contains(table, part))
}

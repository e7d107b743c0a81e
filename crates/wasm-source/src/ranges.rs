//! Code ranges of an entry, as offsets in the module's file.

use std::ops::Range;

use gimli::{Attribute, AttributeValue, RangeListsOffset, UnitRef};

use crate::Slice;
use crate::budget::Budget;
use crate::error::{Error, ErrorKind};

/// The least that an entry of a range list takes in its section, in bytes.
const RANGE_BYTES: usize = 3;

/// Turns code addresses into file offsets, and counts those that can't be.
#[derive(Debug)]
pub(crate) struct CodeMap<'c> {
    /// The code section's contents in the file.
    pub(crate) code: Range<u32>,
    pub(crate) budget: &'c Budget,
    /// How many ranges did not lie in the code.
    pub(crate) outside: u64,
    /// Whether the budget ended a range list early.
    pub(crate) exhausted: bool,
}

impl<'c> CodeMap<'c> {
    pub(crate) fn new(code: Range<u32>, budget: &'c Budget) -> Self {
        CodeMap { code, budget, outside: 0, exhausted: false }
    }

    /// The error for a range list that was ended early, if one was.
    pub(crate) fn problem(&self, offset: usize) -> Option<Error> {
        self.exhausted.then(|| Error::new(".debug_info", offset, ErrorKind::Limit("range lists overlap")))
    }
    /// The place of the addresses `begin..end` in the file.
    ///
    /// Nothing for code that the linker dropped: it leaves 0, which is the
    /// function count and never a function, or one of the highest addresses.
    pub(crate) fn place(&mut self, begin: u64, end: u64) -> Option<Range<u32>> {
        const TOMBSTONE: u64 = 0xffff_fffe;
        if begin == 0 || begin >= TOMBSTONE || begin >= end {
            return None;
        }
        if end > u64::from(self.code.end.saturating_sub(self.code.start)) {
            self.outside += 1;
            return None;
        }
        Some(self.code.start + begin as u32..self.code.start + end as u32)
    }
}

/// The attributes that say where an entry's code is (DWARF 5, 2.17).
#[derive(Debug, Default)]
pub(crate) struct RangeAttributes {
    low_pc: Option<u64>,
    high_pc: Option<u64>,
    length: Option<u64>,
    list: Option<RangeListsOffset>,
}

impl RangeAttributes {
    /// Notes the attribute if it is one of these.
    pub(crate) fn note<'a>(
        &mut self,
        unit: UnitRef<'_, Slice<'a>>,
        attribute: &Attribute<Slice<'a>>,
    ) -> gimli::Result<()> {
        match attribute.name() {
            gimli::DW_AT_low_pc => self.low_pc = unit.attr_address(attribute.value())?,
            gimli::DW_AT_high_pc => match attribute.value() {
                AttributeValue::Udata(length) => self.length = Some(length),
                value => self.high_pc = unit.attr_address(value)?,
            },
            gimli::DW_AT_ranges => self.list = unit.attr_ranges_offset(attribute.value())?,
            _ => {}
        }
        Ok(())
    }

    /// Appends the ranges in the file to `into`.
    pub(crate) fn resolve(
        &self,
        unit: UnitRef<'_, Slice<'_>>,
        map: &mut CodeMap<'_>,
        into: &mut Vec<Range<u32>>,
    ) -> gimli::Result<()> {
        if let Some(list) = self.list {
            let mut ranges = unit.ranges(list)?;
            while let Some(raw) = ranges.next_raw()? {
                if !map.budget.spend(RANGE_BYTES) {
                    map.exhausted = true;
                    break;
                }
                if let Some(range) = ranges.convert_raw(raw)? {
                    into.extend(map.place(range.begin, range.end));
                }
            }
        } else if let Some(begin) = self.low_pc {
            let end = self.length.map_or(self.high_pc, |length| begin.checked_add(length));
            into.extend(map.place(begin, end.unwrap_or(begin)));
        }
        Ok(())
    }
}

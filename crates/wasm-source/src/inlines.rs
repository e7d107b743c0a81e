//! The calls that were inlined into a subprogram, and which byte of its code
//! belongs to which of them.

use std::collections::BTreeSet;
use std::ops::Range;

use gimli::{AttributeValue, UnitOffset, UnitRef};

use crate::entry::EntryId;
use crate::error::{Error, ErrorKind};
use crate::index::SubprogramSlot;
use crate::lines::FileId;
use crate::ranges::{CodeMap, RangeAttributes};
use crate::source::{Source, UnitId};
use crate::{MAIN, Slice};

/// How deep inlined calls may lie in each other; deeper ones count as part of
/// the call around them. Compilers stay under 100.
const MAX_DEPTH: usize = 512;

/// The inlined calls of one subprogram.
#[derive(Debug, Default)]
pub(crate) struct InlineTree {
    /// Outer calls come before those inside of them.
    pub(crate) calls: Vec<InlinedCall>,
    /// The subprogram's code, split where the innermost call changes; sorted,
    /// without overlap. `None` is the subprogram's own code.
    pub(crate) cover: Vec<(Range<u32>, Option<u32>)>,
    pub(crate) outside_code: u64,
    pub(crate) problem: Option<Error>,
}

#[derive(Debug)]
pub(crate) struct InlinedCall {
    /// Its entry.
    pub(crate) entry: UnitOffset,
    /// The function that was inlined.
    pub(crate) origin: Option<EntryId>,
    /// The call that it is inside of.
    pub(crate) parent: Option<u32>,
    /// How many calls it is inside of.
    depth: u32,
    /// Where the call is written.
    pub(crate) file: Option<FileId>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
}

impl InlineTree {
    /// The innermost call at a byte of code, then the calls around it.
    pub(crate) fn calls_at(&self, offset: u32) -> impl Iterator<Item = &InlinedCall> {
        let after = self.cover.partition_point(|(range, _)| range.start <= offset);
        let covering = after.checked_sub(1).and_then(|at| self.cover.get(at));
        let innermost = covering.filter(|(range, _)| offset < range.end).and_then(|(_, call)| *call);
        self.chain(innermost)
    }

    /// A call, then the calls around it.
    pub(crate) fn chain(&self, innermost: Option<u32>) -> impl Iterator<Item = &InlinedCall> {
        let get = |at: u32| self.calls.get(at as usize);
        std::iter::successors(innermost.and_then(get), move |call| call.parent.and_then(get))
    }
}

impl<'a> Source<'a> {
    pub(crate) fn inlines<'s>(&'s self, unit: UnitId, slot: &'s SubprogramSlot) -> &'s InlineTree {
        slot.inlines.get_or_init(|| {
            self.unit_ref(unit).map(|unit_ref| self.read_inlines(unit, unit_ref, slot)).unwrap_or_default()
        })
    }

    fn read_inlines(&self, id: UnitId, unit: UnitRef<'_, Slice<'a>>, slot: &SubprogramSlot) -> InlineTree {
        let entry = EntryId::new(id, slot.entries.start);
        // Subprograms may lie in each other, each with the entries of all inside.
        if !self.budget.spend(slot.entries.end.0 - slot.entries.start.0) {
            let limit = ErrorKind::Limit("subprograms overlap");
            return InlineTree {
                cover: cover(&slot.ranges, &[], &[]),
                problem: Some(self.entry_problem(entry, limit)),
                ..InlineTree::default()
            };
        }
        let mut map = CodeMap::new(self.code.clone(), &self.budget);
        let mut calls = Vec::new();
        let mut code = Vec::new();
        let result = self.read_calls(id, unit, slot, &mut map, &mut calls, &mut code);
        InlineTree {
            cover: cover(&slot.ranges, &calls, &code),
            calls,
            outside_code: map.outside,
            problem: match result {
                Ok(()) => map.problem(unit.header.offset().0),
                Err(error) => Some(self.entry_error(entry, error)),
            },
        }
    }

    /// Reads the calls inlined into a subprogram; `code` gets the ranges of each,
    /// with its place in `calls`.
    fn read_calls(
        &self,
        id: UnitId,
        unit: UnitRef<'_, Slice<'a>>,
        slot: &SubprogramSlot,
        map: &mut CodeMap<'_>,
        calls: &mut Vec<InlinedCall>,
        code: &mut Vec<(Range<u32>, u32)>,
    ) -> gimli::Result<()> {
        let file = self.slot(id).map_or(MAIN, |slot| slot.file);
        let mut raw = unit.entries_raw(Some(slot.entries.start))?;
        // The calls around the current entry, with the depth of their entries.
        let mut open: Vec<(isize, u32)> = Vec::new();
        let mut nested_subprogram = None;
        let mut ranges = Vec::new();
        while raw.next_offset() < slot.entries.end && !raw.is_empty() {
            let entry = raw.next_offset();
            let depth = raw.next_depth();
            let Some(abbreviation) = raw.read_abbreviation()? else {
                continue;
            };
            open.truncate(open.partition_point(|(around, _)| *around < depth));
            nested_subprogram = nested_subprogram.filter(|around| *around < depth);
            let is_call = abbreviation.tag() == gimli::DW_TAG_inlined_subroutine;
            if abbreviation.tag() == gimli::DW_TAG_subprogram && depth > 0 {
                nested_subprogram = nested_subprogram.or(Some(depth));
            }
            if !is_call || nested_subprogram.is_some() || open.len() >= MAX_DEPTH {
                raw.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            let parent = open.last().map(|(_, call)| *call);
            let mut call = InlinedCall {
                entry,
                origin: None,
                parent,
                depth: open.len() as u32,
                file: None,
                line: None,
                column: None,
            };
            let mut attributes = RangeAttributes::default();
            for spec in abbreviation.attributes() {
                let attribute = raw.read_attribute(*spec)?;
                let number = || u32::try_from(attribute.udata_value()?).ok();
                match attribute.name() {
                    gimli::DW_AT_call_file => {
                        if let AttributeValue::FileIndex(index) = attribute.value() {
                            call.file = FileId::new(id, index, unit.version());
                        }
                    }
                    gimli::DW_AT_abstract_origin => {
                        call.origin = self.resolve(id, file, attribute.value());
                    }
                    gimli::DW_AT_call_line => call.line = number().filter(|line| *line != 0),
                    gimli::DW_AT_call_column => call.column = number().filter(|column| *column != 0),
                    _ => attributes.note(unit, &attribute)?,
                }
            }
            let at = calls.len() as u32;
            attributes.resolve(unit, map, &mut ranges)?;
            code.extend(ranges.drain(..).map(|range| (range, at)));
            calls.push(call);
            open.push((depth, at));
        }
        Ok(())
    }
}

/// Splits `code`, a subprogram's ranges, among the innermost calls. Where calls
/// of one depth overlap, the later one counts.
fn cover(
    code: &[Range<u32>],
    calls: &[InlinedCall],
    call_code: &[(Range<u32>, u32)],
) -> Vec<(Range<u32>, Option<u32>)> {
    // Start and end points in order; the subprogram itself is below all calls.
    let mut points = Vec::new();
    let mut add = |range: &Range<u32>, what: Option<(u32, u32)>| {
        points.push((range.start, true, what));
        points.push((range.end, false, what));
    };
    for range in merged(code) {
        add(&range, None);
    }
    let mut call_ranges: Vec<Vec<Range<u32>>> = vec![Vec::new(); calls.len()];
    for (range, at) in call_code {
        if let Some(ranges) = call_ranges.get_mut(*at as usize) {
            ranges.push(range.clone());
        }
    }
    for (at, (call, ranges)) in calls.iter().zip(&call_ranges).enumerate() {
        for range in merged(ranges) {
            add(&range, Some((call.depth, at as u32)));
        }
    }
    points.sort_unstable();

    let mut cover: Vec<(Range<u32>, Option<u32>)> = Vec::new();
    let mut active = BTreeSet::new();
    let mut from = 0;
    for (at, starts, what) in points {
        if at > from && active.contains(&None) {
            let innermost = active.last().copied().flatten().map(|(_, call)| call);
            match cover.last_mut() {
                Some((last, call)) if last.end == from && *call == innermost => last.end = at,
                _ => cover.push((from..at, innermost)),
            }
        }
        from = at;
        if starts {
            active.insert(what);
        } else {
            active.remove(&what);
        }
    }
    cover
}

/// The ranges sorted, with those that touch or overlap joined.
fn merged(ranges: &[Range<u32>]) -> Vec<Range<u32>> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<u32>> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

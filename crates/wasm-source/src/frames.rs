//! From a byte of code to the functions that it belongs to.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use gimli::DebuggingInformationEntry;

use crate::entry::EntryId;
use crate::index::SubprogramSlot;
use crate::lines::FileId;
use crate::ranges::{CodeMap, RangeAttributes};
use crate::source::{Source, UnitId};
use crate::spans::Spans;

/// A function at a byte of code: the one that the byte was written in, or one
/// that it was inlined into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The function's entry: its code's for the outermost frame, its abstract
    /// one for inlined calls. Nothing where only a line is known.
    pub function: Option<EntryId>,
    /// Its name in the source, without its scope.
    pub name: Option<Cow<'a, str>>,
    /// Its mangled name, where that differs.
    pub linkage_name: Option<Cow<'a, str>>,
    /// The file of the current place in this function: of the byte itself, or
    /// of the call to the frame inside.
    pub file: Option<FileId>,
    /// The line of that place, from 1.
    pub line: Option<u32>,
    /// The column of that place, from 1.
    pub column: Option<u32>,
}

/// A range of code with the calls that were inlined there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineRange {
    /// The code in the module's file, in bytes; never empty.
    pub range: Range<u32>,
    /// The subprogram that has the code.
    pub subprogram: EntryId,
    /// The functions inlined there, innermost first: their abstract entries,
    /// which all calls of one function in a unit share.
    pub inlined: Vec<EntryId>,
}

impl<'a> Source<'a> {
    /// The functions that the byte of code at `offset` in the file belongs to,
    /// innermost first. Empty if nothing is known of it.
    pub fn frames_at(&self, offset: u32) -> Vec<Frame<'a>> {
        let found = self.find_subprogram(offset);
        let Some((unit, _, slot)) = found else {
            // Code without a subprogram, as assemblers write it.
            let line = self.units_at(offset).find_map(|unit| self.line_at(unit, offset));
            return line
                .map(|line| Frame {
                    function: None,
                    name: None,
                    linkage_name: None,
                    file: line.file,
                    line: line.line,
                    column: line.column,
                })
                .into_iter()
                .collect();
        };
        let place = self.line_at(unit, offset);
        let (mut file, mut line, mut column) =
            place.map(|place| (place.file, place.line, place.column)).unwrap_or_default();
        let mut frames = Vec::new();
        for call in self.inlines(unit, slot).calls_at(offset) {
            let entry = EntryId::new(unit, call.entry);
            frames.push(self.frame(call.origin.unwrap_or(entry), file, line, column));
            (file, line, column) = (call.file, call.line, call.column);
        }
        let entry = EntryId::new(unit, slot.entries.start);
        frames.push(self.frame(entry, file, line, column));
        frames
    }

    /// How many of the inlined calls that the byte of code at `offset` belongs
    /// to begin there: of the innermost ones those that the byte before is no
    /// part of.
    pub fn calls_begun_at(&self, offset: u32) -> usize {
        let Some((unit, _, slot)) = self.find_subprogram(offset) else { return 0 };
        let tree = self.inlines(unit, slot);
        let before = |entry| offset.checked_sub(1).is_some_and(|at| tree.calls_at(at).any(|call| call.entry == entry));
        tree.calls_at(offset).take_while(|call| !before(call.entry)).count()
    }

    /// The code of a unit's subprograms, split where the inlined calls change.
    pub fn inline_ranges(&self, unit: UnitId) -> impl Iterator<Item = InlineRange> + '_ {
        let slots = self.index(unit).map_or(&[][..], |index| &index.subprograms);
        slots.iter().flat_map(move |slot| {
            let tree = self.inlines(unit, slot);
            tree.cover.iter().map(move |(range, innermost)| InlineRange {
                range: range.clone(),
                subprogram: EntryId::new(unit, slot.entries.start),
                inlined: tree
                    .chain(*innermost)
                    .map(|call| call.origin.unwrap_or(EntryId::new(unit, call.entry)))
                    .collect(),
            })
        })
    }

    /// Where the calls begin that functions were inlined at, as an offset in
    /// the file each: of those functions that `wanted` says, by their abstract
    /// entries.
    pub fn inlined_calls(&self, wanted: impl Fn(EntryId) -> bool) -> Vec<u32> {
        let mut known: BTreeMap<EntryId, bool> = BTreeMap::new();
        let mut starts = Vec::new();
        for unit in self.unit_ids() {
            for slot in self.index(unit).map_or(&[][..], |index| &index.subprograms) {
                let tree = self.inlines(unit, slot);
                // The lowest byte of each call, also where others lie in it.
                let mut first: BTreeMap<u32, u32> = BTreeMap::new();
                for (range, innermost) in &tree.cover {
                    let mut next = *innermost;
                    while let Some((at, call)) = next.and_then(|at| Some((at, tree.calls.get(at as usize)?))) {
                        next = call.parent;
                        let is_wanted =
                            call.origin.is_some_and(|origin| *known.entry(origin).or_insert_with(|| wanted(origin)));
                        if is_wanted {
                            first.entry(at).or_insert(range.start);
                        }
                    }
                }
                starts.extend(first.into_values());
            }
        }
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    fn frame(&self, function: EntryId, file: Option<FileId>, line: Option<u32>, column: Option<u32>) -> Frame<'a> {
        let named = self.declaration(function);
        Frame { function: Some(function), name: named.name, linkage_name: named.linkage_name, file, line, column }
    }

    /// The subprogram that has the byte at `offset`: its unit, and its place
    /// among the unit's.
    pub(crate) fn find_subprogram(&self, offset: u32) -> Option<(UnitId, u32, &SubprogramSlot)> {
        self.units_at(offset).find_map(|unit| {
            let (at, slot) = self.index(unit)?.subprogram_at(offset)?;
            Some((unit, at, slot))
        })
    }

    /// The units that say that they have code at `offset`.
    fn units_at(&self, offset: u32) -> impl Iterator<Item = UnitId> + '_ {
        self.addresses().at(offset)
    }

    fn addresses(&self) -> &Spans<UnitId> {
        self.addresses.get_or_init(|| {
            let mut spans: Vec<(Range<u32>, UnitId)> = Vec::new();
            for unit in self.unit_ids() {
                let ranges = self.unit_ranges(unit).unwrap_or_default();
                if ranges.is_empty() {
                    let code = self.index(unit).map(|index| index.code.ranges());
                    spans.extend(code.into_iter().flatten().map(|range| (range.clone(), unit)));
                } else {
                    spans.extend(ranges.into_iter().map(|range| (range, unit)));
                }
            }
            Spans::new(spans)
        })
    }

    /// The code of a unit by its root entry. Nothing if that does not say, or
    /// can't be read.
    fn unit_ranges(&self, id: UnitId) -> Option<Vec<Range<u32>>> {
        let unit = self.line_unit_ref(id).ok()?;
        let mut raw = unit.entries_raw(None).ok()?;
        let mut root = DebuggingInformationEntry::null();
        raw.read_entry(&mut root).ok()?;
        let mut map = CodeMap::new(self.code.clone(), &self.budget);
        let mut attributes = RangeAttributes::default();
        for attribute in root.attrs() {
            attributes.note(unit, attribute).ok()?;
        }
        let mut ranges = Vec::new();
        attributes.resolve(unit, &mut map, &mut ranges).ok()?;
        Some(ranges)
    }
}

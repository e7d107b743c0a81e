//! The variables in scope at a byte of code.

use std::borrow::Cow;

use gimli::{DebuggingInformationEntry, UnitRef};

use crate::Slice;
use crate::budget::Budget;
use crate::entry::EntryId;
use crate::error::Result;
use crate::index::SubprogramSlot;
use crate::lines::FileId;
use crate::ranges::{CodeMap, RangeAttributes};
use crate::source::{Source, UnitId};
use crate::types::TypeId;

/// A variable in scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable<'a> {
    /// Its entry.
    pub id: EntryId,
    /// Its name in the source.
    pub name: Option<Cow<'a, str>>,
    /// Its type.
    pub ty: Option<TypeId>,
    /// Whether it is a parameter of its function.
    pub is_parameter: bool,
    /// The frame that it belongs to, by place in what
    /// [`frames_at`](Source::frames_at) gives.
    pub frame: usize,
    /// How many blocks of its function it lies in. Of two with one name the
    /// deeper hides the other.
    pub block: usize,
    /// The file that declares it.
    pub file: Option<FileId>,
    /// The line that declares it, from 1.
    pub line: Option<u32>,
}

/// A variable found on the walk, with the depth of its inlined call.
struct Found {
    id: EntryId,
    is_parameter: bool,
    call: usize,
    block: usize,
}

/// What lies open around an entry: its depth, and the calls and blocks up to it.
struct Open {
    depth: isize,
    call: usize,
    block: usize,
}

impl<'a> Source<'a> {
    /// The parameters and local variables in scope at the byte of code at
    /// `offset` in the file: those of the innermost frame first, in each frame
    /// in the order of their entries. Whether one has a value there is another
    /// question ([`Inspector::variable`](crate::Inspector::variable)).
    pub fn variables_at(&self, offset: u32) -> Result<Vec<Variable<'a>>> {
        let Some((unit, _, slot)) = self.find_subprogram(offset) else {
            return Ok(Vec::new());
        };
        let unit_ref = self.unit_ref(unit)?;
        let mut found = Vec::new();
        self.find_variables(unit, unit_ref, slot, offset, &mut found)
            .map_err(|error| self.entry_error(EntryId::new(unit, slot.entries.start), error))?;
        let innermost = self.inlines(unit, slot).calls_at(offset).count();
        found.sort_by_key(|found| std::cmp::Reverse(found.call));
        let describe = |found: Found| {
            let declared = self.declaration(found.id);
            Variable {
                id: found.id,
                name: declared.name,
                ty: self.type_of(found.id),
                is_parameter: found.is_parameter,
                frame: innermost.saturating_sub(found.call),
                block: found.block,
                file: declared.file,
                line: declared.line,
            }
        };
        Ok(found.into_iter().map(describe).collect())
    }

    fn find_variables(
        &self,
        id: UnitId,
        unit: UnitRef<'_, Slice<'a>>,
        slot: &SubprogramSlot,
        offset: u32,
        found: &mut Vec<Found>,
    ) -> gimli::Result<()> {
        let budget = Budget::for_sections(self.section_bytes);
        let mut map = CodeMap::new(self.code.clone(), &budget);
        let mut raw = unit.entries_raw(Some(slot.entries.start))?;
        let mut entry = DebuggingInformationEntry::null();
        let mut open: Vec<Open> = Vec::new();
        // The depth of an entry that does not have `offset`.
        let mut elsewhere = None;
        let mut ranges = Vec::new();
        while raw.next_offset() < slot.entries.end && !raw.is_empty() {
            if !raw.read_entry(&mut entry)? {
                continue;
            }
            let depth = entry.depth();
            elsewhere = elsewhere.filter(|around| *around < depth);
            if elsewhere.is_some() {
                continue;
            }
            open.truncate(open.partition_point(|around| around.depth < depth));
            let (call, block) = open.last().map_or((0, 0), |open| (open.call, open.block));
            match entry.tag() {
                gimli::DW_TAG_formal_parameter | gimli::DW_TAG_variable => {
                    found.push(Found {
                        id: EntryId::new(id, entry.offset()),
                        is_parameter: entry.tag() == gimli::DW_TAG_formal_parameter,
                        call,
                        block,
                    });
                }
                gimli::DW_TAG_lexical_block | gimli::DW_TAG_inlined_subroutine => {
                    let mut attributes = RangeAttributes::default();
                    for attribute in entry.attrs() {
                        attributes.note(unit, attribute)?;
                    }
                    attributes.resolve(unit, &mut map, &mut ranges)?;
                    if !ranges.drain(..).any(|range| range.contains(&offset)) {
                        elsewhere = Some(depth);
                    } else if entry.tag() == gimli::DW_TAG_lexical_block {
                        let block = block + 1;
                        open.push(Open { depth, call, block });
                    } else {
                        let call = call + 1;
                        open.push(Open { depth, call, block: 0 });
                    }
                }
                gimli::DW_TAG_subprogram if depth == 0 => {}
                // Types and declarations inside of the function, and what it
                // calls, have parameters of their own.
                _ => elsewhere = Some(depth),
            }
        }
        Ok(())
    }
}

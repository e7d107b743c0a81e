//! Debugging information entries: the nodes of DWARF's graph, by identity.

use std::borrow::Cow;

use gimli::{AttributeValue, DebuggingInformationEntry, DwAt, DwTag, UnitOffset, UnitRef};

use crate::error::{Error, ErrorKind, Result};
use crate::lines::FileId;
use crate::source::{Source, UnitId};
use crate::{FileIndex, Slice};

/// Names a debugging information entry (DIE) of a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// The unit that the entry is in.
    pub unit: UnitId,
    /// Byte offset of the entry from the start of its unit.
    pub offset: u32,
}

impl EntryId {
    pub(crate) fn new(unit: UnitId, offset: UnitOffset) -> Self {
        EntryId { unit, offset: offset.0 as u32 }
    }

    pub(crate) fn unit_offset(self) -> UnitOffset {
        UnitOffset(self.offset as usize)
    }
}

/// How many references are followed from one entry to what it stands for: an
/// inlined call to its origin, that to its declaration, and some to spare.
const MAX_HOPS: usize = 16;

/// How many entries are read through for the children of one.
const MAX_INSIDE: usize = 1 << 16;

/// An entry with its attributes.
pub(crate) struct Entry<'s, 'a> {
    source: &'s Source<'a>,
    file: FileIndex,
    pub(crate) unit: UnitRef<'s, Slice<'a>>,
    pub(crate) id: EntryId,
    die: DebuggingInformationEntry<Slice<'a>>,
}

impl<'a> Source<'a> {
    pub(crate) fn entry(&self, id: EntryId) -> Result<Entry<'_, 'a>> {
        let unit = self.unit_ref(id.unit)?;
        let die = unit.entry(id.unit_offset()).map_err(|error| self.entry_error(id, error))?;
        Ok(Entry { source: self, file: self.slot(id.unit)?.file, unit, id, die })
    }

    /// The root entry of a unit.
    pub(crate) fn root(&self, id: UnitId) -> Result<Entry<'_, 'a>> {
        self.entry(EntryId::new(id, self.slot(id)?.header.root_offset()))
    }

    /// Calls `visit` with each child of an entry, in order, until it breaks
    /// off with `false`.
    pub(crate) fn children<'s>(&'s self, id: EntryId, mut visit: impl FnMut(Entry<'s, 'a>) -> bool) -> Result<()> {
        let unit = self.unit_ref(id.unit)?;
        let file = self.slot(id.unit)?.file;
        let fail = |error| self.entry_error(id, error);
        let mut raw = unit.entries_raw(Some(id.unit_offset())).map_err(fail)?;
        let Some(parent) = raw.read_abbreviation().map_err(fail)? else {
            return Ok(());
        };
        raw.skip_attributes(parent.attributes()).map_err(fail)?;
        let mut left = MAX_INSIDE;
        while raw.next_depth() > 0 && !raw.is_empty() {
            left -= 1;
            if left == 0 {
                let limit = ErrorKind::Limit("too many entries in one");
                return Err(self.entry_problem(id, limit));
            }
            if raw.next_depth() > 1 {
                if let Some(abbreviation) = raw.read_abbreviation().map_err(fail)? {
                    raw.skip_attributes(abbreviation.attributes()).map_err(fail)?;
                }
                continue;
            }
            let mut die = DebuggingInformationEntry::null();
            if !raw.read_entry(&mut die).map_err(fail)? {
                break;
            }
            let child = Entry { source: self, file, unit, id: EntryId::new(id.unit, die.offset()), die };
            if !visit(child) {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn entry_error(&self, id: EntryId, error: gimli::Error) -> Error {
        let Ok(slot) = self.slot(id.unit) else {
            return Error::new(".debug_info", 0, ErrorKind::DanglingReference);
        };
        let offset = slot.header.offset().0.saturating_add(id.offset as usize);
        self.error(slot.file, slot.header.section(), offset, error)
    }

    pub(crate) fn entry_problem(&self, id: EntryId, kind: ErrorKind) -> Error {
        let base = self.slot(id.unit).map_or(0, |slot| slot.header.offset().0);
        Error::new(".debug_info", base.saturating_add(id.offset as usize), kind)
    }

    /// The entry that a reference leads to.
    pub(crate) fn resolve(
        &self,
        unit: UnitId,
        file: FileIndex,
        reference: AttributeValue<Slice<'a>>,
    ) -> Option<EntryId> {
        match reference {
            AttributeValue::UnitRef(offset) => Some(EntryId::new(unit, offset)),
            AttributeValue::DebugInfoRef(offset) => {
                let ((_, start), id) = self.by_offset.range(..=(file, offset.0)).next_back()?;
                let slot = self.slot(*id).ok()?;
                let inside = offset.0.checked_sub(*start)?;
                let fits = slot.file == file && inside < slot.header.length_including_self();
                fits.then(|| EntryId::new(*id, UnitOffset(inside)))
            }
            AttributeValue::DebugTypesRef(signature) => {
                let id = *self.by_signature.get(&signature)?;
                match self.slot(id).ok()?.header.type_() {
                    gimli::UnitType::Type { type_offset, .. } | gimli::UnitType::SplitType { type_offset, .. } => {
                        Some(EntryId::new(id, type_offset))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The entries that one stands for: itself, then its `abstract_origin` or
    /// `specification`, then theirs. Ends at what can't be read and in loops.
    pub(crate) fn origins(&self, id: EntryId) -> impl Iterator<Item = Entry<'_, 'a>> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let entry = self.entry(next.take()?).ok()?;
            next =
                entry.reference(gimli::DW_AT_abstract_origin).or_else(|| entry.reference(gimli::DW_AT_specification));
            Some(entry)
        })
        .take(MAX_HOPS)
    }
}

impl<'a> Entry<'_, 'a> {
    pub(crate) fn tag(&self) -> DwTag {
        self.die.tag()
    }

    pub(crate) fn attr(&self, name: DwAt) -> Option<AttributeValue<Slice<'a>>> {
        self.die.attr_value(name)
    }

    pub(crate) fn flag(&self, name: DwAt) -> bool {
        matches!(self.attr(name), Some(AttributeValue::Flag(true)))
    }

    pub(crate) fn string(&self, name: DwAt) -> Option<Cow<'a, str>> {
        self.unit.attr_string(self.attr(name)?).ok().map(text)
    }

    /// An unsigned constant. Some producers write small ones in signed forms.
    pub(crate) fn unsigned(&self, name: DwAt) -> Option<u64> {
        self.attr(name)?.udata_value()
    }

    /// The entry that a reference leads to.
    pub(crate) fn reference(&self, name: DwAt) -> Option<EntryId> {
        self.source.resolve(self.id.unit, self.file, self.attr(name)?)
    }

    /// The file of a `decl_file` or `call_file` attribute.
    pub(crate) fn file(&self, name: DwAt) -> Option<FileId> {
        match self.attr(name)? {
            AttributeValue::FileIndex(index) => FileId::new(self.id.unit, index, self.unit.version()),
            _ => None,
        }
    }

    /// The name as a linker knows it.
    pub(crate) fn linkage_name(&self) -> Option<Cow<'a, str>> {
        self.string(gimli::DW_AT_linkage_name).or_else(|| self.string(gimli::DW_AT_MIPS_linkage_name))
    }
}

/// A name as text; what is no UTF-8 in it is replaced.
pub(crate) fn text(name: Slice<'_>) -> Cow<'_, str> {
    String::from_utf8_lossy(name.slice())
}

//! What a unit defines: its subprograms, its static variables, and the scopes
//! that give them qualified names. One walk over the unit's entries.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use gimli::{Abbreviation, AttributeValue, EntriesRaw, Expression, Operation, UnitOffset, UnitRef};

use crate::Slice;
use crate::entry::EntryId;
use crate::error::Error;
use crate::inlines::InlineTree;
use crate::lines::FileId;
use crate::ranges::{CodeMap, RangeAttributes};
use crate::source::{Source, UnitId};
use crate::spans::Spans;
use crate::types::TypeId;

/// A function that has code, as its source declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subprogram<'a> {
    /// The entry that describes the code.
    pub id: EntryId,
    /// Its name in the source, without its scope.
    pub name: Option<Cow<'a, str>>,
    /// Its mangled name, where that differs.
    pub linkage_name: Option<Cow<'a, str>>,
    /// The file that declares it.
    pub file: Option<FileId>,
    /// The line that declares it, from 1.
    pub line: Option<u32>,
    /// Its code in the module's file, in bytes: the function's body from its
    /// local declarations on. Not empty; most have one range.
    pub ranges: Vec<Range<u32>>,
}

/// A variable that lies at a fixed place in linear memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticVariable<'a> {
    /// The entry that describes it.
    pub id: EntryId,
    /// Its name in the source; string literals have none.
    pub name: Option<Cow<'a, str>>,
    /// Its mangled name, where that differs.
    pub linkage_name: Option<Cow<'a, str>>,
    /// What `address` counts from.
    pub base: MemoryBase,
    /// The address in linear memory, in bytes.
    pub address: u64,
    /// Its type.
    pub ty: Option<TypeId>,
    /// The size of its type in bytes, where that is known.
    pub size: Option<u64>,
    /// The file that declares it.
    pub file: Option<FileId>,
    /// The line that declares it, from 1.
    pub line: Option<u32>,
}

/// What an address in linear memory counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemoryBase {
    /// The start of linear memory.
    Zero,
    /// The value of a global, by index: `__memory_base` in a
    /// position-independent module. Some linkers write an index here that is
    /// not the module's.
    Global(u32),
}

/// What a unit defines.
#[derive(Debug, Default)]
pub(crate) struct UnitIndex {
    pub(crate) subprograms: Vec<SubprogramSlot>,
    /// The code of the subprograms, by place in `subprograms`.
    pub(crate) code: Spans<u32>,
    pub(crate) statics: Vec<StaticSlot>,
    /// Namespaces and types, in the order of their entries.
    scopes: Vec<Scope>,
    outside_code: u64,
    problem: Option<Error>,
}

#[derive(Debug)]
pub(crate) struct SubprogramSlot {
    /// Its entry, with all entries inside.
    pub(crate) entries: Range<UnitOffset>,
    pub(crate) ranges: Vec<Range<u32>>,
    pub(crate) inlines: OnceLock<InlineTree>,
}

#[derive(Debug)]
pub(crate) struct StaticSlot {
    entry: UnitOffset,
    base: MemoryBase,
    address: u64,
}

#[derive(Debug)]
struct Scope {
    entries: Range<UnitOffset>,
    parent: Option<u32>,
}

impl UnitIndex {
    pub(crate) fn problems(&self) -> impl Iterator<Item = &Error> {
        let inlines = self.subprograms.iter().filter_map(|s| s.inlines.get());
        let inner = inlines.filter_map(|inlines| inlines.problem.as_ref());
        self.problem.iter().chain(inner)
    }

    pub(crate) fn outside_code(&self) -> u64 {
        let inlines = self.subprograms.iter().filter_map(|s| s.inlines.get());
        self.outside_code + inlines.map(|inlines| inlines.outside_code).sum::<u64>()
    }

    /// The subprogram whose code has the byte at `offset`.
    pub(crate) fn subprogram_at(&self, offset: u32) -> Option<(u32, &SubprogramSlot)> {
        let at = self.code.at(offset).next()?;
        Some((at, self.subprograms.get(at as usize)?))
    }
}

impl<'a> Source<'a> {
    /// All subprograms that have code, by unit in the order of their entries.
    pub fn subprograms(&self) -> impl Iterator<Item = Subprogram<'a>> + '_ {
        self.unit_ids().flat_map(|unit| self.unit_subprograms(unit))
    }

    /// The subprograms of one unit that have code.
    pub fn unit_subprograms(&self, unit: UnitId) -> impl Iterator<Item = Subprogram<'a>> + '_ {
        let slots = self.index(unit).map_or(&[][..], |index| &index.subprograms);
        slots.iter().map(move |slot| self.describe(unit, slot))
    }

    /// The subprogram whose code has the byte at `offset` in the file.
    pub fn subprogram_at(&self, offset: u32) -> Option<Subprogram<'a>> {
        let (unit, _, slot) = self.find_subprogram(offset)?;
        Some(self.describe(unit, slot))
    }

    /// All variables with a fixed address, by unit in the order of their
    /// entries. Thread-local variables have none.
    pub fn static_variables(&self) -> impl Iterator<Item = StaticVariable<'a>> + '_ {
        self.unit_ids().flat_map(move |unit| {
            let slots = self.index(unit).map_or(&[][..], |index| &index.statics);
            slots.iter().map(move |slot| self.static_variable(unit, slot))
        })
    }

    /// The place of a virtual method of C++ in its class's table of these;
    /// nothing of other functions.
    pub fn virtual_slot(&self, id: EntryId) -> Option<u64> {
        self.origins(id).find_map(|entry| {
            let gimli::AttributeValue::Exprloc(place) = entry.attr(gimli::DW_AT_vtable_elem_location)? else {
                return None;
            };
            match place.operations(entry.unit.encoding()).next().ok()?? {
                gimli::Operation::UnsignedConstant { value } => Some(value),
                _ => None,
            }
        })
    }

    /// The name of an entry with the namespaces and types around it, outermost
    /// first, joined by `::`. Nothing if it has no name.
    pub fn qualified_name(&self, id: EntryId) -> Option<String> {
        let named = self.origins(id).last()?;
        let mut parts = vec![named.string(gimli::DW_AT_name)?];
        let mut length = 0;
        if let Some(index) = self.index(named.id.unit) {
            let offset = named.id.unit_offset();
            let before = index.scopes.partition_point(|scope| scope.entries.start < offset);
            let mut next = before.checked_sub(1).map(|at| at as u32);
            while let Some(scope) = next.and_then(|at| index.scopes.get(at as usize)) {
                next = scope.parent;
                if !scope.entries.contains(&offset) {
                    continue;
                }
                let name = self
                    .entry(EntryId::new(named.id.unit, scope.entries.start))
                    .ok()
                    .and_then(|entry| entry.string(gimli::DW_AT_name))
                    .unwrap_or(Cow::Borrowed("{anonymous}"));
                length += name.len();
                if length > MAX_NAME || parts.len() > MAX_SCOPES {
                    parts.push(Cow::Borrowed("…"));
                    break;
                }
                parts.push(name);
            }
        }
        parts.reverse();
        Some(parts.join("::"))
    }

    fn describe(&self, unit: UnitId, slot: &SubprogramSlot) -> Subprogram<'a> {
        let id = EntryId::new(unit, slot.entries.start);
        let named = self.declaration(id);
        Subprogram {
            id,
            name: named.name,
            linkage_name: named.linkage_name,
            file: named.file,
            line: named.line,
            ranges: slot.ranges.clone(),
        }
    }

    fn static_variable(&self, unit: UnitId, slot: &StaticSlot) -> StaticVariable<'a> {
        let id = EntryId::new(unit, slot.entry);
        let named = self.declaration(id);
        let ty = self.type_of(id);
        StaticVariable {
            id,
            ty,
            name: named.name,
            linkage_name: named.linkage_name,
            base: slot.base,
            address: slot.address,
            size: ty.and_then(|ty| self.size_of(ty)),
            file: named.file,
            line: named.line,
        }
    }

    /// What an entry and those that it stands for say about its declaration.
    pub(crate) fn declaration(&self, id: EntryId) -> Declaration<'a> {
        let mut found = Declaration::default();
        for entry in self.origins(id) {
            found.name = found.name.or_else(|| entry.string(gimli::DW_AT_name));
            found.linkage_name = found.linkage_name.or_else(|| entry.linkage_name());
            found.file = found.file.or_else(|| entry.file(gimli::DW_AT_decl_file));
            found.line = found.line.or_else(|| {
                let line = entry.unsigned(gimli::DW_AT_decl_line)?;
                u32::try_from(line).ok().filter(|line| *line != 0)
            });
        }
        found
    }

    /// What a unit defines; nothing if it can't be read.
    pub(crate) fn index(&self, unit: UnitId) -> Option<&UnitIndex> {
        let slot = self.slot(unit).ok()?;
        let unit = self.unit_ref(unit).ok()?;
        Some(slot.index.get_or_init(|| self.read_index(slot.file, unit)))
    }

    fn read_index(&self, file: usize, unit: UnitRef<'_, Slice<'a>>) -> UnitIndex {
        let mut map = CodeMap::new(self.code.clone(), &self.budget);
        let mut walk = Walk::default();
        let result = walk.run(unit, &mut map);
        let mut index = walk.index;
        let at = unit.header.offset().0;
        index.problem = match result {
            Ok(()) => map.problem(at),
            Err(error) => Some(self.error(file, unit.header.section(), at, error)),
        };
        index.outside_code = map.outside;
        let slots = index.subprograms.iter().zip(0..);
        let code = slots.flat_map(|(slot, at)| slot.ranges.iter().map(move |r| (r.clone(), at)));
        index.code = Spans::new(code.collect());
        index
    }
}

/// How far out qualified names go, in scopes and bytes.
const MAX_SCOPES: usize = 64;
const MAX_NAME: usize = 1 << 16;

/// What is said where something is declared.
#[derive(Debug, Default)]
pub(crate) struct Declaration<'a> {
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) linkage_name: Option<Cow<'a, str>>,
    pub(crate) file: Option<FileId>,
    pub(crate) line: Option<u32>,
}

/// The walk over a unit's entries.
#[derive(Default)]
struct Walk {
    index: UnitIndex,
    /// The subprograms around the current entry: depth, place in the index.
    subprograms: Vec<(isize, usize)>,
    /// The scopes around the current entry: depth, place in the index.
    scopes: Vec<(isize, usize)>,
}

impl Walk {
    fn run<'a>(&mut self, unit: UnitRef<'_, Slice<'a>>, map: &mut CodeMap<'_>) -> gimli::Result<()> {
        let mut raw = unit.entries_raw(None)?;
        let result = self.entries(unit, map, &mut raw);
        self.close(isize::MIN, raw.next_offset());
        result
    }

    fn entries<'a>(
        &mut self,
        unit: UnitRef<'_, Slice<'a>>,
        map: &mut CodeMap<'_>,
        raw: &mut EntriesRaw<'_, Slice<'a>>,
    ) -> gimli::Result<()> {
        while !raw.is_empty() {
            let offset = raw.next_offset();
            let depth = raw.next_depth();
            let Some(abbreviation) = raw.read_abbreviation()? else {
                continue;
            };
            self.close(depth, offset);
            match abbreviation.tag() {
                gimli::DW_TAG_subprogram => {
                    self.subprogram(unit, map, raw, abbreviation, depth, offset)?;
                }
                gimli::DW_TAG_variable if has_expression(abbreviation) => {
                    self.variable(unit, raw, abbreviation, offset)?;
                }
                gimli::DW_TAG_namespace
                | gimli::DW_TAG_module
                | gimli::DW_TAG_structure_type
                | gimli::DW_TAG_class_type
                | gimli::DW_TAG_union_type
                | gimli::DW_TAG_enumeration_type
                    if abbreviation.has_children() =>
                {
                    raw.skip_attributes(abbreviation.attributes())?;
                    let parent = self.scopes.last().map(|(_, at)| *at as u32);
                    self.scopes.push((depth, self.index.scopes.len()));
                    self.index.scopes.push(Scope { entries: offset..offset, parent });
                }
                _ => raw.skip_attributes(abbreviation.attributes())?,
            }
        }
        Ok(())
    }

    fn subprogram<'a>(
        &mut self,
        unit: UnitRef<'_, Slice<'a>>,
        map: &mut CodeMap<'_>,
        raw: &mut EntriesRaw<'_, Slice<'a>>,
        abbreviation: &Abbreviation,
        depth: isize,
        offset: UnitOffset,
    ) -> gimli::Result<()> {
        let mut attributes = RangeAttributes::default();
        for spec in abbreviation.attributes() {
            attributes.note(unit, &raw.read_attribute(*spec)?)?;
        }
        let mut ranges = Vec::new();
        attributes.resolve(unit, map, &mut ranges)?;
        if ranges.is_empty() {
            return Ok(());
        }
        let at = self.index.subprograms.len();
        self.index.subprograms.push(SubprogramSlot {
            entries: offset..raw.next_offset(),
            ranges,
            inlines: OnceLock::new(),
        });
        if abbreviation.has_children() {
            self.subprograms.push((depth, at));
        }
        Ok(())
    }

    fn variable<'a>(
        &mut self,
        unit: UnitRef<'_, Slice<'a>>,
        raw: &mut EntriesRaw<'_, Slice<'a>>,
        abbreviation: &Abbreviation,
        entry: UnitOffset,
    ) -> gimli::Result<()> {
        for spec in abbreviation.attributes() {
            let attribute = raw.read_attribute(*spec)?;
            if attribute.name() == gimli::DW_AT_location
                && let AttributeValue::Exprloc(expression) = attribute.value()
                && let Some((base, address)) = fixed_address(unit, expression)
            {
                self.index.statics.push(StaticSlot { entry, base, address });
            }
        }
        Ok(())
    }

    /// Ends what is open at `depth` and deeper: its entries end at `offset`.
    fn close(&mut self, depth: isize, offset: UnitOffset) {
        while let Some((_, at)) = self.subprograms.pop_if(|(open, _)| *open >= depth) {
            if let Some(slot) = self.index.subprograms.get_mut(at) {
                slot.entries.end = offset;
            }
        }
        while let Some((_, at)) = self.scopes.pop_if(|(open, _)| *open >= depth) {
            if let Some(scope) = self.index.scopes.get_mut(at) {
                scope.entries.end = offset;
            }
        }
    }
}

/// Whether an entry's location may be a single expression.
fn has_expression(abbreviation: &Abbreviation) -> bool {
    abbreviation.attributes().iter().any(|spec| {
        spec.name() == gimli::DW_AT_location
            && !matches!(spec.form(), gimli::DW_FORM_sec_offset | gimli::DW_FORM_loclistx | gimli::DW_FORM_data4)
    })
}

/// The address that an expression always gives: `addr`, `addr` plus a constant,
/// or that on top of a global.
fn fixed_address(unit: UnitRef<'_, Slice<'_>>, expression: Expression<Slice<'_>>) -> Option<(MemoryBase, u64)> {
    let mut operations = expression.operations(unit.encoding());
    let mut next = || operations.next().ok().flatten();
    let mut operation = next()?;
    let mut base = MemoryBase::Zero;
    if let Operation::WasmGlobal { index } = operation {
        base = MemoryBase::Global(index);
        operation = next()?;
    }
    let mut address = match operation {
        Operation::Address { address } => address,
        Operation::AddressIndex { index } => unit.address(index).ok()?,
        _ => return None,
    };
    // A variable that the linker dropped.
    if address >= 0xffff_fffe || (base == MemoryBase::Zero && address == 0) {
        return None;
    }
    let mut operation = next();
    if base != MemoryBase::Zero {
        let Some(Operation::Plus) = operation else {
            return None;
        };
        operation = next();
    }
    if let Some(Operation::PlusConstant { value }) = operation {
        address = address.checked_add(value)?;
        operation = next();
    }
    operation.is_none().then_some((base, address))
}

//! A module's DWARF: its units, opened cheaply and read on demand.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::OnceLock;

use gimli::{DebugInfoOffset, DebugTypeSignature, DwLang, Reader as _, Section as _, SectionId, UnitHeader, UnitType};

use crate::abbreviations::Tables;
use crate::budget::Budget;
use crate::entry::text;
use crate::error::{Error, ErrorKind, Result};
use crate::index::UnitIndex;
use crate::lines::LineTable;
use crate::sections::DebugSections;
use crate::spans::Spans;
use crate::types::TypeId;
use crate::{DwarfFile, FileIndex, MAIN, Slice};

/// The DWARF of one module.
///
/// Its methods read what they need on first use and keep it, so that asking
/// again is cheap; it can be shared between threads.
#[derive(Debug)]
pub struct Source<'a> {
    pub(crate) code: Range<u32>,
    pub(crate) files: Vec<DwarfFile<'a>>,
    pub(crate) units: Vec<UnitSlot<'a>>,
    /// Units by file and offset in the file's `.debug_info`.
    pub(crate) by_offset: BTreeMap<(FileIndex, usize), UnitId>,
    pub(crate) by_signature: HashMap<DebugTypeSignature, UnitId>,
    pub(crate) tables: Tables,
    /// What may still be read into what is kept.
    pub(crate) budget: Budget,
    /// The size of all sections, in bytes.
    pub(crate) section_bytes: usize,
    /// Which units have code where.
    pub(crate) addresses: OnceLock<Spans<UnitId>>,
    /// The types of Rust's tables of methods, by address.
    pub(crate) vtables: OnceLock<BTreeMap<u64, TypeId>>,
    /// What stopped the list of units short.
    pub(crate) header_problems: Vec<Error>,
}

/// How many unit headers that can't be read are passed over.
const MAX_PROBLEMS: usize = 100;

/// Names a unit of a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub(crate) u32);

/// What a unit of a file is to a source.
pub(crate) enum Role {
    /// A unit of its own.
    New,
    /// The entries of a unit that is known.
    Completes(UnitId),
    /// No part of this program.
    Other,
}

/// One unit, with what has been read of it.
#[derive(Debug)]
pub(crate) struct UnitSlot<'a> {
    /// Where its entries are: the main file, or a split one.
    pub(crate) file: FileIndex,
    pub(crate) header: UnitHeader<Slice<'a>>,
    /// The unit in the main file that a split unit completes.
    pub(crate) skeleton: Option<UnitHeader<Slice<'a>>>,
    pub(crate) loaded: OnceLock<Result<Loaded<'a>>>,
    pub(crate) index: OnceLock<UnitIndex>,
    pub(crate) lines: OnceLock<LineTable<'a>>,
}

/// A unit whose root entry has been read.
#[derive(Debug)]
pub(crate) struct Loaded<'a> {
    pub(crate) unit: gimli::Unit<Slice<'a>>,
    pub(crate) skeleton: Option<gimli::Unit<Slice<'a>>>,
    pub(crate) language: Option<Language>,
}

/// What a compile unit says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileUnit<'a> {
    /// The unit.
    pub id: UnitId,
    /// Its primary source file, as given to the compiler.
    pub name: Option<Cow<'a, str>>,
    /// The directory that relative paths start from.
    pub comp_dir: Option<Cow<'a, str>>,
    /// The compiler and its version.
    pub producer: Option<Cow<'a, str>>,
    /// The source language.
    pub language: Option<Language>,
    /// The DWARF version.
    pub version: u16,
}

/// A source language, as far as values are written differently in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Rust.
    Rust,
    /// Any version of C.
    C,
    /// Any version of C++.
    Cpp,
    /// Another, by its `DW_LANG` code.
    Other(u16),
}

impl Language {
    fn of(code: DwLang) -> Self {
        match code {
            gimli::DW_LANG_Rust => Language::Rust,
            gimli::DW_LANG_C | gimli::DW_LANG_C89 | gimli::DW_LANG_C99 | gimli::DW_LANG_C11 | gimli::DW_LANG_C17 => {
                Language::C
            }
            gimli::DW_LANG_C_plus_plus
            | gimli::DW_LANG_C_plus_plus_03
            | gimli::DW_LANG_C_plus_plus_11
            | gimli::DW_LANG_C_plus_plus_14
            | gimli::DW_LANG_C_plus_plus_17
            | gimli::DW_LANG_C_plus_plus_20 => Language::Cpp,
            other => Language::Other(other.0),
        }
    }
}

/// Something that was left out of the answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A part is damaged; what comes before it in its unit was used.
    #[error(transparent)]
    Damaged(#[from] Error),
    /// Code ranges that lie outside of the code section.
    #[error("{count} code ranges in {section} lie outside of the code section")]
    OutsideCode {
        /// The section that has the ranges.
        section: &'static str,
        /// How many.
        count: u64,
    },
}

impl<'a> Source<'a> {
    /// Opens the DWARF in `sections`: reads the headers of the units.
    ///
    /// Without DWARF this is an empty source. Fails only if not even the first
    /// unit's header can be read.
    pub fn open(sections: &DebugSections<'a>) -> Result<Source<'a>> {
        let mut source = Source {
            code: sections.code(),
            files: Vec::new(),
            units: Vec::new(),
            by_offset: BTreeMap::new(),
            by_signature: HashMap::new(),
            tables: Tables::default(),
            budget: Budget::for_sections(sections.len()),
            section_bytes: sections.len(),
            addresses: OnceLock::new(),
            vtables: OnceLock::new(),
            header_problems: Vec::new(),
        };
        source.files.push(load(|id| sections.get(id.name())));
        source.add_units(MAIN, |_, _| Role::New);
        match source.header_problems.first() {
            Some(error) if source.units.is_empty() => Err(error.clone()),
            _ => Ok(source),
        }
    }

    /// Adds the units of `file`, each in the role that it has.
    pub(crate) fn add_units(&mut self, file: FileIndex, role: impl Fn(&Self, &UnitHeader<Slice<'a>>) -> Role) {
        let Some(dwarf) = self.files.get(file) else {
            return;
        };
        let mut headers = self.info_headers(file, dwarf);
        for header in dwarf.type_units() {
            headers.push(header.map_err(|error| self.error(file, SectionId::DebugTypes, 0, error)));
        }
        for header in headers {
            let header = match header {
                Ok(header) => header,
                Err(error) => {
                    self.header_problems.push(error);
                    continue;
                }
            };
            self.tables.announce(file, header.debug_abbrev_offset());
            let slot = UnitSlot::new(file, header);
            let id = match role(self, &header) {
                Role::New => {
                    self.units.push(slot);
                    UnitId(self.units.len() as u32 - 1)
                }
                Role::Completes(id) => {
                    if let Some(known) = self.units.get_mut(id.0 as usize) {
                        let skeleton = std::mem::replace(known, slot);
                        known.skeleton = Some(skeleton.header);
                    }
                    id
                }
                Role::Other => continue,
            };
            if let UnitType::Type { type_signature, .. } | UnitType::SplitType { type_signature, .. } = header.type_() {
                self.by_signature.entry(type_signature).or_insert(id);
            }
            if let Some(offset) = header.debug_info_offset() {
                self.by_offset.insert((file, offset.0), id);
            }
        }
    }

    /// The headers of the units in `.debug_info`; where one can't be read, the
    /// next one is found by its length.
    fn info_headers(&self, file: FileIndex, dwarf: &DwarfFile<'a>) -> Vec<Result<UnitHeader<Slice<'a>>>> {
        let section = dwarf.debug_info.reader().slice();
        let mut headers = Vec::new();
        let mut problems = 0;
        let mut at = 0;
        while at < section.len() && problems < MAX_PROBLEMS {
            let header = dwarf.debug_info.header_from_offset(DebugInfoOffset(at));
            let fail = |error| self.error(file, SectionId::DebugInfo, at, error);
            problems += usize::from(header.is_err());
            headers.push(header.map_err(fail));
            let mut rest = Slice::new(section.get(at..).unwrap_or_default(), gimli::LittleEndian);
            let before = rest.len();
            let Ok((length, _)) = rest.read_initial_length() else {
                break;
            };
            let next = at.checked_add(before - rest.len());
            match next.and_then(|next| next.checked_add(length)) {
                Some(next) => at = next,
                None => break,
            }
        }
        headers
    }

    /// The compile units that can be read, in the order of `.debug_info`.
    pub fn units(&self) -> impl Iterator<Item = CompileUnit<'a>> + '_ {
        self.unit_ids().filter_map(|id| self.unit(id).ok())
    }

    /// One compile unit.
    pub fn unit(&self, id: UnitId) -> Result<CompileUnit<'a>> {
        let loaded = self.loaded(id)?;
        let root = self.root(id)?;
        let named = loaded.skeleton.as_ref().unwrap_or(&loaded.unit);
        Ok(CompileUnit {
            id,
            name: loaded.unit.name.or(named.name).map(text),
            comp_dir: named.comp_dir.or(loaded.unit.comp_dir).map(text),
            producer: root.string(gimli::DW_AT_producer),
            language: loaded.language,
            version: loaded.unit.version(),
        })
    }

    /// What had to be left out of the answers so far, in the order of the
    /// units. Questions that were not asked find no problems.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.header_problems.iter().cloned().map(Problem::Damaged).collect();
        let mut outside = BTreeMap::<&'static str, u64>::new();
        for slot in &self.units {
            if let Some(Err(error)) = slot.loaded.get() {
                problems.push(error.clone().into());
            }
            if let Some(index) = slot.index.get() {
                problems.extend(index.problems().cloned().map(Problem::Damaged));
                *outside.entry(".debug_info").or_default() += index.outside_code();
            }
            if let Some(lines) = slot.lines.get() {
                problems.extend(lines.problem.clone().map(Problem::Damaged));
                *outside.entry(".debug_line").or_default() += lines.outside_code;
            }
        }
        outside.retain(|_, count| *count > 0);
        problems.extend(outside.into_iter().map(|(section, count)| Problem::OutsideCode { section, count }));
        problems
    }

    /// All units, those that can't be read too.
    pub(crate) fn unit_ids(&self) -> impl Iterator<Item = UnitId> + use<> {
        (0..self.units.len() as u32).map(UnitId)
    }

    pub(crate) fn slot(&self, id: UnitId) -> Result<&UnitSlot<'a>> {
        self.units.get(id.0 as usize).ok_or_else(|| Error::new(".debug_info", 0, ErrorKind::DanglingReference))
    }

    /// The unit with its root entry read.
    pub(crate) fn loaded(&self, id: UnitId) -> Result<&Loaded<'a>> {
        let slot = self.slot(id)?;
        slot.loaded.get_or_init(|| self.load_unit(slot)).as_ref().map_err(Clone::clone)
    }

    /// The unit, and the sections that it refers to.
    pub(crate) fn unit_ref(&self, id: UnitId) -> Result<gimli::UnitRef<'_, Slice<'a>>> {
        let slot = self.slot(id)?;
        let loaded = self.loaded(id)?;
        Ok(gimli::UnitRef::new(self.dwarf(slot.file)?, &loaded.unit))
    }

    /// The unit that has the line program: the skeleton of a split unit.
    pub(crate) fn line_unit_ref(&self, id: UnitId) -> Result<gimli::UnitRef<'_, Slice<'a>>> {
        let loaded = self.loaded(id)?;
        match &loaded.skeleton {
            Some(skeleton) => Ok(gimli::UnitRef::new(self.dwarf(MAIN)?, skeleton)),
            None => self.unit_ref(id),
        }
    }

    pub(crate) fn dwarf(&self, file: FileIndex) -> Result<&DwarfFile<'a>> {
        self.files.get(file).ok_or_else(|| Error::new(".debug_info", 0, ErrorKind::DanglingReference))
    }

    fn load_unit(&self, slot: &UnitSlot<'a>) -> Result<Loaded<'a>> {
        let mut unit = self.read_root(slot.file, &slot.header)?;
        let skeleton = match &slot.skeleton {
            Some(header) => Some(self.read_root(MAIN, header)?),
            None => None,
        };
        if let Some(skeleton) = &skeleton {
            unit.copy_relocated_attributes(skeleton);
        }
        let language =
            unit.header.entry(&unit.abbreviations, unit.header.root_offset()).ok().and_then(|root| {
                match root.attr_value(gimli::DW_AT_language) {
                    Some(gimli::AttributeValue::Language(code)) => Some(Language::of(code)),
                    _ => None,
                }
            });
        Ok(Loaded { unit, skeleton, language })
    }

    fn read_root(&self, file: FileIndex, header: &UnitHeader<Slice<'a>>) -> Result<gimli::Unit<Slice<'a>>> {
        let dwarf = self.dwarf(file)?;
        let offset = header.offset().0;
        let fail = |error| self.error(file, header.section(), offset, error);
        let abbreviations = self.tables.get(file, dwarf, header.debug_abbrev_offset(), &self.budget)?;
        let root = header.entry(&abbreviations, header.root_offset()).map_err(fail)?;
        if let Some(gimli::AttributeValue::DebugLineRef(at)) = root.attr_value(gimli::DW_AT_stmt_list)
            && !self.budget.spend(line_header_length(dwarf, at.0))
        {
            let kind = ErrorKind::Limit("line programs overlap");
            return Err(Error::new(".debug_line", at.0, kind));
        }
        gimli::Unit::new_with_abbreviations(dwarf, *header, abbreviations).map_err(fail)
    }

    /// Places an error of gimli's: where the bytes ended, else at `offset` of
    /// `section`.
    pub(crate) fn error(&self, file: FileIndex, section: SectionId, offset: usize, error: gimli::Error) -> Error {
        let gimli::Error::UnexpectedEof(id) = error else {
            return Error::new(section.name(), offset, ErrorKind::Dwarf(error));
        };
        let place = self.files.get(file).and_then(|dwarf| dwarf.lookup_offset_id(id));
        let (name, offset) = place.map_or((section.name(), offset), |(_, section, offset)| (section.name(), offset));
        Error::new(name, offset, ErrorKind::UnexpectedEnd)
    }
}

impl<'a> UnitSlot<'a> {
    fn new(file: FileIndex, header: UnitHeader<Slice<'a>>) -> Self {
        UnitSlot {
            file,
            header,
            skeleton: None,
            loaded: OnceLock::new(),
            index: OnceLock::new(),
            lines: OnceLock::new(),
        }
    }
}

/// The sections of one file, those that are missing empty.
pub(crate) fn load<'a>(mut get: impl FnMut(SectionId) -> Option<&'a [u8]>) -> DwarfFile<'a> {
    let loaded = gimli::Dwarf::load(|id| {
        let bytes = get(id).unwrap_or_default();
        Ok::<_, std::convert::Infallible>(Slice::new(bytes, gimli::LittleEndian))
    });
    match loaded {
        Ok(dwarf) => dwarf,
        Err(never) => match never {},
    }
}

/// About how many bytes of the line program at `at` are its header, from its
/// `header_length` field (DWARF 5, 6.2.4). What can't be read costs nothing:
/// reading it fails at once.
fn line_header_length(dwarf: &DwarfFile<'_>, at: usize) -> usize {
    let section = dwarf.debug_line.reader().slice();
    let word = |at: usize| {
        let bytes = section.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let length = || {
        let dwarf64 = word(at)? == u32::MAX;
        let version_at = at.checked_add(if dwarf64 { 12 } else { 4 })?;
        let version = word(version_at)? & 0xffff;
        let length_at = version_at + if version >= 5 { 4 } else { 2 };
        Some(word(length_at)? as usize)
    };
    length().unwrap_or(0).min(section.len().saturating_sub(at))
}

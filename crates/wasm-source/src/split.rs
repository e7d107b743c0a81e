//! Split DWARF: units whose entries lie in a `.dwo` file beside the module, or
//! in a `.dwp` package of several (DWARF 5, 7.3.2).

use std::borrow::Cow;
use std::collections::HashMap;

use gimli::{DwarfPackage, DwoId, SectionId, UnitHeader, UnitType};

use crate::entry::text;
use crate::error::Result;
use crate::sections::DebugSections;
use crate::source::{Role, Source, UnitId, load};
use crate::{MAIN, Slice};

/// A unit whose entries lie in another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitUnit<'a> {
    /// The unit in the module.
    pub unit: UnitId,
    /// The path of the file, relative to `comp_dir` if it is relative.
    pub name: Cow<'a, str>,
    /// The directory that the compiler ran in.
    pub comp_dir: Option<Cow<'a, str>>,
    /// What the unit in that file is known by.
    pub dwo_id: Option<u64>,
}

impl<'a> Source<'a> {
    /// The split units whose entries are not there yet: give the files that
    /// they name to [`attach_dwo`](Self::attach_dwo).
    pub fn split_units(&self) -> Vec<SplitUnit<'a>> {
        let missing = self.unit_ids().filter(|id| self.slot(*id).is_ok_and(|slot| slot.skeleton.is_none()));
        let describe = |unit| {
            let loaded = self.loaded(unit).ok()?;
            let root = self.root(unit).ok()?;
            let name = root.string(gimli::DW_AT_dwo_name).or_else(|| root.string(gimli::DW_AT_GNU_dwo_name))?;
            Some(SplitUnit {
                unit,
                name,
                comp_dir: loaded.unit.comp_dir.map(text),
                dwo_id: loaded.unit.dwo_id.map(|id| id.0),
            })
        };
        missing.filter_map(describe).collect()
    }

    /// Adds the entries in a `.dwo` file: a WebAssembly object with sections
    /// like `.debug_info.dwo`. Gives how many units that completes.
    pub fn attach_dwo(&mut self, sections: &DebugSections<'a>) -> usize {
        let mut dwarf = load(|id| sections.get(id.dwo_name()?));
        let Some(parent) = self.files.get(MAIN) else {
            return 0;
        };
        dwarf.make_dwo(parent);
        self.budget.extend(sections.len());
        self.section_bytes += sections.len();
        self.attach(vec![dwarf])
    }

    /// Adds the entries in a `.dwp` file: many `.dwo` files in one, with an
    /// index. Gives how many units that completes.
    ///
    /// # Errors
    /// If its index cannot be read.
    pub fn attach_dwp(&mut self, sections: &DebugSections<'a>) -> Result<usize> {
        let fail = |source: &Self, error| source.error(MAIN, SectionId::DebugCuIndex, 0, error);
        let section = |id: SectionId| {
            let name = id.dwo_name().unwrap_or(id.name());
            let bytes = sections.get(name).unwrap_or_default();
            Ok::<_, gimli::Error>(Slice::new(bytes, gimli::LittleEndian))
        };
        let package =
            DwarfPackage::load(section, Slice::new(&[], gimli::LittleEndian)).map_err(|error| fail(self, error))?;
        let Some(parent) = self.files.get(MAIN) else {
            return Ok(0);
        };
        let mut files = Vec::new();
        for split in self.split_units() {
            let Some(id) = split.dwo_id else { continue };
            let found = package.find_cu(DwoId(id), parent);
            files.extend(found.map_err(|error| fail(self, error))?);
        }
        for row in 1..=package.tu_index.unit_count() {
            let types = package.tu_sections(row, parent);
            files.push(types.map_err(|error| fail(self, error))?);
        }
        self.budget.extend(sections.len());
        self.section_bytes += sections.len();
        Ok(self.attach(files))
    }

    fn attach(&mut self, files: Vec<crate::DwarfFile<'a>>) -> usize {
        let missing: HashMap<u64, UnitId> =
            self.split_units().into_iter().filter_map(|split| Some((split.dwo_id?, split.unit))).collect();
        for dwarf in files {
            let file = self.files.len();
            self.files.push(dwarf);
            self.add_units(file, |source, header| {
                if let UnitType::Type { .. } | UnitType::SplitType { .. } = header.type_() {
                    return Role::New;
                }
                let completed = source.dwo_id(file, header).and_then(|id| {
                    let unit = missing.get(&id)?;
                    let slot = source.slot(*unit).ok()?;
                    slot.skeleton.is_none().then_some(*unit)
                });
                completed.map_or(Role::Other, Role::Completes)
            });
        }
        self.addresses = Default::default();
        let complete = |unit: &&UnitId| self.slot(**unit).is_ok_and(|slot| slot.skeleton.is_some());
        missing.values().filter(complete).count()
    }

    /// What a split unit is known by: in its header, or before DWARF 5 in its
    /// root entry.
    fn dwo_id(&self, file: usize, header: &UnitHeader<Slice<'a>>) -> Option<u64> {
        if let UnitType::SplitCompilation(id) = header.type_() {
            return Some(id.0);
        }
        let offset = header.debug_abbrev_offset();
        let dwarf = self.dwarf(file).ok()?;
        let abbreviations = self.tables.get(file, dwarf, offset, &self.budget).ok()?;
        let root = header.entry(&abbreviations, header.root_offset()).ok()?;
        match root.attr_value(gimli::DW_AT_GNU_dwo_id)? {
            gimli::AttributeValue::DwoId(id) => Some(id.0),
            _ => None,
        }
    }
}

//! Abbreviation tables: each is read once, however many units share it.

use super::Cursor;
use gimli::{Abbreviations, DebugAbbrev, DebugAbbrevOffset};
use std::collections::HashMap;
use std::rc::Rc;

/// The most attributes that an abbreviation may have: one may take no bytes in an entry, so that a long list would make
/// each byte of entries expensive. Compilers stay under 30.
const MAX_ATTRIBUTES: usize = 128;

/// The tables of a section, read on demand.
pub(crate) struct Tables<'a> {
    section: &'a [u8],
    known: HashMap<usize, Option<Rc<Abbreviations>>>,
    /// Bytes that may still be read. Tables of an honest file do not overlap.
    budget: usize,
}

impl<'a> Tables<'a> {
    pub(crate) fn new(section: &'a [u8]) -> Tables<'a> {
        Tables { section, known: HashMap::new(), budget: section.len().saturating_mul(4) }
    }

    /// The table at an offset; `None` if it is damaged.
    pub(crate) fn get(&mut self, offset: DebugAbbrevOffset) -> Option<Rc<Abbreviations>> {
        if let Some(known) = self.known.get(&offset.0) {
            return known.clone();
        }
        let table = self.read(offset).map(Rc::new);
        self.known.insert(offset.0, table.clone());
        table
    }

    fn read(&mut self, offset: DebugAbbrevOffset) -> Option<Abbreviations> {
        // A damaged table may be long, too.
        let mut cursor = Cursor::new(self.section, offset.0);
        let is_sound = skip_table(&mut cursor, self.budget).is_some();
        self.budget = self.budget.saturating_sub(cursor.at().saturating_sub(offset.0));
        let section = DebugAbbrev::new(self.section, gimli::LittleEndian);
        is_sound.then(|| section.abbreviations(offset).ok()).flatten()
    }
}

/// Reads past a table (DWARF 5, section 7.5.3) of at most so many bytes.
fn skip_table(cursor: &mut Cursor<'_>, limit: usize) -> Option<()> {
    let end = cursor.at().saturating_add(limit);
    while cursor.uleb()? != 0 {
        if cursor.at() > end {
            return None;
        }
        let (_tag, _has_children) = (cursor.uleb()?, cursor.uint(1)?);
        for attributes in 0.. {
            let attribute = (cursor.uleb()?, cursor.uleb()?);
            if attribute == (0, 0) {
                break;
            }
            if attribute.1 == u64::from(gimli::DW_FORM_implicit_const.0) {
                // Its value, of which any length will do.
                while cursor.uint(1)? & 0x80 != 0 {}
            }
            if attributes >= MAX_ATTRIBUTES {
                return None;
            }
        }
    }
    Some(())
}

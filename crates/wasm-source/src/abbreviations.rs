//! Abbreviation tables: each is read once, however many units share it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use gimli::{Abbreviations, DebugAbbrevOffset, Section as _};

use crate::budget::Budget;
use crate::error::{Error, ErrorKind, Result};
use crate::{DwarfFile, FileIndex};

/// The most attributes that one abbreviation may have. An attribute may take no
/// bytes in an entry, so that a long list would make each byte of entries
/// expensive; compilers stay under 30.
const MAX_ATTRIBUTES: usize = 128;

type Table = OnceLock<Result<Arc<Abbreviations>>>;

/// The tables of all files, by file and offset, filled on demand.
#[derive(Debug, Default)]
pub(crate) struct Tables(BTreeMap<(FileIndex, usize), Table>);

impl Tables {
    /// Makes room for the table at `offset`.
    pub(crate) fn announce(&mut self, file: FileIndex, offset: DebugAbbrevOffset) {
        self.0.entry((file, offset.0)).or_default();
    }

    /// The table at `offset`, which was announced.
    pub(crate) fn get(
        &self,
        file: FileIndex,
        dwarf: &DwarfFile<'_>,
        offset: DebugAbbrevOffset,
        budget: &Budget,
    ) -> Result<Arc<Abbreviations>> {
        let fail = |kind| Error::new(".debug_abbrev", offset.0, kind);
        let Some(table) = self.0.get(&(file, offset.0)) else {
            return Err(fail(ErrorKind::DanglingReference));
        };
        table
            .get_or_init(|| {
                let section = dwarf.debug_abbrev.reader().slice();
                let bytes = section.get(offset.0..).ok_or_else(|| fail(ErrorKind::UnexpectedEnd))?;
                let length = table_length(bytes).map_err(fail)?;
                if !budget.spend(length) {
                    return Err(fail(ErrorKind::Limit("abbreviation tables overlap")));
                }
                dwarf.debug_abbrev.abbreviations(offset).map(Arc::new).map_err(|error| match error {
                    gimli::Error::UnexpectedEof(_) => fail(ErrorKind::UnexpectedEnd),
                    error => fail(ErrorKind::Dwarf(error)),
                })
            })
            .clone()
    }
}

/// The length of an abbreviation table (DWARF 5, 7.5.3) in bytes.
fn table_length(bytes: &[u8]) -> std::result::Result<usize, ErrorKind> {
    let mut rest = bytes;
    while leb(&mut rest)? != 0 {
        let _tag = leb(&mut rest)?;
        let (_has_children, after) = rest.split_first().ok_or(ErrorKind::UnexpectedEnd)?;
        rest = after;
        let mut attributes = 0;
        loop {
            let name = leb(&mut rest)?;
            let form = leb(&mut rest)?;
            if (name, form) == (0, 0) {
                break;
            }
            if form == u64::from(gimli::DW_FORM_implicit_const.0) {
                leb(&mut rest)?;
            }
            attributes += 1;
            if attributes > MAX_ATTRIBUTES {
                return Err(ErrorKind::Limit("abbreviation with too many attributes"));
            }
        }
    }
    Ok(bytes.len() - rest.len())
}

/// Reads a LEB128 of either sign; bits past the 64th do not matter here.
fn leb(rest: &mut &[u8]) -> std::result::Result<u64, ErrorKind> {
    let mut value = 0;
    let mut shift = 0;
    loop {
        let (byte, after) = rest.split_first().ok_or(ErrorKind::UnexpectedEnd)?;
        *rest = after;
        if shift < 64 {
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
        }
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
}

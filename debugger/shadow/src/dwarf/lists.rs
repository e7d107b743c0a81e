//! Location lists and range lists, in DWARF 5's sections and their forerunners, and `.debug_addr`.

use super::expression::{self, Target, Use};
use super::{Cursor, Rewriter, edits::Edits};
use gimli::{Encoding, Format};

/// A location or range list of DWARF 2 to 4 that a unit refers to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ListUse {
    /// Offset of the list in its section.
    pub(crate) offset: usize,
    pub(crate) address_size: u8,
    pub(crate) version: u16,
    pub(crate) base: Base,
}

/// What addresses in a unit's lists count from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Base {
    /// The unit has no address.
    None,
    /// The unit's address, which was 0 and is the start of the code.
    Zero,
    /// The unit's address.
    Unit,
}

/// Calls `list` for each list once: two that overlap do not get changed twice.
fn each_list(uses: &mut Vec<ListUse>, mut list: impl FnMut(ListUse) -> usize) {
    uses.sort_unstable();
    uses.dedup_by_key(|list| list.offset);
    let mut end = 0;
    for used in uses {
        if used.offset >= end {
            end = list(*used);
        }
    }
}

impl Rewriter<'_, '_> {
    /// `.debug_loc`: addresses count from the unit's, which is rebased, or from one that the list chooses.
    pub(crate) fn loc(&mut self, section: &mut Edits<'_>, uses: &mut Vec<ListUse>) {
        each_list(uses, |used| {
            let mut cursor = Cursor::new(section.original(), used.offset);
            let encoding = Encoding { address_size: used.address_size, format: Format::Dwarf32, version: used.version };
            while let Some((begin_at, begin, end)) = address_pair(&mut cursor, used.address_size) {
                if (begin, end) == (0, 0) {
                    break;
                }
                if begin == super::max_address(used.address_size) {
                    self.put_code(section, begin_at + usize::from(used.address_size), used.address_size, end);
                    continue;
                }
                let start = cursor.at();
                let Some(length) = cursor.uint(2) else { break };
                let expression_at = cursor.at();
                if cursor.skip(length).is_none() {
                    break;
                }
                self.pair(section, begin_at, (begin, end), used);
                let bytes = section.original().get(expression_at..cursor.at()).unwrap_or_default();
                let new = self.expression(bytes, encoding, Use::Variable, |_| {});
                if let Some(new) = new.filter(|new| new.len() <= usize::from(u16::MAX)) {
                    let mut with = (new.len() as u16).to_le_bytes().to_vec();
                    with.extend_from_slice(&new);
                    section.replace(start..cursor.at(), with);
                }
            }
            cursor.at()
        });
    }

    /// `.debug_ranges`, as `.debug_loc` without expressions.
    pub(crate) fn ranges(&mut self, section: &mut Edits<'_>, uses: &mut Vec<ListUse>) {
        each_list(uses, |used| {
            let mut cursor = Cursor::new(section.original(), used.offset);
            while let Some((begin_at, begin, end)) = address_pair(&mut cursor, used.address_size) {
                if (begin, end) == (0, 0) {
                    break;
                }
                if begin == super::max_address(used.address_size) {
                    self.put_code(section, begin_at + usize::from(used.address_size), used.address_size, end);
                } else {
                    self.pair(section, begin_at, (begin, end), used);
                }
            }
            cursor.at()
        });
    }

    /// The addresses of an entry, which move with the unit's if it has one. Linkers of old resolved code that they left
    /// out to offset 0, where no function begins: such a pair becomes empty, but not the end of the list.
    fn pair(&self, section: &mut Edits<'_>, at: usize, (begin, end): (u64, u64), used: ListUse) {
        let size = used.address_size;
        let (begin, end) = match used.base {
            Base::None | Base::Zero if begin == 0 || expression::is_tombstone(begin, size) => (1, 1),
            Base::None => (self.code(begin, size), self.code(end, size)),
            Base::Zero | Base::Unit => return,
        };
        section.put(at, size, begin);
        section.put(at + usize::from(size), size, end);
    }

    /// `.debug_rnglists` (DWARF 5, section 7.28).
    pub(crate) fn rnglists(&mut self, section: &mut Edits<'_>) {
        let mut cursor = Cursor::new(section.original(), 0);
        while let Some(header) = ListsHeader::read(&mut cursor) {
            while cursor.at() < header.end {
                let Some(kind) = cursor.uint(1) else { return };
                let done = match gimli::DwRle(kind as u8) {
                    gimli::DW_RLE_end_of_list => Some(()),
                    gimli::DW_RLE_base_addressx => cursor.uleb().map(drop),
                    gimli::DW_RLE_startx_endx | gimli::DW_RLE_startx_length | gimli::DW_RLE_offset_pair => {
                        cursor.uleb().and_then(|_| cursor.uleb()).map(drop)
                    }
                    gimli::DW_RLE_base_address => self.code_address(section, &mut cursor, header.address_size),
                    gimli::DW_RLE_start_end => self
                        .code_address(section, &mut cursor, header.address_size)
                        .and_then(|()| self.code_address(section, &mut cursor, header.address_size)),
                    gimli::DW_RLE_start_length => self
                        .code_address(section, &mut cursor, header.address_size)
                        .and_then(|()| cursor.uleb())
                        .map(drop),
                    _ => None,
                };
                if done.is_none() {
                    self.report.damaged += 1;
                    break;
                }
            }
            cursor.seek(header.end);
        }
    }

    /// `.debug_loclists` (DWARF 5, section 7.29). `address_base` gives, for the base of a table of lists, the base of
    /// its unit's addresses.
    pub(crate) fn loclists(&mut self, section: &mut Edits<'_>, address_base: impl Fn(usize) -> Option<usize>) {
        let mut headers = Vec::new();
        let mut cursor = Cursor::new(section.original(), 0);
        while let Some(header) = ListsHeader::read(&mut cursor) {
            let encoding = Encoding { address_size: header.address_size, format: header.format, version: 5 };
            let addresses = address_base(header.base);
            while cursor.at() < header.end {
                if self.location(section, &mut cursor, encoding, addresses).is_none() {
                    self.report.damaged += 1;
                    break;
                }
            }
            cursor.seek(header.end);
            headers.push(header);
        }
        section.seal();
        if !section.has_splices() {
            return;
        }
        for header in headers {
            let word = header.format.word_size();
            let base = section.moved(header.base);
            let mut offsets = Cursor::new(section.original(), header.base);
            for index in 0..header.offset_count {
                let Some(offset) = offsets.uint(word) else { break };
                let list = section.moved(header.base.saturating_add(offset as usize));
                section.put(header.base + index * usize::from(word), word, list.saturating_sub(base) as u64);
            }
            let length = section.moved(header.end).saturating_sub(section.moved(header.after_length));
            section.put(header.after_length - usize::from(word), word, length as u64);
        }
    }

    /// An entry of a location list; `None` if it is damaged.
    fn location(
        &mut self,
        section: &mut Edits<'_>,
        cursor: &mut Cursor<'_>,
        encoding: Encoding,
        addresses: Option<usize>,
    ) -> Option<()> {
        let size = encoding.address_size;
        match gimli::DwLle(cursor.uint(1)? as u8) {
            gimli::DW_LLE_end_of_list => return Some(()),
            gimli::DW_LLE_base_addressx => return cursor.uleb().map(drop),
            gimli::DW_LLE_base_address => return self.code_address(section, cursor, size),
            gimli::DW_LLE_default_location => {}
            gimli::DW_LLE_startx_endx | gimli::DW_LLE_startx_length | gimli::DW_LLE_offset_pair => {
                cursor.uleb()?;
                cursor.uleb()?;
            }
            gimli::DW_LLE_start_end => {
                self.code_address(section, cursor, size)?;
                self.code_address(section, cursor, size)?;
            }
            gimli::DW_LLE_start_length => {
                self.code_address(section, cursor, size)?;
                cursor.uleb()?;
            }
            _ => return None,
        }
        let start = cursor.at();
        let length = cursor.uleb()?;
        let expression_at = cursor.at();
        cursor.skip(length)?;
        let bytes = section.original().get(expression_at..cursor.at())?;
        let mut data = Vec::new();
        let new = self.expression(bytes, encoding, Use::Variable, |index| data.push(index));
        self.data_addresses.extend(data.into_iter().filter_map(|index| address_slot(addresses?, index, size)));
        if let Some(new) = new {
            let mut with = Vec::with_capacity(new.len() + 2);
            super::push_uleb(&mut with, new.len() as u64);
            with.extend_from_slice(&new);
            section.replace(start..cursor.at(), with);
        }
        Some(())
    }

    /// `.debug_addr` (DWARF 5, section 7.27): addresses of code are rebased, those of data stay.
    pub(crate) fn addresses(&mut self, section: &mut Edits<'_>) {
        let mut cursor = Cursor::new(section.original(), 0);
        while let Some((_, length)) = cursor.initial_length() {
            let end = cursor.at().saturating_add(length as usize).min(section.original().len());
            let (Some(5), Some(size), Some(_)) = (cursor.uint(2), cursor.uint(1), cursor.uint(1)) else {
                self.report.damaged += 1;
                return;
            };
            let size = size as u8;
            if !matches!(size, 4 | 8) {
                self.report.damaged += 1;
                return;
            }
            while cursor.at() < end {
                let at = cursor.at();
                let Some(address) = cursor.uint(size) else { break };
                if !self.data_addresses.contains(&at) {
                    self.put_code(section, at, size, address);
                } else if expression::is_tombstone(address, size) {
                    section.put(at, size, 0);
                }
            }
            cursor.seek(end);
        }
    }

    fn code_address(&mut self, section: &mut Edits<'_>, cursor: &mut Cursor<'_>, size: u8) -> Option<()> {
        let at = cursor.at();
        let address = cursor.uint(size)?;
        self.put_code(section, at, size, address);
        Some(())
    }

    /// Rewrites one expression; `None` if it stays.
    pub(crate) fn expression(
        &mut self,
        bytes: &[u8],
        encoding: Encoding,
        kind: Use,
        data_address: impl FnMut(u64),
    ) -> Option<Vec<u8>> {
        let target = Target { flavour: self.flavour, placement: self.placement };
        match expression::rewrite(bytes, encoding, kind, target, data_address) {
            expression::Rewritten::Same => None,
            expression::Rewritten::Fits(new) => {
                self.report.expressions += 1;
                Some(new)
            }
            expression::Rewritten::Resized(new) => {
                self.report.expressions += 1;
                self.report.resized += 1;
                Some(new)
            }
            expression::Rewritten::Lost => {
                self.report.lost += 1;
                Some(Vec::new())
            }
        }
    }
}

/// The offset in `.debug_addr` of an address by its index.
pub(crate) fn address_slot(base: usize, index: u64, address_size: u8) -> Option<usize> {
    base.checked_add(usize::try_from(index).ok()?.checked_mul(address_size.into())?)
}

fn address_pair(cursor: &mut Cursor<'_>, address_size: u8) -> Option<(usize, u64, u64)> {
    let at = cursor.at();
    Some((at, cursor.uint(address_size)?, cursor.uint(address_size)?))
}

/// The head of a table of lists.
struct ListsHeader {
    format: Format,
    address_size: u8,
    offset_count: usize,
    after_length: usize,
    /// What offsets of lists count from.
    base: usize,
    end: usize,
}

impl ListsHeader {
    /// Reads it; the cursor is then at the first list.
    fn read(cursor: &mut Cursor<'_>) -> Option<ListsHeader> {
        let (format, length) = cursor.initial_length()?;
        let after_length = cursor.at();
        let end = after_length.checked_add(usize::try_from(length).ok()?).filter(|end| *end <= cursor.len())?;
        cursor.uint(2).filter(|version| *version == 5)?;
        let address_size = cursor.uint(1).filter(|size| matches!(size, 4 | 8))? as u8;
        cursor.uint(1)?;
        let offset_count = cursor.uint(4)?;
        let base = cursor.at();
        cursor.skip(offset_count.checked_mul(format.word_size().into())?)?;
        Some(ListsHeader { format, address_size, offset_count: offset_count as usize, after_length, base, end })
    }
}

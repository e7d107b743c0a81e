//! Static variables: their addresses, sizes and names become symbols.

use super::expression::is_tombstone;
use super::info::{Root, slot};
use super::lists::address_slot;
use super::{Cursor, Rewriter, Slice};
use gimli::{Abbreviations, AttributeValue, Encoding, Operation, UnitHeader, UnitOffset};

/// A static variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Variable<'a> {
    /// Where it lies in linear memory.
    pub(crate) address: u64,
    /// Bytes, 0 if not known.
    pub(crate) size: u64,
    /// Its linkage name, else its name.
    pub(crate) name: &'a [u8],
}

impl<'a> Rewriter<'a, '_> {
    /// The address of a static variable from its location.
    pub(crate) fn static_address(&self, bytes: &[u8], encoding: Encoding, root: &Root) -> Option<u64> {
        let mut operations = gimli::Expression(Slice::new(bytes, gimli::LittleEndian)).operations(encoding);
        let address = match operations.next().ok()?? {
            Operation::Address { address } => address,
            Operation::AddressIndex { index } => {
                let at = address_slot(root.address_base?, index.0 as u64, encoding.address_size)?;
                Cursor::new(self.module.debug_section(".debug_addr")?, at).uint(encoding.address_size)?
            }
            _ => return None,
        };
        let is_whole = operations.next().ok()?.is_none();
        (is_whole && address != 0 && !is_tombstone(address, encoding.address_size)).then_some(address)
    }

    /// A string, without its end.
    pub(crate) fn string(&self, value: AttributeValue<Slice<'_>>, encoding: Encoding, root: &Root) -> Option<&'a [u8]> {
        let (section, offset) = match value {
            AttributeValue::DebugStrRef(offset) => (".debug_str", offset.0),
            AttributeValue::DebugLineStrRef(offset) => (".debug_line_str", offset.0),
            AttributeValue::DebugStrOffsetsIndex(index) => {
                let word = encoding.format.word_size();
                let at = slot(root.strings_base?, index.0, word)?;
                let offset = Cursor::new(self.module.debug_section(".debug_str_offsets")?, at).uint(word)?;
                (".debug_str", offset as usize)
            }
            _ => return None,
        };
        self.module.debug_section(section)?.get(offset..)?.split(|byte| *byte == 0).next()
    }

    /// Bytes of a type, if it can be told.
    pub(crate) fn type_size(
        &mut self,
        header: &UnitHeader<Slice<'_>>,
        abbreviations: &Abbreviations,
        ty: AttributeValue<Slice<'_>>,
    ) -> Option<u64> {
        let AttributeValue::UnitRef(mut at) = ty else { return None };
        let mut count: u64 = 1;
        for _ in 0..MAX_DEPTH {
            self.type_reads = self.type_reads.checked_sub(1)?;
            let entry = header.entry(abbreviations, at).ok()?;
            if let Some(size) = entry.attr_value(gimli::DW_AT_byte_size).and_then(|size| size.udata_value()) {
                return size.checked_mul(count);
            }
            match entry.tag() {
                gimli::DW_TAG_pointer_type | gimli::DW_TAG_reference_type => {
                    return u64::from(header.address_size()).checked_mul(count);
                }
                gimli::DW_TAG_array_type => count = count.checked_mul(elements(header, abbreviations, at)?)?,
                _ => {}
            }
            let Some(AttributeValue::UnitRef(next)) = entry.attr_value(gimli::DW_AT_type) else { return None };
            at = next;
        }
        None
    }
}

/// How many types one may be made of, one inside the other.
const MAX_DEPTH: usize = 16;

/// How many entries are read for sizes of types in all: some three for each static variable.
pub(crate) const MAX_TYPE_READS: u32 = 1_000_000;

/// How many elements an array has, of all dimensions: its children, as long as they are dimensions.
fn elements(header: &UnitHeader<Slice<'_>>, abbreviations: &Abbreviations, at: UnitOffset) -> Option<u64> {
    let mut entries = header.entries_raw(abbreviations, Some(at)).ok()?;
    let array = entries.read_abbreviation().ok()??;
    entries.skip_attributes(array.attributes()).ok()?;
    let mut count: u64 = 1;
    for _ in 0..MAX_DEPTH {
        let dimension = entries.read_abbreviation().ok()?;
        let Some(dimension) = dimension.filter(|d| d.tag() == gimli::DW_TAG_subrange_type) else { break };
        let mut length = None;
        for specification in dimension.attributes() {
            let attribute = entries.read_attribute(*specification).ok()?;
            match attribute.name() {
                gimli::DW_AT_count => length = attribute.udata_value(),
                gimli::DW_AT_upper_bound => length = attribute.udata_value().and_then(|last| last.checked_add(1)),
                _ => {}
            }
        }
        count = count.checked_mul(length?)?;
    }
    Some(count)
}

//! `.debug_info`: addresses, expressions, and the references that move when something before them grows.

use super::abbreviations::Tables;
use super::edits::Edits;
use super::expression::Use;
use super::lists::{Base, ListUse, address_slot};
use super::statics::Variable;
use super::{Rewriter, Slice, push_uleb};
use gimli::{Abbreviations, AttributeValue, DebugInfo, UnitHeader};

/// What `.debug_info` says of other sections.
#[derive(Default)]
pub(crate) struct Uses {
    /// Lists in `.debug_loc`.
    pub(crate) loc: Vec<ListUse>,
    /// Lists in `.debug_ranges`.
    pub(crate) ranges: Vec<ListUse>,
    /// Where offsets in `.debug_loc` and `.debug_loclists` are written.
    pub(crate) loc_offsets: Vec<LocOffset>,
    /// Where offsets in `.debug_line` are written: offset, bytes, target.
    pub(crate) line_offsets: Vec<(usize, u8, usize)>,
    /// For each base of a table of location lists, the base of the unit's addresses.
    pub(crate) loclists_bases: Vec<(usize, usize)>,
    /// Where the producers are written.
    pub(crate) producers: Vec<Producer>,
    /// Whether a unit was written in Rust.
    pub(crate) has_rust: bool,
    /// Where references to other units are written: offset, bytes, target.
    references: Vec<(usize, u8, usize)>,
}

/// An offset of a location list, written at `at` of `.debug_info`.
pub(crate) struct LocOffset {
    at: usize,
    size: u8,
    offset: usize,
    is_dwarf5: bool,
}

/// The producer of a unit.
pub(crate) struct Producer {
    pub(crate) text: ProducerText,
    pub(crate) word: u8,
}

/// How a producer is written.
pub(crate) enum ProducerText {
    /// The string itself, before which text can be put.
    Inline { at: usize },
    /// An offset in `.debug_str`, written at `at` of `.debug_info`.
    Str { at: usize, offset: usize },
    /// An offset in `.debug_line_str`, written at `at` of `.debug_info`.
    LineStr { at: usize, offset: usize },
    /// An offset in `.debug_str`, written at `slot` of `.debug_str_offsets`.
    Indexed { slot: usize },
}

/// The attributes of a unit's root entry that the others need.
pub(crate) struct Root {
    pub(crate) address_base: Option<usize>,
    pub(crate) strings_base: Option<usize>,
    base: Base,
}

impl<'a> Rewriter<'a, '_> {
    /// Reads all units and changes what keeps its length.
    pub(crate) fn info(&mut self, section: &mut Edits<'_>, tables: &mut Tables<'_>) -> Uses {
        let mut uses = Uses::default();
        let mut units = DebugInfo::new(section.original(), gimli::LittleEndian).units();
        loop {
            let header = match units.next() {
                Ok(Some(header)) => header,
                Ok(None) => break,
                Err(_) => {
                    self.report.damaged += 1;
                    break;
                }
            };
            self.report.units += 1;
            let done = tables
                .get(header.debug_abbrev_offset())
                .is_some_and(|abbreviations| self.unit(section, &header, &abbreviations, &mut uses).is_ok());
            self.report.damaged += usize::from(!done);
        }
        uses
    }

    fn unit(
        &mut self,
        section: &mut Edits<'_>,
        header: &UnitHeader<Slice<'_>>,
        abbreviations: &Abbreviations,
        uses: &mut Uses,
    ) -> gimli::Result<()> {
        let encoding = header.encoding();
        let (address_size, word) = (encoding.address_size, encoding.format.word_size());
        let start = header.debug_info_offset().map_or(0, |offset| offset.0);
        let all = Slice::new(section.original(), gimli::LittleEndian);
        let mut entries = header.entries_raw(abbreviations, None)?;
        let mut root = None;
        while !entries.is_empty() {
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            if root.is_none() {
                let mut ahead = header.entries_raw(abbreviations, Some(header.root_offset()))?;
                ahead.read_abbreviation()?;
                root = Some(self.root(section, start, &mut ahead, abbreviation, header, uses)?);
                entries.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            let root = root.as_ref().unwrap_or(&DEFAULT_ROOT);
            let is_variable = abbreviation.tag() == gimli::DW_TAG_variable;
            let (mut name, mut address, mut ty) = (None, None, None);
            let (mut low, mut length) = (None, None);
            for specification in abbreviation.attributes() {
                let at = start + entries.next_offset().0;
                let attribute = entries.read_attribute_inline(*specification)?;
                match attribute.value() {
                    AttributeValue::Addr(address) => {
                        self.put_code(section, at, address_size, address);
                        low = (attribute.name() == gimli::DW_AT_low_pc).then_some(address).or(low);
                    }
                    _ if attribute.name() == gimli::DW_AT_high_pc => {
                        let bytes = start + entries.next_offset().0 - at;
                        length = attribute.udata_value().map(|length| (at, bytes, length));
                    }
                    AttributeValue::Exprloc(expression) => {
                        let kind = match attribute.name() {
                            gimli::DW_AT_frame_base => Use::FrameBase,
                            gimli::DW_AT_location => Use::Variable,
                            _ => Use::Other,
                        };
                        let mut data = Vec::new();
                        let bytes = expression.0.slice();
                        if is_variable && attribute.name() == gimli::DW_AT_location {
                            address = self.static_address(bytes, encoding, root);
                        }
                        let new = self.expression(bytes, encoding, kind, |index| data.push(index));
                        let slot = |index| address_slot(root.address_base?, index, address_size);
                        self.data_addresses.extend(data.into_iter().filter_map(slot));
                        if let Some(new) = new {
                            let begin = expression.0.offset_from(all);
                            let range = begin..begin + bytes.len();
                            if new.len() == bytes.len() {
                                section.replace(range, new);
                            } else {
                                let with = with_length(attribute.form(), new);
                                section.replace(at..range.end, with);
                            }
                        }
                    }
                    AttributeValue::LocationListsRef(offset) => {
                        let is_dwarf5 = encoding.version >= 5;
                        uses.loc_offsets.push(LocOffset { at, size: word, offset: offset.0, is_dwarf5 });
                        if !is_dwarf5 {
                            uses.loc.push(root.list(offset.0, encoding));
                        }
                    }
                    AttributeValue::RangeListsRef(offset) if encoding.version < 5 => {
                        uses.ranges.push(root.list(offset.0, encoding));
                    }
                    AttributeValue::DebugInfoRef(target) => {
                        let size = if encoding.version < 3 { address_size } else { word };
                        uses.references.push((at, size, target.0));
                    }
                    value if is_variable => match attribute.name() {
                        gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => name = Some(value),
                        gimli::DW_AT_name if name.is_none() => name = Some(value),
                        gimli::DW_AT_type => ty = Some(value),
                        _ => {}
                    },
                    _ => {}
                }
            }
            if let (Some(low), Some((at, bytes @ (4 | 8), length))) = (low, length)
                && low.checked_add(length).is_none_or(|end| end > self.placement.code_size)
            {
                // Optimisers that lost the end have written what takes all code there is: it is in its function.
                let function = self.module.function_at(low);
                section.put(at, bytes as u8, function.map_or(0, |function| u64::from(function.body.end) - low));
            }
            if let (Some(name), Some(address)) = (name, address) {
                let name = self.string(name, encoding, root).filter(|name| !name.is_empty());
                let size = ty.and_then(|ty| self.type_size(header, abbreviations, ty));
                self.variables.extend(name.map(|name| Variable { address, size: size.unwrap_or(0), name }));
            }
        }
        Ok(())
    }

    /// The root entry: its address is where lists count from, also if it is 0.
    fn root(
        &mut self,
        section: &mut Edits<'_>,
        start: usize,
        entries: &mut gimli::EntriesRaw<'_, Slice<'_>>,
        abbreviation: &gimli::Abbreviation,
        header: &UnitHeader<Slice<'_>>,
        uses: &mut Uses,
    ) -> gimli::Result<Root> {
        let encoding = header.encoding();
        let (size, word) = (encoding.address_size, encoding.format.word_size());
        let mut root = DEFAULT_ROOT;
        let (mut low, mut high, mut range_list) = (None, false, None);
        let (mut loclists, mut producer) = (None, None);
        for specification in abbreviation.attributes() {
            let at = start + entries.next_offset().0;
            let attribute = entries.read_attribute(*specification)?;
            match (attribute.name(), attribute.value()) {
                (gimli::DW_AT_low_pc, AttributeValue::Addr(address)) => low = Some((at, address)),
                (gimli::DW_AT_low_pc, AttributeValue::DebugAddrIndex(_)) => root.base = Base::Unit,
                (gimli::DW_AT_stmt_list, AttributeValue::DebugLineRef(offset)) => {
                    uses.line_offsets.push((at, word, offset.0));
                }
                (gimli::DW_AT_high_pc, value) => {
                    high = true;
                    if let AttributeValue::Addr(address) = value {
                        self.put_code(section, at, size, address);
                    }
                }
                (gimli::DW_AT_ranges, AttributeValue::RangeListsRef(offset)) => range_list = Some(offset.0),
                (gimli::DW_AT_producer, value) => {
                    producer = match value {
                        AttributeValue::String(_) => Some(Ok(ProducerText::Inline { at })),
                        AttributeValue::DebugStrRef(offset) => Some(Ok(ProducerText::Str { at, offset: offset.0 })),
                        AttributeValue::DebugLineStrRef(offset) => {
                            Some(Ok(ProducerText::LineStr { at, offset: offset.0 }))
                        }
                        AttributeValue::DebugStrOffsetsIndex(index) => Some(Err(index.0)),
                        _ => None,
                    };
                }
                (_, AttributeValue::Language(gimli::DW_LANG_Rust)) => uses.has_rust = true,
                (_, AttributeValue::DebugAddrBase(base)) => root.address_base = Some(base.0),
                (_, AttributeValue::DebugStrOffsetsBase(base)) => root.strings_base = Some(base.0),
                (_, AttributeValue::DebugLocListsBase(base)) => {
                    loclists = Some(base.0);
                    uses.loc_offsets.push(LocOffset { at, size: word, offset: base.0, is_dwarf5: true });
                }
                _ => {}
            }
        }
        if let Some((at, address)) = low {
            root.base = if address == 0 { Base::Zero } else { Base::Unit };
            match (address, high) {
                (0, false) => section.put(at, size, self.placement.code),
                _ => self.put_code(section, at, size, address),
            }
        }
        if let Some(offset) = range_list
            && encoding.version < 5
        {
            uses.ranges.push(root.list(offset, encoding));
        }
        if let (Some(lists), Some(addresses)) = (loclists, root.address_base) {
            uses.loclists_bases.push((lists, addresses));
        }
        let text = match producer {
            Some(Err(index)) => {
                root.strings_base.and_then(|base| slot(base, index, word)).map(|slot| ProducerText::Indexed { slot })
            }
            Some(Ok(text)) => Some(text),
            None => None,
        };
        uses.producers.extend(text.map(|text| Producer { text, word }));
        Ok(root)
    }

    /// Mends lengths and references after entries changed their length, and offsets of lists that moved.
    pub(crate) fn mend_info(
        &mut self,
        section: &mut Edits<'_>,
        tables: &mut Tables<'_>,
        uses: &Uses,
        [loc, loclists, lines]: [Option<&Edits<'_>>; 3],
    ) {
        if let Some(lines) = lines.filter(|lines| lines.has_splices()) {
            for (at, size, offset) in &uses.line_offsets {
                section.put(*at, *size, lines.moved(*offset) as u64);
            }
        }
        for used in &uses.loc_offsets {
            let lists = if used.is_dwarf5 { loclists } else { loc };
            if let Some(lists) = lists.filter(|lists| lists.has_splices()) {
                section.put(used.at, used.size, lists.moved(used.offset) as u64);
            }
        }
        if !section.has_splices() {
            return;
        }
        for (at, size, target) in &uses.references {
            section.put(*at, *size, section.moved(*target) as u64);
        }
        let mut units = DebugInfo::new(section.original(), gimli::LittleEndian).units();
        while let Ok(Some(header)) = units.next() {
            let start = header.debug_info_offset().map_or(0, |offset| offset.0);
            let end = start + header.length_including_self();
            if !section.has_splices_in(start..end) {
                continue;
            }
            let word = header.format().word_size();
            let length_at = start + if word == 8 { 4 } else { 0 };
            let after_length = section.moved(length_at + usize::from(word));
            section.put(length_at, word, section.moved(end).saturating_sub(after_length) as u64);
            let done = tables
                .get(header.debug_abbrev_offset())
                .is_some_and(|abbreviations| self.mend_references(section, &header, start, &abbreviations).is_ok());
            self.report.damaged += usize::from(!done);
        }
    }

    fn mend_references(
        &mut self,
        section: &mut Edits<'_>,
        header: &UnitHeader<Slice<'_>>,
        start: usize,
        abbreviations: &Abbreviations,
    ) -> gimli::Result<()> {
        let moved_start = section.moved(start);
        let mut entries = header.entries_raw(abbreviations, None)?;
        while !entries.is_empty() {
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            for specification in abbreviation.attributes() {
                let at = start + entries.next_offset().0;
                let attribute = entries.read_attribute_inline(*specification)?;
                let AttributeValue::UnitRef(target) = attribute.raw_value() else { continue };
                let moved = section.moved(start.saturating_add(target.0)).saturating_sub(moved_start);
                if moved == target.0 {
                    continue;
                }
                let size = match attribute.form() {
                    gimli::DW_FORM_ref1 => 1,
                    gimli::DW_FORM_ref2 => 2,
                    gimli::DW_FORM_ref4 => 4,
                    gimli::DW_FORM_ref8 => 8,
                    _ => {
                        let size = start + entries.next_offset().0 - at;
                        match padded_uleb(moved as u64, size) {
                            Some(bytes) => section.replace(at..at + size, bytes),
                            None => self.report.damaged += 1,
                        }
                        continue;
                    }
                };
                section.put(at, size, moved as u64);
            }
        }
        Ok(())
    }
}

const DEFAULT_ROOT: Root = Root { address_base: None, strings_base: None, base: Base::None };

impl Root {
    fn list(&self, offset: usize, encoding: gimli::Encoding) -> ListUse {
        ListUse { offset, address_size: encoding.address_size, version: encoding.version, base: self.base }
    }
}

/// An expression with its length before it, as its form wants it; none where the form has no room.
fn with_length(form: gimli::DwForm, expression: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(expression.len() + 4);
    let length = expression.len();
    match form {
        gimli::DW_FORM_block1 if length > usize::from(u8::MAX) => return vec![0],
        gimli::DW_FORM_block1 => bytes.push(length as u8),
        gimli::DW_FORM_block2 if length > usize::from(u16::MAX) => return vec![0; 2],
        gimli::DW_FORM_block2 => bytes.extend_from_slice(&(length as u16).to_le_bytes()),
        gimli::DW_FORM_block4 => bytes.extend_from_slice(&(length as u32).to_le_bytes()),
        _ => push_uleb(&mut bytes, length as u64),
    }
    bytes.extend_from_slice(&expression);
    bytes
}

/// A number in exactly so many bytes, if it can be.
fn padded_uleb(value: u64, size: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(size);
    push_uleb(&mut bytes, value);
    if bytes.len() > size || size > 10 {
        return None;
    }
    while bytes.len() < size {
        *bytes.last_mut()? |= 0x80;
        bytes.push(0);
    }
    Some(bytes)
}

/// The offset of an entry of a table.
pub(crate) fn slot(base: usize, index: usize, size: u8) -> Option<usize> {
    base.checked_add(index.checked_mul(size.into())?)
}

//! One pass over the file: frames sections, gives every byte to an item, and never stops at damage.
//!
//! The [`Builder`] moves a cursor forward and charges the bytes it passes, so the parts are a partition by
//! construction: nothing can be skipped or charged twice.

mod component;
mod custom;
mod module;

use crate::ids::{ItemId, ModuleId, SectionId, Space};
use crate::item::{Damage, Item, ItemKind, Part, Role, Section};
use crate::map::{BinaryKind, Error, Map, Module};
use crate::names::Names;
use std::ops::Range;
use wasmparser::{BinaryReader, FromReader, SectionLimited};

pub(crate) use component::external_space;

/// Modules and components inside each other.
const MAX_NESTING: u32 = 100;
/// Damage that is listed; a file that is broken in more places is told so once.
const MAX_DAMAGE: usize = 100;

/// How much is told apart in one file; what comes after is one range. Real files stay far below: they take more bytes
/// for each thing. The memory of a map, its graph and its views is in proportion to these.
struct Limits {
    /// 58 bytes an item are the fewest of real files of more than 10 KB (Dart with garbage collection, stripped).
    items: usize,
    /// A part for an item's definition, and some for its names, relocations and hints.
    parts: usize,
    sections: usize,
    modules: usize,
}

impl Limits {
    fn of(bytes: usize) -> Limits {
        let items = 200_000 + bytes / 64;
        Limits { items, parts: 4 * items, sections: 10_000 + bytes / 512, modules: 1_000 + bytes / 4096 }
    }
}

const TOO_MANY: &str = "there are more entries than the file's size warrants; the rest is not told apart";

const MAGIC: &[u8; 4] = b"\0asm";
const HEADER_SIZE: u32 = 8;

/// See [`Map::parse`].
pub(crate) fn file(bytes: &[u8]) -> Result<Map<'_>, Error> {
    let size = u32::try_from(bytes.len()).map_err(|_| Error::TooLarge(bytes.len() as u64))?;
    check_magic(bytes)?;
    if size < HEADER_SIZE {
        return Err(Error::ShortHeader(bytes.len()));
    }
    let (version, layer) = (u16_at(bytes, 4), u16_at(bytes, 6));
    if kind_of(version, layer).is_none() {
        return Err(Error::Version { version, layer });
    }
    let mut builder = Builder {
        bytes,
        modules: Vec::new(),
        sections: Vec::new(),
        items: Vec::new(),
        parts: Vec::new(),
        damage: Vec::new(),
        cursor: 0,
        limits: Limits::of(bytes.len()),
        told: 0,
    };
    builder.container(0..size, None, 0);
    Ok(builder.finish())
}

fn check_magic(bytes: &[u8]) -> Result<(), Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    let head = &bytes[..bytes.len().min(4)];
    if head == &MAGIC[..head.len()] {
        return Ok(());
    }
    let hint = match head {
        [0x1f, 0x8b, ..] => ". It is gzip: unpack it first (gunzip)",
        [0x28, 0xb5, 0x2f, 0xfd] => ". It is zstd: unpack it first (unzstd)",
        [b'P', b'K', ..] => ". It is a zip archive: unpack it first",
        b"!<ar" => ". It is an archive of objects: unpack it first (ar x)",
        [0x7f, b'E', b'L', b'F'] => ". It is a native ELF file: build for a wasm32 target",
        [b'(', ..] => ". It looks like the text format: assemble it first (wasm-tools parse)",
        _ => "",
    };
    Err(Error::Magic { found: format!("\"{}\"", head.escape_ascii()), hint })
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn kind_of(version: u16, layer: u16) -> Option<BinaryKind> {
    match (version, layer) {
        (1, 0) => Some(BinaryKind::Module),
        (_, 1) => Some(BinaryKind::Component),
        _ => None,
    }
}

/// A map in the making.
struct Builder<'a> {
    bytes: &'a [u8],
    modules: Vec<Module<'a>>,
    sections: Vec<Section<'a>>,
    items: Vec<Item>,
    parts: Vec<Part>,
    damage: Vec<Damage>,
    /// All bytes before it are charged.
    cursor: u32,
    limits: Limits,
    /// Items told apart; one that is described by more than the others counts as more.
    told: usize,
}

/// The section that is being read.
#[derive(Clone)]
struct Here {
    module: ModuleId,
    section: SectionId,
    /// File offsets of the contents, cut at the end of the module where the length claims more.
    payload: Range<u32>,
}

impl<'a> Builder<'a> {
    /// Reads a module or component that fills `range`.
    fn container(&mut self, range: Range<u32>, parent: Option<ModuleId>, depth: u32) -> ModuleId {
        let id = ModuleId(self.modules.len() as u32);
        let header = self.item(ItemKind::Header, id, None, 0, range.start..range.start);
        self.modules.push(Module {
            parent,
            kind: BinaryKind::Module,
            range: range.clone(),
            sections: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            function_types: Vec::new(),
            data: Vec::new(),
            names: Names::default(),
            header,
            spaces: Default::default(),
            nested: Default::default(),
            exports_by_target: Vec::new(),
        });
        let head = &self.bytes[range.start as usize..range.end as usize];
        let kind = match head {
            [b'\0', b'a', b's', b'm', _, _, _, _, ..] => kind_of(u16_at(head, 4), u16_at(head, 6)),
            _ => None,
        };
        let Some(kind) = kind else {
            self.unreadable(id, None, range.end, "this is not the header of a module or component");
            return id;
        };
        self.modules[id.as_usize()].kind = kind;
        self.fill(range.start + HEADER_SIZE, header, Role::Definition);
        self.items[header.as_usize()].end = range.start + HEADER_SIZE;
        while self.cursor < range.end {
            self.section(id, range.end, depth);
        }
        let module = &mut self.modules[id.as_usize()];
        module.exports_by_target = (0..module.exports.len() as u32).collect();
        module
            .exports_by_target
            .sort_by_key(|&at| (module.exports[at as usize].space, module.exports[at as usize].index, at));
        id
    }

    /// Reads the section at the cursor, or what is left of one.
    fn section(&mut self, module: ModuleId, limit: u32, depth: u32) {
        let start = self.cursor;
        if self.sections.len() >= self.limits.sections {
            return self.unreadable(module, None, limit, "there are more sections than the file's size warrants");
        }
        let mut reader = self.reader(start..limit);
        let framed = reader.read_u8().and_then(|id| Ok((id, reader.read_var_u32()?)));
        let (id, size) = match framed {
            Ok(framed) => framed,
            Err(e) => return self.unreadable(module, None, limit, &format!("no section header: {}", e.message())),
        };
        let payload_start = reader.original_position() as u32;
        let mut end = payload_start.saturating_add(size);
        let mut too_long = None;
        if end > limit {
            too_long = Some(format!("the section claims {size} bytes but {} are left", limit - payload_start));
            end = limit;
        }
        let is_component = self.modules[module.as_usize()].kind == BinaryKind::Component;
        let section = SectionId(self.sections.len() as u32);
        let (name, contents_start) = if id == 0 { self.custom_name(payload_start..end) } else { (None, payload_start) };
        self.sections.push(Section {
            module,
            id,
            kind: section_kind(id, is_component),
            name,
            range: start..end,
            payload: contents_start..end,
            parts: self.parts.len() as u32..0,
        });
        self.modules[module.as_usize()].sections.push(section);
        if let Some(message) = too_long {
            self.damaged(Some(section), start, &message);
        }
        let here = Here { module, section, payload: contents_start..end };
        match (id, is_component) {
            (0, _) => self.custom(&here),
            (_, false) => self.core_section(id, &here),
            (_, true) => self.component_section(id, &here, depth),
        }
        debug_assert_eq!(self.cursor, end, "a section is charged to its end");
        self.sections[section.as_usize()].parts.end = self.parts.len() as u32;
    }

    /// A custom section's name, and where its contents begin.
    fn custom_name(&mut self, payload: Range<u32>) -> (Option<&'a str>, u32) {
        let mut reader = self.reader(payload.clone());
        match reader.read_string() {
            Ok(name) => (Some(name), reader.original_position() as u32),
            Err(_) => (None, payload.start),
        }
    }

    /// Reads a section that is a vector of `T`, one item each; `each` sees the item and the value.
    fn entries<T: FromReader<'a>>(
        &mut self,
        here: &Here,
        kind: ItemKind,
        space: Option<Space>,
        mut each: impl FnMut(&mut Self, ItemId, T),
    ) {
        self.vector(here, |this, range, index, value| {
            let index = space.map_or(index, |s| this.modules[here.module.as_usize()].spaces[s as usize].len() as u32);
            let item = this.item(kind, here.module, Some(here.section), index, range.clone());
            if let Some(space) = space {
                this.modules[here.module.as_usize()].spaces[space as usize].push(item);
            }
            this.fill(range.end, item, Role::Definition);
            each(this, item, value);
        });
    }

    /// Reads a section that is a vector of `T`. `each` gets the offsets, position and value of an entry and charges
    /// its bytes; what it leaves is charged to the section.
    fn vector<T: FromReader<'a>>(&mut self, here: &Here, mut each: impl FnMut(&mut Self, Range<u32>, u32, T)) {
        let overhead = self.overhead(here);
        let entries = match SectionLimited::<T>::new(self.reader(here.payload.clone())) {
            Ok(entries) => entries,
            Err(e) => return self.unread(here, &e),
        };
        self.fill(entries.original_position() as u32, overhead, Role::Overhead);
        let mut entries = entries.into_iter();
        // Bodies are of items that are there.
        let is_code = self.sections[here.section.as_usize()].kind == "code";
        for index in 0.. {
            let start = entries.original_position() as u32;
            match entries.next() {
                None => break,
                Some(Err(e)) => return self.unread(here, &e),
                Some(Ok(_)) if self.is_full() && !is_code => {
                    return self.unreadable(here.module, Some(here.section), here.payload.end, TOO_MANY);
                }
                Some(Ok(value)) => {
                    let end = entries.original_position() as u32;
                    each(self, start..end, index, value);
                    self.fill(end, overhead, Role::Overhead);
                }
            }
        }
        self.fill(here.payload.end, overhead, Role::Overhead);
    }

    /// The item for a section's framing, with the section's header charged to it.
    fn overhead(&mut self, here: &Here) -> ItemId {
        let range = self.sections[here.section.as_usize()].range.start..here.payload.start;
        let item = self.item(ItemKind::SectionOverhead, here.module, Some(here.section), 0, range);
        self.fill(here.payload.start, item, Role::Overhead);
        item
    }

    /// A section that is one item as a whole.
    fn whole(&mut self, here: &Here, kind: ItemKind) -> ItemId {
        let range = self.sections[here.section.as_usize()].range.clone();
        let item = self.item(kind, here.module, Some(here.section), 0, range.clone());
        self.fill(range.end, item, Role::Definition);
        item
    }

    /// The rest of a section could not be read.
    fn unread(&mut self, here: &Here, error: &wasmparser::Error) {
        let at = (error.offset() as u32).clamp(self.cursor, here.payload.end);
        self.damaged(Some(here.section), at, error.message());
        self.unreadable_item(here.module, Some(here.section), here.payload.end);
    }

    fn unreadable(&mut self, module: ModuleId, section: Option<SectionId>, end: u32, message: &str) {
        self.damaged(section, self.cursor, message);
        self.unreadable_item(module, section, end);
    }

    fn unreadable_item(&mut self, module: ModuleId, section: Option<SectionId>, end: u32) {
        if self.cursor < end {
            let item = self.item(ItemKind::Unreadable, module, section, 0, self.cursor..end);
            self.fill(end, item, Role::Definition);
        }
    }

    fn damaged(&mut self, section: Option<SectionId>, offset: u32, message: &str) {
        if self.damage.len() > MAX_DAMAGE {
            return;
        }
        let full = self.damage.len() == MAX_DAMAGE;
        let message = if full { "the file is damaged in more places, which are not listed" } else { message };
        let section = section.map_or(String::new(), |s| self.sections[s.as_usize()].label());
        self.damage.push(Damage { offset: u64::from(offset), section, message: message.to_string() });
    }

    /// Whether there are so many items that no more are told apart.
    fn is_full(&self) -> bool {
        self.told >= self.limits.items || self.parts.len() >= self.limits.parts
    }

    fn item(
        &mut self,
        kind: ItemKind,
        module: ModuleId,
        section: Option<SectionId>,
        index: u32,
        range: Range<u32>,
    ) -> ItemId {
        self.told += match kind {
            ItemKind::Data => 3,
            ItemKind::Import | ItemKind::Export => 2,
            _ => 1,
        };
        let id = ItemId(self.items.len() as u32);
        self.items.push(Item { kind, module, section, index, start: range.start, end: range.end, size: 0 });
        id
    }

    /// Charges the bytes from the cursor to `end`.
    fn fill(&mut self, end: u32, item: ItemId, role: Role) {
        if end <= self.cursor {
            return;
        }
        match self.parts.last() {
            // A part never spans two sections: each section owns a range of parts.
            Some(last)
                if last.item == item
                    && last.role == role
                    && self.sections.last().is_none_or(|s| (s.parts.start as usize) < self.parts.len()) => {}
            _ => self.parts.push(Part { start: self.cursor, item, role }),
        }
        self.items[item.as_usize()].size += end - self.cursor;
        self.cursor = end;
    }

    fn reader(&self, range: Range<u32>) -> BinaryReader<'a> {
        BinaryReader::new(&self.bytes[range.start as usize..range.end as usize], u64::from(range.start))
    }

    fn finish(mut self) -> Map<'a> {
        self.items.shrink_to_fit();
        self.parts.shrink_to_fit();
        Map {
            bytes: self.bytes,
            modules: self.modules,
            sections: self.sections,
            items: self.items,
            parts: self.parts,
            damage: self.damage,
        }
    }
}

/// What a section id means (core specification §5.5.2, component-model `Binary.md`).
fn section_kind(id: u8, is_component: bool) -> &'static str {
    match (is_component, id) {
        (_, 0) => "custom",
        (false, 1) => "type",
        (false, 2) => "import",
        (false, 3) => "function",
        (false, 4) => "table",
        (false, 5) => "memory",
        (false, 6) => "global",
        (false, 7) => "export",
        (false, 8) => "start",
        (false, 9) => "element",
        (false, 10) => "code",
        (false, 11) => "data",
        (false, 12) => "data count",
        (false, 13) => "tag",
        (true, 1) => "core module",
        (true, 2) => "core instance",
        (true, 3) => "core type",
        (true, 4) => "component",
        (true, 5) => "component instance",
        (true, 6) => "alias",
        (true, 7) => "component type",
        (true, 8) => "canonical",
        (true, 9) => "component start",
        (true, 10) => "component import",
        (true, 11) => "component export",
        (true, 12) => "component value",
        _ => "unknown",
    }
}

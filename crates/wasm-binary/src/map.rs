//! The map itself: what [`Map::parse`] finds in one pass, and how to ask it.

use crate::ids::{ItemId, ModuleId, SectionId, Space, SpaceId};
use crate::item::{Damage, DataSegment, Export, Import, Item, ItemKind, Part, Role, Section};
use crate::names::{NameSource, Names};
use crate::parse;
use std::ops::Range;

/// Why there is no map at all. Damage further in is not an error: it is listed in [`Map::damage`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing to read.
    #[error("the file is empty")]
    Empty,
    /// Not a WebAssembly binary.
    #[error("offset 0: not a WebAssembly binary: it starts with {found}, not with \"\\0asm\"{hint}")]
    Magic {
        /// The first bytes, as text.
        found: String,
        /// What the file looks like instead, if that is clear, and what to do.
        hint: &'static str,
    },
    /// A version or layer that nothing here knows.
    #[error("offset 4: unknown version {version:#x}, layer {layer:#x} of the binary format")]
    Version {
        /// The version field.
        version: u16,
        /// The layer field: 0 module, 1 component.
        layer: u16,
    },
    /// The header is cut off.
    #[error("offset {0:#x}: the file ends inside its 8-byte header")]
    ShortHeader(usize),
    /// Offsets are 32 bits wide here.
    #[error("the file is {0} bytes long; at most 4 GiB - 1 can be mapped")]
    TooLarge(u64),
}

/// What kind of binary a file or a nested module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    /// A core module.
    Module,
    /// A relocatable object: a core module with a `linking` section.
    Object,
    /// A dynamic library: a core module with a `dylink.0` or `dylink` section.
    Dylib,
    /// A component.
    Component,
}

impl BinaryKind {
    /// As written to reports.
    pub fn noun(self) -> &'static str {
        match self {
            BinaryKind::Module => "module",
            BinaryKind::Object => "object",
            BinaryKind::Dylib => "dylib",
            BinaryKind::Component => "component",
        }
    }
}

/// A module or component: the file itself, or one nested in a component.
#[derive(Debug)]
pub struct Module<'a> {
    /// The component that holds it; `None` for the file itself.
    pub parent: Option<ModuleId>,
    /// What it is.
    pub kind: BinaryKind,
    /// File offsets from its magic number to its end.
    pub range: Range<u32>,
    /// Its sections, in file order.
    pub sections: Vec<SectionId>,
    /// Imports of a core module, in order.
    pub imports: Vec<Import<'a>>,
    /// Exports of a core module, in order.
    pub exports: Vec<Export<'a>>,
    /// The type of each function, imports first, as an index into the type space.
    pub function_types: Vec<u32>,
    /// Data segments, in order.
    pub data: Vec<DataSegment>,
    /// Names that the file itself gives.
    pub names: Names<'a>,
    /// The item that the header is charged to.
    pub header: ItemId,
    /// Index → item, for each index space.
    pub(crate) spaces: [Vec<ItemId>; Space::COUNT],
    /// Core modules and components of a component: index → module, `None` where it is imported or aliased.
    pub(crate) nested: [Vec<Option<ModuleId>>; 2],
    /// Positions in `exports`, sorted by what is exported.
    pub(crate) exports_by_target: Vec<u32>,
}

impl<'a> Module<'a> {
    /// The item of an index; `None` past the end of the space. For an imported entity it is the import.
    pub fn item<I: SpaceId>(&self, id: I) -> Option<ItemId> {
        self.item_at(I::SPACE, id.index())
    }

    /// The item of an index in a space that is only known at run time.
    pub fn item_at(&self, space: Space, index: u32) -> Option<ItemId> {
        self.spaces[space as usize].get(index as usize).copied()
    }

    /// The items of a whole space, by index.
    pub fn space(&self, space: Space) -> &[ItemId] {
        &self.spaces[space as usize]
    }

    /// How many functions are imported; these come first in the function space.
    pub fn imported_functions(&self) -> u32 {
        self.imports.iter().filter(|i| i.space == Space::Function).count() as u32
    }

    /// The first export of an index.
    pub fn export_of(&self, space: Space, index: u32) -> Option<&Export<'a>> {
        let key = |&at: &u32| (self.exports[at as usize].space, self.exports[at as usize].index);
        let at = self.exports_by_target.partition_point(|at| key(at) < (space, index));
        self.exports_by_target.get(at).filter(|at| key(at) == (space, index)).map(|&at| &self.exports[at as usize])
    }

    /// The import behind an index, if it is imported.
    pub fn import_of(&self, space: Space, index: u32) -> Option<&Import<'a>> {
        let item = self.item_at(space, index)?;
        self.imports.binary_search_by_key(&item, |i| i.item).ok().map(|at| &self.imports[at])
    }
}

/// The map of one file: an exact partition of its bytes into items. See the crate documentation.
#[derive(Debug)]
pub struct Map<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) modules: Vec<Module<'a>>,
    pub(crate) sections: Vec<Section<'a>>,
    pub(crate) items: Vec<Item>,
    pub(crate) parts: Vec<Part>,
    pub(crate) damage: Vec<Damage>,
}

impl<'a> Map<'a> {
    /// Reads a module, object, dynamic library or component.
    ///
    /// # Errors
    /// Only where there is nothing to map. A damaged file gives a map of what can be read, and [`Map::damage`].
    pub fn parse(bytes: &'a [u8]) -> Result<Map<'a>, Error> {
        parse::file(bytes)
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// All items, those of one module and section together, in file order of their first byte.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Ids and items.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (ItemId, &Item)> {
        self.items.iter().enumerate().map(|(at, item)| (ItemId(at as u32), item))
    }

    /// One item.
    pub fn item(&self, id: ItemId) -> &Item {
        &self.items[id.as_usize()]
    }

    /// The leaves, sorted by offset: each ends where the next begins, the last at the end of the file.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// File offsets of a part, by its position in [`Map::parts`].
    pub fn part_range(&self, at: usize) -> Range<u32> {
        let end = self.parts.get(at + 1).map_or(self.bytes.len() as u32, |next| next.start);
        self.parts[at].start..end
    }

    /// Position in [`Map::parts`] of the leaf that holds a file offset; `None` past the end.
    pub fn part_at(&self, offset: u32) -> Option<usize> {
        ((offset as usize) < self.bytes.len()).then(|| self.parts.partition_point(|p| p.start <= offset) - 1)
    }

    /// The item that a file offset is charged to; `None` past the end.
    pub fn item_at(&self, offset: u32) -> Option<ItemId> {
        self.part_at(offset).map(|at| self.parts[at].item)
    }

    /// All sections, in file order; a nested module's sections follow the section that holds it.
    pub fn sections(&self) -> &[Section<'a>] {
        &self.sections
    }

    /// One section.
    pub fn section(&self, id: SectionId) -> &Section<'a> {
        &self.sections[id.as_usize()]
    }

    /// A section's contents; without the name in a custom section.
    pub fn section_bytes(&self, section: &Section<'_>) -> &'a [u8] {
        &self.bytes[section.payload.start as usize..section.payload.end as usize]
    }

    /// The first custom section of that name in a module.
    pub fn custom_section(&self, module: ModuleId, name: &str) -> Option<&Section<'a>> {
        let sections = &self.modules[module.as_usize()].sections;
        sections.iter().map(|&id| self.section(id)).find(|s| s.name == Some(name))
    }

    /// The file itself (id 0) and every module and component nested in it, in file order.
    pub fn modules(&self) -> &[Module<'a>] {
        &self.modules
    }

    /// One module.
    pub fn module(&self, id: ModuleId) -> &Module<'a> {
        &self.modules[id.as_usize()]
    }

    /// What the file is.
    pub fn kind(&self) -> BinaryKind {
        self.modules[0].kind
    }

    /// Where the file could not be read; empty for a sound one. A damaged file is still mapped byte for byte.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// The bytes of an item's definition.
    pub fn definition(&self, id: ItemId) -> &'a [u8] {
        let range = self.item(id).range();
        &self.bytes[range.start as usize..range.end as usize]
    }

    /// A function's body (locals and instructions, without its length) as a reader at its file offsets; `None` for
    /// other items.
    pub fn function_body(&self, id: ItemId) -> Option<wasmparser::FunctionBody<'a>> {
        let item = self.item(id);
        if item.kind != ItemKind::Function || item.start == item.end {
            return None;
        }
        let mut reader = self.reader(item.range());
        reader.read_var_u32().ok()?;
        let at = reader.original_position() as u32;
        Some(wasmparser::FunctionBody::new(self.reader(at..item.end)))
    }

    /// Charges bytes of custom sections to the items that they describe, as a source of debug information knows it.
    /// `charges` are file offsets, sorted and without overlap; bytes that are no custom section's own stay as they are.
    pub fn charge(&mut self, charges: &[(Range<u32>, ItemId)]) {
        let mut parts = Vec::with_capacity(self.parts.len() + 2 * charges.len());
        // Old position of a part → new position.
        let mut moved = Vec::with_capacity(self.parts.len() + 1);
        let mut next = 0;
        for (at, &part) in self.parts.iter().enumerate() {
            moved.push(parts.len() as u32);
            let range = self.part_range(at);
            parts.push(part);
            if self.item(part.item).kind != ItemKind::CustomSection {
                continue;
            }
            while charges.get(next).is_some_and(|(charge, _)| charge.end <= range.start) {
                next += 1;
            }
            let mut cursor = range.start;
            for (charge, item) in charges[next..].iter().take_while(|(charge, _)| charge.start < range.end) {
                let (start, end) = (charge.start.max(cursor), charge.end.min(range.end));
                if start >= end {
                    continue;
                }
                if start == cursor {
                    // The rest of the part begins after the charge.
                    parts.pop();
                }
                parts.push(Part { start, item: *item, role: Role::Metadata });
                parts.push(Part { start: end, ..part });
                self.items[part.item.as_usize()].size -= end - start;
                self.items[item.as_usize()].size += end - start;
                cursor = end;
            }
            if cursor == range.end {
                parts.pop();
            }
        }
        moved.push(parts.len() as u32);
        self.parts = parts;
        for section in &mut self.sections {
            section.parts = moved[section.parts.start as usize]..moved[section.parts.end as usize];
        }
    }

    /// Adds function names that another source knows (DWARF, a source map, a symbol file). The file's own names win.
    pub fn add_function_names(
        &mut self,
        module: ModuleId,
        names: impl IntoIterator<Item = (crate::FunctionId, String)>,
        source: NameSource,
    ) {
        self.modules[module.as_usize()].names.add_functions(names, source);
    }

    /// Bytes of a range of the file, at their file offsets.
    pub(crate) fn reader(&self, range: Range<u32>) -> wasmparser::BinaryReader<'a> {
        wasmparser::BinaryReader::new(&self.bytes[range.start as usize..range.end as usize], u64::from(range.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two functions and a custom section of 20 bytes.
    fn module() -> Vec<u8> {
        wat::parse_str("(module (func) (func) (@custom \"x\" \"01234567890123456789\"))").expect("well formed")
    }

    proptest! {
        #[test]
        fn charging_keeps_the_partition(mut cuts in prop::collection::vec(0u32..60, 0..12)) {
            let bytes = module();
            let mut map = Map::parse(&bytes).expect("a module");
            cuts.sort_unstable();
            cuts.dedup();
            let owner = map.module(ModuleId(0)).item(crate::FunctionId(1)).expect("a function");
            let size = bytes.len() as u32;
            let charges: Vec<_> =
                cuts.chunks_exact(2).map(|c| (c[0].min(size)..c[1].min(size), owner)).filter(|c| !c.0.is_empty()).collect();
            let section = map.custom_section(ModuleId(0), "x").expect("the section").range.clone();
            let before = map.item(owner).size;
            map.charge(&charges);
            let expected: u32 = charges.iter().map(|(c, _)| c.end.min(section.end).saturating_sub(c.start.max(section.start))).sum();
            prop_assert_eq!(map.item(owner).size - before, expected);
            let mut sizes = vec![0; map.items().len()];
            for (at, part) in map.parts().iter().enumerate() {
                let range = map.part_range(at);
                prop_assert!(range.start < range.end);
                sizes[part.item.as_usize()] += range.end - range.start;
            }
            prop_assert_eq!(sizes, map.items().iter().map(|i| i.size).collect::<Vec<_>>());
            let last = map.sections().last().expect("a section");
            prop_assert_eq!(map.parts()[last.parts.start as usize].start, last.range.start);
        }
    }
}

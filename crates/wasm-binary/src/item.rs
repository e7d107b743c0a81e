//! What the map is made of: items (the things that a user can name and remove) and parts (the leaves of the exact
//! partition of the file, each charged to one item).

use crate::ids::{ItemId, ModuleId, SectionId, Space};
use std::ops::Range;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ItemKind {
    /// Magic number, version and layer of a module or component.
    Header,
    /// A section's id, length and count: what its items do not account for.
    SectionOverhead,
    /// A type; the header of an explicit recursion group is charged to its first member.
    Type,
    /// An import of any kind.
    Import,
    /// A function defined in the module: body, type index, names.
    Function,
    /// A table defined in the module.
    Table,
    /// A memory defined in the module.
    Memory,
    /// A tag defined in the module.
    Tag,
    /// A global defined in the module.
    Global,
    /// An export.
    Export,
    /// The start function's declaration.
    Start,
    /// An element segment.
    Element,
    /// The data count section.
    DataCount,
    /// A data segment.
    Data,
    /// A custom section, apart from those of its bytes that describe other items.
    CustomSection,
    /// A section whose id no known proposal defines.
    UnknownSection,
    /// Bytes that could not be read: see [`Map::damage`](crate::Map::damage).
    Unreadable,
    /// A core instance of a component.
    CoreInstance,
    /// A core type of a component.
    CoreType,
    /// A component instance.
    Instance,
    /// An alias.
    Alias,
    /// A component-level type.
    ComponentType,
    /// A canonical definition: lift, lower, resource and async built-ins.
    Canonical,
    /// A component's start definition.
    ComponentStart,
    /// A component import.
    ComponentImport,
    /// A component export.
    ComponentExport,
    /// A component-level value definition.
    ComponentValue,
}

impl ItemKind {
    /// The specification's word for it, as shown to users and written to reports.
    pub fn noun(self) -> &'static str {
        match self {
            ItemKind::Header => "header",
            ItemKind::SectionOverhead => "section overhead",
            ItemKind::Type => "type",
            ItemKind::Import => "import",
            ItemKind::Function => "function",
            ItemKind::Table => "table",
            ItemKind::Memory => "memory",
            ItemKind::Tag => "tag",
            ItemKind::Global => "global",
            ItemKind::Export => "export",
            ItemKind::Start => "start",
            ItemKind::Element => "element segment",
            ItemKind::DataCount => "data count",
            ItemKind::Data => "data segment",
            ItemKind::CustomSection => "custom section",
            ItemKind::UnknownSection => "unknown section",
            ItemKind::Unreadable => "unreadable",
            ItemKind::CoreInstance => "core instance",
            ItemKind::CoreType => "core type",
            ItemKind::Instance => "component instance",
            ItemKind::Alias => "alias",
            ItemKind::ComponentType => "component type",
            ItemKind::Canonical => "canonical definition",
            ItemKind::ComponentStart => "component start",
            ItemKind::ComponentImport => "component import",
            ItemKind::ComponentExport => "component export",
            ItemKind::ComponentValue => "component value",
        }
    }
}

/// A thing of the file that has a size of its own.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// The module or component that it stands in.
    pub module: ModuleId,
    /// The section that holds its definition; `None` for a module's header.
    pub section: Option<SectionId>,
    /// Index in its index space for kinds that have one (functions count imports), else its position in its section.
    pub index: u32,
    /// File offsets of its definition: a function's body with its length, a segment, a custom section with its header.
    pub start: u32,
    /// End of the definition.
    pub end: u32,
    /// All bytes charged to it, names and relocations included.
    pub size: u32,
}

impl Item {
    /// File offsets of the definition.
    pub fn range(&self) -> Range<u32> {
        self.start..self.end
    }
}

/// What a part is to its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Role {
    /// The definition itself.
    Definition,
    /// A function's entry in the function section.
    TypeIndex,
    /// An entry of a name section or of the `linking` symbol table.
    Name,
    /// A relocation, hint or similar record that describes the item.
    Metadata,
    /// Framing: ids, lengths, counts.
    Overhead,
}

/// A leaf of the partition: the bytes from `start` to the start of the next part.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// File offset.
    pub start: u32,
    /// The item that these bytes are charged to.
    pub item: ItemId,
    /// What they are to it.
    pub role: Role,
}

/// A section of a module or component.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// The module or component that it belongs to.
    pub module: ModuleId,
    /// The id byte.
    pub id: u8,
    /// What the id means here: `code`, `core instance`, …; `custom` for custom sections, `unknown`.
    pub kind: &'static str,
    /// The name of a custom section.
    pub name: Option<&'a str>,
    /// File offsets, header included.
    pub range: Range<u32>,
    /// File offsets of the contents; without the name in a custom section.
    pub payload: Range<u32>,
    /// The parts of the map that lie in it.
    pub parts: Range<u32>,
}

impl Section<'_> {
    /// Shown to users: `code`, `custom ".debug_info"`.
    pub fn label(&self) -> String {
        match self.name {
            Some(name) => format!("custom \"{}\"", crate::label::escape(name)),
            None => self.kind.to_string(),
        }
    }
}

/// An import of a core module.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// The module that is imported from.
    pub module: &'a str,
    /// The field.
    pub name: &'a str,
    /// The space that it adds an index to.
    pub space: Space,
    /// Its index there.
    pub index: u32,
    /// Its item.
    pub item: ItemId,
}

/// An export of a core module.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The name.
    pub name: &'a str,
    /// The space of what it exports.
    pub space: Space,
    /// The index there.
    pub index: u32,
    /// Its item.
    pub item: ItemId,
}

/// A data segment's place.
#[derive(Clone, Debug)]
pub struct DataSegment {
    /// Its item.
    pub item: ItemId,
    /// File offsets of the bytes that it writes.
    pub contents: Range<u32>,
    /// The memory that it is written to when the module starts; `None` for a passive segment.
    pub memory: Option<u32>,
    /// The address there, where it is a constant.
    pub address: Option<u64>,
}

/// A place where the file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// File offset.
    pub offset: u64,
    /// The section that it is in, as [`Section::label`] gives it; empty between sections.
    pub section: String,
    /// What is wrong there.
    pub message: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.section.is_empty() {
            write!(f, "offset {:#x}: {}", self.offset, self.message)
        } else {
            write!(f, "offset {:#x}, section {}: {}", self.offset, self.section, self.message)
        }
    }
}

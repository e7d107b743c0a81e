//! Typed indices. An index is only meaningful together with the index space that it counts in, so each space has its
//! own newtype and a bare integer never stands for an item.

/// An index space of a module or component (core specification §2.5.1, component model "Index spaces").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Space {
    /// Core types, one index for each member of a recursion group.
    Type,
    /// Core functions, imports first.
    Function,
    /// Core tables.
    Table,
    /// Core memories.
    Memory,
    /// Core globals.
    Global,
    /// Core exception and stack-switching tags.
    Tag,
    /// Element segments.
    Element,
    /// Data segments.
    Data,
    /// Core modules of a component.
    CoreModule,
    /// Core instances of a component.
    CoreInstance,
    /// Components of a component.
    Component,
    /// Component instances.
    Instance,
    /// Component-level functions.
    ComponentFunction,
    /// Component-level types.
    ComponentType,
    /// Component-level values.
    ComponentValue,
}

impl Space {
    /// How many index spaces there are.
    pub const COUNT: usize = 15;

    /// The specification's word for a member of this space, as used in labels: `function`, `data segment`, …
    pub fn noun(self) -> &'static str {
        match self {
            Space::Type => "type",
            Space::Function => "function",
            Space::Table => "table",
            Space::Memory => "memory",
            Space::Global => "global",
            Space::Tag => "tag",
            Space::Element => "element segment",
            Space::Data => "data segment",
            Space::CoreModule => "core module",
            Space::CoreInstance => "core instance",
            Space::Component => "component",
            Space::Instance => "instance",
            Space::ComponentFunction => "component function",
            Space::ComponentType => "component type",
            Space::ComponentValue => "component value",
        }
    }
}

/// An id that counts in one [`Space`] of a module.
pub trait SpaceId: Copy {
    /// The space that the id counts in.
    const SPACE: Space;
    /// Position in the space, from 0, imports first.
    fn index(self) -> u32;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $(=> $space:ident)?;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index into a slice.
            pub fn as_usize(self) -> usize {
                self.0 as usize
            }
        }

        $(impl SpaceId for $name {
            const SPACE: Space = Space::$space;
            fn index(self) -> u32 {
                self.0
            }
        })?
    )*};
}

ids! {
    /// An item of a [`Map`](crate::Map): its position in [`Map::items`](crate::Map::items).
    ItemId;
    /// A module or component of the file; 0 is the file itself.
    ModuleId;
    /// A section: its position in [`Map::sections`](crate::Map::sections).
    SectionId;
    /// A core type.
    TypeId => Type;
    /// A core function, imports first.
    FunctionId => Function;
    /// A table.
    TableId => Table;
    /// A memory.
    MemoryId => Memory;
    /// A global.
    GlobalId => Global;
    /// A tag.
    TagId => Tag;
    /// An element segment.
    ElementId => Element;
    /// A data segment.
    DataId => Data;
}

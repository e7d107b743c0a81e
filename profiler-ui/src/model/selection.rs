//! The one selection: chosen in one view, it means something in all.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use wasm_binary::ItemId;

/// What the user chose, in the terms of the view where it was chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Nothing.
    #[default]
    Nothing,
    /// An item of the binary.
    Item(ItemId),
    /// Several items of the binary: a heading of a tree, or a range that was dragged over.
    Items(Vec<ItemId>),
    /// Items of the build that this one is compared with, which are gone.
    Gone(Vec<ItemId>),
    /// Bytes of the file.
    Bytes(Range<u32>),
    /// Addresses of a memory.
    Memory {
        /// Which memory.
        memory: u32,
        /// The addresses.
        range: Range<u64>,
    },
    /// A line of the source.
    Line {
        /// The file, as the compiler wrote it.
        file: String,
        /// From 1.
        line: u32,
    },
    /// A function of a profile, by its name.
    Function(String),
}

/// What a selection means in each view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Linked {
    /// Items of the binary.
    pub items: Vec<ItemId>,
    /// Items of the other build, which are gone.
    pub gone: Vec<ItemId>,
    /// Bytes of the file.
    pub bytes: Option<Range<u32>>,
    /// Addresses of a memory.
    pub memory: Option<(u32, Range<u64>)>,
    /// A line of the source.
    pub line: Option<(String, u32)>,
    /// A function of a profile.
    pub function: Option<String>,
}

impl Selection {
    /// The item, if it is exactly one.
    pub fn item(&self) -> Option<ItemId> {
        match self {
            Selection::Item(item) => Some(*item),
            _ => None,
        }
    }
}

//! What the program meant: DWARF and source maps of a WebAssembly module.
//!
//! [`Source`] answers questions about a module from its DWARF (versions 2 to 5,
//! also from an external file or split): which function, file and line a byte
//! of code stems from, through all inlined calls; which static variable lies
//! where; which variables are in scope, of which type, with which value.
//! [`SourceMap`] answers for modules whose compiler wrote a source map.
//!
//! Opening reads unit headers only; the rest is read when a question needs it,
//! and kept. All code positions are offsets in the module's file. Input is
//! hostile: what is damaged is left out of the answers and named by
//! [`Source::problems`].
//!
//! ```
//! use wasm_source::{DebugSections, Source};
//!
//! # fn main() -> wasm_source::Result<()> {
//! let module = include_bytes!("../tests/fixtures/shapes_c.wasm");
//! let source = Source::open(&DebugSections::from_module(module)?)?;
//! let area = source
//!     .subprograms()
//!     .find(|subprogram| subprogram.name.as_deref() == Some("area"))
//!     .expect("the fixture has a function `area`");
//! let frames = source.frames_at(area.ranges[0].start);
//! let file = frames[0].file.expect("the fixture has line tables");
//! assert!(source.path(file).expect("a path").ends_with("shapes.c"));
//! # Ok(())
//! # }
//! ```

mod abbreviations;
mod budget;
mod charge;
mod children;
mod collections;
mod entry;
mod error;
mod frames;
mod index;
mod inlines;
mod lines;
mod location;
mod machine;
mod ranges;
mod sections;
mod source;
mod source_map;
mod spans;
mod split;
mod standard;
mod text;
mod type_names;
mod types;
mod value;
mod variables;

pub use charge::{Charge, ChargedSection};
pub use children::Child;
pub use collections::{Collection, CollectionKind, Item};
pub use entry::EntryId;
pub use error::{Error, ErrorKind, Result};
pub use frames::{Frame, InlineRange};
pub use index::{MemoryBase, StaticVariable, Subprogram};
pub use lines::{FileId, LineRange};
pub use location::{FixedPlace, Location, Piece, Place, Register, ValueError};
pub use machine::{Machine, WasmValue};
pub use sections::{DebugSections, section_url};
pub use source::{CompileUnit, Language, Problem, Source, UnitId};
pub use source_map::{Mapping, SourceMap, SourceMapError};
pub use split::SplitUnit;
pub use standard::Holder;
pub use text::Limits;
pub use types::{Composite, Encoding, Enumerator, Member, PointerKind, Type, TypeId, TypeKind, Variant, VariantPart};
pub use value::{Elements, Inspector, Scalar, Shape, Value};
pub use variables::Variable;

/// Bytes of a section; WebAssembly is little-endian throughout.
pub(crate) type Slice<'a> = gimli::EndianSlice<'a, gimli::LittleEndian>;
/// The DWARF sections of one file: the module (or its external debug file), or
/// a split one.
pub(crate) type DwarfFile<'a> = gimli::Dwarf<Slice<'a>>;
/// Which of a [`Source`]'s files.
pub(crate) type FileIndex = usize;
/// The file that has the line tables, the addresses and the skeleton units.
pub(crate) const MAIN: FileIndex = 0;

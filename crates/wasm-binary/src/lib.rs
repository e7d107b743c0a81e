//! The map of a WebAssembly binary: an exact partition of its bytes into items, their names, and the references
//! between them.
//!
//! ```
//! use wasm_binary::{Graph, Map};
//!
//! let bytes = b"\0asm\x01\0\0\0";
//! let map = Map::parse(bytes)?;
//! assert_eq!(map.items().iter().map(|item| item.size as usize).sum::<usize>(), bytes.len());
//! # Ok::<(), wasm_binary::Error>(())
//! ```
//!
//! - [`Map`] is one pass over a core module, object, dynamic library or component: every byte is in one [`Part`], every
//!   part is charged to one [`Item`]. Damage is listed and never stops the rest.
//! - [`Map::label`] and [`demangle`] say what an item is called.
//! - [`Graph`] holds who refers to whom, and why.
//! - [`AddressMap`] says where each byte went when a tool rewrote the file.
//! - [`identity`] finds the key by which debug files, profiles and history recognise a build.
//!
//! All offsets are file offsets. Nothing here touches files, threads (rayon behind the feature `parallel`) or the
//! network, so it builds for `wasm32-unknown-unknown`.

mod address_map;
mod graph;
pub mod identity;
mod ids;
mod item;
mod label;
mod map;
mod names;
mod parse;
mod producers;

pub use address_map::{AddressMap, Run};
pub use graph::{CallSite, Edge, Features, Graph, Node, NodeKind, Reason};
pub use ids::*;
pub use item::{Damage, DataSegment, Export, Import, Item, ItemKind, Part, Role, Section};
pub use label::escape;
pub use map::{BinaryKind, Error, Map, Module};
pub use names::{NameSource, Names, demangle};
pub use producers::{Producer, producers, target_features};

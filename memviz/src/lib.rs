//! Linear memory as data: what fills it, what changed, what leaks.
//!
//! ```
//! use memviz::{Layout, Program, State};
//! use wasm_binary::Map;
//!
//! let module = wat::parse_str(r#"(module (memory 1)
//!     (global $__stack_pointer (mut i32) (i32.const 4096))
//!     (data $greeting (i32.const 4096) "hello"))"#)?;
//! let program = Program::new(&Map::parse(&module)?, None);
//! let memory = vec![0; 65536];
//! let layout = Layout::of(&State::new(&program, &memory));
//! let names: Vec<_> = layout.bands.iter().map(|band| (band.start, band.kind.name())).collect();
//! assert_eq!(names, [(0, "stack"), (4096, "data"), (4101, "unclaimed")]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod advice;
pub mod commands;
pub mod coredump;
pub mod draw;
pub mod protocol;
pub mod snapshot;

mod difference;
mod find;
mod fit;
mod heap;
mod heat;
mod image;
mod layout;
mod leaks;
mod memory;
mod program;
mod typed;
mod value;

pub use difference::Difference;
pub use find::{Pattern, PatternError, find, owner};
pub use heap::{Allocator, Bin, Block, BlockState, Evidence, Heap, HeapDamage, HeapSummary, SizeClass, find_heaps};
pub use heat::Heat;
pub use image::{IMAGE_PAGE, Image};
pub use layout::{Band, BandKind, Certainty, Layout, Stack, State, ThreadStack, Use};
pub use leaks::{Leak, LeakGroup, leaks, leaks_by_type};
pub use memory::{MemoryRead, Word};
pub use program::{GlobalType, Linker, MemoryType, Program, Segment, StackPointer, Symbol, SymbolSource};
pub use typed::{Overlay, OverlayRow, TypeCount, TypeIndex, count_types, overlay};
pub use value::SavedValue;

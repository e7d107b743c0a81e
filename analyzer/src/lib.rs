//! Size views over the map of a WebAssembly binary.
//!
//! ```
//! use wasm_analyzer::{Analysis, Trust, tree};
//!
//! let bytes = b"\0asm\x01\0\0\0";
//! let analysis = Analysis::new(bytes, Trust::Sound)?;
//! let tree = tree::build(&analysis, tree::GroupBy::Section, |_| true);
//! assert_eq!(tree.size, bytes.len() as u64);
//! # Ok::<(), wasm_binary::Error>(())
//! ```
//!
//! [`Analysis`] reads a file once; each view is a module: [`tree`], [`top`], [`paths`] (why), [`retained`],
//! [`garbage`], [`generics`], [`crates`], [`source`], [`transfer`], [`diff`]. A view gives values; [`text`] and [`report`] draw them. Everything is
//! deterministic: the same bytes give the same output. No files, threads or network: see the crate `wasm-binary`.

// The command line is written as a user of the library, and other tools have it as a subcommand.
#[cfg(feature = "cli")]
extern crate self as wasm_analyzer;

mod analysis;
pub mod bodies;
pub mod budget;
pub mod chart;
#[cfg(feature = "cli")]
pub mod cli;
pub mod crates;
pub mod diff;
pub mod dominators;
pub mod garbage;
pub mod generics;
pub mod history;
pub mod insights;
pub mod labels;
pub mod paths;
pub mod report;
pub mod retained;
pub mod source;
pub mod symbol;
pub mod text;
pub mod top;
pub mod transfer;
pub mod tree;
pub mod treemap;

pub use analysis::Analysis;
pub use dominators::{Dominators, Trust};

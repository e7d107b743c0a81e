//! What programs for WebAssembly are written with: functions that cross the
//! boundary with strings, slices, structs, references and errors; linear
//! types; named memories; threads; arenas; a small allocator.
//!
//! ```
//! #[wasm::import("env")]
//! extern "wasm" {
//!     fn log(message: &str);
//! }
//!
//! #[wasm::export]
//! fn greet(name: &str) -> Result<String, String> {
//!     if name.is_empty() {
//!         return Err("nobody to greet".into());
//!     }
//!     Ok(format!("Hello, {name}!"))
//! }
//! ```
//!
//! Built for wasm32 the export is called by `js/loader.mjs`, or by any host
//! that follows `docs/compiler-contract.md`. On other targets (tests on the
//! development machine) exports are plain functions and imports panic.
//!
//! With `default-features = false` nothing here needs a global allocator.
#![no_std]
// The boundary, the allocator and the threads are made of unsafe code; each
// block names its invariant, SAFETY.md lists them all.
#![allow(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
extern crate self as wasm;

mod allocator;
#[cfg(feature = "alloc")]
pub mod arena;
mod host;
mod linear;
pub mod memory;
mod pod;
mod print;
mod reference;
mod shared;
pub mod simd;
#[cfg(feature = "alloc")]
mod table;
pub mod thread;
mod view;

#[cfg(all(feature = "alloc", target_arch = "wasm32"))]
#[doc(hidden)]
#[path = "component.rs"]
pub mod __component;
#[doc(hidden)]
#[path = "rt.rs"]
pub mod __rt;

pub use wasm_macros::{
    Pod, compile_hints, component, effect, export, import, interface, linear, memory, module_hints, wit,
};

pub use allocator::Allocator;
pub use host::{Host, host};
pub use linear::Linear;
pub use memory::Memory;
pub use pod::Pod;
pub use print::{Output, Stream};
pub use reference::{ExternRef, FuncRef};
pub use shared::SharedSlice;
#[cfg(feature = "alloc")]
pub use table::Table;
pub use view::{Handle, View};

//! Builds Rust crates for WebAssembly: a [`Request`] in, [`Event`]s, stages and artefacts out.
//!
//! ```no_run
//! use wasm_build::{Event, Profile, Request, Target, build};
//!
//! let request = Request::new("Cargo.toml", Target::Unknown, Profile::Release);
//! let done = build(&request, &mut |event| {
//!     if let Event::Diagnostic { rendered, .. } = event {
//!         eprint!("{rendered}");
//!     }
//! })?;
//! for output in &done.outputs {
//!     println!("{}: {} bytes", output.wasm.display(), output.bytes);
//! }
//! # Ok::<(), wasm_build::Error>(())
//! ```
//!
//! The crate that is built need not know of any of this; what it can say is in [`Settings`]. Each [`Stage`] keeps what
//! it was given under `target/wasm/TARGET/PROFILE/NAME/`, and the finished file takes its place in one step. A
//! [`Profile`] is a contract: [`check`] proves it on the finished file, line by line.

mod bindgen;
mod build;
pub mod clock;
mod contract;
mod error;
mod event;
mod findings;
mod flags;
mod glue;
mod linear;
pub mod metadata;
mod optimise;
mod output;
mod place;
mod post_link;
mod project;
mod rebuild;
mod request;
mod rewrite;
mod rustc;
mod settings;
mod sysroot;
pub mod toolchain;
mod trace;
mod variant;
mod wrap;

pub use build::{build, build_project};
pub use contract::{FREESTANDING_BYTES, Line, check, rules};
pub use error::Error;
pub use event::{Event, Stage, Warning};
pub use glue::glue;
pub use linear::Forgotten;
pub use optimise::wasm_opt;
pub use output::{Build, CrateKind, Growth, Output, StageReport, Timing};
pub use project::Project;
pub use rebuild::rebuild;
pub use request::{Profile, Request, Std, Target, UnknownName};
pub use settings::{OptLevel, ProfileSettings, Settings};
pub use variant::{Variant, picker};
pub use wasm_binary::AddressMap;

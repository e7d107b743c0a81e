//! Programs written with the crate, built with rustc for wasm32 and run in
//! node with the loader; programs that must not build; sizes.
#![allow(clippy::unwrap_used, missing_docs)]

mod browser;
mod build;
mod rejected;
mod run;
mod sizes;

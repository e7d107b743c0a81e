//! The app of WasmRust: sizes, memory, time, advice, debugger and code of a WebAssembly program in one window.
//!
//! The same code is a desktop app, a page and a panel of the browser's developer tools.
//!
//! - [`model`] holds what is open, without egui: binaries, memories, profiles, and the selection that links them.
//! - [`state`] is all that a link or `--state` carries.
//! - [`views`] are the panes; each is a module of the same few files and sees the rest through one [`context`].
//! - [`app`] composes them: menus, docking, search, palette, notices, files.
//! - [`desktop`] and `web` are where files, windows and pages are.

pub mod app;
#[cfg(not(target_arch = "wasm32"))]
pub mod attach;
pub mod command;
pub mod context;
#[cfg(not(target_arch = "wasm32"))]
pub mod dap;
#[cfg(not(target_arch = "wasm32"))]
pub mod desktop;
pub mod jobs;
#[cfg(not(target_arch = "wasm32"))]
pub mod kept;
pub mod live;
pub mod model;
pub mod notices;
pub mod page;
pub mod state;
pub mod strings;
pub mod theme;
pub mod views;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod widgets;

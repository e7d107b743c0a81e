//! Debugging WebAssembly: engines that run a program under control, and the
//! front ends through which debuggers drive them.

mod call;
pub mod client;
pub mod code;
pub mod commands;
pub mod dap;
pub mod debug_files;
pub mod disassembly;
pub mod engine;
pub mod expression;
pub mod live;
pub mod lost;
pub mod making;
pub mod prompt;
pub mod remote;
pub mod session;

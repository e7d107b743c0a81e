//! Size views over the map of a WebAssembly binary.

pub mod chart;
pub mod dominators;
pub mod history;
pub mod transfer;

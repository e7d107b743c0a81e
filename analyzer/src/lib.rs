//! Size views over the map of a WebAssembly binary.

pub mod dominators;
pub mod transfer;

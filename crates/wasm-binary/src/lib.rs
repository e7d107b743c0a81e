//! The map of a WebAssembly binary.

//! Size views over the map of a WebAssembly binary.

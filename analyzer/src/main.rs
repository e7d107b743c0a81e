//! `wasm-size`: where every byte of a WebAssembly binary went.

fn main() {}

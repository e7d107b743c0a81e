// error: `memory` is for a static
#![crate_type = "rlib"]
#[wasm::memory(region = "eu")]
const X: wasm::Memory<4>; //~

// error: the type is `wasm::Memory<BYTES>` with a literal number
#![crate_type = "rlib"]
const N: usize = 4;
#[wasm::memory(region = "eu")]
static X: wasm::Memory<N>; //~

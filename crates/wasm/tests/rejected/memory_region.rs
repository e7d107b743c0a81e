// error: name the region
#![crate_type = "rlib"]
#[wasm::memory(encryption = "none")] //~
static X: wasm::Memory<4>;

// error: a region has no initial value
#![crate_type = "rlib"]
#[wasm::memory(region = "eu")]
static X: wasm::Memory<4> = wasm::Memory::new(); //~

// error: say where the interface is written
#![crate_type = "rlib"]
#[wasm::interface] //~
mod crypto {}

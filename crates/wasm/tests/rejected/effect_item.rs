// error: `effect` is for functions
#![crate_type = "rlib"]
#[wasm::effect(pure)]
pub struct Point; //~

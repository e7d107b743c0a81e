// error: `compile_hints` is for functions and inline modules
#![crate_type = "rlib"]
#[wasm::compile_hints(lazy)]
pub static X: u32 = 1; //~

// error: `linear` is for structs
#![crate_type = "rlib"]
#[wasm::linear]
pub enum E { //~
    A,
}

// error: say the effects
#![crate_type = "rlib"]
#[wasm::effect] //~
pub fn f() {}

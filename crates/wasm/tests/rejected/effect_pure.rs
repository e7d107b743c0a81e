// error: a `pure` function has no other effect
#![crate_type = "rlib"]
#[wasm::effect(network, pure)] //~
pub fn f() {}

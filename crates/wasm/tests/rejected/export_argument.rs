// error: `export` takes nothing, or `name = "…"`
#![crate_type = "rlib"]
#[wasm::export("name")] //~
pub fn f() {}

// error: `export` is for functions; expected `fn`
#![crate_type = "rlib"]
#[wasm::export]
pub struct Point; //~

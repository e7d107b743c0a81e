// error: `interface` is for a trait, or for a module with the path of a WIT file
#![crate_type = "rlib"]
#[wasm::interface]
struct Crypto; //~

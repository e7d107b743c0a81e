// error: `missing.wit`, looked for beside Cargo.toml
#![crate_type = "rlib"]
#[wasm::interface("missing.wit")] //~
mod crypto {}

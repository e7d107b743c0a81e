// error: has no interface `forms`, but `colors`, `shapes`
#![crate_type = "rlib"]
#[wasm::interface("tests/programs/wit_file.wit")] //~
mod forms {}

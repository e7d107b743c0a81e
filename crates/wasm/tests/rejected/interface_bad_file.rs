// error: tests/rejected/interface_bad_file.wit: no type `blob` in this interface
#![crate_type = "rlib"]
#[wasm::interface("tests/rejected/interface_bad_file.wit")] //~
mod store {}

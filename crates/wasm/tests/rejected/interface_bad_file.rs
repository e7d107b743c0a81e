// error: tests/rejected/interface_bad_file.wit, `put`: no type `blob` in this interface
#![crate_type = "rlib"]
#[wasm::interface("tests/rejected/interface_bad_file.wit")] //~
mod store {}

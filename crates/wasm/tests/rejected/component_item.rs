// error: `component` is for a module
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub fn run() {} //~

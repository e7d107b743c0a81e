// error: an imported function has no body: end it with `;`
#![crate_type = "rlib"]
#[wasm::import("env")]
extern "wasm" {
    fn log() {} //~
}

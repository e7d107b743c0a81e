// error: a raw pointer cannot cross
#![crate_type = "rlib"]
#[wasm::import("env")]
extern "wasm" {
    fn read(at: *const u8); //~
}

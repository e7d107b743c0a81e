// error: an imported function cannot take this: pass `&str`
#![crate_type = "rlib"]
#[wasm::import("env")]
extern "wasm" {
    fn log(text: String); //~
}

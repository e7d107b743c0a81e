// error: what the host returns is owned: use `String`
#![crate_type = "rlib"]
#[wasm::import("env")]
extern "wasm" {
    fn name() -> &'static str; //~
}

// error: a name at the boundary has no `;`
#![crate_type = "rlib"]
#[wasm::import("env")]
extern "wasm" {
    #[name = "a;b"] //~
    fn log();
}

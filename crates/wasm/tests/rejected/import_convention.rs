// error: the calling convention of an imported block is "wasm"
#![crate_type = "rlib"]
#[wasm::import("env")]
extern "C" { //~
    fn log();
}

// error: expected the name of the module to import from in quotes
#![crate_type = "rlib"]
#[wasm::import(env)] //~
extern "wasm" {
    fn log();
}

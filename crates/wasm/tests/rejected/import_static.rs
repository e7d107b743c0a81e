// error: `import` is for functions; expected `fn`
#![crate_type = "rlib"]
#[wasm::import("env")]
extern "wasm" {
    static X: u32; //~
}

// error: `import` is for a block of declarations
#![crate_type = "rlib"]
#[wasm::import("env")]
fn log(); //~

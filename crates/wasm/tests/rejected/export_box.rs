// error: keep it in a `wasm::Table` and pass its `wasm::Handle`
#![crate_type = "rlib"]
#[wasm::export]
pub fn boxed(
    value: Box<u32>, //~
) -> u32 {
    *value
}

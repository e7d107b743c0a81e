// error: the trait `Store` is not implemented for `Own`
#![crate_type = "rlib"]
pub struct Own;
#[wasm::interface(export = Own)]
pub trait Store {
    fn put(&self, data: u32);
}

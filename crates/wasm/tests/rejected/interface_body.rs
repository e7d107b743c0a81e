// error: a function of an interface has no body
#![crate_type = "rlib"]
#[wasm::interface]
trait Store {
    fn put(&self, data: u32) {} //~
}

// error: a function of an interface takes `&self` first
#![crate_type = "rlib"]
#[wasm::interface]
trait Store {
    fn put(data: &[u8]); //~
}

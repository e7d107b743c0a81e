// error: WIT has no word for this type
#![crate_type = "rlib"]
#[wasm::interface]
trait Store {
    fn put(&self, data: &wasm::ExternRef<u8>); //~
}

// error: an interface names structs with `#[derive(wasm::Pod)]` by their own names
#![crate_type = "rlib"]
type Id = u32;
#[wasm::interface] //~
trait Store {
    fn drop_all(&self, ids: &[Id]);
}

// error: an interface has no type parameters and no supertraits
#![crate_type = "rlib"]
#[wasm::interface]
trait Store<T> { //~
    fn put(&self, data: &[u8]);
}

// error: WIT has no parameters that change
#![crate_type = "rlib"]
#[wasm::interface]
trait Store {
    fn fill(&self, data: &mut [u8]); //~
}

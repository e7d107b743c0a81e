// error: a component has public functions, or imports some
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub mod filter { //~
    fn run() {}
}

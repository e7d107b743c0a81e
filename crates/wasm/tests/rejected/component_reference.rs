// error: the canonical ABI has no such value
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub mod filter {
    pub fn run(canvas: wasm::ExternRef<u8>) {} //~
}

// error: the trait bound `Size: Pod` is not satisfied
#![crate_type = "cdylib"]
#[wasm::component("acme:filter")]
pub mod filter {
    pub struct Size {
        pub width: u32,
    }
    pub fn run(sizes: Vec<Size>) {}
}

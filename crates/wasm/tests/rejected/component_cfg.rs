// error: a component's functions are always there
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub mod filter {
    #[cfg(any())]
    pub fn run() {} //~
}

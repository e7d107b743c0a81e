// error: `component` takes no generic function
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub mod filter {
    pub fn run<T>(a: u32) {} //~
}

// error: a component's result is owned
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub mod filter {
    pub fn run() -> &'static str { "" } //~
}

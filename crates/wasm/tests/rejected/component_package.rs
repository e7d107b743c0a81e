// error: a package is called like "acme:image-filter@1.0.0"
#![crate_type = "rlib"]
#[wasm::component("image-filter")] //~
pub mod filter {
    pub fn run() {}
}

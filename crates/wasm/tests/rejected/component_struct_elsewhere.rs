// error: no struct `Size` in this module
#![crate_type = "rlib"]
pub struct Size { width: u32 }
#[wasm::component("acme:filter")]
pub mod filter {
    use super::Size;
    pub fn run(size: Size) {} //~
}

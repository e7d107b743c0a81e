// error: these parameters are more than 16 numbers
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub mod filter {
    pub fn run(a: &str, b: &str, c: &str, d: &str, e: &str, f: &str, g: &str, h: &str, i: u8) {} //~
}

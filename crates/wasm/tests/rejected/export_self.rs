// error: is for free functions: pass the value as a parameter, or a `wasm::Handle` to it
#![crate_type = "rlib"]
pub struct Game;
impl Game {
    #[wasm::export]
    pub fn step(&self) {} //~
}

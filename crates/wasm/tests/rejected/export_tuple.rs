// error: a tuple cannot cross the boundary
#![crate_type = "rlib"]
#[wasm::export]
pub fn both() -> (u32, u32) { //~
    (1, 2)
}

// error: add `#[repr(C)]`
#![crate_type = "rlib"]
#[derive(wasm::Pod, Clone, Copy)]
pub struct Point { //~
    pub x: f32,
}

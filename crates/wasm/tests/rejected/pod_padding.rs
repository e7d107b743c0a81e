// error: plain old data has no padding
#![crate_type = "rlib"]
#[derive(wasm::Pod, Clone, Copy)] //~
#[repr(C)]
pub struct Gap {
    pub a: u8,
    pub b: u32,
}

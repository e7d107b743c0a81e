// error: `Pod` is for structs
#![crate_type = "rlib"]
#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub enum E { //~
    A,
}

// error: a field of plain old data is a number
#![crate_type = "rlib"]
#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct Text {
    pub text: &'static str, //~
}

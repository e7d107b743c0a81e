// error: the trait bound `Id: Copy` is not satisfied
#![crate_type = "rlib"]
#[derive(wasm::Pod)]
#[repr(C)]
pub struct Id { //~
    pub id: u32,
}

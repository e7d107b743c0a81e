// error: the trait bound `Big: Pod` is not satisfied
#![crate_type = "rlib"]
pub struct Big {
    pub text: String,
}
#[wasm::export]
pub fn big(value: Big) -> u32 { //~
    value.text.len() as u32
}

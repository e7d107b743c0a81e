// error: a slice of `bool` cannot cross
#![crate_type = "rlib"]
#[wasm::export]
pub fn any(flags: &[bool]) -> bool { //~
    flags.iter().any(|f| *f)
}

// error: name the error too
#![crate_type = "rlib"]
type Result<T> = core::result::Result<T, String>;
#[wasm::export]
pub fn aliased() -> Result<u32> { //~
    Ok(1)
}

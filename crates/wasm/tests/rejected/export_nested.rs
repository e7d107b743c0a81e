// error: `Option` and `Result` cannot be nested
#![crate_type = "rlib"]
#[wasm::export]
pub fn nested() -> Result<Option<u32>, String> { //~
    Ok(None)
}

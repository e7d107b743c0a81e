//! Writes the JavaScript for a module beside it: `glue NAME.wasm` makes `NAME.mjs`, if `NAME.wasm` needs one.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let module = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: glue NAME.wasm")?;
    let name = module.file_name().and_then(|name| name.to_str()).ok_or("the name is no text")?;
    if let Some(script) = wasm_build::glue(&std::fs::read(&module)?, name) {
        std::fs::write(module.with_extension("mjs"), script)?;
    }
    Ok(())
}

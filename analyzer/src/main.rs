//! `wasm-size`: where every byte of a WebAssembly binary went.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(wasm_analyzer::cli::main(std::env::args_os()))
}

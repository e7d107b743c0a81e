//! `wasm-size`: where every byte of a WebAssembly binary went.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}

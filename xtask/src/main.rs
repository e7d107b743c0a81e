//! What the project's developers run.
//!
//! ```text
//! cargo xtask compare [--wasm-bindgen]
//! ```
//!
//! `compare` builds the benchmark programs in each language, measures them in this run on this machine, prints the
//! table and writes it to `docs/comparison.md`. What is missing is named, not invented. `--wasm-bindgen` first installs
//! its command line (minutes).

mod compare;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["compare"] => compare::run(false),
        ["compare", "--wasm-bindgen"] => compare::run(true),
        _ => {
            eprintln!("cargo xtask compare [--wasm-bindgen]");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

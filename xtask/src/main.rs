//! What the project's developers run.
//!
//! ```text
//! cargo xtask app
//! cargo xtask compare [--wasm-bindgen]
//! ```
//!
//! `app` builds the app as a web page into `target/app`: any static server serves it.
//!
//! `compare` builds the benchmark programs in each language, measures them in this run on this machine, prints the
//! table and writes it to `docs/comparison.md`. What is missing is named, not invented. `--wasm-bindgen` first installs
//! its command line (minutes).

mod app;
mod compare;

use std::error::Error;
use std::process::ExitCode;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["app"] => app::run(),
        ["compare"] => compare::run(false),
        ["compare", "--wasm-bindgen"] => compare::run(true),
        _ => {
            eprintln!("cargo xtask app | compare [--wasm-bindgen]");
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

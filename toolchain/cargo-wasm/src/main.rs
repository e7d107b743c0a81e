//! `cargo wasm`: make, build, run, test, serve, measure and check WebAssembly
//! programs. Each command is a module; what building is lies in `wasm-build`.

mod build;
mod check;
mod clean;
mod doctor;
mod explain;
mod host;
mod interrupt;
mod new;
mod options;
mod project;
mod run;
mod serve;
mod setup;
mod size;
mod terminal;
mod test;
mod web;

use clap::{Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::process::ExitCode;

/// Everything went well.
const OK: u8 = 0;
/// A build, test or check failed.
const FAILED: u8 = 1;
/// The command could not do its work.
const ERROR: u8 = 2;

/// Builds, runs, tests and serves WebAssembly programs written in Rust.
#[derive(Parser)]
#[command(
    name = "cargo wasm",
    bin_name = "cargo wasm",
    version,
    after_help = "Examples:
  cargo wasm new hello && cd hello   a new program
  cargo wasm serve --open            see it in a browser, live
  cargo wasm run                     run it here
  cargo wasm test                    run its tests in wasmtime
  cargo wasm build --release         a small, reproducible file
  cargo wasm size                    where its bytes are
  cargo wasm doctor                  what is missing on this machine

Exit codes: 0 done; 1 a build, test or check failed; 2 the command could not do its work. `run` ends as the program \
                  does, 134 if it traps."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    /// Colours: auto stops when the output is no terminal, or NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    color: When,
}

#[derive(Clone, Copy, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new program
    New(new::Args),
    /// Build the program
    #[command(visible_alias = "b")]
    Build(build::Args),
    /// Build the program and run it, in wasmtime, node or Chromium
    #[command(visible_alias = "r")]
    Run(run::Args),
    /// Run the program's tests in wasmtime, node or Chromium
    #[command(visible_alias = "t")]
    Test(test::Args),
    /// Serve the program to a browser; build and reload it after each change
    Serve(serve::Args),
    /// Where the bytes of a file are: `wasm-size`
    Size(size::Args),
    /// Hold a file against the contract of its profile, line by line
    Check(check::Args),
    /// Remove what was built for wasm
    Clean(clean::Args),
    /// Get targets and tools
    Setup(setup::Args),
    /// What is there, what is missing, and the command that mends it
    Doctor(doctor::Args),
    /// What a profile promises
    Explain(explain::Args),
}

fn main() -> ExitCode {
    if wasm_build::clock::is_asked_for() {
        return wasm_build::clock::run();
    }
    // As a subcommand of cargo the first argument is the command's own name.
    let mut args: Vec<OsString> = std::env::args_os().collect();
    if args.get(1).is_some_and(|word| word == "wasm") {
        args.remove(1);
    }
    let args = CommandLine::parse_from(args);
    match args.color {
        When::Auto => anstream::ColorChoice::Auto,
        When::Always => anstream::ColorChoice::Always,
        When::Never => anstream::ColorChoice::Never,
    }
    .write_global();
    let done = interrupt::install().and_then(|()| match args.command {
        Command::New(args) => new::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Size(args) => size::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Clean(args) => clean::run(&args),
        Command::Setup(args) => setup::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Explain(args) => explain::run(&args),
    });
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal::error(&error);
            ExitCode::from(exit_code(&error))
        }
    }
}

/// A crate that does not build is a failure; all else kept the command from its work.
fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<wasm_build::Error>() {
        Some(wasm_build::Error::Cargo { .. } | wasm_build::Error::Forgotten { .. }) => FAILED,
        Some(wasm_build::Error::Interrupted) => interrupt::EXIT_CODE,
        _ => ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}

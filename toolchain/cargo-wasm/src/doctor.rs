//! `cargo wasm doctor`: what is there, what is missing, and what mends it.

use anyhow::Context;
use serde_json::json;
use wasm_build::toolchain;

use crate::terminal::{BAD, BOLD, DIM, GOOD};

/// What is there, what is missing, and the command that mends it
#[derive(clap::Args)]
#[command(after_help = "Exit code: 0 if all is there, 1 if something is missing.")]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let folder = std::env::current_dir().context("cannot tell the current folder")?;
    let tools = toolchain::tools(&folder);
    let is_complete = tools.iter().all(|tool| tool.found.is_some());
    if args.json {
        println!("{}", json!(tools));
    } else {
        for tool in &tools {
            match &tool.found {
                Some(found) => anstream::println!(
                    "{GOOD}ok{GOOD:#}       {:<24} {} {DIM}{}{DIM:#}",
                    tool.name,
                    found.version,
                    found.path.display()
                ),
                None => anstream::println!(
                    "{BAD}missing{BAD:#}  {:<24} for {}\n         {:<24} {BOLD}{}{BOLD:#}",
                    tool.name,
                    tool.needed_for,
                    "",
                    tool.cure
                ),
            }
        }
    }
    Ok(if is_complete { crate::OK } else { crate::FAILED })
}

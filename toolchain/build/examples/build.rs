//! Builds a crate and prints what each stage did, then each line of the contract.
//!
//! `cargo run -p wasm-build --example build -- CARGO_TOML [TARGET [PROFILE]]`

use std::error::Error;
use std::fs;
use wasm_build::{Event, Profile, Request, Target, build, check};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let manifest = args.first().map_or("Cargo.toml", String::as_str);
    let target: Target = args.get(1).map_or(Ok(Target::Unknown), |name| name.parse())?;
    let profile: Profile = args.get(2).map_or(Ok(Profile::Release), |name| name.parse())?;
    let done = build(&Request::new(manifest, target, profile), &mut |event| match event {
        Event::Diagnostic { rendered, .. } => eprint!("{rendered}"),
        Event::Progress { line } => eprintln!("{line}"),
        Event::Warning(warning) => eprintln!("warning: {warning}"),
        Event::StageStarted { .. } | Event::StageFinished { .. } => {}
    })?;
    for output in &done.outputs {
        println!("{}", output.wasm.display());
        for report in &output.stages {
            println!("  {:<10} {:>9} bytes {:>8.2} s", report.stage, report.bytes_after, report.duration.as_secs_f64());
        }
        for line in check(&fs::read(&output.wasm)?, Some(&fs::read(&output.symbols)?), profile) {
            println!("  {} {}: {}", if line.holds { "holds " } else { "BROKEN" }, line.rule, line.what);
        }
    }
    Ok(())
}

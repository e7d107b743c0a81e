//! Lists the tools that builds need, or gets the pieces that are named.
//!
//! `cargo run -p wasm-build --example tools -- [PIECE…]`

use std::error::Error;
use std::path::Path;
use wasm_build::Event;
use wasm_build::toolchain::{Piece, install, tools};

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(".");
    for name in std::env::args().skip(1) {
        install(&Piece::parse(&name)?, here, &mut |event| {
            if let Event::Progress { line } = event {
                eprintln!("{line}");
            }
        })?;
        println!("ready: {name}");
    }
    for tool in tools(here) {
        match tool.found {
            Some(found) => println!("{:<24} {} ({})", tool.name, found.version, found.path.display()),
            None => println!("{:<24} missing, for {}: {}", tool.name, tool.needed_for, tool.cure),
        }
    }
    Ok(())
}

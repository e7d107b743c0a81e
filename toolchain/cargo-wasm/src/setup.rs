//! `cargo wasm setup`: gets targets and tools.

use anyhow::Context;
use wasm_build::toolchain::{self, Piece};
use wasm_build::{Event, Target};

use crate::terminal::status;

/// Get targets and tools
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo wasm setup                         the three targets, and binaryen's wasm-opt
  cargo wasm setup wasip1                  one target
  cargo wasm setup std-small@wasip1        a std built for size, for --std small
  cargo wasm setup wasm-bindgen@0.2.130    wasm-bindgen's command, of the version in Cargo.lock

What is there already stays as it is. `cargo wasm doctor` says what is there.")]
pub(crate) struct Args {
    /// A target, std-small@TARGET, std-silent@TARGET, binaryen, or wasm-bindgen@VERSION [default: all targets and
    /// binaryen]
    pieces: Vec<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let folder = std::env::current_dir().context("cannot tell the current folder")?;
    let pieces = if args.pieces.is_empty() {
        Target::ALL.into_iter().map(Piece::Target).chain([Piece::Binaryen]).collect()
    } else {
        args.pieces.iter().map(|text| Piece::parse(text)).collect::<Result<Vec<_>, _>>()?
    };
    for piece in &pieces {
        status("Setting up", &name(piece));
        toolchain::install(piece, &folder, &mut |event| {
            if let Event::Progress { line } = event {
                anstream::eprintln!("{line}");
            }
        })?;
    }
    status("Finished", "all is there");
    Ok(crate::OK)
}

fn name(piece: &Piece) -> String {
    match piece {
        Piece::Target(target) => target.to_string(),
        Piece::Std(std, target) => format!("a {} std for {target}", std.name()),
        Piece::Binaryen => format!("binaryen {}", toolchain::BINARYEN),
        Piece::WasmBindgen(version) => format!("wasm-bindgen {version}"),
    }
}

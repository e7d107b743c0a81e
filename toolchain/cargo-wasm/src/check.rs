//! `cargo wasm check`: a file against the contract of its profile.

use anyhow::{Context, bail};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use wasm_build::metadata::Metadata;
use wasm_build::{Line, Profile};

use crate::build;
use crate::options::BuildOptions;
use crate::terminal::{BAD, BOLD, DIM, GOOD, shown};

/// Hold a file against the contract of its profile, line by line
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo wasm check --profile freestanding          build the program, and check what comes out
  cargo wasm check --release --json                for scripts
  cargo wasm check app.wasm --profile freestanding another file

Exit code: 0 if each line holds, 1 if one does not. `cargo wasm explain PROFILE` says what the lines mean.")]
pub(crate) struct Args {
    /// A file that is there already; the profile is the one that it was built with, if it says one
    file: Option<PathBuf>,
    #[command(flatten)]
    options: BuildOptions,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A file, its contract and how it keeps it.
struct Checked {
    file: PathBuf,
    profile: Profile,
    lines: Vec<Line>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let checked = match &args.file {
        Some(file) => vec![check(file, &symbols_of(file), args.options.asked_profile())?],
        None => {
            let (project, request) = args.options.project()?;
            let build = build::build(&project, &request, args.options.quiet || args.json)?;
            let all = build.outputs.iter().map(|output| check(&output.wasm, &output.symbols, Some(build.profile)));
            all.collect::<anyhow::Result<Vec<_>>>()?
        }
    };
    if args.json {
        let files = checked.iter().map(|c| json!({ "file": c.file, "profile": c.profile, "lines": c.lines }));
        println!("{}", json!(files.collect::<Vec<_>>()));
    } else {
        checked.iter().for_each(print);
    }
    let holds = checked.iter().flat_map(|checked| &checked.lines).all(|line| line.holds);
    Ok(if holds { crate::OK } else { crate::FAILED })
}

/// Where the same code with its names is, for a file among those that were built.
fn symbols_of(file: &Path) -> PathBuf {
    file.with_extension("").join("wrap.wasm")
}

fn check(file: &Path, symbols: &Path, profile: Option<Profile>) -> anyhow::Result<Checked> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    if !bytes.starts_with(b"\0asm") {
        bail!("{} is no WebAssembly binary", file.display());
    }
    let symbols = fs::read(symbols).ok();
    let profile = match profile.or_else(|| own_profile(&bytes)) {
        Some(profile) => profile,
        None => bail!("{} does not say which profile it was built with: say it with --profile", file.display()),
    };
    let lines = wasm_build::check(&bytes, symbols.as_deref(), profile);
    Ok(Checked { file: file.to_path_buf(), profile, lines })
}

fn own_profile(bytes: &[u8]) -> Option<Profile> {
    let map = wasm_binary::Map::parse(bytes).ok()?;
    Some(Metadata::read(&map)?.profile)
}

fn print(checked: &Checked) {
    anstream::println!("{BOLD}{}{BOLD:#}  {DIM}{}{DIM:#}", shown(&checked.file), checked.profile);
    for Line { rule, holds, what, offset } in &checked.lines {
        let (style, word) = if *holds { (GOOD, "ok") } else { (BAD, "FAILED") };
        let offset = offset.map(|offset| format!(" (offset {offset:#x})")).unwrap_or_default();
        anstream::println!("  {style}{word:<7}{style:#} {rule:<19} {what}{offset}");
    }
}

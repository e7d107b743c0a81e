//! `cargo wasm clean`: removes `target/wasm`.

use anyhow::Context;
use serde_json::json;
use std::fs;
use std::path::Path;

use crate::options::BuildOptions;
use crate::terminal::{grouped, shown};

/// Remove what was built for wasm
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo wasm clean          remove target/wasm: the finished files and what each stage was given
  cargo wasm clean --all    and what rustc made for wasm targets")]
pub(crate) struct Args {
    #[command(flatten)]
    options: BuildOptions,
    /// Also what rustc made for wasm targets
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let (project, _) = args.options.project()?;
    let target_dir = args.options.target_dir(&project);
    let mut folders = vec![target_dir.join("wasm")];
    if args.all {
        folders.extend(wasm_build::Target::ALL.map(|target| target_dir.join(target.triple())));
    }
    let (mut files, mut bytes) = (0, 0);
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        count(folder, &mut files, &mut bytes);
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        if !args.json && !args.options.quiet {
            anstream::println!("removed {}", shown(folder));
        }
    }
    if args.json {
        println!("{}", json!({ "files": files, "bytes": bytes }));
    } else if !args.options.quiet {
        anstream::println!("{} files, {} bytes", grouped(files), grouped(bytes));
    }
    Ok(crate::OK)
}

fn count(folder: &Path, files: &mut u64, bytes: &mut u64) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(data) if data.is_dir() => count(&entry.path(), files, bytes),
            Ok(data) => {
                *files += 1;
                *bytes += data.len();
            }
            Err(_) => {}
        }
    }
}

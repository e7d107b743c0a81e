//! `cargo wasm size`: `wasm-size`, on the program that was built last if no
//! file is named.

use anyhow::bail;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process;
use std::time::SystemTime;

use crate::project;
use wasm_build::{Profile, Project, Request, Target, Variant};

/// Where the bytes of a file are: `wasm-size`
#[derive(clap::Args)]
#[command(
    disable_help_flag = true,
    after_help = "Examples:
  cargo wasm size                  the program of this folder that was built last
  cargo wasm size app.wasm         another file
  cargo wasm size top app.wasm     the biggest items; `cargo wasm size help` lists all commands"
)]
pub(crate) struct Args {
    /// The arguments of wasm-size
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let mut args = args.args.clone();
    if args.iter().all(|arg| arg == "--json") {
        args.push(last_build()?.into());
    }
    let code = wasm_analyzer::cli::main(std::iter::once(OsString::from("wasm-size")).chain(args));
    process::exit(i32::from(code));
}

/// The finished file of this package that is newest.
fn last_build() -> anyhow::Result<PathBuf> {
    let manifest = project::manifest(None)?;
    let project = Project::load(&Request::new(&manifest, Target::Unknown, Profile::Dev))?;
    let names: Vec<String> = project
        .selected()
        .flat_map(|package| package.targets.iter().map(|target| target.name.replace('-', "_")))
        .collect();
    let folder = project.target_dir().join("wasm");
    let most = Variant::up_to(Variant { threads: true, simd: true });
    let mut newest: Option<(SystemTime, PathBuf)> = None;
    for path in project::built_files(&folder) {
        let name = path.file_stem().map(|name| name.to_string_lossy().replace('-', "_")).unwrap_or_default();
        let is_ours = names.iter().any(|own| most.iter().any(|variant| name == format!("{own}{}", variant.suffix())));
        let Ok(modified) = path.metadata().and_then(|file| file.modified()) else { continue };
        if is_ours && newest.as_ref().is_none_or(|(time, _)| *time < modified) {
            newest = Some((modified, path));
        }
    }
    match newest {
        Some((_, path)) => Ok(path),
        None => bail!("nothing is built yet in {}: `cargo wasm build`, or name a file", folder.display()),
    }
}

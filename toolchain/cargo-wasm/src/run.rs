//! `cargo wasm run`: a program in wasmtime, node or Chromium.

use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process;
use wasm_build::Target;
use wasm_host::Dir;

use crate::host::{Host, Program, Streams};
use crate::options::BuildOptions;
use crate::{build, project, web};

/// Build the program and run it, in wasmtime, node or Chromium
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo wasm run                           build it and run its `main`
  cargo wasm run --release -- one two      with arguments
  cargo wasm run --in chromium             in a browser without a window
  cargo wasm run --wasi-dir . -- in.txt    WASI programs see the folders that are named
  cargo wasm run --file app.wasm           a file that is there already
  cargo wasm run --core-dump trap.core     keep what is left of it if it traps, for wasm-gdb

Programs for WASI run in wasmtime, others in node with the loader. Functions that the program imports from JavaScript are \
                  the object `imports` of imports.mjs in the package's folder, by module and name. The exit code is the \
                  program's, 134 if it traps.")]
pub(crate) struct Args {
    #[command(flatten)]
    options: BuildOptions,
    #[command(flatten)]
    given: Given,
    /// Where to run it [default: wasmtime for WASI, else node]
    #[arg(long = "in", value_enum, value_name = "HOST")]
    host: Option<Host>,
    /// Say how long each stage took, and the start of the program
    #[arg(long)]
    timings: bool,
    /// A file to run, instead of a build
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// If the program traps, write its memories and calls to this file, for `wasm-gdb --core`
    #[arg(long, value_name = "FILE")]
    core_dump: Option<PathBuf>,
    /// Arguments of the program
    #[arg(last = true)]
    args: Vec<String>,
}

/// What a program is given of this machine.
#[derive(clap::Args)]
#[command(next_help_heading = "What the program is given")]
pub(crate) struct Given {
    /// A variable of the program's environment; without a value, this one's
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// A folder that the program may use, under this name or another
    #[arg(long, value_name = "FOLDER[::NAME]")]
    wasi_dir: Vec<String>,
    /// A JavaScript module that exports `imports` [default: imports.mjs of the package, if it is there]
    #[arg(long, value_name = "FILE")]
    imports: Option<PathBuf>,
}

impl Given {
    pub(crate) fn env(&self) -> BTreeMap<String, String> {
        let value = |pair: &String| match pair.split_once('=') {
            Some((name, value)) => Some((name.to_string(), value.to_string())),
            None => Some((pair.clone(), std::env::var(pair).ok()?)),
        };
        self.env.iter().filter_map(value).collect()
    }

    pub(crate) fn dirs(&self) -> anyhow::Result<Vec<Dir>> {
        let dir = |text: &String| {
            let (host, guest) = text.split_once("::").unwrap_or((text, text));
            let host = PathBuf::from(host).canonicalize().with_context(|| format!("there is no folder {host}"))?;
            Ok(Dir { host, guest: guest.to_string(), writable: true })
        };
        self.wasi_dir.iter().map(dir).collect()
    }

    /// The module with the imports: the one that is given, or the one of a package.
    pub(crate) fn imports(&self, package: &std::path::Path) -> anyhow::Result<Option<PathBuf>> {
        match &self.imports {
            Some(path) => {
                let path = path.canonicalize().with_context(|| format!("there is no file {}", path.display()))?;
                Ok(Some(path))
            }
            None => Ok(Some(package.join("imports.mjs")).filter(|path| path.is_file())),
        }
    }
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let (wasm, host, package) = match &args.file {
        Some(file) => (file.clone(), args.host.unwrap_or(Host::Wasmtime), PathBuf::from(".")),
        None => {
            let (project, mut request) = args.options.project()?;
            project::choose_program(&project, &mut request)?;
            // Who asks for threads or vectors means to run them.
            request.variants.drain(..request.variants.len() - 1);
            let default = if request.target == Target::Unknown { Host::Node } else { Host::Wasmtime };
            request.clock = build::clock(args.timings)?;
            let mut build = build::build(&project, &request, args.options.quiet)?;
            if args.timings {
                build::tell_timings(&build);
            }
            let output = build.outputs.pop().context("nothing was built")?;
            if !web::is_loaded(&output) {
                bail!(
                    "{} is for wasm-bindgen's JavaScript, which lies beside it: load that from a page or script, or \
                     look at it with `cargo wasm serve`",
                    output.wasm.display()
                );
            }
            (output.wasm, args.host.unwrap_or(default), project::folder(&project).to_path_buf())
        }
    };
    let name = wasm.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let program = Program {
        args: std::iter::once(name).chain(args.args.iter().cloned()).collect(),
        env: args.given.env(),
        dirs: args.given.dirs()?,
        imports: args.given.imports(&package)?,
        missing_imports_trap: false,
        tells_start: args.timings,
        core_dump: args.core_dump.clone(),
        wasm,
    };
    if program.core_dump.is_some() && host != Host::Wasmtime {
        bail!("--core-dump needs wasmtime, which tells what is left of a program: add --in wasmtime");
    }
    let ended = program.run(host, Streams::Inherit)?;
    // All 32 bits, as far as the system takes them.
    process::exit(ended.code);
}

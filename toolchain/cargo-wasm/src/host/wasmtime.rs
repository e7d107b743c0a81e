//! wasmtime, by `wasm-host`.

use anyhow::Context as _;
use std::io::Write;
use std::time::Instant;
use wasm_host::{Error, Input, Options, Output, Pipe};

use crate::build;

use super::{Ended, Program, Streams, TRAPPED};

pub(super) fn run(program: &Program, bytes: &[u8], streams: Streams) -> anyhow::Result<Ended> {
    let (stdout, stderr) = (Pipe::new(), Pipe::new());
    let output = |pipe: &Pipe| match streams {
        Streams::Inherit => Output::Inherit,
        Streams::Capture => Output::Pipe(pipe.clone()),
    };
    let options = Options {
        args: program.args.clone(),
        env: program.env.clone().into_iter().collect(),
        dirs: program.dirs.clone(),
        stdin: if streams == Streams::Inherit { Input::Inherit } else { Input::Empty },
        stdout: output(&stdout),
        stderr: output(&stderr),
        missing_imports_trap: program.missing_imports_trap,
        core_dump: program.core_dump.is_some(),
        ..Options::default()
    };
    let start = Instant::now();
    let loaded = wasm_host::Program::load(bytes);
    if program.tells_start {
        build::tell_timing("start", start.elapsed());
    }
    let ended = loaded.and_then(|loaded| loaded.run(&options));
    let mut written = stderr.contents();
    let code = match ended {
        Ok(exit) => exit.code,
        Err(Error::Trap(trap)) => {
            let mut text = format!("{trap}\n");
            if let (Some(file), Some(dump)) = (&program.core_dump, &trap.core_dump) {
                std::fs::write(file, dump).with_context(|| format!("cannot write {}", file.display()))?;
                let (file, wasm) = (file.display(), program.wasm.display());
                text.push_str(&format!("What is left of it is in {file}: wasm-gdb --core {file} {wasm}\n"));
            }
            match streams {
                Streams::Inherit => {
                    let _ = std::io::stderr().write_all(text.as_bytes());
                }
                Streams::Capture => written.extend_from_slice(text.as_bytes()),
            }
            TRAPPED
        }
        Err(Error::MissingImports(missing)) if program.imports.is_some() => anyhow::bail!(
            "the program imports {}, which are functions of JavaScript: use --in node or --in chromium",
            missing.join(", ")
        ),
        Err(error) => return Err(error.into()),
    };
    Ok(Ended { code, stdout: stdout.contents(), stderr: written })
}

//! node, by the loader and node's own WASI.

use anyhow::{Context, anyhow};
use std::fs;
use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use super::{Ended, Program, Streams, TRAPPED};
use crate::interrupt::{Folder, OwnedChild};
use crate::web;

pub(super) fn run(program: &Program, streams: Streams) -> anyhow::Result<Ended> {
    let node = which::which("node").map_err(|_| {
        anyhow!("node is not there: get it from your system's packages or https://nodejs.org, 20 or later")
    })?;
    let folder = Folder::new()?;
    for (name, text) in web::MODULES {
        fs::write(folder.path().join(name), text).context("cannot write the loader")?;
    }
    let imports = program.imports.as_ref().map(|path| path.display().to_string());
    let mut command = Command::new(node);
    command.args(["--no-warnings"]).arg(folder.path().join("node.mjs")).arg(program.settings(imports).to_string());
    if streams == Streams::Capture {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    let mut child = command.spawn().context("cannot start node")?;
    let stdout = child.stdout.take().map(read_all);
    let stderr = child.stderr.take().map(read_all);
    let child = OwnedChild::new(child);
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let bytes =
        |reader: Option<thread::JoinHandle<Vec<u8>>>| reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
    Ok(Ended { code: code(status), stdout: bytes(stdout), stderr: bytes(stderr) })
}

fn read_all(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks has given what it will.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// A process that a signal ended has that in its code, as shells say it.
fn code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(TRAPPED)
}

//! Where programs run: wasmtime in this process, node, or headless Chromium.

mod chromium;
mod node;
mod wasmtime;

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Host {
    /// In this process: WASI with files, and components
    Wasmtime,
    /// The JavaScript engine of Chromium, with files
    Node,
    /// A browser without a window: no files
    Chromium,
}

impl Host {
    pub(crate) const ALL: [Host; 3] = [Host::Wasmtime, Host::Node, Host::Chromium];
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Host::Wasmtime => "wasmtime",
            Host::Node => "node",
            Host::Chromium => "Chromium",
        })
    }
}

/// The exit code of a program that trapped: that of a process that aborted.
const TRAPPED: i32 = 134;

/// A program and what it is given.
pub(crate) struct Program {
    pub(crate) wasm: PathBuf,
    /// Its name first.
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) dirs: Vec<wasm_host::Dir>,
    /// A JavaScript module that exports `imports`.
    pub(crate) imports: Option<PathBuf>,
    /// What is imported and not there traps when it is called.
    pub(crate) missing_imports_trap: bool,
    /// Say on standard error how long it took until the program's own code ran.
    pub(crate) tells_start: bool,
    /// Where to write what is left of the program if it traps.
    pub(crate) core_dump: Option<PathBuf>,
}

/// What becomes of a program's output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Streams {
    /// It goes to this process' streams.
    Inherit,
    /// It is given back.
    Capture,
}

/// How a program ended.
#[derive(Default)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Program {
    pub(crate) fn run(&self, host: Host, streams: Streams) -> anyhow::Result<Ended> {
        let bytes = fs::read(&self.wasm).with_context(|| format!("cannot read {}", self.wasm.display()))?;
        match bytes.get(..8) {
            Some([0, b'a', b's', b'm', _, _, 1, 0]) if host != Host::Wasmtime => bail!(
                "{} is a component, and {host} runs none: use --in wasmtime, or build it for wasip1",
                self.wasm.display()
            ),
            Some([0, b'a', b's', b'm', ..]) => {}
            _ => bail!("{} is no WebAssembly binary", self.wasm.display()),
        }
        match host {
            Host::Wasmtime => wasmtime::run(self, &bytes, streams),
            Host::Node => node::run(self, streams),
            Host::Chromium => chromium::run(self, bytes, streams),
        }
        .with_context(|| format!("running {} in {host}", self.wasm.display()))
    }

    /// What the JavaScript hosts are told.
    fn settings(&self, imports: Option<String>) -> serde_json::Value {
        let dirs: BTreeMap<&str, &Path> =
            self.dirs.iter().map(|dir| (dir.guest.as_str(), dir.host.as_path())).collect();
        json!({
            "wasm": self.wasm,
            "args": self.args,
            "env": self.env,
            "dirs": dirs,
            "imports": imports,
            "missingTrap": self.missing_imports_trap,
            "launched": self.tells_start.then(milliseconds),
        })
    }
}

/// Since 1970, as JavaScript counts.
fn milliseconds() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

//! What a launch configuration says, and the program that it names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use wasm_host::{Dir, Input, Invoke, Limits, Options};

use super::Refusal;
use super::streams::Streams;
use crate::debug_files::{self, Complete};
use crate::engine::{self, Engine, PostMortem};

/// The arguments of `launch`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Launch {
    /// The program: a module or component.
    program: Option<PathBuf>,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    /// What paths in this configuration are relative to. Also a directory that
    /// the program may use.
    cwd: Option<PathBuf>,
    /// Directories that the program may use, as GUEST or HOST::GUEST.
    dirs: Vec<String>,
    /// The file that is the program's input.
    stdin: Option<PathBuf>,
    pub(super) stop_on_entry: bool,
    pub(super) no_debug: bool,
    /// A core dump to look at, instead of running the program.
    core: Option<PathBuf>,
    /// Files with the program's debug information.
    debug_files: Vec<PathBuf>,
    /// Start although functions are missing that the program imports.
    missing_imports_trap: bool,
    /// The exported function to call instead of the program's entry point; `args` are its arguments.
    invoke: Option<String>,
    /// The most that each memory may grow to, in bytes.
    max_memory: Option<usize>,
    /// Where sources are: beginnings of paths as they were compiled, and what
    /// they are here.
    pub(super) source_map: BTreeMap<String, String>,
}

/// A program that is loaded and stands before its first instruction.
pub(super) struct Launched {
    pub(super) engine: Box<dyn Engine>,
    pub(super) streams: Streams,
    /// What of its debug information was not found.
    pub(super) problems: Vec<String>,
}

impl Launch {
    /// What an `attach` means: the program is there, and stands still.
    pub(super) fn attached(self) -> Launch {
        Launch { source_map: self.source_map, stop_on_entry: true, ..Launch::default() }
    }

    /// The program's name, for people.
    pub(super) fn name(&self) -> String {
        let name = self.program.as_deref().and_then(Path::file_name);
        name.map_or_else(|| "program".to_string(), |name| name.to_string_lossy().into_owned())
    }

    /// Where the program is.
    pub(super) fn path(&self) -> Option<PathBuf> {
        self.program.as_deref().map(|program| self.here(program))
    }

    /// Loads the program.
    pub(super) fn load(&self) -> Result<Launched, Refusal> {
        let path = self.path().ok_or("the launch configuration names no `program`")?;
        let name = path.display().to_string();
        let bytes = std::fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let given: Vec<PathBuf> = self.debug_files.iter().map(|file| self.here(file)).collect();
        let Complete { bytes, problems } =
            debug_files::complete(bytes.into(), &path, &given).map_err(|error| error.to_string())?;
        let streams = Streams::default();
        if let Some(core) = &self.core {
            let core = self.here(core);
            let shown = core.display().to_string();
            let dump = std::fs::read(&core).map_err(|error| format!("cannot read {shown}: {error}"))?;
            let opened = PostMortem::open(&name, bytes, &dump).map_err(|error| format!("{shown}: {error}"))?;
            return Ok(Launched { engine: Box::new(opened), streams, problems });
        }
        let options = self.options(&name, &streams)?;
        let limits = Limits { memory_bytes: self.max_memory, ..Limits::default() };
        let engine = engine::launch(&name, bytes, &options, limits);
        Ok(Launched { engine: engine.map_err(|error| format!("{name}: {error}"))?, streams, problems })
    }

    fn options(&self, name: &str, streams: &Streams) -> Result<Options, Refusal> {
        let stdin = match &self.stdin {
            Some(file) => {
                let file = self.here(file);
                let bytes = std::fs::read(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
                Input::Bytes(bytes)
            }
            // The process' own input is the protocol's.
            None => Input::Empty,
        };
        let dir = |text: &String| {
            let (host, guest) = text.split_once("::").unwrap_or((text, text));
            Dir { host: self.here(Path::new(host)), guest: guest.to_string(), writable: true }
        };
        let mut dirs: Vec<Dir> = self.dirs.iter().map(dir).collect();
        if let Some(cwd) = &self.cwd
            && dirs.iter().all(|dir| dir.guest != ".")
        {
            dirs.push(Dir { host: cwd.clone(), guest: ".".to_string(), writable: true });
        }
        let invoke = self.invoke.clone().map(|function| Invoke { function, arguments: self.args.clone() });
        let args: &[String] = if invoke.is_none() { &self.args } else { &[] };
        Ok(Options {
            args: std::iter::once(name.to_string()).chain(args.iter().cloned()).collect(),
            env: self.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            dirs,
            stdin,
            stdout: streams.stdout(),
            stderr: streams.stderr(),
            missing_imports_trap: self.missing_imports_trap,
            invoke,
            ..Options::default()
        })
    }

    fn here(&self, path: &Path) -> PathBuf {
        self.cwd.as_deref().map_or_else(|| path.to_path_buf(), |cwd| cwd.join(path))
    }
}

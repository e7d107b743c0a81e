//! Why there is no build.

use crate::linear::Forgotten;
use crate::request::{Target, UnknownName};
use std::io;
use std::path::{Path, PathBuf};

/// Why a build failed. Nothing that was there before is changed then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No manifest where one was asked for.
    #[error("there is no Cargo.toml at {}", .0.display())]
    NoManifest(PathBuf),
    /// A target or profile that there is not.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// Cargo cannot be run at all.
    #[error("cannot run {program}: {source}")]
    Spawn {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// Cargo could not read the project: its own words.
    #[error("{0}")]
    Metadata(String),
    /// Settings in `[package.metadata.wasm]` that mean nothing.
    #[error("{}: [package.metadata.wasm]: {message}", manifest.display())]
    Settings {
        /// The manifest.
        manifest: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// No such package, binary or library in the workspace.
    #[error("{message}")]
    NoSuchArtifact {
        /// What was looked for, and what there is.
        message: String,
    },
    /// Cargo failed. rustc's messages went out as events; this is what cargo itself said.
    #[error("cargo build failed{}{stderr}", if stderr.is_empty() { "" } else { ": " })]
    Cargo {
        /// Its `error: …` lines.
        stderr: String,
    },
    /// The std of the target is not installed.
    #[error("the Rust target {target} is not installed: cargo wasm setup {target}")]
    TargetMissing {
        /// The target.
        target: Target,
    },
    /// Cargo succeeded and made nothing to run.
    #[error(
        "{package} has nothing that becomes a wasm file: add a src/main.rs, or crate-type = [\"cdylib\"] to [lib] in \
         its Cargo.toml"
    )]
    NoArtifact {
        /// The packages that were built.
        package: String,
    },
    /// A tool that this crate cannot do without is not there.
    #[error("{output} needs {tool}: {cure}")]
    ToolMissing {
        /// The output.
        output: String,
        /// The tool, with its version.
        tool: String,
        /// The command that gets it.
        cure: String,
    },
    /// A tool failed: its own words.
    #[error("{tool} failed on {output}: {message}")]
    Tool {
        /// The tool.
        tool: String,
        /// The output.
        output: String,
        /// Its messages.
        message: String,
    },
    /// A threads build came out without a shared memory.
    #[error("{output} was built with --threads, but its memory is not shared: check the linker arguments in the flags")]
    NotShared {
        /// The output.
        output: String,
    },
    /// Linear values are dropped on some path.
    #[error(
        "{output} forgets linear values:{}\nhand each on, or end it with `.consume()`",
        values.iter().map(|value| format!("\n  {value}")).collect::<String>()
    )]
    Forgotten {
        /// The output.
        output: String,
        /// Where which.
        values: Vec<Forgotten>,
    },
    /// A file that should be wasm is not.
    #[error("{}: {message}", path.display())]
    NotWasm {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A folder that cannot be written to.
    #[error("cannot write to {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Read { path, source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Write { path, source }
    }
}

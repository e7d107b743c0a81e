//! What a build gives.

use crate::clock::Compile;
use crate::event::Stage;
use crate::request::{Profile, Target};
use crate::variant::Variant;
use serde::{Serialize, Serializer};
use std::path::PathBuf;
use std::time::Duration;
use wasm_binary::AddressMap;

/// A finished build.
#[derive(Clone, Debug, Serialize)]
pub struct Build {
    /// The platform.
    pub target: Target,
    /// The contract.
    pub profile: Profile,
    /// The artefacts, by name.
    pub outputs: Vec<Output>,
    /// How long each step took, in order.
    pub timings: Vec<Timing>,
    /// What the time of [`Stage::Rustc`] was spent on, if that was asked for.
    pub compile: Option<Compile>,
}

/// How long a step took.
#[derive(Clone, Debug, Serialize)]
pub struct Timing {
    /// The stage.
    pub stage: Stage,
    /// The output that it worked on; `None` for rustc, which makes them all.
    pub output: Option<String>,
    /// Wall time.
    #[serde(serialize_with = "seconds", rename = "seconds")]
    pub duration: Duration,
}

/// What kind of program an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CrateKind {
    /// A library with exports.
    Cdylib,
    /// A program with a `main`.
    Bin,
    /// An example program.
    Example,
}

/// One artefact.
#[derive(Clone, Debug, Serialize)]
pub struct Output {
    /// Its file's name without `.wasm`: the program's, and what [`Variant::suffix`] says.
    pub name: String,
    /// The program's name, the same for all its builds.
    pub program: String,
    /// What it uses of its host.
    pub variant: Variant,
    /// The package that it is from.
    pub package: String,
    /// The package's `Cargo.toml`.
    pub manifest: PathBuf,
    /// What kind of program it is.
    pub crate_kind: CrateKind,
    /// The finished module or component.
    pub wasm: PathBuf,
    /// The same code with all names (and DWARF, if it was kept): the input of the last stage.
    pub symbols: PathBuf,
    /// Bytes of the finished file.
    pub bytes: u64,
    /// What else belongs to it: a JavaScript loader, type declarations.
    pub files: Vec<PathBuf>,
    /// What each stage did, in order.
    pub stages: Vec<StageReport>,
    /// Bytes of the file that this one replaced.
    pub previous_bytes: Option<u64>,
    /// What grew most since then, if the file grew.
    pub growth: Option<Growth>,
}

/// The biggest cause of a growth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Growth {
    /// Bytes that the whole file grew by.
    pub bytes: u64,
    /// What grew most, as the user knows it.
    pub cause: String,
    /// Bytes that it grew by, before names and metadata were dropped.
    pub cause_bytes: u64,
}

/// What a stage did to an output.
#[derive(Clone, Debug, Serialize)]
pub struct StageReport {
    /// The stage.
    pub stage: Stage,
    /// What it was given; for rustc what it made.
    pub input: PathBuf,
    /// Bytes of its input; 0 for rustc.
    pub bytes_before: u64,
    /// Bytes of its result.
    pub bytes_after: u64,
    /// Wall time.
    #[serde(serialize_with = "seconds", rename = "seconds")]
    pub duration: Duration,
    /// Where each byte of its input went; `None` where the stage rewrote nothing, or cannot tell.
    #[serde(skip)]
    pub addresses: Option<AddressMap>,
    /// The file that holds [`StageReport::addresses`] ([`AddressMap::from_bytes`]).
    pub addresses_file: Option<PathBuf>,
}

pub(crate) fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

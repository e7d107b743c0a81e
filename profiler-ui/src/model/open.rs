//! What a file is, found by its contents, and read.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use memviz::coredump::Coredump;
use memviz::snapshot::{Snapshot, SnapshotLimits};

use super::binary::Binary;
use super::debug_file::DebugFile;
use super::memory::Moment;
use super::recording::Recording;
use crate::jobs::Progress;
use crate::strings::{Text, Wording};

/// Larger files are refused: offsets in a module are 32 bits, and a window that swaps is of no use. A page has 4 GiB for
/// the file and all that is found in it.
pub const MAX_FILE_BYTES: u64 = if cfg!(target_arch = "wasm32") { 1 << 29 } else { 1 << 30 };

/// Bytes of a dump's or snapshot's memory that are kept.
const MAX_MEMORY_BYTES: u64 = 2 * MAX_FILE_BYTES;

/// A file that was read.
#[derive(Debug)]
pub enum Opened {
    /// A module or component.
    Binary(Arc<Binary>),
    /// Memories and globals at one moment: a snapshot, or what was left of a program that trapped.
    Moment(Arc<Moment>),
    /// A profile.
    Profile(Arc<Recording>),
    /// What describes a program.
    Debug(DebugFile),
    /// The program that is open, read again with what describes it.
    Described(Arc<Binary>),
    /// Text of a source file.
    Source {
        /// Its name, without folders.
        name: String,
        /// Its text.
        text: Arc<str>,
    },
}

/// Refuses a file that is too large before it is read.
///
/// # Errors
/// If it is.
pub fn check_size(bytes: u64) -> Result<(), Wording> {
    if bytes <= MAX_FILE_BYTES {
        return Ok(());
    }
    let [is, most] = [bytes, MAX_FILE_BYTES].map(crate::widgets::size);
    Err(Text::FileTooLarge.with("is", is).with("most", most))
}

/// Reads a file, and notes where it is.
///
/// # Errors
/// If it is of no known kind, or broken: what to do.
pub fn open(name: &str, path: Option<PathBuf>, bytes: Bytes, progress: &Progress) -> Result<Opened, Wording> {
    let name = name.to_string();
    let broken = |reason: Wording| Text::FileFailed.with("file", name.as_str()).with("reason", reason);
    let unknown = || Text::FileUnknown.with("file", name.as_str());
    if bytes.is_empty() {
        return Err(Text::FileEmpty.with("file", name));
    }
    check_size(bytes.len() as u64).map_err(broken)?;
    if bytes.starts_with(b"\x89MEMVIZ\n") {
        let limits = SnapshotLimits { page_bytes: MAX_MEMORY_BYTES, ..SnapshotLimits::default() };
        let snapshot = Snapshot::open(&bytes, limits).map_err(|error| broken(error.to_string().into()))?;
        return Ok(Opened::Moment(Arc::new(Moment::of_snapshot(&name, snapshot))));
    }
    if let Some(file) = DebugFile::of(&name, &bytes) {
        return Ok(Opened::Debug(file));
    }
    if bytes.starts_with(b"\0asm") {
        if Coredump::is_one(&bytes) {
            let dump = Coredump::read(&bytes, MAX_MEMORY_BYTES).map_err(|error| broken(error.to_string().into()))?;
            return Ok(Opened::Moment(Arc::new(Moment::of_coredump(&name, dump))));
        }
        let binary = Binary::read(&name, bytes, progress).map_err(|error| broken(error.to_string().into()))?;
        return Ok(Opened::Binary(Arc::new(binary.at(path))));
    }
    if let Some(text) = source_text(&name, &bytes) {
        return Ok(Opened::Source { name, text });
    }
    match wasm_profile::open(&bytes) {
        Ok(profile) => Ok(Opened::Profile(Arc::new(Recording::new(name, profile)))),
        // What is no other format is taken for one of these; it may be anything.
        Err(wasm_profile::Error::Unknown | wasm_profile::Error::Folded { line: 1, .. }) => Err(unknown()),
        Err(wasm_profile::Error::Pprof { .. }) if !is_named_as_pprof(&name) => Err(unknown()),
        Err(error) => Err(broken(error.to_string().into())),
    }
}

/// Reads a program again, with files that describe it.
///
/// # Errors
/// If it is broken.
pub fn describe(binary: &Binary, files: Vec<DebugFile>, progress: &Progress) -> Result<Opened, Wording> {
    let broken =
        |error: wasm_binary::Error| Text::FileFailed.with("file", binary.name()).with("reason", error.to_string());
    Ok(Opened::Described(Arc::new(binary.described_by(files, progress).map_err(broken)?)))
}

fn is_named_as_pprof(name: &str) -> bool {
    [".pb", ".pb.gz", ".pprof", ".prof"].iter().any(|ending| name.ends_with(ending))
}

/// Endings of the languages that are compiled to WebAssembly.
const SOURCE_ENDINGS: [&str; 20] = [
    "rs", "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "inc", "go", "zig", "ts", "swift", "d", "nim", "kt", "cs",
    "mbt", "f90",
];

/// The text of a source file, if it is one by its name and its contents.
fn source_text(name: &str, bytes: &Bytes) -> Option<Arc<str>> {
    let (_, ending) = name.rsplit_once('.')?;
    let is_source = SOURCE_ENDINGS.contains(&ending.to_ascii_lowercase().as_str());
    std::str::from_utf8(bytes).ok().filter(|_| is_source).map(Arc::from)
}

//! Carrying an advice out on a copy of the binary. `METHODS` says how for each kind; a kind that is not there is only
//! explained.

mod sections;
mod steps;
#[cfg(not(target_arch = "wasm32"))]
mod tools;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use wasm_advice::{Advice, Gain, Kind, Phrase, Unit};

pub use steps::Steps;

use super::binary::Binary;
use super::debug_file::DebugFile;
use crate::jobs::Progress;

/// What carries an advice out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Drops the custom sections that are its evidence, and all whose names begin so.
    DropSections {
        /// The beginning of names; without one, only the evidence goes.
        beginning: Option<&'static str>,
    },
    /// Writes the code with integers as short as they can be.
    ShortenIntegers,
    /// Runs these passes of binaryen's wasm-opt on a file that binaryen wrote.
    WasmOpt(&'static [&'static str]),
    /// Runs these passes on a linker's file. Binaryen also shortens all integers, which only this kind's gain counts.
    FirstWasmOpt(&'static [&'static str]),
    /// Builds the crate once more, as a release, with these arguments for Cargo; its own settings stay.
    Rebuild(&'static [&'static str]),
}

/// What surely goes: how much more `-Oz` takes can't be said before.
const SURE_PASSES: &[&str] =
    &["--remove-unused-module-elements", "--duplicate-function-elimination", "--memory-packing"];

/// How each kind is carried out.
const METHODS: &[(&str, Method)] = &[
    ("debug-info-shipped", Method::DropSections { beginning: Some(".debug_") }),
    ("duplicate-bodies", Method::WasmOpt(&["--duplicate-function-elimination"])),
    ("garbage-shipped", Method::WasmOpt(&["--remove-unused-module-elements"])),
    ("missing-lto", Method::Rebuild(&["--config", "profile.release.lto=true"])),
    ("names-shipped", Method::DropSections { beginning: None }),
    ("padded-indices", Method::ShortenIntegers),
    ("tool-sections-shipped", Method::DropSections { beginning: Some("reloc.") }),
    ("unoptimised-build", Method::Rebuild(&["--config", "profile.release.lto=false"])),
    ("wasm-opt-not-run", Method::FirstWasmOpt(SURE_PASSES)),
    ("zeros-in-data", Method::WasmOpt(&["--memory-packing"])),
];

impl Method {
    /// How a kind is carried out, if it can be at all.
    pub fn of(kind: Kind) -> Option<Method> {
        METHODS.iter().find(|(name, _)| *name == kind.as_str()).map(|(_, method)| *method)
    }

    /// Whether this build of the app has what it takes: a page runs no programs.
    pub fn is_available(self) -> bool {
        cfg!(not(target_arch = "wasm32")) || matches!(self, Method::DropSections { .. } | Method::ShortenIntegers)
    }

    /// The kinds of which the first that is advised, too, is to be carried out before: else more comes than was said, or
    /// debug information describes code that is not there any more.
    pub fn waits_for(self) -> &'static [&'static str] {
        match self {
            Method::WasmOpt(_) => &["debug-info-shipped", "wasm-opt-not-run"],
            Method::FirstWasmOpt(_) => &["debug-info-shipped"],
            _ => &[],
        }
    }

    /// What is run, as it is typed or in few words.
    pub fn command(self) -> String {
        match self {
            Method::DropSections { .. } => "strip".into(),
            Method::ShortenIntegers => "re-encode".into(),
            Method::WasmOpt(passes) | Method::FirstWasmOpt(passes) => format!("wasm-opt {}", passes.join(" ")),
            Method::Rebuild(args) => format!("cargo build --release {}", args.join(" ")),
        }
    }

    /// Whether it needs the crate that the binary was built from.
    pub fn needs_manifest(self) -> bool {
        matches!(self, Method::Rebuild(_))
    }
}

/// Why an advice was not carried out, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Its kind is only explained.
    #[error("{0} can't be applied here: follow what its text says")]
    NoMethod(Kind),
    /// A rebuild without a crate.
    #[error("name the Cargo.toml of the crate that this was built from")]
    NoManifest,
    /// The binary can't be taken apart.
    #[error("the file can't be rewritten: {0}")]
    Malformed(#[from] wasmparser::BinaryReaderError),
    /// Something depends on where the code lies.
    #[error("the section `{0}` says where code lies, and would be wrong: drop it first")]
    Positions(String),
    /// The code can't be written again.
    #[error("the code can't be written again: {0}")]
    Code(String),
    /// A tool or build failed.
    #[cfg(not(target_arch = "wasm32"))]
    #[error(transparent)]
    Build(#[from] wasm_build::Error),
    /// The build made several programs.
    #[error("the build made {0}; none of them is called as the open file: name the package's own Cargo.toml")]
    Ambiguous(String),
    /// What came out can't be opened.
    #[error("what came out can't be opened: {0}")]
    Result(#[from] wasm_binary::Error),
    /// Nothing came of it.
    #[error("nothing came of it: the file would have {after_bytes} bytes instead of {before_bytes}")]
    NoGain {
        /// As it is.
        before_bytes: u64,
        /// As it would be.
        after_bytes: u64,
    },
}

/// A long work, seen from outside: its tools' last words, and the flag that ends it.
#[derive(Clone, Debug, Default)]
pub struct Work {
    line: Arc<Mutex<String>>,
    /// Set to give up.
    pub cancel: Arc<AtomicBool>,
}

impl Work {
    /// The last line that its tools said.
    pub fn line(&self) -> String {
        self.line.lock().map(|line| line.clone()).unwrap_or_default()
    }

    /// The next line.
    #[cfg(not(target_arch = "wasm32"))]
    fn say(&self, text: String) {
        if let Ok(mut line) = self.line.lock() {
            *line = text;
        }
    }
}

/// An advice that was carried out on a copy.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The advice.
    pub title: Phrase,
    /// What it promised.
    pub predicted: Gain,
    /// The binary as it was.
    pub before: Arc<Binary>,
    /// The copy.
    pub after: Arc<Binary>,
}

impl Applied {
    /// Bytes of the file that went.
    pub fn saved_bytes(&self) -> i64 {
        self.before.bytes().len() as i64 - self.after.bytes().len() as i64
    }

    /// What went, of what was promised, in a hundred; `None` if something else than the file was to shrink.
    pub fn percent_of_predicted(&self) -> Option<f64> {
        let is_size = self.predicted.unit == Unit::FileBytes && self.predicted.amount > 0;
        is_size.then(|| self.saved_bytes() as f64 * 100.0 / self.predicted.amount as f64)
    }
}

/// Carries an advice out on a copy. `manifest` is the crate's `Cargo.toml`, for what needs it.
///
/// # Errors
/// If it can't be done here, a tool fails, or the copy is no smaller.
pub fn apply(
    before: &Arc<Binary>,
    advice: &Advice,
    manifest: Option<PathBuf>,
    work: &Work,
) -> Result<Applied, ApplyError> {
    let bytes = before.bytes();
    let made = match Method::of(advice.kind).ok_or(ApplyError::NoMethod(advice.kind))? {
        Method::DropSections { beginning } => {
            let evidence = section_names(before, advice);
            let goes = |name: &str| {
                evidence.iter().any(|known| known == name)
                    || beginning.is_some_and(|beginning| name.starts_with(beginning))
            };
            sections::without(bytes, &goes)?
        }
        Method::ShortenIntegers => sections::with_short_integers(bytes)?,
        #[cfg(not(target_arch = "wasm32"))]
        Method::WasmOpt(passes) | Method::FirstWasmOpt(passes) => tools::wasm_opt(bytes, passes, work)?,
        #[cfg(not(target_arch = "wasm32"))]
        Method::Rebuild(args) => tools::rebuild(before, &manifest.ok_or(ApplyError::NoManifest)?, args, work)?,
        #[cfg(target_arch = "wasm32")]
        Method::WasmOpt(_) | Method::FirstWasmOpt(_) | Method::Rebuild(_) => {
            let _ = (manifest, work);
            return Err(ApplyError::NoMethod(advice.kind));
        }
    };
    let (before_bytes, after_bytes) = (bytes.len() as u64, made.len() as u64);
    if after_bytes >= before_bytes {
        return Err(ApplyError::NoGain { before_bytes, after_bytes });
    }
    let mut after = Binary::read(&name_of_copy(before.name()), Bytes::from(made), &Progress::default())?;
    // What was dropped is still known of the same code.
    if let Some(known) = DebugFile::of_copy(before, &after) {
        after = after.described_by(vec![known], &Progress::default())?;
    }
    Ok(Applied { title: advice.title.clone(), predicted: advice.gain, before: before.clone(), after: Arc::new(after) })
}

/// `app.wasm` becomes `app.applied.wasm`, and that `app.applied-2.wasm`.
fn name_of_copy(name: &str) -> String {
    let stem = name.strip_suffix(".wasm").unwrap_or(name);
    let (first, steps) = match stem.rsplit_once(".applied") {
        Some((first, "")) => (first, 1),
        Some((first, number)) => match number.strip_prefix('-').and_then(|number| number.parse::<u32>().ok()) {
            Some(steps) => (first, steps),
            None => (stem, 0),
        },
        None => (stem, 0),
    };
    match steps {
        0 => format!("{first}.applied.wasm"),
        _ => format!("{first}.applied-{}.wasm", steps.saturating_add(1)),
    }
}

/// The custom sections that are an advice's evidence.
fn section_names(binary: &Binary, advice: &Advice) -> Vec<String> {
    binary.with(|analysis, _| {
        let is_evidence =
            |range: &Range<u32>| advice.evidence.iter().any(|evidence| evidence.range.as_ref() == Some(range));
        let sections = analysis.map.sections().iter().filter(|section| is_evidence(&section.range));
        sections.filter_map(|section| section.name.map(str::to_string)).collect()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn methods_are_of_kinds_that_there_are() {
        let kinds: Vec<&str> = wasm_analyzer::insights::kinds().map(Kind::as_str).collect();
        for (name, _) in METHODS {
            assert!(kinds.contains(name), "{name}");
        }
    }

    #[test]
    fn copies_of_copies_are_counted() {
        assert_eq!(name_of_copy("app.wasm"), "app.applied.wasm");
        assert_eq!(name_of_copy("app.applied.wasm"), "app.applied-2.wasm");
        assert_eq!(name_of_copy("app.applied-2.wasm"), "app.applied-3.wasm");
        assert_eq!(name_of_copy("app.applied-two.wasm"), "app.applied-two.applied.wasm");
        assert_eq!(name_of_copy("app"), "app.applied.wasm");
    }
}

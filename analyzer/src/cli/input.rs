//! Files in: read once, checked first, with errors that name the file.

use super::output::Output;
use anyhow::{Context, bail};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use wasm_analyzer::{Analysis, Trust};

/// What is reported when no file is named.
const SAMPLE: &[u8] = include_bytes!("../../../samples/rust-markdown/rust-markdown.wasm");
const SAMPLE_NAME: &str = "rust-markdown.wasm";

/// The file of a command, and how to read it.
#[derive(clap::Args)]
pub(crate) struct Input {
    /// Module, component, object or dynamic library; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// How a file is read.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct Reading {
    /// Let data belong to the code whose constants point into it (a guess) instead of to its memory
    #[arg(long)]
    pub(crate) inferred: bool,
}

impl Reading {
    fn trust(self) -> Trust {
        if self.inferred { Trust::Inferred } else { Trust::Sound }
    }
}

/// A file in memory.
pub(crate) struct Bytes {
    /// As the user named it.
    pub(crate) name: String,
    bytes: std::borrow::Cow<'static, [u8]>,
}

impl Bytes {
    /// The sample that the project ships.
    pub(crate) fn sample() -> Bytes {
        Bytes { name: SAMPLE_NAME.to_string(), bytes: SAMPLE.into() }
    }

    /// Reads a file, or standard input for `-`. Only the head is read of what is no WebAssembly.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Bytes> {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        if path == Path::new("-") {
            read_checked(std::io::stdin().lock(), None, &mut bytes).context("standard input")?;
        } else {
            let file = File::open(path).with_context(|| name.clone())?;
            let metadata = file.metadata().with_context(|| name.clone())?;
            if metadata.is_dir() {
                bail!("{name}: is a directory; name a .wasm file in it");
            }
            read_checked(file, Some(metadata.len()), &mut bytes).with_context(|| name.clone())?;
        }
        Ok(Bytes { name, bytes: bytes.into() })
    }

    /// Analyses the file and warns of its damage.
    pub(crate) fn analyze(&self, reading: Reading) -> anyhow::Result<Analysis<'_>> {
        Analysis::new(&self.bytes, reading.trust()).with_context(|| self.name.clone())
    }

    /// What a command ends with: an error if the file is damaged, though what can be read has been shown.
    pub(crate) fn finish(&self, analysis: &Analysis<'_>, output: &Output) -> u8 {
        let mut code = super::OK;
        for damage in analysis.damage() {
            output.warning(&format!("{}: damaged: {damage}", self.name));
            code = super::ERROR;
        }
        code
    }
}

/// Reads all, unless the first bytes cannot be those of a WebAssembly binary.
fn read_checked(mut from: impl Read, size: Option<u64>, bytes: &mut Vec<u8>) -> anyhow::Result<()> {
    from.by_ref().take(8).read_to_end(bytes)?;
    let is_binary = bytes.starts_with(b"\0asm");
    if !is_binary || size.is_some_and(|size| size > u64::from(u32::MAX)) {
        // The head alone gives the error that says what it is.
        wasm_binary::Map::parse(bytes)?;
        bail!("the file is larger than 4 GiB, which no WebAssembly binary can be");
    }
    bytes.reserve_exact(usize::try_from(size.unwrap_or(0))?.saturating_sub(bytes.len()));
    from.read_to_end(bytes)?;
    Ok(())
}

//! Files in: read once, checked first, with errors that name the file.

use super::output::Output;
use anyhow::{Context, bail};
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use wasm_analyzer::source::Sources;
use wasm_analyzer::{Analysis, Trust};
use wasm_binary::Map;
use wasm_source::DebugSections;

/// What fits 32-bit offsets.
const MAX_SIZE: u64 = u32::MAX as u64;
const TOO_LARGE: &str = "the file is larger than 4 GiB, more than can be mapped";

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
    #[command(flatten)]
    pub(crate) debug: DebugFiles,
}

/// How a file is read.
#[derive(Clone, Copy, Default, clap::Args)]
pub(crate) struct Reading {
    /// Let data belong to the code whose constants point into it (a guess) instead of to its memory
    #[arg(long)]
    pub(crate) inferred: bool,
    /// Charge functions with the debug information that describes them, instead of leaving it to its sections
    #[arg(long)]
    pub(crate) charge_debug: bool,
}

/// Where debug information is, if it is not in the file.
#[derive(Clone, Default, clap::Args)]
pub(crate) struct DebugFiles {
    /// Module with the DWARF of FILE [default: what its external_debug_info section names, if it is beside]
    #[arg(long, value_name = "PATH")]
    debug_file: Option<PathBuf>,
    /// Source map of FILE [default: what its sourceMappingURL section names, if it is beside]
    #[arg(long, value_name = "PATH")]
    source_map: Option<PathBuf>,
}

impl Reading {
    fn trust(self) -> Trust {
        if self.inferred { Trust::Inferred } else { Trust::Sound }
    }
}

/// A file in memory, with its debug files.
pub(crate) struct Bytes {
    /// As the user named it.
    pub(crate) name: String,
    bytes: Cow<'static, [u8]>,
    debug_file: Option<Vec<u8>>,
    source_map: Option<Vec<u8>>,
    dwo: Vec<Vec<u8>>,
}

impl Bytes {
    /// The sample that the project ships.
    pub(crate) fn sample() -> Bytes {
        Bytes::of(SAMPLE_NAME.to_string(), SAMPLE.into())
    }

    fn of(name: String, bytes: Cow<'static, [u8]>) -> Bytes {
        Bytes { name, bytes, debug_file: None, source_map: None, dwo: Vec::new() }
    }

    /// Reads a file, or standard input for `-`. Only the head is read of what is no WebAssembly.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Bytes> {
        let name = shown(path);
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
        Ok(Bytes::of(name, bytes.into()))
    }

    /// Reads a file, and the debug file that may name its functions.
    pub(crate) fn open(input: &Input) -> anyhow::Result<Bytes> {
        let mut file = Bytes::read(&input.file)?;
        let url = file.debug_sections().external_debug_info();
        file.debug_file = find(&input.file, input.debug.debug_file.as_deref(), url)?;
        Ok(file)
    }

    /// As [`Bytes::open`], with its source map and the `.dwo` files or the package of them beside it: for what asks for lines. Says what is
    /// named but not there.
    pub(crate) fn open_with_lines(input: &Input, output: &Output) -> anyhow::Result<Bytes> {
        let mut file = Bytes::open(input)?;
        let sections = file.debug_sections();
        let url = sections.source_mapping_url();
        let source_map = find(&input.file, input.debug.source_map.as_deref(), url)?;
        let wanted = [
            (sections.external_debug_info(), file.debug_file.is_none(), "--debug-file"),
            (url, source_map.is_none(), "--source-map"),
        ];
        for (url, _, option) in wanted.into_iter().filter(|(_, is_missing, _)| *is_missing) {
            if let Some(url) = url {
                let url = wasm_binary::escape(url);
                output.note(&format!("{}: names \"{url}\", which is not beside it: {option} PATH names it", file.name));
            }
        }
        let map = Map::parse(&file.bytes).with_context(|| file.name.clone())?;
        let missing = Sources::open(&map).0.missing_dwo();
        let mut dwo = Vec::new();
        if let (false, Some(name)) = (missing.is_empty(), input.file.file_name()) {
            // The package's name, by convention.
            dwo.extend(beside(&input.file, &format!("{}.dwp", name.display()), None));
        }
        dwo.extend(missing.iter().filter_map(|(name, folder)| beside(&input.file, name, folder.as_deref())));
        (file.source_map, file.dwo) = (source_map, dwo);
        Ok(file)
    }

    /// What is no module, or damaged, has none.
    fn debug_sections(&self) -> DebugSections<'_> {
        DebugSections::from_module(&self.bytes).unwrap_or_default()
    }

    /// Analyses the file.
    pub(crate) fn analyze(&self, reading: Reading) -> anyhow::Result<Analysis<'_>> {
        let mut map = Map::parse(&self.bytes).with_context(|| self.name.clone())?;
        // What DWARF names is asked for only where the file itself leaves functions without a name.
        let mut sources = Sources::open(&map).0;
        if let Some(file) = &self.debug_file {
            sources.add_debug_file(&map, file).with_context(|| format!("{}: its debug file", self.name))?;
        }
        sources.name_functions(&mut map);
        if reading.charge_debug && self.debug_file.is_none() {
            let charges = sources.charges(&map);
            map.charge(&charges);
        }
        Ok(Analysis::of(map, reading.trust()))
    }

    /// The debug information of the file and of those beside it.
    pub(crate) fn sources<'s>(&'s self, map: &Map<'s>, output: &Output) -> anyhow::Result<Sources<'s>> {
        let (mut sources, problems) = Sources::open(map);
        for problem in problems {
            output.warning(&format!("{}: debug information: {problem}", self.name));
        }
        if let Some(file) = &self.debug_file {
            sources.add_debug_file(map, file).with_context(|| format!("{}: its debug file", self.name))?;
        }
        for file in &self.dwo {
            sources.add_dwo(file).with_context(|| format!("{}: a .dwo or .dwp file of it", self.name))?;
        }
        if let Some(json) = &self.source_map {
            let source_map = wasm_source::SourceMap::parse(json);
            sources.add_source_map(source_map.with_context(|| format!("{}: its source map", self.name))?);
        }
        Ok(sources)
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

/// Reads a file that belongs to `path`: the one that the user names must be there; the one that a URL names is taken if
/// it lies in the same folder, and never from anywhere else: the URL is the file's word, not the user's.
fn find(path: &Path, named: Option<&Path>, url: Option<&str>) -> anyhow::Result<Option<Vec<u8>>> {
    match named {
        Some(named) => Ok(Some(std::fs::read(named).with_context(|| named.display().to_string())?)),
        None => Ok(url.and_then(|url| beside(path, url, None))),
    }
}

/// Reads a file by its last name, in the folder of `path`, or below it in the compilation directory's.
fn beside(path: &Path, name: &str, directory: Option<&str>) -> Option<Vec<u8>> {
    let folder = path.parent()?;
    let file_name = Path::new(name).file_name()?;
    let inside = directory.and_then(|d| Path::new(d).file_name()).map(|d| folder.join(d).join(file_name));
    let found = [Some(folder.join(file_name)), inside].into_iter().flatten().find(|p| p.is_file() && *p != path);
    let mut bytes = Vec::new();
    File::open(found?).ok()?.take(MAX_SIZE).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// A file name for the terminal and for reports.
fn shown(path: &Path) -> String {
    wasm_binary::escape(&path.display().to_string()).into_owned()
}

/// Reads all, unless the first bytes cannot be those of a WebAssembly binary.
fn read_checked(mut from: impl Read, size: Option<u64>, bytes: &mut Vec<u8>) -> anyhow::Result<()> {
    from.by_ref().take(8).read_to_end(bytes)?;
    let is_binary = bytes.starts_with(b"\0asm");
    if !is_binary || size.is_some_and(|size| size > MAX_SIZE) {
        // The head alone gives the error that says what it is.
        Map::parse(bytes)?;
        bail!("{TOO_LARGE}");
    }
    bytes.reserve_exact(usize::try_from(size.unwrap_or(0))?.saturating_sub(bytes.len()));
    from.take(MAX_SIZE + 1).read_to_end(bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        bail!("{TOO_LARGE}");
    }
    Ok(())
}

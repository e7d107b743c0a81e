//! Debug information that lies in files beside the program: the one that the
//! section `external_debug_info` names, split DWARF (`.dwo`, `.dwp`), or those
//! that the user gives.
//!
//! Their sections are put behind the program's own: nothing in it moves, and
//! every front end has them. A split file goes there whole, as a custom section
//! of its own.

use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use wasm_binary::{Map, ModuleId};
use wasm_source::{DebugSections, Source};

/// The custom sections that hold whole files of split DWARF.
pub(crate) const DWO: &str = "wasm-gdb.dwo";
pub(crate) const DWP: &str = "wasm-gdb.dwp";

/// Why a debug file was not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DebugFileError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is no WebAssembly, or the program is none that can have one.
    #[error("{path}: {reason}")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It describes other code.
    #[error("{path} is of another build than the program: {reason}")]
    OtherBuild {
        /// The file.
        path: PathBuf,
        /// What tells them apart.
        reason: String,
    },
}

/// A program with its debug information.
#[derive(Clone, Debug)]
pub struct Complete {
    /// The program's bytes, the debug files' sections behind them.
    pub bytes: Bytes,
    /// The files that are named and were not used, and why.
    pub problems: Vec<String>,
}

/// Adds to a program what it says of debug files; what is `given` comes first.
/// Relative names are looked up in the program's folder.
///
/// # Errors
/// If a given file cannot be used. One that only the program names is a
/// problem that is said.
pub fn complete(program: Bytes, path: &Path, given: &[PathBuf]) -> Result<Complete, DebugFileError> {
    let mut done = Complete { bytes: program, problems: Vec::new() };
    if given.is_empty() && !might_have_files(&done.bytes) {
        return Ok(done);
    }
    for file in given {
        done.bytes = join(&done.bytes, file, &read(file)?)?;
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    if let Some(file) = named(&done.bytes).map(|name| folder.join(local(&name))) {
        match read(&file).and_then(|bytes| join(&done.bytes, &file, &bytes)) {
            Ok(joined) => done.bytes = joined,
            Err(error) => done.problems.push(error.to_string()),
        }
    }
    done.split(path, folder);
    Ok(done)
}

impl Complete {
    /// Adds the package of the program's split units, or their files.
    fn split(&mut self, path: &Path, folder: &Path) {
        let units = split_units(&self.bytes);
        if units.is_empty() {
            return;
        }
        let packages = [path.with_extension("wasm.dwp"), path.with_extension("dwp")];
        if let Some((package, bytes)) = packages.iter().find_map(|file| Some((file, std::fs::read(file).ok()?))) {
            match join(&self.bytes, package, &bytes) {
                Ok(joined) => self.bytes = joined,
                Err(error) => self.problems.push(error.to_string()),
            }
            return;
        }
        let mut missing = Vec::new();
        for (name, compiled_in) in units {
            let file = Path::new(&name);
            let beside = file.file_name().map(|name| folder.join(name));
            let places = [Some(Path::new(&compiled_in).join(file)), Some(folder.join(file)), beside];
            match places.into_iter().flatten().find_map(|place| std::fs::read(place).ok()) {
                Some(bytes) => append(&mut self.bytes, &[(DWO, &bytes)]),
                None => missing.push(name),
            }
        }
        if let Some(first) = missing.first() {
            let more = if missing.len() > 1 { format!(" and {} more", missing.len() - 1) } else { String::new() };
            self.problems.push(format!(
                "types and variables are in {first}{more}, which is not there: give the file with --debug-file, or \
                 all as one made by llvm-dwp"
            ));
        }
    }
}

/// Whether a program says that its debug information, or a part, is elsewhere.
fn might_have_files(program: &[u8]) -> bool {
    DebugSections::from_module(program)
        .is_ok_and(|sections| sections.external_debug_info().is_some() || sections.get(".debug_addr").is_some())
}

/// The file that a module names, if it has no DWARF itself.
fn named(program: &[u8]) -> Option<String> {
    let sections = DebugSections::from_module(program).ok()?;
    sections.external_debug_info().filter(|_| !sections.has_dwarf()).map(str::to_string)
}

/// A URL as a path: of one with a scheme or host only the file's name is of
/// use here.
fn local(url: &str) -> PathBuf {
    let path = url.strip_prefix("file://").unwrap_or(url);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    match path.contains("://") {
        true => PathBuf::from(path.rsplit('/').next().unwrap_or(path)),
        false => PathBuf::from(path),
    }
}

/// The split units whose entries are elsewhere: the file, and where the
/// compiler ran.
fn split_units(program: &[u8]) -> Vec<(String, String)> {
    let source = DebugSections::from_module(program).and_then(|sections| {
        let is_split = sections.get(".debug_addr").is_some();
        let mut source = Source::open(&sections)?;
        if is_split {
            attach(&mut source, program, sections.code());
        }
        Ok(is_split.then_some(source))
    });
    let units = source.ok().flatten().map(|source| source.split_units()).unwrap_or_default();
    let mut names: Vec<(String, String)> = units
        .into_iter()
        .map(|unit| (unit.name.into_owned(), unit.comp_dir.unwrap_or_default().into_owned()))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Adds the split files that [`complete`] has put behind a module.
pub(crate) fn attach<'m>(source: &mut Source<'m>, module: &'m [u8], code: Range<u32>) {
    for payload in wasmparser::Parser::new(0).parse_all(module).map_while(Result::ok) {
        let wasmparser::Payload::CustomSection(section) = payload else { continue };
        let is_package = section.name() == DWP;
        if !is_package && section.name() != DWO {
            continue;
        }
        let Ok(sections) = DebugSections::from_module(section.data()) else { continue };
        let sections = sections.with_code(code.clone());
        // A package that cannot be read adds nothing.
        let _ = match is_package {
            true => source.attach_dwp(&sections),
            false => Ok(source.attach_dwo(&sections)),
        };
    }
}

fn read(file: &Path) -> Result<Vec<u8>, DebugFileError> {
    std::fs::read(file).map_err(|source| DebugFileError::Read { path: file.to_path_buf(), source })
}

/// A program with a debug file's sections.
fn join(program: &Bytes, path: &Path, file: &[u8]) -> Result<Bytes, DebugFileError> {
    let unfit = |reason: String| DebugFileError::Unfit { path: path.to_path_buf(), reason };
    let sections = DebugSections::from_module(file).map_err(|error| unfit(error.to_string()))?;
    if DebugSections::from_module(program).is_err() {
        return Err(unfit("the program is no core module: only those can have debug files".to_string()));
    }
    let mut joined = program.clone();
    if sections.get(".debug_cu_index").is_some() {
        append(&mut joined, &[(DWP, file)]);
        return Ok(joined);
    }
    if sections.get(".debug_info.dwo").is_some() {
        append(&mut joined, &[(DWO, file)]);
        return Ok(joined);
    }
    if !sections.has_dwarf() {
        return Err(unfit("there is no debug information in it".to_string()));
    }
    if let Some(reason) = difference(program, file) {
        return Err(DebugFileError::OtherBuild { path: path.to_path_buf(), reason });
    }
    let named: Vec<(&str, &[u8])> = custom_sections(file)
        .filter(|(name, _)| name.starts_with(".debug_"))
        .filter(|(name, _)| custom_sections(program).all(|(known, _)| known != *name))
        .collect();
    let names = custom_sections(program).all(|(name, _)| name != "name");
    let names = custom_sections(file).filter(|(name, _)| names && *name == "name");
    append(&mut joined, &named.into_iter().chain(names).collect::<Vec<_>>());
    Ok(joined)
}

/// What tells a debug file from the program's: their build ids, else the code
/// if the file has any. Addresses in DWARF count from the code's beginning.
fn difference(program: &[u8], file: &[u8]) -> Option<String> {
    let (program, file) = (Map::parse(program).ok()?, Map::parse(file).ok()?);
    let id = |map: &Map<'_>| {
        map.custom_section(ModuleId(0), "build_id").map(|_| wasm_binary::identity::build_id(map).to_string())
    };
    if let (Some(one), Some(other)) = (id(&program), id(&file)) {
        return (one != other).then(|| format!("its build id is {other}, the program's {one}"));
    }
    fn code<'a>(map: &Map<'a>) -> Option<&'a [u8]> {
        map.sections().iter().find(|section| section.kind == "code").map(|section| map.section_bytes(section))
    }
    match (code(&program), code(&file)) {
        (Some(one), Some(other)) if one != other => Some("its code is not the same".to_string()),
        _ => None,
    }
}

fn custom_sections(module: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    wasmparser::Parser::new(0).parse_all(module).map_while(Result::ok).filter_map(|payload| match payload {
        wasmparser::Payload::CustomSection(section) => Some((section.name(), section.data())),
        _ => None,
    })
}

/// Adds custom sections at a module's end.
fn append(module: &mut Bytes, sections: &[(&str, &[u8])]) {
    use wasm_encoder::Section as _;
    let mut bytes = module.to_vec();
    for (name, data) in sections {
        wasm_encoder::CustomSection { name: (*name).into(), data: (*data).into() }.append_to(&mut bytes);
    }
    *module = bytes.into();
}

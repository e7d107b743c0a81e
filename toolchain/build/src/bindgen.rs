//! wasm-bindgen's own rewrite, for crates that use it: by the command of exactly the version that the crate is locked
//! to, since the two speak a format that changes with every release.

use crate::error::Error;
use crate::place;
use crate::rewrite::{Rewritten, sections};
use crate::rustc::is_interrupted;
use crate::toolchain;
use crate::trace;
use std::fs;
use std::path::Path;
use wasm_binary::{AddressMap, Map};

/// A module after wasm-bindgen, and what came with it.
pub(crate) struct Bound {
    pub(crate) module: Rewritten,
    /// JavaScript and type declarations: path below the output's folder, and contents.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) version: String,
}

/// Whether rustc's result is only half of a wasm-bindgen module.
pub(crate) fn is_needed(bytes: &[u8]) -> bool {
    let sections = sections(bytes).unwrap_or_default();
    sections.iter().any(|section| section.name == Some("__wasm_bindgen_unstable"))
}

/// Runs wasm-bindgen. `target` is its own word for where the module is to run: `web`, `nodejs`, `bundler`, ….
pub(crate) fn bind(
    bytes: &[u8],
    version: &str,
    target: &str,
    keep_debug: bool,
    folder: &Path,
    output: &str,
) -> Result<Bound, Error> {
    let program = toolchain::wasm_bindgen(version).ok_or_else(|| Error::ToolMissing {
        output: output.to_string(),
        tool: format!("wasm-bindgen {version}"),
        cure: format!("cargo wasm setup wasm-bindgen@{version}"),
    })?;
    let failed = |message: String| Error::Tool { tool: "wasm-bindgen".into(), output: output.to_string(), message };
    let work = tempfile::tempdir_in(folder).map_err(Error::write(folder))?;
    let input = work.path().join(format!("{output}.wasm"));
    place::write(&input, bytes)?;
    let out = work.path().join("out");
    let mut command = program.command();
    command.arg(&input).arg("--out-dir").arg(&out).args(["--out-name", output, "--target", target]);
    if keep_debug {
        command.arg("--keep-debug");
    }
    let done = command.output().map_err(|source| Error::Spawn { program: "wasm-bindgen".into(), source })?;
    if is_interrupted(done.status) {
        return Err(Error::Interrupted);
    }
    if !done.status.success() {
        return Err(failed(String::from_utf8_lossy(&done.stderr).trim().to_string()));
    }
    let name = format!("{output}_bg.wasm");
    let bound = place::read(&out.join(&name))?;
    let mut files = Vec::new();
    collect(&out, "", &mut files)?;
    files.retain(|(path, _)| *path != name);
    files.sort();
    let old = Map::parse(bytes).map_err(|error| failed(error.to_string()))?;
    let new = Map::parse(&bound).map_err(|error| failed(error.to_string()))?;
    let mut runs = trace::same_function_runs(&old, &new);
    runs.extend(trace::data_runs(&old, &new));
    let addresses = AddressMap::new(runs);
    Ok(Bound { module: Rewritten { bytes: bound, addresses }, files, version: program.version })
}

/// All files below a folder, by their path in it.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::read(folder))? {
        let path = entry.map_err(Error::read(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match path.is_dir() {
            true => collect(&path, &format!("{prefix}{name}/"), files)?,
            false => files.push((format!("{prefix}{name}"), place::read(&path)?)),
        }
    }
    Ok(())
}

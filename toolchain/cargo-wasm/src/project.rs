//! Where the user's package is, and what is taken where nobody says.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use wasm_build::{Project, Request, Target};

/// The manifest that is given, or the nearest one above.
pub(crate) fn manifest(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(path) = given {
        let path = if path.is_dir() { path.join("Cargo.toml") } else { path.to_path_buf() };
        return path.canonicalize().with_context(|| format!("there is no Cargo.toml at {}", path.display()));
    }
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    match here.ancestors().map(|folder| folder.join("Cargo.toml")).find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!(
            "there is no Cargo.toml in {} or a folder above it: change to a package's folder, or make a package with \
             `cargo wasm new NAME`",
            here.display()
        ),
    }
}

/// No system for a library with exports, WASI for a program with a `main`.
pub(crate) fn default_target(project: &Project) -> Target {
    let mut targets = project.selected().flat_map(|package| &package.targets);
    if targets.any(|target| target.is_cdylib()) { Target::Unknown } else { Target::Wasip1 }
}

/// The folder of the package, or of the workspace if several are built.
pub(crate) fn folder(project: &Project) -> &Path {
    let mut selected = project.selected();
    match (selected.next(), selected.next()) {
        (Some(package), None) => package.manifest_path.parent().map_or(Path::new("."), |folder| folder.as_std_path()),
        _ => project.workspace_root(),
    }
}

/// The folders that the packages' sources are in: their own, and those of dependencies by path.
pub(crate) fn source_folders(project: &Project) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = project
        .selected()
        .flat_map(|package| {
            let own = package.manifest_path.parent().map(|folder| folder.as_std_path().to_path_buf());
            let dependencies = package.dependencies.iter().filter_map(|dependency| dependency.path.clone());
            own.into_iter().chain(dependencies.map(|path| path.into_std_path_buf()))
        })
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

/// Settles which of several programs is meant.
///
/// # Errors
/// If nobody says so.
pub(crate) fn choose_program(project: &Project, request: &mut Request) -> anyhow::Result<()> {
    if request.artifact.is_some() {
        return Ok(());
    }
    let all: Vec<&cargo_metadata::Target> = project
        .selected()
        .flat_map(|package| &package.targets)
        .filter(|target| target.is_bin() || target.is_cdylib())
        .collect();
    if let [_, _, ..] = all.as_slice() {
        let defaults: Vec<&str> = project.selected().filter_map(|package| package.default_run.as_deref()).collect();
        let names: Vec<&str> = all.iter().map(|target| target.name.as_str()).collect();
        let [default] = defaults.as_slice() else {
            bail!("there are several programs: choose one of {} with --bin", names.join(", "));
        };
        request.artifact = Some((*default).to_string());
    }
    Ok(())
}

/// The finished files under `target/wasm`: `TARGET/PROFILE/NAME.wasm`.
pub(crate) fn built_files(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    let profiles = entries(folder).into_iter().flat_map(|target| entries(&target));
    let mut files: Vec<PathBuf> = profiles
        .flat_map(|profile| entries(&profile))
        .filter(|file| file.extension().is_some_and(|e| e == "wasm"))
        .collect();
    files.sort();
    files
}

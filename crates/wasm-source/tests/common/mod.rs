//! Where the tests find their modules.
#![allow(dead_code)]

use std::path::PathBuf;

/// A module of the corpus: from `$WASM_CORPUS`, else `~/.cache/wasm-corpus`.
/// Without it the test that asks is not run, and says so; with `CI=true` that
/// is a failure if all of the corpus was asked for (`WASM_CORPUS_ALL`).
pub(crate) fn corpus(file: &str) -> Option<Vec<u8>> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/wasm-corpus"));
    let folder = std::env::var_os("WASM_CORPUS").map(PathBuf::from).or(home);
    let path = folder.unwrap_or_default().join(file);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            println!("skipped: needs corpus file {file} ({error})");
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            let is_asked_for = std::env::var_os("WASM_CORPUS_ALL").is_some();
            assert!(!(ci && is_asked_for), "needs corpus file {}", path.display());
            None
        }
    }
}

/// A module that lies beside the tests.
pub(crate) fn fixture(file: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(file);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

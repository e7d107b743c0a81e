//! What the tests share: fixtures, programs compiled on the spot, GDB.
#![allow(dead_code)]

pub(crate) mod machine;
pub(crate) mod server;

use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_shadow::{Flavour, Layout, Module};

/// A module that lies beside the tests of `wasm-source`.
pub(crate) fn fixture(file: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/wasm-source/tests/fixtures");
    let path = fixtures.join(file);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A module of the corpus (corpus/fetch), if it is there.
pub(crate) fn corpus(file: &str) -> Option<Vec<u8>> {
    let home = std::env::var_os("HOME").map(PathBuf::from)?;
    let folder = std::env::var_os("WASM_CORPUS").map_or(home.join(".cache/wasm-corpus"), PathBuf::from);
    std::fs::read(folder.join(file)).ok()
}

/// A module and its shadow.
pub(crate) fn shadow(module: &[u8], flavour: Flavour) -> (Layout, wasm_shadow::Shadow) {
    let modules = [Module::parse(module).unwrap()];
    let layout = Layout::new(flavour, &modules).unwrap();
    let shadow = wasm_shadow::shadow(&modules[0], &layout, 0).unwrap();
    (layout, shadow)
}

/// Says that a test on a module of the corpus was not run; with `CI=true` that is a failure if all of it was asked for
/// (`WASM_CORPUS_ALL`).
pub(crate) fn not_fetched(file: &str) {
    match std::env::var_os("WASM_CORPUS_ALL") {
        Some(_) => not_run(file),
        None => eprintln!("not run: needs {file} (corpus/fetch)"),
    }
}

/// Says what could not be tried; with `CI=true` that is a failure.
pub(crate) fn not_run(what: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "needs {what}");
    eprintln!("not run: needs {what}");
}

/// Whether a tool is there.
pub(crate) fn has(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        not_run(tool);
    }
    found
}

/// The GDB for a flavour: the machine's own for x86, else the one that knows all.
pub(crate) fn gdb_for(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::I386 | Flavour::X86_64 => "gdb",
        Flavour::Aarch64 => "gdb-multiarch",
    }
}

/// Runs commands in a GDB without settings; its output and messages. Terminated after three minutes.
pub(crate) fn gdb(gdb: &str, file: Option<&Path>, commands: &[&str]) -> String {
    let mut command = Command::new("timeout");
    command.args(["180", gdb, "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set width 0"]);
    for text in commands {
        command.args(["-ex", text]);
    }
    command.args(file).env("LC_ALL", "C.UTF-8").env_remove("DEBUGINFOD_URLS");
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert_ne!(output.status.code(), Some(124), "gdb hangs: {text}");
    text
}

/// Asks GDB about a shadow without a running program; `None` if there is no GDB.
pub(crate) fn ask(elf: &[u8], flavour: Flavour, commands: &[&str]) -> Option<String> {
    has(gdb_for(flavour)).then(|| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shadow.elf");
        std::fs::write(&file, elf).unwrap();
        gdb(gdb_for(flavour), Some(&file), commands)
    })
}

/// Fails with the whole text if a part of it is not there.
#[track_caller]
pub(crate) fn assert_contains(text: &str, part: &str) {
    assert!(text.contains(part), "no {part:?} in:\n{text}");
}

/// Compiles C with clang for wasm; `None` if there is no clang.
pub(crate) fn compile_c(source: &str, flags: &[&str]) -> Option<Vec<u8>> {
    if !has("clang-22") || !has("wasm-ld-22") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.c"), source).unwrap();
    let target = if flags.contains(&"-m64") { "wasm64" } else { "wasm32" };
    let flags = flags.iter().filter(|flag| **flag != "-m64");
    run(Command::new("clang-22")
        .args([&format!("--target={target}"), "-g", "-c", "main.c", "-o", "main.o"])
        .args(flags)
        .current_dir(folder.path()));
    let emulation = if target == "wasm64" { "-mwasm64" } else { "-mwasm32" };
    run(Command::new("wasm-ld-22")
        .args([emulation, "--no-entry", "--export-all", "--allow-undefined", "main.o", "-o", "main.wasm"])
        .current_dir(folder.path()));
    Some(std::fs::read(folder.path().join("main.wasm")).unwrap())
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

//! What `new` makes builds, runs and passes its tests, unchanged.

use crate::common::{Folder, built};
use std::fs;

#[test]
fn browser() {
    let folder = Folder::with("in-browser", "browser");
    let ran = folder.run_in("in-browser", &["run"]).succeeds();
    assert_eq!(ran.stdout, "Hello, world!\n");
    assert_eq!(folder.run_in("in-browser", &["run", "--in", "wasmtime", "-q"]).succeeds().stdout, "Hello, world!\n");
    assert!(folder.run_in("in-browser", &["test"]).succeeds().stdout.contains("test tests::greets ... ok"));

    // What a page needs, in one folder.
    folder.run_in("in-browser", &["build", "--release", "--out-dir", "web/pkg"]).succeeds();
    let mut files: Vec<String> = fs::read_dir(folder.path().join("in-browser/web/pkg"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["in_browser.mjs", "in_browser.wasm"]);
    let script = folder.path().join("use.mjs");
    fs::write(
        &script,
        "import init from './in-browser/web/pkg/in_browser.mjs';
        console.log((await init()).exports.greet('node'));",
    )
    .unwrap();
    let node = std::process::Command::new("node").arg(script).output().unwrap();
    assert_eq!(String::from_utf8(node.stdout).unwrap(), "Hello, node!\n");
}

#[test]
fn std() {
    let folder = Folder::with("with-std", "std");
    assert_eq!(folder.run_in("with-std", &["run"]).succeeds().stdout, "Hello, world!\n");
    assert_eq!(folder.run_in("with-std", &["run", "--", "you"]).succeeds().stdout, "Hello, you!\n");
    assert_eq!(
        folder.run_in("with-std", &["run", "--target", "wasip2", "--", "component"]).succeeds().stdout,
        "Hello, component!\n"
    );
    assert!(folder.run_in("with-std", &["test"]).succeeds().stdout.contains("1 passed"));
}

#[test]
fn freestanding() {
    let folder = Folder::with("free", "freestanding");
    for host in ["node", "wasmtime"] {
        let ran = folder.run_in("free", &["run", "--profile", "freestanding", "--in", host]).succeeds();
        assert_eq!(ran.stdout, "Hello, world!\n", "{host}");
    }
    let bytes = fs::read(built("wasm32-unknown-unknown", "freestanding", "free")).unwrap();
    assert!(bytes.len() < 500, "{} bytes", bytes.len());
    folder.run_in("free", &["check", "--profile", "freestanding"]).succeeds();
    assert!(folder.run_in("free", &["test"]).succeeds().stdout.contains("test tests::adds ... ok"));
}

#[test]
fn a_program_in_another_workspace_is_its_own() {
    let folder = Folder::new();
    folder.write("Cargo.toml", "[workspace]\n");
    folder.run(&["new", "inner", "--template", "std"]).succeeds();
    assert_eq!(folder.run_in("inner", &["run", "-q"]).succeeds().stdout, "Hello, world!\n");
}

#[test]
fn build_says_what_it_made() {
    let folder = Folder::with("said", "std");
    let ran = folder.run_in("said", &["build", "--timings"]).succeeds();
    let first = ran.stdout.lines().next().unwrap();
    // Compressing takes time, and a dev build is shipped to nobody.
    assert!(
        first.contains("said.wasm  ") && !first.contains("gzip") && first.ends_with("dev, wasm32-wasip1"),
        "{first}"
    );
    assert!(ran.stdout.contains("\n  rustc ") && ran.stdout.contains(" s\n"), "{}", ran.stdout);

    let ran = folder.run_in("said", &["build", "--message-format", "json"]).succeeds();
    let last: serde_json::Value = serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["reason"], "build-finished");
    assert_eq!(last["build"]["outputs"][0]["name"], "said");

    let ran = folder.run_in("said", &["size", "--json"]).succeeds();
    assert!(serde_json::from_str::<serde_json::Value>(&ran.stdout).is_ok());
}

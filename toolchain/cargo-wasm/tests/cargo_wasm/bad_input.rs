//! What goes wrong says what, and what to do.

use crate::common::{Folder, Ran, built, target_dir};
use std::fs;
use std::net::TcpListener;

#[test]
fn unknown_names_list_the_known_ones() {
    let folder = Folder::with("names", "std");
    let ran = folder.run_in("names", &["build", "--target", "wasm64-unknown-unknown"]).ends_with_code(2);
    assert!(
        ran.stderr.contains("there is no target `wasm64-unknown-unknown`; there are wasm32-unknown-unknown, wasm32-wasip1, wasm32-wasip2"),
        "{}",
        ran.stderr
    );
    let ran = folder.run_in("names", &["build", "--profile", "tiny"]).ends_with_code(2);
    assert!(ran.stderr.contains("there is no profile `tiny`; there are dev, release, freestanding"), "{}", ran.stderr);
    let ran = folder.run_in("names", &["build", "--package", "other"]).ends_with_code(2);
    assert!(ran.error().contains("`other`") && ran.error().contains("names"), "{}", ran.error());
    let ran = folder.run_in("names", &["build", "--bin", "other"]).ends_with_code(2);
    assert!(ran.error().contains("`other`") && ran.error().contains("names"), "{}", ran.error());
    let ran = folder.run(&["biuld"]).ends_with_code(2);
    assert!(ran.stderr.contains("'build'"), "{}", ran.stderr);
    folder.run(&["setup", "wasm64"]).ends_with_code(2);
}

#[test]
fn no_manifest() {
    let folder = Folder::new();
    for command in ["build", "run", "test", "serve", "check", "clean", "size"] {
        let ran = folder.run(&[command]).ends_with_code(2);
        assert!(ran.error().starts_with("there is no Cargo.toml in "), "{command}: {}", ran.error());
        assert!(ran.error().ends_with("make a package with `cargo wasm new NAME`"), "{command}: {}", ran.error());
    }
    let ran = folder.run(&["build", "--manifest-path", "nowhere/Cargo.toml"]).ends_with_code(2);
    assert!(ran.error().starts_with("there is no Cargo.toml at nowhere/Cargo.toml"), "{}", ran.error());
    folder.write("Cargo.toml", "[package\n");
    let ran = folder.run(&["build"]).ends_with_code(2);
    assert!(ran.stderr.contains("Cargo.toml:1:9"), "{}", ran.stderr);
}

#[test]
fn files_that_are_no_wasm() {
    let folder = Folder::new();
    folder.write("text.wasm", "not wasm at all");
    folder.write("cut.wasm", "\0asm\x01\0\0\0\x01");
    for host in ["wasmtime", "node", "chromium"] {
        let ran = folder.run(&["run", "--file", "text.wasm", "--in", host]).ends_with_code(2);
        assert_eq!(ran.error(), "text.wasm is no WebAssembly binary");
        folder.run(&["run", "--file", "cut.wasm", "--in", host]).ends_with_code(2);
    }
    assert!(folder.run(&["run", "--file", "none.wasm"]).ends_with_code(2).error().starts_with("cannot read none.wasm"));
    folder.run(&["size", "text.wasm"]).ends_with_code(2);
    folder.run(&["check", "text.wasm", "--profile", "release"]).ends_with_code(2);
}

#[test]
fn rustc_s_message_is_untouched() {
    let folder = Folder::with("broken", "std");
    folder.write("broken/src/main.rs", "fn main() {\n    let x: u32 = \"text\";\n}\n");
    let ours = folder.run_in("broken", &["build"]).ends_with_code(1);
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["build", "--target", "wasm32-wasip1"]).current_dir(folder.path().join("broken"));
    cargo.env("CARGO_TARGET_DIR", target_dir()).env("CARGO_TERM_COLOR", "never");
    let theirs = Ran::of(&mut cargo).ends_with_code(101);
    let message =
        &theirs.stderr[theirs.stderr.find("error[E0308]").unwrap()..theirs.stderr.find("error: could not").unwrap()];
    assert!(ours.stderr.contains(message.trim_end()), "{}\n---\n{}", ours.stderr, theirs.stderr);

    let json = folder.run_in("broken", &["build", "--message-format", "json"]).ends_with_code(1);
    let lines: Vec<serde_json::Value> = json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        lines.iter().any(|line| line["reason"] == "compiler-message" && line["message"]["code"]["code"] == "E0308")
    );
    assert_eq!(lines.last().unwrap()["success"], false);
    folder.run_in("broken", &["test"]).ends_with_code(1);
}

#[test]
fn a_failed_build_leaves_the_last_good_one() {
    let folder = Folder::with("kept", "std");
    folder.run_in("kept", &["build"]).succeeds();
    let path = built("wasm32-wasip1", "dev", "kept");
    let good = fs::read(&path).unwrap();
    folder.write("kept/src/main.rs", "fn main() { nothing() }");
    folder.run_in("kept", &["build"]).ends_with_code(1);
    assert!(fs::read(&path).unwrap() == good);
}

#[test]
fn a_folder_that_cannot_be_written() {
    // A file in its place: permissions would not stop root.
    let folder = Folder::with("closed", "std");
    folder.write("closed/taken", "");
    let ran = folder.run_in("closed", &["build", "--target-dir", "taken/target"]);
    assert!(ran.code == 1 || ran.code == 2, "{}", ran.code);
    assert!(ran.error().contains("taken/target"), "{}", ran.stderr);
    let ran = folder.run_in("closed", &["build", "--out-dir", "taken/pkg"]).ends_with_code(2);
    assert!(ran.error().starts_with("cannot make the folder taken/pkg"), "{}", ran.error());
}

#[test]
fn tools_that_are_missing() {
    let folder = Folder::with("bare", "browser");
    folder.run_in("bare", &["build"]).succeeds();
    let wasm = built("wasm32-unknown-unknown", "dev", "bare");
    let without = |host: &str| {
        let mut command = folder.command("bare", &["run", "--in", host, "--file"]);
        command.arg(&wasm).env("PATH", folder.path()).env_remove("CHROME");
        Ran::of(&mut command).ends_with_code(2)
    };
    assert!(without("node").error().contains("node is not there: get it"), "{}", without("node").error());
    assert!(without("chromium").error().contains("Chromium is not there"), "{}", without("chromium").error());

    let mut doctor = folder.command("", &["doctor", "--json"]);
    let tools: serde_json::Value = serde_json::from_str(&Ran::of(&mut doctor).stdout).unwrap();
    let node = tools.as_array().unwrap().iter().find(|tool| tool["name"] == "node").unwrap();
    assert!(node["found"]["version"].as_str().unwrap().starts_with('v'));
}

#[test]
fn a_component_runs_in_wasmtime_only() {
    let folder = Folder::new();
    fs::write(folder.path().join("c.wasm"), b"\0asm\x0d\0\x01\0").unwrap();
    for host in ["node", "chromium"] {
        let ran = folder.run(&["run", "--file", "c.wasm", "--in", host]).ends_with_code(2);
        assert!(ran.error().contains("is a component"), "{}", ran.error());
    }
}

#[test]
fn a_port_in_use() {
    let folder = Folder::with("ports", "std");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ran = folder.run_in("ports", &["serve", "--port", &port.to_string()]).ends_with_code(2);
    assert!(ran.error().starts_with(&format!("cannot listen on port {port}: --port ")), "{}", ran.error());
}

#[test]
fn new_takes_no_name_that_cargo_would_not() {
    let folder = Folder::new();
    for name in ["1st", "a b", "test", "-x"] {
        folder.run(&["new", "--name", name, "x"]).ends_with_code(2);
    }
    folder.run(&["new", "twice", "--template", "std"]).succeeds();
    assert!(folder.run(&["new", "twice"]).ends_with_code(2).error().starts_with("twice is already there"));
    let ran = folder.run(&["new", "lost", "--wasm-path", "nowhere"]).ends_with_code(2);
    assert_eq!(ran.error(), "there is no crate in nowhere");
    assert!(!folder.path().join("lost").exists());
}

#[test]
fn help_has_examples_and_no_colours_in_a_pipe() {
    let folder = Folder::new();
    for command in ["new", "build", "run", "test", "serve", "clean", "setup"] {
        let ran = folder.run(&[command, "--help"]).succeeds();
        assert!(ran.stdout.contains(&format!("Examples:\n  cargo wasm {command}")), "{}", ran.stdout);
        assert!(!ran.stdout.contains('\x1b'), "{command}");
    }
    let alone = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-wasm")).arg("--help").output().unwrap();
    assert_eq!(String::from_utf8(alone.stdout).unwrap(), folder.run(&["--help"]).succeeds().stdout);
}

//! A program gets the directories, variables and input that the command line
//! names, and nothing else of the machine: in both engines.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use common::program;

/// What a program says that tries.
fn tried(module: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (secret, data) = (folder.path().join("secret"), folder.path().join("data"));
    std::fs::write(&secret, "secret").unwrap();
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("given"), "given").unwrap();
    std::os::unix::fs::symlink(&secret, data.join("link")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();

    let mut command = Command::new(env!("CARGO_BIN_EXE_wasm-gdb"));
    command.arg(module).args(["--prompt", "--batch", "-ex", "run", "--env", "NAME=value"]);
    command.arg("--dir").arg(format!("{}::/data", data.display()));
    command.arg("--").arg(&secret).arg(&port).env("SECRET", "secret");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may have ended before.
    let _ = child.stdin.take().unwrap().write_all(b"secret\n");
    let output = child.wait_with_output().unwrap();
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nobody has come");
    assert!(!folder.path().join("new").exists() && !Path::new("/new").exists());
    let printed = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = printed.lines().filter(|line| line.contains(": ") || line.contains("exited")).collect();
    format!("{}\n{}", said.join("\n"), String::from_utf8_lossy(&output.stderr))
}

const WANTED: [&str; 11] = [
    "given: reached",
    "its path: not there",
    "above: not there",
    "a link: not there",
    "the root: not there",
    "a new file: not there",
    "its own link: not there",
    "the network: not there",
    "the input: not there",
    r#"variables: [("NAME", "value")]"#,
    "[Inferior 1 exited normally]",
];

#[test]
fn a_program_reaches_what_it_is_given_and_no_more() {
    for target in ["--target=wasm32-wasip1", "--target=wasm32-wasip2"] {
        let module = program("reach.rs", &[target]).unwrap();
        let said = tried(&module);
        assert!(said.contains(&WANTED.join("\n")), "{target}: {said}");
    }
}

//! LLDB 22 from Debian, unmodified.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::process::{Command, Stdio};

use common::{Stub, assert_contains, has, program};

/// Runs commands after attaching: LLDB's output.
fn lldb(stub: &Stub, commands: &[&str]) -> String {
    let mut command = Command::new("timeout");
    command.args(["60", "lldb-22", "--no-lldbinit", "--batch"]);
    command.args(["-o", "settings set use-color false"]);
    command.args(["-o", &format!("process connect --plugin wasm connect://{}", stub.address)]);
    for text in commands {
        command.args(["-o", text]);
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[test]
fn breakpoints_values_and_watchpoints() {
    let Some(list) = program("list.c", &["-O0"]) else { return };
    if !has("lldb-22") {
        return;
    }
    let stub = Stub::start(&list, &["--once"]);
    let said = lldb(
        &stub,
        &[
            "breakpoint set --name work",
            "continue",
            "frame variable",
            "bt",
            "next",
            "next",
            "watchpoint set variable counter",
            "continue",
            "continue",
            "frame variable sum i",
            "expression counter = 40",
            "watchpoint delete -f",
            "breakpoint delete -f",
            "finish",
            "frame variable first second",
            "memory read --count 8 &second",
            "continue",
        ],
    );
    for part in [
        "work(n=5)",
        "(int) n = 5",
        "main at list.c",
        "Watchpoint 1 hit",
        "new value: 1",
        "value = 1",
        "exited with status = 3",
    ] {
        assert_contains(&said, part);
    }
    assert_eq!(stub.end(), (Some(3), "10 2\n".to_string()));
}

//! LLDB 22 from Debian, unmodified.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;
#[path = "common/components.rs"]
mod components;

use std::process::{Command, Stdio};

use common::{Stub, assert_contains, has, program, text_program};

/// Runs commands after attaching: LLDB's output.
fn lldb(stub: &Stub, commands: &[&str]) -> String {
    let mut command = Command::new("timeout");
    command.args(["60", "lldb-22", "--no-lldbinit", "--batch"]);
    command.args(["-o", "settings set use-color false"]);
    command.args(["-o", &format!("process connect --plugin wasm connect://{}", stub.address)]);
    for text in commands {
        command.args(["-o", text]);
    }
    // After a crash it takes no more of those.
    command.args(["-k", "bt"]);
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

#[test]
fn every_module_of_a_component_and_both_instances_of_one() {
    let Some(composed) = components::composed() else { return };
    if !has("lldb-22") {
        return;
    }
    let stub = Stub::start(&composed, &["--once"]);
    let said = lldb(
        &stub,
        &[
            "breakpoint set --file tally.c --line 17 --condition 'value == 20'",
            "continue",
            "bt",
            "frame variable sum",
            "frame variable *entry",
            "frame variable *entry->before",
            "target variable count",
            "continue",
        ],
    );
    for part in [
        "add(value=20) at tally.c:17",
        "at ledger.c:10",
        "run at ledger.c",
        "sum = 30",
        "value = 20",
        "value = 10",
        "exited with status = 0",
    ] {
        assert_contains(&said, part);
    }
}

#[test]
fn a_call_of_the_host_has_its_name() {
    if !has("lldb-22") {
        return;
    }
    let stub = Stub::start(&text_program("refused.wat"), &["--once", "--missing-imports-trap"]);
    let said = lldb(&stub, &["continue", "bt"]);
    for part in ["[host] env.log", "tell", "main"] {
        assert_contains(&said, part);
    }
}

/// The symbols of functions lead to their declarations of locals.
#[test]
fn breakpoints_on_functions_without_debug_information() {
    let Some(list) = program("list.c", &["-O0", "-Wl,--strip-debug"]) else { return };
    if !has("lldb-22") {
        return;
    }
    let stub = Stub::start(&list, &["--once"]);
    let said = lldb(&stub, &["breakpoint set --name work", "continue", "bt", "breakpoint delete -f", "continue"]);
    for part in ["stop reason = breakpoint 1.1", "`work", "`_start + ", "exited with status = 3"] {
        assert_contains(&said, part);
    }
}

/// Started by `wasm-gdb`: with the formatters that come with rustc, and the
/// command `wasm`.
#[test]
fn values_of_rust() {
    if !has("lldb-22") {
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_wasm-gdb"))
        .arg(program("values.rs", &[]).unwrap())
        .args(["--lldb", "-ex", "breakpoint set --name values::inspect", "-ex", "continue"])
        .args(["-ex", "frame variable scene->points scene->name", "-ex", "wasm print scene.kind"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    for part in ["scene->points = size=2", "y = -2", "scene->name = \"a scene\"", "\nLarge\n"] {
        assert_contains(&said, part);
    }
}

/// LLDB is shown a round of a loop at the address that its line has.
#[test]
fn breakpoints_on_loops() {
    let Some(rounds) = program("rounds.c", &["-O0"]) else { return };
    if !has("lldb-22") {
        return;
    }
    let stub = Stub::start(&rounds, &["--once"]);
    let set = "breakpoint set --file rounds.c --line 5";
    let said = lldb(&stub, &[set, "continue", "continue", "continue", "continue"]);
    assert_eq!(said.matches("stop reason = breakpoint 1.1").count(), 3, "{said}");
    let stub = Stub::start(&rounds, &["--once"]);
    let said = lldb(&stub, &[set, "continue", "breakpoint delete -f", "next", "next", "next", "next"]);
    let stops = said.lines().filter(|line| line.contains("frame #0:"));
    let lines: Vec<&str> = stops.filter_map(|line| line.split_once(" at rounds.c:")?.1.split(':').next()).collect();
    // LLDB goes on while it comes to the same line.
    assert_eq!(lines, ["5", "6", "5", "6", "5"], "{said}");
}

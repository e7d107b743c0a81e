//! The prompt of the program itself: commands from the command line, a file and
//! its input.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn commands_from_the_command_line_a_file_and_the_input() {
    let Some(built) = common::build("values.c", "0") else { return };
    let script = built.folder.path().join("script.gdb");
    std::fs::write(&script, "# a comment\nbreak add\n\nrun\n").unwrap();
    let debugger = |arguments: &[&str], input: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasm-gdb"));
        command.arg(&built.file).arg("--prompt").args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), output.status.code())
    };
    let script = script.to_str().unwrap();
    let (printed, errors, _) = debugger(&["-x", script, "-ex", "print a + b", "-batch"], "print 1\n");
    assert!(printed.contains("Breakpoint 1, add (a=5, b=4) at "), "{printed}{errors}");
    assert!(printed.ends_with("$1 = 9\n") && !printed.contains("$2"), "{printed}");
    // No colours where there is no terminal.
    assert!(!printed.contains('\x1b'));

    let (printed, _, code) = debugger(&[], "print 6 * 7\nfrobnicate\ncontinue\nquit\n");
    let wanted = "(wasm-gdb) print 6 * 7\n$1 = 42\n\
                  (wasm-gdb) frobnicate\nUndefined command: \"frobnicate\".  Try \"help\".\n\
                  (wasm-gdb) continue\nContinuing.\n";
    assert!(printed.starts_with(wanted), "{printed}");
    assert!(printed.contains("[Inferior 1 exited with code 05]"), "{printed}");
    assert_eq!(code, Some(5));
}

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

/// Runs the debugger's prompt on a module that is written as text.
fn on_text(text: &str, arguments: impl Fn(&std::path::Path) -> Vec<String>) -> (String, String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("module.wasm");
    std::fs::write(&module, wat::parse_str(text).unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasm-gdb"));
    command.arg(&module).args(["--prompt", "--batch"]).args(arguments(folder.path()));
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), output.status.code())
}

#[test]
fn a_module_without_an_entry_point_is_called_where_the_user_says() {
    let text = r#"(module (func $sub (export "sub") (param i32 i32) (result i32)
        (i32.sub (local.get 0) (local.get 1))))"#;
    let call = |arguments: &[&str]| on_text(text, |_| arguments.iter().map(ToString::to_string).collect());
    let (printed, errors, _) =
        call(&["-ex", "break sub", "-ex", "run", "-ex", "bt", "-ex", "c", "--invoke", "sub", "--", "44", "0x2"]);
    assert!(printed.contains(" in sub ()") && printed.contains("exited with code 52"), "{printed}{errors}");
    assert!(printed.lines().any(|line| line == "42"), "the result: {printed}");
    let (_, errors, code) = call(&["--invoke", "sub", "--", "44"]);
    assert!(errors.contains("cannot call `sub`: it takes 2 arguments (i32, i32), not 1"), "{errors}");
    assert_eq!(code, Some(1));
    let (_, errors, _) = call(&[]);
    assert!(errors.contains("no function `_start` or `main`; it exports `sub`"), "{errors}");
    assert!(errors.contains("--invoke"), "{errors}");
}

#[test]
fn a_core_dump_that_wasmtime_wrote_is_opened() {
    let text = r#"(module
        (memory (export "memory") 1)
        (data (i32.const 32) "what is left")
        (global $count (mut i32) (i32.const 7))
        (func $inner (global.set $count (i32.const 8)) unreachable)
        (func $outer (export "_start") (call $inner)))"#;
    let (printed, errors, _) = on_text(text, |folder| {
        let options = wasm_host::Options { core_dump: true, ..wasm_host::Options::default() };
        let bytes = std::fs::read(folder.join("module.wasm")).unwrap();
        let ended = wasm_host::Program::load(&bytes).unwrap().run(&options);
        let Err(wasm_host::Error::Trap(trap)) = ended else { panic!("{ended:?}") };
        let dump = folder.join("module.core");
        std::fs::write(&dump, trap.core_dump.unwrap()).unwrap();
        let dump = dump.display().to_string();
        ["--core", &dump, "-ex", "bt", "-ex", "x/4cb 32", "-ex", "wasm mem find left"].map(str::to_string).to_vec()
    });
    let all = format!("{printed}{errors}");
    for part in ["in inner ()", "in outer ()", "'w'", "0x00000028"] {
        assert!(all.contains(part), "no {part} in {all}");
    }
    assert!(!all.contains("another program"), "{all}");
}

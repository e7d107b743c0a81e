//! Debug information that lies beside the program, and what is said where
//! there is none.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bytes::Bytes;
use wasm_encoder::Section as _;
use wasm_gdb::code::Code;
use wasm_gdb::debug_files::{self, DebugFileError};

/// A module without its DWARF, and with these custom sections.
fn without_dwarf(module: &[u8], more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut stripped = module[..8].to_vec();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let payload = payload.unwrap();
        if let wasmparser::Payload::CustomSection(section) = &payload
            && section.name().starts_with(".debug_")
        {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = &module[range.start as usize..range.end as usize];
            wasm_encoder::RawSection { id, data }.append_to(&mut stripped);
        }
    }
    for (name, data) in more {
        wasm_encoder::CustomSection { name: (*name).into(), data: (*data).into() }.append_to(&mut stripped);
    }
    stripped
}

/// What the prompt says to these commands.
fn prompt(program: &Path, arguments: &[&str], commands: &[&str]) -> String {
    let mut debugger = Command::new(env!("CARGO_BIN_EXE_wasm-gdb"));
    debugger.arg(program).args(["--prompt", "--batch"]).args(arguments);
    debugger.args(commands.iter().flat_map(|command| ["--ex", command]));
    let output = debugger.stdin(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_file_that_the_program_names_is_found_beside_it() {
    let Some(built) = common::build("values.c", "0") else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("app.wasm");
    let whole = built.bytes();
    std::fs::write(&program, without_dwarf(&whole, &[("external_debug_info", b"\x09app.debug")])).unwrap();
    let commands = ["break add", "run", "bt 1"];

    let said = prompt(&program, &[], &commands);
    common::assert_contains(&said, "app.debug: No such file or directory");
    common::assert_contains(&said, "it lies in app.debug: put that file beside the program");
    common::assert_contains(&said, "in add ()");

    std::fs::write(folder.path().join("app.debug"), &whole).unwrap();
    let said = prompt(&program, &[], &commands);
    common::assert_contains(&said, "add (a=5, b=4) at ");
    assert!(!said.contains("debug information"), "{said}");

    // Of another build.
    let Some(other) = common::build("values.c", "1") else { return };
    std::fs::write(folder.path().join("app.debug"), other.bytes()).unwrap();
    let said = prompt(&program, &[], &commands);
    common::assert_contains(&said, "app.debug is of another build than the program: its code is not the same");

    let given = built.file.display().to_string();
    let said = prompt(&program, &["--debug-file", &given], &commands);
    common::assert_contains(&said, "add (a=5, b=4) at ");
    let given = other.file.display().to_string();
    let said = prompt(&program, &["--debug-file", &given], &commands);
    common::assert_contains(&said, "is of another build than the program");
    assert!(!said.contains("Breakpoint"), "{said}");
}

#[test]
fn build_ids_tell_builds_apart() {
    let Some(built) = common::build("values.c", "0") else { return };
    let folder = tempfile::tempdir().unwrap();
    let whole = built.bytes();
    let id = |id: &[u8; 5]| without_dwarf(&whole, &[("build_id", id.as_slice())]);
    let debug = |id: &[u8; 5]| {
        let file = folder.path().join("given");
        let mut bytes = whole.clone();
        wasm_encoder::CustomSection { name: "build_id".into(), data: id.as_slice().into() }.append_to(&mut bytes);
        std::fs::write(&file, bytes).unwrap();
        file
    };
    let complete = |program: Vec<u8>, file: PathBuf| {
        debug_files::complete(Bytes::from(program), &folder.path().join("app.wasm"), &[file])
    };
    let done = complete(id(b"\x04abcd"), debug(b"\x04abcd")).unwrap();
    assert!(Code::open(&done.bytes).has_lines());
    assert_eq!(done.problems, [""; 0]);
    let error = complete(id(b"\x04abcd"), debug(b"\x04abce")).unwrap_err();
    assert!(error.to_string().ends_with("its build id is 61626365, the program's 61626364"), "{error}");
    let error = complete(whole.clone(), folder.path().join("nothing")).unwrap_err();
    assert!(matches!(error, DebugFileError::Read { .. }), "{error}");
    let empty = folder.path().join("empty");
    std::fs::write(&empty, b"\0asm\x01\0\0\0").unwrap();
    let error = complete(whole.clone(), empty.clone()).unwrap_err();
    assert!(error.to_string().ends_with("there is no debug information in it"), "{error}");
    std::fs::write(&empty, b"text").unwrap();
    assert!(matches!(complete(whole, empty), Err(DebugFileError::Unfit { .. })));
}

#[test]
fn split_dwarf_is_read_from_its_files_or_their_package() {
    if !common::has("clang-22") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/values.c");
    let run = |command: &mut Command| {
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let clang = || {
        let mut clang = Command::new("clang-22");
        clang.args(["--target=wasm32-wasi", "-Wno-deprecated", "-Wno-unused-command-line-argument"]);
        clang
    };
    // Two steps: else the driver names the file after the program.
    run(clang().args(["-g", "-gsplit-dwarf", "-O0", "-c", "-o", "values.o"]).arg(&source));
    run(clang().args(["-g", "values.o", "-o", "app.wasm"]));
    let program = folder.path().join("app.wasm");
    let commands = ["break walk", "run", "p *node"];
    let value = "{name = 0x";
    common::assert_contains(&prompt(&program, &[], &commands), value);

    if common::has("llvm-dwp-22") {
        run(Command::new("llvm-dwp-22").args(["values.dwo", "-o", "app.dwp"]));
        std::fs::remove_file(folder.path().join("values.dwo")).unwrap();
        common::assert_contains(&prompt(&program, &[], &commands), value);
        let moved = folder.path().join("moved");
        std::fs::rename(folder.path().join("app.dwp"), &moved).unwrap();
        let said = prompt(&program, &[], &commands);
        common::assert_contains(&said, "types and variables are in values.dwo, which is not there");
        let said = prompt(&program, &["--debug-file", moved.to_str().unwrap()], &commands);
        common::assert_contains(&said, value);
    }
}

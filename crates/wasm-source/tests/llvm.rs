//! Frames and lines against LLVM's own reader of DWARF: `llvm-symbolizer`.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use common::{corpus, fixture};
use serde_json::Value;
use wasm_source::{DebugSections, Source};

/// `llvm-symbolizer`, if it is there and knows WebAssembly. Without it the test
/// that asks is not run, and says so; with `CI=true` that is a failure.
fn symbolizer() -> Option<&'static str> {
    let works = |name: &&str| {
        let version = Command::new(name).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let found = ["llvm-symbolizer-22", "llvm-symbolizer-19"].into_iter().find(works);
    if found.is_none() {
        println!("skipped: needs llvm-symbolizer-22");
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!ci, "needs llvm-symbolizer-22");
    }
    found
}

/// The frames at each address as (function, file, line, column), by LLVM.
type Said = (String, String, u64, u64);

fn theirs(tool: &str, module: &[u8], addresses: &[u32]) -> Vec<Vec<Said>> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(module).unwrap();
    let mut child = Command::new(tool)
        .args(["--output-style=JSON", "--no-demangle", "--obj"])
        .arg(file.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let questions: String = addresses.iter().map(|at| format!("{at:#x}\n")).collect();
    child.stdin.take().unwrap().write_all(questions.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let answer = |line: &str| {
        let answer: Value = serde_json::from_str(line).unwrap();
        let frame = |frame: &Value| {
            let text = |key: &str| frame[key].as_str().unwrap().to_owned();
            let number = |key: &str| frame[key].as_u64().unwrap();
            (text("FunctionName"), text("FileName"), number("Line"), number("Column"))
        };
        let frames = answer["Symbol"].as_array().unwrap().iter().map(frame);
        // A column without a line says nothing.
        let frames = frames.map(|said| if said.2 == 0 { (said.0, said.1, 0, 0) } else { said });
        // LLVM answers with one empty frame where it knows nothing.
        frames.filter(|said| said.2 != 0 || !said.0.is_empty()).collect()
    };
    answers.lines().map(answer).collect()
}

fn ours(source: &Source<'_>, offset: u32) -> Vec<Said> {
    let frames = source.frames_at(offset).into_iter().map(|frame| {
        let name = frame.linkage_name.or(frame.name).unwrap_or_default().into_owned();
        let path = frame.file.and_then(|file| source.path(file)).unwrap_or_default();
        (name, path, frame.line.unwrap_or(0).into(), frame.column.unwrap_or(0).into())
    });
    frames.collect()
}

/// Compares every `step`th byte; gives how many agree and how many do not.
fn compare(module: &[u8], step: usize) -> Option<(usize, usize)> {
    let tool = symbolizer()?;
    let sections = DebugSections::from_module(module).unwrap();
    let source = Source::open(&sections).unwrap();
    let code = sections.code();
    // Only in functions: between them LLVM may answer for the one before.
    let inside = |offset: &u32| source.subprogram_at(*offset).is_some();
    let offsets: Vec<u32> = code.clone().step_by(step).filter(inside).collect();
    let addresses: Vec<u32> = offsets.iter().map(|offset| offset - code.start).collect();
    let (mut equal, mut apart) = (0, 0);
    for (offset, theirs) in offsets.iter().zip(theirs(tool, module, &addresses)) {
        // LLVM takes the outermost function's name from the symbols, which know
        // it by its export or, at times, are one function further.
        let anonymous = |mut frames: Vec<Said>| {
            if let Some(outermost) = frames.last_mut() {
                outermost.0.clear();
            }
            frames
        };
        let (ours, theirs) = (anonymous(ours(&source, *offset)), anonymous(theirs));
        if ours == theirs {
            equal += 1;
        } else {
            println!("at {offset:#x}: {ours:?}, but LLVM: {theirs:?}");
            apart += 1;
        }
    }
    Some((equal, apart))
}

#[test]
fn the_small_modules_agree_with_llvm() {
    for module in ["shapes_c.wasm", "shapes_c_o2.wasm", "shapes_rs.wasm"] {
        if let Some((equal, apart)) = compare(&fixture(module), 1) {
            assert!(equal > 150 && apart == 0, "{module}: {equal} equal, {apart} apart");
        }
    }
}

#[test]
fn a_real_module_agrees_with_llvm() {
    if let Some(module) = corpus("webtreesitter_debug.wasm")
        && let Some((equal, apart)) = compare(&module, 401)
    {
        // LLVM lets the two inlined calls whose end is damaged cover more.
        assert!(equal > 700 && apart <= 2, "{equal} equal, {apart} apart");
    }
}

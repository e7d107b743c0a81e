//! What the tests share: programs compiled on the spot, a stub, real clients.
#![allow(dead_code)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

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

/// A program of `tests/programs`, compiled; `None` if its compiler is not there.
/// `flags` are the compiler's; of Rust, `--target=` chooses another WASI.
pub(crate) fn program(source: &str, flags: &[&str]) -> Option<PathBuf> {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let name = format!("{}{}.wasm", source.replace('.', "_"), flags.concat().replace(['=', '/'], "_"));
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Tests run at the same time: each writes files of its own, and one wins.
    let mine = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut compiler = match source.ends_with(".rs") {
        true => {
            let mut rustc = Command::new("rustc");
            if !flags.iter().any(|flag| flag.starts_with("--target=")) {
                rustc.arg("--target=wasm32-wasip1");
            }
            rustc.args(["--edition", "2024", "-g", "--remap-path-prefix"]);
            rustc.arg(format!("{}=programs", from.display()));
            rustc
        }
        false => {
            if !has("clang-22") {
                return None;
            }
            let mut clang = Command::new("clang-22");
            clang.args(["--target=wasm32-wasi", "-g", "-Wno-deprecated"]);
            clang.arg(format!("-ffile-prefix-map={}=programs", from.display()));
            clang
        }
    };
    let output =
        compiler.args(flags).arg(from.join(source)).args(["-o", "out.wasm"]).current_dir(mine.path()).output().unwrap();
    assert!(output.status.success(), "{source}: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::rename(mine.path().join("out.wasm"), &to).unwrap();
    Some(to)
}

/// A program of `tests/programs` in the text format.
pub(crate) fn text_program(source: &str) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs").join(source);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mine = tempfile::NamedTempFile::new_in(folder).unwrap();
    std::fs::write(mine.path(), wat::parse_file(from).unwrap()).unwrap();
    let to = folder.join(source.replace('.', "_") + ".wasm");
    mine.persist(&to).unwrap();
    to
}

/// A `wasm-gdb` that waits for a client; ended with the test.
pub(crate) struct Stub {
    child: Child,
    /// Where it listens.
    pub(crate) address: String,
}

impl Stub {
    /// `arguments` come after the program, those of the program after `--`.
    pub(crate) fn start(program: &Path, arguments: &[&str]) -> Stub {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wasm-gdb"))
            .arg(program)
            .args(["--port", "0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next().expect("a line that says the address").unwrap();
        let address = first.rsplit(' ').next().unwrap().to_string();
        assert!(address.starts_with("127.0.0.1:"), "{first}");
        // What it says later must not stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Stub { child, address }
    }

    /// Waits for its end: the exit code and what the program printed.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        std::io::Read::read_to_string(&mut self.child.stdout.take().unwrap(), &mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        // It has ended, or is ended now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs commands in a gdb without settings, in an empty folder, after
/// `target remote`: its output, each command before what it printed.
pub(crate) fn gdb(gdb: &str, stub: &Stub, commands: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    // What gdb prints and what it complains of, in one order.
    command.args(["-c", "exec timeout 60 \"$@\" 2>&1", "sh", gdb, "-nx", "-batch"]);
    for setting in ["set debuginfod enabled off", "set width 0", "set height 0", "set style enabled off"] {
        command.args(["-iex", setting]);
    }
    let attach = format!("target remote {}", stub.address);
    for text in [attach.as_str()].iter().chain(commands) {
        let shown = text.replace(&stub.address, ":PORT");
        command.args(["-ex", &format!("echo (gdb) {shown}\\n"), "-ex", text]);
    }
    command.env("LC_ALL", "C").current_dir(folder.path()).stdin(Stdio::null());
    let printed = command.output().unwrap().stdout;
    normal(&String::from_utf8_lossy(&printed).replace(env!("CARGO_TARGET_TMPDIR"), "/built"))
}

/// A transcript without what differs from machine to machine: folders, and
/// addresses that hang on the libraries' builds.
pub(crate) fn normal(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let slow = line.starts_with("warning: File transfers") || line.starts_with("Reading ");
        if slow || line.contains("No such file or directory") {
            continue;
        }
        let mut shown = String::new();
        let mut rest = line;
        while let Some(at) = rest.find("0x") {
            let digits = rest[at + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
            shown += &rest[..at];
            shown += if digits > 4 { "0x…" } else { &rest[at..at + 2 + digits] };
            rest = &rest[at + 2 + digits..];
        }
        shown += rest;
        for folder in ["/rustc/", "/rustlib/"] {
            if let Some(at) = shown.find(folder) {
                let start = shown[..at].rfind([' ', '(']).map_or(0, |space| space + 1);
                let end = shown[at..].find("library/").map_or(at, |found| at + found);
                shown.replace_range(start..end.max(start), "");
            }
        }
        lines.push(shown);
    }
    without_library_source(&(lines.join("\n") + "\n"))
}

/// Whether the sources of Rust's own library are there, and so what their lines
/// say, is the machine's affair.
pub(crate) fn without_library_source(text: &str) -> String {
    let is_source = |line: &str| {
        line.split_once('\t')
            .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut out = String::new();
    let mut is_in_library = false;
    for line in text.split_inclusive('\n') {
        if !(is_in_library && is_source(line)) {
            out += line;
        }
        is_in_library = line.contains("library/");
    }
    out
}

/// Fails with the whole text if a part of it is not there.
#[track_caller]
pub(crate) fn assert_contains(text: &str, part: &str) {
    assert!(text.contains(part), "no {part:?} in:\n{text}");
}

/// A program of `tests/programs` in a directory of its own; nothing where its
/// compiler is missing (in CI that is a failure).
pub(crate) struct Built {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) file: PathBuf,
}

impl Built {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.file).unwrap()
    }
}

/// Builds `tests/programs/NAME` for WASI, with debug information, at an
/// optimisation level.
pub(crate) fn build(name: &str, level: &str) -> Option<Built> {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let folder = tempfile::tempdir().unwrap();
    // The compiler runs beside the source, which is then found by its name.
    std::fs::copy(programs.join(name), folder.path().join(name)).unwrap();
    let file = folder.path().join("program.wasm");
    let mut compiler = if name.ends_with(".rs") {
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition=2024", "--target=wasm32-wasip1", "-g", "-C", &format!("opt-level={level}")]);
        rustc.arg("--remap-path-prefix").arg(format!("{}=/src", folder.path().display()));
        rustc.env_remove("RUSTFLAGS");
        rustc
    } else {
        let mut clang = Command::new("clang-22");
        clang.args(["--target=wasm32-wasi", "--no-wasm-opt", "-Wno-deprecated", "-g", &format!("-O{level}")]);
        if name.ends_with(".cpp") {
            // There is no library of C++.
            clang.arg("-fno-rtti");
        }
        clang.arg(format!("-fdebug-prefix-map={}=/src", folder.path().display()));
        clang
    };
    let path = folder.path().join(name);
    let ran = compiler.arg(&path).arg("-o").arg(&file).current_dir(folder.path()).output();
    let output = match ran {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: {name} cannot be compiled ({error})");
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!ci, "needs the compiler of {name}");
            return None;
        }
    };
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Some(Built { folder, file })
}

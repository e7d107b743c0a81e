//! What is not a sound WebAssembly file, through the binary as users have it: an error or a warning that names the file,
//! the offset and the section, exit code 2, no panic; what can be read of a damaged file is shown.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs `wasm-size` in a folder. No output of a panic, and no run is long.
fn run(folder: &Path, args: &[&str]) -> Done {
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasm-size"));
    let done = command.args(args).current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null()).output().unwrap();
    let [out, err] = [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(start.elapsed() < Duration::from_secs(20), "{args:?} took {:?}", start.elapsed());
    assert!(!err.contains("panicked") && !out.contains("panicked"), "{args:?}: {err}");
    Done { code: done.status.code(), out, err }
}

/// Every command that reads a file, as far as its arguments before the file go, and those after it.
const COMMANDS: &[(&[&str], &[&str])] = &[
    (&[], &["--no-compress"]),
    (&[], &["--no-compress", "--json"]),
    (&["top"], &[]),
    (&["top"], &["--by", "retained"]),
    (&["top"], &["--by", "gzip"]),
    (&["tree"], &["--by", "section"]),
    (&["tree"], &["--by", "crate"]),
    (&["tree"], &["--by", "source"]),
    (&["tree"], &["--by", "generic"]),
    (&["why"], &["#0"]),
    (&["retained"], &[]),
    (&["generics"], &[]),
    (&["crates"], &[]),
    (&["source"], &[]),
    (&["source"], &["--inlined"]),
    (&["transfer"], &[]),
    (&["garbage"], &[]),
    (&["insights"], &[]),
    (&["report", "--format", "text"], &[]),
    (&["report", "--format", "markdown"], &[]),
    (&["report", "--format", "csv"], &[]),
    (&["report", "--format", "svg"], &[]),
    (&["report", "--format", "sarif"], &[]),
    (&["report", "--format", "json"], &[]),
    (&["report", "--format", "html"], &[]),
    (&["twiggy", "top"], &[]),
    (&["twiggy", "garbage"], &[]),
    (&["twiggy", "monos"], &[]),
    (&["twiggy", "dominators"], &[]),
];

fn commands(file: &str) -> impl Iterator<Item = Vec<&str>> {
    let diff = [vec!["diff", file, file], vec!["twiggy", "diff", file, file]];
    COMMANDS.iter().map(move |(before, after)| [before, &[file][..], after].concat()).chain(diff)
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    (folder, path)
}

#[test]
fn what_is_no_module_is_an_error_that_says_what_it_is() {
    let (_guard, folder) = folder();
    std::fs::create_dir(folder.join("folder")).unwrap();
    let garbage = common::Random(1).bytes(10_000);
    for (name, bytes) in [
        ("empty.wasm", &[][..]),
        ("garbage.wasm", &garbage),
        ("text.wat", b"(module)"),
        ("packed.wasm", &[0x1f, 0x8b, 8, 0, 0]),
        ("short.wasm", b"\0asm\x01"),
        ("future.wasm", b"\0asm\x07\0\0\0"),
        ("zip.wasm", b"PK\x03\x04"),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    for (file, says) in [
        ("empty.wasm", "the file is empty"),
        ("garbage.wasm", "offset 0: not a WebAssembly binary"),
        ("text.wat", "text format"),
        ("packed.wasm", "gunzip"),
        ("short.wasm", "offset 0x5"),
        ("future.wasm", "offset 4: unknown version 0x7"),
        ("zip.wasm", "unpack"),
        ("folder", "directory"),
        ("missing.wasm", "missing.wasm"),
    ] {
        for args in commands(file) {
            let done = run(&folder, &args);
            assert_eq!(done.code, Some(2), "{args:?}: {}", done.err);
            assert!(done.err.contains(file) && done.err.contains(says), "{args:?}: {}", done.err);
            assert!(done.out.is_empty(), "{args:?}: {}", done.out);
        }
    }
}

/// Damage that each command must name: the file, the section, the offset.
#[test]
fn damaged_files_are_shown_and_named_by_every_command() {
    let (_guard, folder) = folder();
    let sample = common::sample("rust-markdown/rust-markdown.wasm").bytes;
    std::fs::write(folder.join("cut.wasm"), &sample[..40_000]).unwrap();
    // The count of functions in a LEB that overflows.
    let overflow = [b"\0asm\x01\0\0\0\x03\x06".as_slice(), &[0xff; 5], &[0x0f]].concat();
    std::fs::write(folder.join("overflow.wasm"), overflow).unwrap();
    for (file, section, offset) in
        [("cut.wasm", "section code", "offset 0x"), ("overflow.wasm", "section function", "offset 0x")]
    {
        for args in commands(file) {
            let done = run(&folder, &args);
            assert_eq!(done.code, Some(2), "{args:?}: {}", done.err);
            if done.err.contains("no DWARF and no source map") {
                continue; // The debug information was cut off: there is nothing to show.
            }
            let names = |text: &str| done.err.contains(text);
            assert!(names(file) && names(section) && names(offset), "{args:?}: {}", done.err);
            assert!(
                !done.out.is_empty() || args[0] == "twiggy" || args[0] == "diff",
                "{args:?} shows nothing: {}",
                done.err
            );
        }
    }
}

/// Ten million locals, a thousand components inside each other, a million blocks inside each other.
#[test]
fn deep_and_large_claims_are_read_within_bounds() {
    let (_guard, folder) = folder();
    let module = |body: &[u8]| {
        let body = [&leb(body.len()), body].concat();
        let code = [&[1], &*body].concat();
        [b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a".as_slice(), &leb(code.len()), &code].concat()
    };
    let locals = [&[1], &*leb(10_000_000), &[0x7f, 0x0b]].concat();
    let blocks = [&[0], &*[0x02, 0x40].repeat(1_000_000), &*vec![0x0b; 1_000_001]].concat();
    let mut nested = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..1000 {
        nested = [b"\0asm\x0d\0\x01\0\x04".as_slice(), &leb(nested.len()), &nested].concat();
    }
    for (file, bytes, code) in [
        ("locals.wasm", module(&locals), None),
        ("blocks.wasm", module(&blocks), None),
        ("nested.wasm", nested, Some(2)),
    ] {
        std::fs::write(folder.join(file), bytes).unwrap();
        for args in commands(file) {
            let done = run(&folder, &args);
            assert!(
                code.map_or(matches!(done.code, Some(0 | 2)), |code| done.code == Some(code)),
                "{args:?}: {}",
                done.err
            );
        }
    }
    let done = run(&folder, &["nested.wasm"]);
    assert!(done.err.contains("100 modules inside each other"), "{}", done.err);
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Zeros are no binary, so four gigabytes of them are not read; nor is a binary that is too large.
#[test]
fn a_huge_file_is_refused_at_once() {
    let (_guard, folder) = folder();
    for (file, head, says) in [
        ("zeros.wasm", &[][..], "offset 0: not a WebAssembly binary"),
        ("huge.wasm", b"\0asm\x01\0\0\0", "larger than 4 GiB"),
    ] {
        let mut created = File::create(folder.join(file)).unwrap();
        created.write_all(head).unwrap();
        created.set_len(5 << 30).unwrap();
        let start = Instant::now();
        let done = run(&folder, &[file]);
        assert_eq!(done.code, Some(2), "{}", done.err);
        assert!(done.err.contains(file) && done.err.contains(says), "{}", done.err);
        assert!(start.elapsed() < Duration::from_secs(2), "{file}: {:?}", start.elapsed());
    }
}

#[test]
fn standard_input_that_is_no_binary_is_not_read_on() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasm-size"));
    let zeros = File::open("/dev/zero").unwrap();
    let start = Instant::now();
    let done = command.arg("-").stdin(zeros).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(err.contains("standard input") && err.contains("not a WebAssembly binary"), "{err}");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

/// Names with all that a terminal obeys and all that reorders or hides text, wherever a name can be.
#[test]
fn no_name_reaches_the_terminal_as_it_is() {
    let (_guard, folder) = folder();
    const HOSTILE: &str = "\\1b[31m\\07\\0d\\0a\\08\\c2\\9b2J\\e2\\80\\ae\\e2\\81\\a6\\ef\\bb\\bf\\f3\\a0\\81\\81";
    let text = format!(
        r#"(module ${{name}}
          (@producers (language "{HOSTILE}" "{HOSTILE}") (processed-by "{HOSTILE}" "{HOSTILE}"))
          (import "{HOSTILE}" "{HOSTILE}" (func $imported))
          (memory (export "m{HOSTILE}") 1)
          (table 2 funcref) (elem (i32.const 0) $f $f)
          (func $f (@name "f{HOSTILE}") (export "{HOSTILE}") (call $imported)
            (call_indirect (i32.const 0)) (drop (i32.load (i32.const 1030))))
          (func $unused (@name "unused{HOSTILE}"))
          (data $d (@name "d{HOSTILE}") (i32.const 1024) "{HOSTILE}words words words")
          (@custom "{HOSTILE}" "x"))"#
    )
    .replace("${name}", "");
    let bytes = wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}"));
    let name = "\u{1b}[31mred\u{202e}.wasm";
    std::fs::write(folder.join(name), &bytes).unwrap();
    // Damaged too, so that warnings name the file and a section.
    let cut = [&bytes[..], &[0, 200, 3, b'\x1b', b'[', b'm']].concat();
    std::fs::write(folder.join("cut\u{1b}.wasm"), cut).unwrap();
    let is_raw = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    for file in [name, "cut\u{1b}.wasm"] {
        // JSON and HTML are data: their strings are what the file says.
        let is_text = |args: &Vec<&str>| !args.iter().any(|arg| ["--json", "json", "html"].contains(arg));
        for args in commands(file).filter(is_text) {
            let done = run(&folder, &args);
            for text in [&done.out, &done.err] {
                let raw = text.lines().find(|line| line.chars().any(is_raw));
                assert!(raw.is_none(), "{args:?} writes {raw:?}");
            }
        }
    }
}

/// DWARF whose every byte may be noise: lines are found, or it is said what is wrong.
#[test]
fn hostile_debug_information_is_answered() {
    let (_guard, folder) = folder();
    let sample = common::sample("c-calc/c-calc.wasm").bytes;
    let map = wasm_binary::Map::parse(&sample).unwrap();
    let mut random = common::Random(5);
    for (round, noise) in [0xff, 0x80, 0x00, 0x01].into_iter().enumerate() {
        let mut bytes = sample.clone();
        for section in map.sections().iter().filter(|s| s.name.is_some_and(|n| n.starts_with(".debug"))) {
            for _ in 0..section.payload.len() / 20 {
                bytes[section.payload.start as usize + random.below(section.payload.len())] = noise;
            }
        }
        let file = format!("noise-{round}.wasm");
        std::fs::write(folder.join(&file), bytes).unwrap();
        for args in [
            vec!["source", &file],
            vec!["source", &file, "--inlined"],
            vec!["top", &file, "--charge-debug"],
            vec!["why", &file, "#40"],
        ] {
            let done = run(&folder, &args);
            assert!(matches!(done.code, Some(0 | 2)), "{args:?}: {:?} {}", done.code, done.err);
        }
    }
}

/// The names that a file gives of its debug files count only beside it: nothing else is opened.
#[test]
fn files_elsewhere_are_not_read() {
    let (_guard, folder) = folder();
    let secret = folder.join("secret");
    let inner = folder.join("inner");
    std::fs::create_dir(&secret).unwrap();
    std::fs::create_dir(&inner).unwrap();
    let named = |section: &str, url: &str| {
        let payload = [&leb(section.len()), section.as_bytes(), &leb(url.len()), url.as_bytes()].concat();
        let custom = [&[0], &*leb(payload.len()), &payload].concat();
        let module = wat::parse_str("(module (func (export \"f\") (drop (i32.const 1))))").unwrap();
        [module, custom].concat()
    };
    // A source map that would name a file, if it were read: each byte of the code stems from its own.
    let all = ["A"; 1].into_iter().chain(["CAAA"; 200]).collect::<Vec<_>>().join(",");
    let map = format!(r#"{{"version":3,"sources":["seen.rs"],"names":[],"mappings":"{all}"}}"#);
    std::fs::write(secret.join("app.map"), &map).unwrap();
    for url in
        ["../secret/app.map", &secret.join("app.map").display().to_string(), "file:///../secret/app.map", "..", "/", ""]
    {
        std::fs::write(inner.join("app.wasm"), named("sourceMappingURL", url)).unwrap();
        let done = run(&inner, &["source", "app.wasm"]);
        assert!(!done.out.contains("seen.rs"), "{url}: {}", done.out);
        std::fs::write(inner.join("app.wasm"), named("external_debug_info", url)).unwrap();
        assert!(!run(&inner, &["source", "app.wasm"]).out.contains("seen.rs"), "{url}");
    }
    // The same by its last name, beside: that is read.
    std::fs::write(inner.join("app.map"), &map).unwrap();
    std::fs::write(inner.join("app.wasm"), named("sourceMappingURL", "../secret/app.map")).unwrap();
    let done = run(&inner, &["source", "app.wasm"]);
    assert!(done.out.contains("seen.rs"), "{}{}", done.out, done.err);
    // A folder, or what is no file, is not.
    std::fs::remove_file(inner.join("app.map")).unwrap();
    std::fs::create_dir(inner.join("app.map")).unwrap();
    assert!(!run(&inner, &["source", "app.wasm"]).out.contains("seen.rs"));
}

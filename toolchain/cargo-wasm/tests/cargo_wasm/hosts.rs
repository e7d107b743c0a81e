//! The same program in wasmtime, node and Chromium.

use crate::common::Folder;

const HOSTS: [&str; 3] = ["wasmtime", "node", "chromium"];

/// Writes to both streams, reads what it is given, and ends as it is told.
const PROGRAM: &str = r#"
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    println!("args {args:?} env {:?}", std::env::var("GIVEN"));
    eprintln!("to stderr");
    assert!(std::time::SystemTime::now() > std::time::UNIX_EPOCH);
    std::thread::sleep(std::time::Duration::from_millis(3));
    let many: std::collections::HashMap<u32, u32> = (0..10).map(|i| (i, i)).collect();
    match args.first().map(String::as_str) {
        Some("exit") => std::process::exit(7),
        Some("trap") => panic!("on purpose {}", many[&3]),
        _ => {}
    }
}
"#;

#[test]
fn a_wasi_program_ends_alike() {
    let folder = Folder::with("alike", "std");
    folder.write("alike/src/main.rs", PROGRAM);
    for host in HOSTS {
        let run = |args: &[&str]| {
            let args = [&["run", "-q", "--in", host, "--env", "GIVEN=1", "--"], args].concat();
            folder.run_in("alike", &args)
        };
        let ran = run(&["a b", "ü"]).succeeds();
        assert_eq!(ran.stdout, "args [\"a b\", \"ü\"] env Ok(\"1\")\n", "{host}");
        assert!(ran.stderr.contains("to stderr"), "{host}: {}", ran.stderr);
        run(&["exit"]).ends_with_code(7);
        let ran = run(&["trap"]).ends_with_code(134);
        assert!(ran.stderr.contains("on purpose 3"), "{host}: {}", ran.stderr);
        assert!(ran.stderr.contains("trap: unreachable code was reached"), "{host}: {}", ran.stderr);
    }
}

#[test]
fn wasmtime_names_the_line_of_a_trap() {
    let folder = Folder::with("lines", "std");
    folder.write("lines/src/main.rs", PROGRAM);
    let ran = folder.run_in("lines", &["run", "-q", "--", "trap"]).ends_with_code(134);
    assert!(ran.stderr.contains("src/main.rs:11:"), "{}", ran.stderr);

    let ran = folder.run_in("lines", &["run", "-q", "--core-dump", "trap.core", "--", "trap"]).ends_with_code(134);
    assert!(ran.stderr.contains("wasm-gdb --core trap.core"), "{}", ran.stderr);
    assert!(std::fs::read(folder.path().join("lines/trap.core")).unwrap().starts_with(b"\0asm"));
    let ran = folder.run_in("lines", &["run", "-q", "--in", "node", "--core-dump", "trap.core"]);
    assert!(ran.error().contains("--core-dump needs wasmtime"), "{}", ran.stderr);
}

#[test]
fn files_are_seen_in_folders_that_are_named() {
    let folder = Folder::with("files", "std");
    folder.write(
        "files/src/main.rs",
        r#"fn main() { print!("{}", std::fs::read_to_string("data/in.txt").unwrap_or_else(|e| e.to_string())) }"#,
    );
    folder.write("files/given/in.txt", "contents");
    for host in ["wasmtime", "node"] {
        let ran = folder.run_in("files", &["run", "-q", "--in", host, "--wasi-dir", "given::data"]).succeeds();
        assert_eq!(ran.stdout, "contents", "{host}");
        assert_ne!(folder.run_in("files", &["run", "-q", "--in", host]).succeeds().stdout, "contents", "{host}");
    }
}

#[test]
fn imports_of_javascript_are_the_package_s() {
    let folder = Folder::with("imported", "browser");
    folder.write(
        "imported/src/lib.rs",
        r#"
#[wasm::import("env")]
extern "wasm" { fn double(text: &str) -> String; }
#[wasm::export]
pub fn main() { wasm::println!("{}", double("ab")); }
"#,
    );
    let ran = folder.run_in("imported", &["run", "-q"]).ends_with_code(2);
    assert!(ran.stderr.contains("`env` `double`"), "{}", ran.stderr);
    folder.write("imported/imports.mjs", "export const imports = { env: { double: (text) => text + text } };");
    for host in ["node", "chromium"] {
        assert_eq!(folder.run_in("imported", &["run", "-q", "--in", host]).succeeds().stdout, "abab\n", "{host}");
    }
    let ran = folder.run_in("imported", &["run", "-q", "--in", "wasmtime"]).ends_with_code(2);
    assert!(
        ran.error().ends_with("which are functions of JavaScript: use --in node or --in chromium"),
        "{}",
        ran.error()
    );
}

#[test]
fn threads_run_in_node_and_chromium() {
    let folder = Folder::with("threaded", "browser");
    folder.write(
        "threaded/src/lib.rs",
        r#"
#![no_std]
extern crate alloc;
#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[wasm::export]
pub fn main() {
    let mut sums = [0u32; 4];
    wasm::thread::scope(|scope| {
        for (i, sum) in sums.iter_mut().enumerate() {
            scope.spawn(move || *sum = (i as u32 * 1000..(i as u32 + 1) * 1000).sum());
        }
    })
    .unwrap();
    wasm::println!("{} {}", sums.iter().sum::<u32>(), wasm::thread::workers() > 0);
}
"#,
    );
    for (host, threads, expected) in [
        ("wasmtime", false, "7998000 false\n"),
        ("node", false, "7998000 false\n"),
        ("node", true, "7998000 true\n"),
        ("chromium", true, "7998000 true\n"),
    ] {
        let mut args = vec!["run", "-q", "--release", "--in", host];
        args.extend(threads.then_some("--threads"));
        assert_eq!(folder.run_in("threaded", &args).succeeds().stdout, expected, "{host} {threads}");
    }
}

#[test]
fn each_stage_has_its_time() {
    let folder = Folder::with("timed", "browser");
    for (host, args) in
        [("node", &["run", "--in", "node", "--timings"][..]), ("Chromium", &["run", "--in", "chromium", "--timings"])]
    {
        // An edit, so that there is something to do.
        let (before, after) = if host == "node" { ("Hello", "Hallo") } else { ("Hallo", "Hullo") };
        folder.edit("timed/src/lib.rs", before, after);
        let ran = folder.run_in("timed", args).succeeds();
        let mut seconds = ["cargo", "rustc", "link", "post-link", "wrap", "start"].map(|stage| {
            let line = ran.stderr.lines().find_map(|line| line.strip_prefix(&format!("  {stage} ")));
            let line = line.unwrap_or_else(|| panic!("{host}: no {stage} in\n{}", ran.stderr));
            line.trim().strip_suffix(" s").and_then(|time| time.parse::<f64>().ok()).unwrap_or_else(|| panic!("{line}"))
        });
        seconds.sort_by(f64::total_cmp);
        assert!(seconds[0] >= 0.0 && seconds[5] > 0.01, "{host}: {seconds:?}");
        // The same again: the clock is no reason for rustc to run.
        let ran = folder.run_in("timed", &["build", "--timings"]).succeeds();
        let rustc = ran.stdout.lines().find_map(|line| line.trim().strip_prefix("rustc ")?.trim().strip_suffix(" s"));
        let link = ran.stdout.lines().find_map(|line| line.trim().strip_prefix("link "));
        assert_eq!(link.map(str::trim), Some("0.000 s"), "{}", ran.stdout);
        assert!(rustc.is_some(), "{}", ran.stdout);
    }
}

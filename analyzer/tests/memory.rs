//! Memory is in proportion to the file, whatever is in it. These files are made of nothing
//! but what costs most for its bytes, and take no more than twice the file and 96 MB.
//!
//! `KEEP=DIR` writes the files there.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(target_os = "linux")]

mod common;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Besides twice the file.
const ALLOWANCE: u64 = 96_000_000;

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn section(id: u8, payload: &[u8]) -> Vec<u8> {
    [&[id], &*leb(payload.len()), payload].concat()
}

/// A section with the same entry over and over.
fn repeated(id: u8, count: usize, entry: &[u8]) -> Vec<u8> {
    section(id, &[leb(count), entry.repeat(count)].concat())
}

fn custom(name: &str, payload: &[u8]) -> Vec<u8> {
    section(0, &[&*leb(name.len()), name.as_bytes(), payload].concat())
}

/// A subsection of a name section, with the entries that `entry` writes.
fn names(id: u8, count: usize, entry: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let entries: Vec<u8> = (0..count).flat_map(entry).collect();
    custom("name", &section(id, &[leb(count), entries].concat()))
}

fn module(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0".to_vec(), sections.concat()].concat()
}

fn component(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x0d\0\x01\0".to_vec(), sections.concat()].concat()
}

const TYPE: &[u8] = &[0x60, 0, 0];
const EMPTY_BODY: &[u8] = &[2, 0, 0x0b];

/// `count` functions with the same body.
fn functions(count: usize, body: &[u8]) -> Vec<Vec<u8>> {
    vec![repeated(1, 1, TYPE), repeated(3, count, &[0]), repeated(10, count, body)]
}

/// A body of instructions, with its length.
fn body(code: &[u8]) -> Vec<u8> {
    [leb(code.len() + 2), vec![0], code.to_vec(), vec![0x0b]].concat()
}

/// Modules that have as much of one thing as fits in about `n` times a megabyte.
fn dense(n: usize) -> Vec<(&'static str, Vec<u8>)> {
    let m = n * 1_000_000;
    let two_tables = vec![repeated(1, 1, TYPE), repeated(3, 1, &[0]), repeated(4, 2, &[0x70, 0, 0])];
    let all_calls: Vec<u8> = (0..127).flat_map(|callee| [0x10, callee]).collect();
    let many_globals: Vec<u8> = (0..127).flat_map(|global| [0x23, global, 0x1a]).collect();
    let blocks = [[0x02, 0x40].repeat(m / 3), vec![0x0b; m / 3]].concat();
    vec![
        ("types", module(&[repeated(1, m / 3, TYPE)])),
        ("different types", {
            let entry = |at: usize| [&[0x60, 10], &*binary(at, 10), &[0]].concat();
            let entries: Vec<u8> = (0..m / 13).flat_map(entry).collect();
            module(&[section(1, &[leb(m / 13), entries].concat())])
        }),
        ("types in one group", {
            let group = [vec![0x4e], leb(300_000), TYPE.repeat(300_000)].concat();
            module(&[repeated(1, m / 900_000, &group)])
        }),
        ("empty groups", module(&[repeated(1, m / 2, &[0x4e, 0])])),
        ("groups of two", module(&[repeated(1, m / 8, &[&[0x4e, 2], TYPE, TYPE].concat())])),
        ("types of many parameters", {
            let entry = [&[0x60], &*leb(1000), &[0x64, 0].repeat(1000), &[0]].concat();
            module(&[repeated(1, m / entry.len(), &entry)])
        }),
        ("functions", module(&functions(m / 4, EMPTY_BODY))),
        ("types that name each other", {
            let parameters: Vec<u8> = (0..127).flat_map(|ty| [0x64, ty]).collect();
            let entry = [&[0x60], &*leb(127), &parameters, &[0]].concat();
            module(&[repeated(1, m / entry.len(), &entry)])
        }),
        ("functions without bodies", module(&[repeated(1, 1, TYPE), repeated(3, m, &[0])])),
        ("calls", module(&functions(m / 260, &body(&all_calls)))),
        ("globals read", {
            let mut sections = functions(m / 385, &body(&many_globals));
            sections.insert(2, repeated(6, 127, &[0x7f, 0, 0x41, 0, 0x0b]));
            module(&sections)
        }),
        ("a long body", module(&functions(1, &body(&vec![0x01; m])))),
        ("blocks", module(&functions(1, &body(&blocks)))),
        ("a chain of calls", {
            let bodies: Vec<u8> = (0..m / 8).flat_map(|at| body(&[&[0x10], &*leb(at + 1)].concat())).collect();
            let code = section(10, &[leb(m / 8), bodies].concat());
            let export = section(7, &[1, 0, 0, 0]);
            module(&[repeated(1, 1, TYPE), repeated(3, m / 8, &[0]), export, code])
        }),
        ("locals", {
            let body = [leb(m / 2 + 5), leb(m / 2 / 2), [1, 0x7f].repeat(m / 2 / 2), vec![0x0b]].concat();
            module(&functions(1, &body))
        }),
        ("imports", module(&[repeated(1, 1, TYPE), repeated(2, m / 4, &[0; 4])])),
        ("compact imports", {
            let group = [vec![0, 0, 0x7e, 0, 0], leb(m), vec![0; m]].concat();
            module(&[repeated(1, 1, TYPE), repeated(2, 1, &group)])
        }),
        ("exports", module(&[functions(1, EMPTY_BODY), vec![repeated(7, m / 3, &[0; 3])]].concat())),
        ("tables", module(&[repeated(4, m / 3, &[0x70, 0, 0])])),
        ("tables and signatures", {
            let entries: Vec<u8> = (0..1000).flat_map(|at| [&[0x60, 10], &*binary(at, 10), &[0]].concat()).collect();
            let types = section(1, &[leb(1000), entries].concat());
            module(&[types, repeated(4, 990, &[0x70, 0, 0])])
        }),
        ("memories", module(&[repeated(5, m / 2, &[0, 0])])),
        ("tags", module(&[repeated(1, 1, TYPE), repeated(13, m / 2, &[0, 0])])),
        ("globals", module(&[repeated(6, m / 5, &[0x7f, 0, 0x41, 0, 0x0b])])),
        ("element segments", module(&[two_tables.clone(), vec![repeated(9, m / 3, &[1, 0, 0])]].concat())),
        ("a large element segment", {
            let entries = [vec![1, 0], leb(m), vec![0; m]].concat();
            module(&[two_tables.clone(), vec![repeated(9, 1, &entries)]].concat())
        }),
        ("dense element segments", {
            let entry: Vec<u8> = [1, 0, 127].into_iter().chain(0..127).collect();
            let sections = [repeated(1, 1, TYPE), repeated(3, 127, &[0])];
            let code = repeated(10, 127, EMPTY_BODY);
            module(&[sections.to_vec(), vec![repeated(9, m / 130, &entry), code]].concat())
        }),
        ("data segments", module(&[repeated(5, 1, &[0, 0]), repeated(11, m / 2, &[1, 0])])),
        ("active data segments", {
            let entry = [0, 0x41, 8, 0x0b, 1, b'x'];
            module(&[repeated(5, 1, &[0, 0]), repeated(11, m / 6, &entry)])
        }),
        ("zeros in data", {
            let contents = [vec![0, 0x41, 8, 0x0b], leb(m), vec![0; m]].concat();
            module(&[repeated(5, 1, &[0, 0]), repeated(11, 1, &contents)])
        }),
        ("data of one letter", {
            let contents = [vec![0, 0x41, 8, 0x0b], leb(m), vec![b'x'; m]].concat();
            module(&[repeated(5, 1, &[0, 0]), repeated(11, 1, &contents)])
        }),
        ("zeros and letters in data", {
            let contents = [vec![0, 0x41, 8, 0x0b], leb(m), b"words\0\0\0".repeat(m / 8)].concat();
            module(&[repeated(5, 1, &[0, 0]), repeated(11, 1, &contents)])
        }),
        ("sections", module(&[section(5, &[0]).repeat(m / 3)])),
        ("empty sections", module(&[section(5, &[]).repeat(m / 2)])),
        ("custom sections", module(&[custom("", &[]).repeat(m / 3)])),
        ("unknown sections", module(&[section(99, &[]).repeat(m / 2)])),
        ("names", {
            let entry = |at: usize| [(at % 127) as u8, 0].to_vec();
            module(&[functions(127, EMPTY_BODY), vec![names(1, m / 2, entry)]].concat())
        }),
        ("names of functions", {
            let entry = |at: usize| [&*leb(at), &[1, b'x']].concat();
            let count = m / 9;
            module(&[functions(count, EMPTY_BODY), vec![names(1, count, entry)]].concat())
        }),
        ("names of locals", {
            let entry = |at: usize| [(at % 127) as u8, 0].to_vec();
            module(&[functions(127, EMPTY_BODY), vec![names(2, m / 2, entry)]].concat())
        }),
        ("mangled names", {
            let mangled = b"_RNvC1aB0_";
            let entry = |at: usize| [&*leb(at), &[mangled.len() as u8], mangled].concat();
            let count = m / 18;
            module(&[functions(count, EMPTY_BODY), vec![names(1, count, entry)]].concat())
        }),
        ("one long name", {
            let entry = |_: usize| [vec![0], leb(m), vec![b'x'; m]].concat();
            module(&[functions(1, EMPTY_BODY), vec![names(1, 1, entry)]].concat())
        }),
        ("one long name of unseen characters", {
            let entry = |_: usize| [vec![0], leb(m), vec![1; m]].concat();
            module(&[functions(1, EMPTY_BODY), vec![names(1, 1, entry)]].concat())
        }),
        ("relocations", {
            let entry = [vec![3], leb(m / 3), (0..m / 3).flat_map(|_| [6, 2, 0]).collect()].concat();
            let linking = custom("linking", &[2]);
            module(&[functions(127, EMPTY_BODY), vec![linking, custom("reloc.CODE", &entry)]].concat())
        }),
        ("symbols", {
            let symbols = [leb(m / 4), [0, 0x10, 0, 0].repeat(m / 4)].concat();
            let linking = custom("linking", &[vec![2], section(8, &symbols)].concat());
            module(&[functions(1, EMPTY_BODY), vec![linking]].concat())
        }),
        ("producers", {
            let values = [vec![1, 3], b"sdk".to_vec(), leb(m / 2), vec![0; m]].concat();
            module(&[custom("producers", &values)])
        }),
        ("modules", component(&[section(1, b"\0asm\x01\0\0\0").repeat(m / 10)])),
        ("aliases", component(&[repeated(6, m / 5, &[0, 0, 1, 0, 0])])),
        ("component types", component(&[repeated(7, m / 2, &[0x40, 0, 1, 0])])),
        ("canonical definitions", component(&[repeated(8, m / 2, &[3, 0])])),
        ("core instances", component(&[repeated(2, m / 2, &[1, 0])])),
    ]
}

/// Ten value types that write a number.
fn binary(value: usize, digits: usize) -> Vec<u8> {
    (0..digits).map(|digit| if value >> digit & 1 == 1 { 0x7e } else { 0x7f }).collect()
}

struct Run {
    peak: u64,
    took: Duration,
}

/// Runs the binary and watches its memory: the highest that the kernel has seen, read until the process is gone.
fn run(file: &std::path::Path, args: &[&str]) -> Run {
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasm-size"));
    // Each thread has a table of all items: what is held is two cores.
    command.env("RAYON_NUM_THREADS", "2");
    let mut child = command.args(args).arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let code = loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) * 1024);
        if let Some(code) = child.try_wait().unwrap() {
            break code.code();
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    assert!(matches!(code, Some(0 | 2)), "{}: exit code {code:?}", file.display());
    Run { peak, took: start.elapsed() }
}

#[test]
fn memory_is_in_proportion_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("KEEP").map(std::path::PathBuf::from);
    let folder = kept.as_deref().unwrap_or(folder.path());
    let mut beyond = Vec::new();
    for (name, bytes) in dense(common::effort(6) as usize) {
        let file = folder.join(format!("{}.wasm", name.replace(' ', "-")));
        std::fs::write(&file, &bytes).unwrap();
        let run = run(&file, &["--no-compress"]);
        let bound = 2 * bytes.len() as u64 + ALLOWANCE;
        let line = format!(
            "{name}: {:.1} MB: peak {:.1} MB of {:.1}, {:?}",
            bytes.len() as f64 / 1e6,
            run.peak as f64 / 1e6,
            bound as f64 / 1e6,
            run.took
        );
        println!("{}{line}", if run.peak > bound { "BEYOND " } else { "" });
        if run.peak > bound || run.took > Duration::from_secs(20) {
            beyond.push(line);
        }
    }
    assert!(beyond.is_empty(), "{}", beyond.join("\n"));
}

//! Where the tests find their modules.
#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod invariants;

use std::path::{Path, PathBuf};
use std::process::Command;

/// A module with the name that a failure shows.
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Files up to this size are what `./test` fetches by default.
const SMALL: u64 = 2_600_000;

/// The corpus, smallest first: the small files, or all with `WASM_CORPUS_ALL`. A file that is missing is said; with
/// `CI=true` that is a failure.
pub(crate) fn corpus() -> impl Iterator<Item = Module> {
    let all = std::env::var_os("WASM_CORPUS_ALL").is_some();
    index().into_iter().filter(move |(_, size)| all || *size <= SMALL).filter_map(|(name, _)| corpus_file(&name))
}

/// One file of the corpus: from `$WASM_CORPUS`, else `~/.cache/wasm-corpus`.
pub(crate) fn corpus_file(name: &str) -> Option<Module> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/wasm-corpus"));
    let folder = std::env::var_os("WASM_CORPUS").map(PathBuf::from).or(home).unwrap_or_default();
    match std::fs::read(folder.join(name)) {
        Ok(bytes) => Some(Module { name: name.to_string(), bytes }),
        Err(error) => {
            skipped(&format!("corpus file {name} ({error})"));
            None
        }
    }
}

/// Name and size of the corpus files.
fn index() -> Vec<(String, u64)> {
    let index = std::fs::read_to_string(root().join("corpus/INDEX.tsv")).unwrap();
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        (columns[0].to_string(), columns[4].parse().unwrap())
    };
    index.lines().skip(1).map(row).collect()
}

/// The shipped samples.
pub(crate) fn samples() -> Vec<Module> {
    let files = [
        "c-calc/c-calc.wasm",
        "component-words/component-words.wasm",
        "rust-markdown/rust-markdown.wasm",
        "rust-markdown/rust-markdown-next.wasm",
    ];
    files.into_iter().map(sample).collect()
}

/// One shipped sample.
pub(crate) fn sample(path: &str) -> Module {
    Module { name: path.to_string(), bytes: std::fs::read(root().join("samples").join(path)).unwrap() }
}

/// The folder of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Says what could not be tried; with `CI=true` that is a failure.
pub(crate) fn skipped(what: &str) {
    println!("skipped: needs {what}");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "needs {what}");
}

/// Whether a tool is there.
pub(crate) fn has_tool(name: &str) -> bool {
    let found = Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success());
    if !found {
        skipped(name);
    }
    found
}

/// How much more than the quick run to do: `TEST_EFFORT=20` makes twenty times the random cases.
pub(crate) fn effort(cases: u32) -> u32 {
    let factor = std::env::var("TEST_EFFORT").ok().and_then(|text| text.parse::<f64>().ok());
    (f64::from(cases) * factor.unwrap_or(1.0)).ceil() as u32
}

/// Numbers that are the same in every run (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

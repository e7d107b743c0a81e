//! The comparison: sizes, build times, safety, calls and kernels, for Rust, C, Zig and AssemblyScript.

mod measure;
mod report;
mod tools;

use std::path::{Path, PathBuf};

use tools::Tools;

use crate::Result;

/// The benchmark programs.
const PROGRAMS: [&str; 4] = ["hello", "json", "filter", "sha256"];

/// A column of the tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Language {
    Rust,
    Bindgen,
    C,
    Zig,
    AssemblyScript,
}

impl Language {
    const ALL: [Language; 5] =
        [Language::Rust, Language::Bindgen, Language::C, Language::Zig, Language::AssemblyScript];

    fn name(self) -> &'static str {
        match self {
            Language::Rust => "Rust + `wasm`",
            Language::Bindgen => "Rust + wasm-bindgen",
            Language::C => "C",
            Language::Zig => "Zig",
            Language::AssemblyScript => "AssemblyScript",
        }
    }

    /// How `samples/build programs` calls a program.
    fn program(self, program: &str) -> String {
        match (self, program) {
            (Language::Rust, "hello") => "hello-wasm".into(),
            (Language::Rust, _) => program.into(),
            (Language::Bindgen, _) => format!("{program}.bindgen"),
            (Language::C, _) => format!("{program}.c"),
            (Language::Zig, _) => format!("{program}.zig"),
            (Language::AssemblyScript, _) => format!("{program}.as"),
        }
    }

    /// The source file below `samples`, which an edit touches.
    fn source(self, program: &str) -> String {
        match (self, program) {
            (Language::Rust, "hello") => "hello/src/hello_wasm.rs".into(),
            (Language::Rust, _) => format!("{program}/src/lib.rs"),
            (Language::Bindgen, _) => "bindgen/src/lib.rs".into(),
            (Language::C, _) => format!("{program}/{program}.c"),
            (Language::Zig, _) => format!("{program}/{program}.zig"),
            (Language::AssemblyScript, _) => format!("{program}/{program}.ts"),
        }
    }
}

/// Where things are.
struct Places {
    root: PathBuf,
    /// What `samples/build programs` makes.
    built: PathBuf,
    /// A copy of the sources, to edit and to build from nothing.
    copy: PathBuf,
}

impl Places {
    fn find() -> Result<Places> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent")?.to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        Ok(Places { built: target.join("samples"), copy: target.join("compare"), root })
    }
}

/// Everything that one run found out.
struct Findings {
    tools: Tools,
    sizes: Vec<measure::Size>,
    builds: Vec<measure::BuildTime>,
    safety: Vec<measure::Verdict>,
    calls: Vec<measure::Call>,
    kernels: Vec<measure::Kernel>,
    /// The JavaScript that programs with more than numbers need.
    loader_bytes: u64,
}

/// Measures, prints, and writes `docs/comparison.md`.
pub(crate) fn run(install_bindgen: bool) -> Result<()> {
    let places = Places::find()?;
    if install_bindgen {
        tools::install_bindgen(&places)?;
    }
    let tools = Tools::find(&places);
    for missing in tools.missing() {
        eprintln!("missing: {missing}");
    }
    eprintln!("building");
    measure::build(&places, &tools)?;
    eprintln!("sizes");
    let sizes = measure::sizes(&places, &tools)?;
    eprintln!("calls");
    let calls = measure::calls(&places, &tools)?;
    eprintln!("kernels");
    let kernels = measure::kernels(&places)?;
    eprintln!("safety");
    let safety = measure::safety(&places)?;
    eprintln!("build times");
    let builds = measure::build_times(&places, &tools)?;
    let loader_bytes = std::fs::metadata(places.root.join("crates/wasm/js/loader.mjs"))?.len();
    let findings = Findings { tools, sizes, builds, safety, calls, kernels, loader_bytes };
    let report = report::markdown(&findings);
    print!("{report}");
    std::fs::write(places.root.join("docs/comparison.md"), report)?;
    Ok(())
}

//! What there is on this machine to build with, what is missing, and how it is got.

use crate::error::Error;
use crate::event::Event;
use crate::request::{Std, Target};
use crate::rustc::{Stream, is_interrupted, run};
use crate::sysroot;
use serde::Serialize;
use std::env;
use std::ffi::OsString;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// The release of binaryen that [`install`] gets.
pub const BINARYEN: &str = "132";

/// The compiler that Cargo calls.
#[derive(Clone, Debug)]
pub struct Rustc {
    /// As `rustc -V` says: `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub version: String,
    /// The commit that it was built from; `unknown` for a compiler that does not say.
    pub commit: String,
    /// The platform that it runs on.
    pub host: String,
    /// Where its libraries are.
    pub sysroot: PathBuf,
}

impl Rustc {
    /// Asks the compiler that a folder's toolchain file names.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(folder: &Path) -> Result<Rustc, Error> {
        let program = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_string());
        let ask = |args: &[&str]| {
            let output = Command::new(&program).args(args).current_dir(folder).output();
            let output = output.map_err(|source| Error::Spawn { program: program.clone(), source })?;
            if !output.status.success() {
                return Err(Error::Metadata(String::from_utf8_lossy(&output.stderr).trim_end().to_string()));
            }
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_string())
        };
        // At once: behind rustup each takes a while to start.
        let (verbose, sysroot) = thread::scope(|scope| {
            let verbose = scope.spawn(|| ask(&["-vV"]));
            let sysroot = ask(&["--print", "sysroot"]);
            (verbose.join(), sysroot)
        });
        let verbose = verbose.unwrap_or_else(|panic| resume_unwind(panic))?;
        let field = |name: &str| verbose.lines().find_map(|line| line.strip_prefix(name));
        Ok(Rustc {
            version: verbose.lines().next().unwrap_or_default().to_string(),
            commit: field("commit-hash: ").unwrap_or("unknown").to_string(),
            host: field("host: ").unwrap_or_default().to_string(),
            sysroot: sysroot?.into(),
        })
    }

    /// Whether the std of a target is there.
    pub fn has(&self, target: Target) -> bool {
        self.library(target).is_dir()
    }

    fn library(&self, target: Target) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(target.triple()).join("lib")
    }
}

/// A program that was found.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The program, and what stands before its arguments (`node` runs a script).
    words: Vec<OsString>,
    pub(crate) path: PathBuf,
    pub(crate) version: String,
}

impl Program {
    fn new(name: &'static str, path: PathBuf) -> Option<Program> {
        let program = Program { name, words: vec![path.clone().into()], path, version: String::new() };
        program.with_version()
    }

    /// A script of an npm package, which says the version without being run.
    fn npm(name: &'static str, package: &Path) -> Option<Program> {
        let node = which::which("node").ok()?;
        let json = std::fs::read(package.join("package.json")).ok()?;
        let json: serde_json::Value = serde_json::from_slice(&json).ok()?;
        let version = json.get("version")?.as_str()?.to_string();
        let path = package.join("bin").join(name);
        path.is_file().then(|| Program { name, words: vec![node.into(), path.clone().into()], path, version })
    }

    /// A program that does not say its version does not run.
    fn with_version(self) -> Option<Program> {
        let output = self.command().arg("--version").output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text.lines().next().unwrap_or_default().trim().to_string();
        let version = version.strip_prefix(self.name).map_or(version.clone(), |rest| rest.trim().to_string());
        let version = version.strip_prefix("version ").map_or(version.clone(), str::to_string);
        Some(Program { version: version.split(" (").next().unwrap_or_default().to_string(), ..self })
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]);
        command
    }
}

/// The folder that tools are installed to: `$WASMRUST_TOOLS`, else `wasmrust` in the user's cache folder.
pub fn tools_folder() -> PathBuf {
    if let Some(folder) = env::var_os("WASMRUST_TOOLS") {
        return folder.into();
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    cache.or_else(|| Some(env::home_dir()?.join(".cache"))).unwrap_or_else(env::temp_dir).join("wasmrust")
}

/// binaryen's wasm-opt: `$WASM_OPT`, what [`install`] got, or the one on `PATH`.
pub(crate) fn wasm_opt() -> Option<Program> {
    if let Some(path) = env::var_os("WASM_OPT") {
        return Program::new("wasm-opt", path.into());
    }
    let installed = tools_folder().join("binaryen/node_modules/binaryen");
    Program::npm("wasm-opt", &installed).or_else(|| Program::new("wasm-opt", which::which("wasm-opt").ok()?))
}

/// The wasm-bindgen of exactly a version: what [`install`] got, or the one on `PATH`.
pub(crate) fn wasm_bindgen(version: &str) -> Option<Program> {
    let installed = bindgen_folder(version).join("bin").join(format!("wasm-bindgen{}", env::consts::EXE_SUFFIX));
    let places = [Some(installed), which::which("wasm-bindgen").ok()];
    let mut found = places.into_iter().flatten().filter_map(|path| Program::new("wasm-bindgen", path));
    found.find(|program| program.version == version)
}

fn bindgen_folder(version: &str) -> PathBuf {
    tools_folder().join(format!("wasm-bindgen-{version}"))
}

/// A tool that builds, runs or tests need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What needs it.
    pub needed_for: &'static str,
    /// Where it is, and its version.
    pub found: Option<Found>,
    /// The one command that gets it.
    pub cure: String,
}

/// A tool that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Its file or folder.
    pub path: PathBuf,
    /// Its version, as it says it.
    pub version: String,
}

/// All tools that matter to a folder's crate, there or not.
pub fn tools(folder: &Path) -> Vec<Tool> {
    let rustc = Rustc::find(folder).ok();
    let mut tools = vec![Tool {
        name: "rustc".into(),
        needed_for: "all builds",
        found: rustc.as_ref().map(|rustc| Found { path: rustc.sysroot.clone(), version: rustc.version.clone() }),
        cure: "install Rust with rustup: https://rustup.rs".into(),
    }];
    for target in Target::ALL {
        let found = rustc.as_ref().filter(|rustc| rustc.has(target));
        tools.push(Tool {
            name: target.to_string(),
            needed_for: match target {
                Target::Unknown => "builds for browsers, node and embeddings",
                Target::Wasip1 => "builds for WASI 0.1",
                Target::Wasip2 => "builds for WASI 0.2: components",
            },
            found: found.map(|rustc| Found { path: rustc.library(target), version: rustc.version.clone() }),
            cure: format!("cargo wasm setup {target}"),
        });
    }
    let on_path = |name: &'static str| Program::new(name, which::which(name).ok()?);
    let mut add = |name: &str, needed_for, program: Option<Program>, cure: &str| {
        let found = program.map(|program| Found { path: program.path, version: program.version });
        tools.push(Tool { name: name.into(), needed_for, found, cure: cure.into() });
    };
    add("wasm-opt", "the optimise stage of release and freestanding builds", wasm_opt(), "cargo wasm setup binaryen");
    add("node", "tests in node, and wasm-opt where it comes from npm", on_path("node"), "apt install nodejs npm");
    let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path);
    add("chromium", "tests in a browser", chromium, "apt install chromium");
    if let Some(version) = locked_wasm_bindgen(folder) {
        let cure = format!("cargo wasm setup wasm-bindgen@{version}");
        add("wasm-bindgen", "the crates here that use it", wasm_bindgen(&version), &cure);
    }
    tools
}

/// The version of wasm-bindgen in a folder's `Cargo.lock`.
fn locked_wasm_bindgen(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let lock = folder.ancestors().find_map(|folder| std::fs::read_to_string(folder.join("Cargo.lock")).ok())?;
    let lock: toml::Table = lock.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let package =
        packages.iter().find(|package| package.get("name").and_then(|n| n.as_str()) == Some("wasm-bindgen"))?;
    Some(package.get("version")?.as_str()?.to_string())
}

/// A piece that [`install`] can get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The std of a target.
    Target(Target),
    /// A standard library that is built for size.
    Std(Std, Target),
    /// binaryen's wasm-opt, of the release [`BINARYEN`].
    Binaryen,
    /// wasm-bindgen's command of exactly this version.
    WasmBindgen(String),
}

impl Piece {
    /// What a user types: a target, `std-small@TARGET`, `std-silent@TARGET`, `binaryen`, `wasm-bindgen@VERSION`.
    ///
    /// # Errors
    /// If it is none of these.
    pub fn parse(text: &str) -> Result<Piece, crate::UnknownName> {
        match (text, text.split_once('@')) {
            ("binaryen" | "wasm-opt", _) => Ok(Piece::Binaryen),
            (_, Some(("wasm-bindgen", version))) => Ok(Piece::WasmBindgen(version.to_string())),
            (_, Some(("std-small", target))) => Ok(Piece::Std(Std::Small, target.parse()?)),
            (_, Some(("std-silent", target))) => Ok(Piece::Std(Std::Silent, target.parse()?)),
            _ => text.parse().map(Piece::Target).map_err(|_| crate::UnknownName {
                what: "piece",
                name: text.to_string(),
                known: format!(
                    "{}, std-small@TARGET, std-silent@TARGET, binaryen, wasm-bindgen@VERSION",
                    Target::ALL.map(Target::triple).join(", ")
                ),
            }),
        }
    }
}

/// Gets a piece: a target from rustup, or else built from the source of std; wasm-opt from npm; wasm-bindgen from
/// crates.io. What is there stays.
///
/// # Errors
/// If it cannot be had; the message is the installer's own.
pub fn install(piece: &Piece, folder: &Path, events: &mut dyn FnMut(Event)) -> Result<(), Error> {
    match piece {
        Piece::Target(target) => {
            let rustc = Rustc::find(folder)?;
            if rustc.has(*target) {
                return Ok(());
            }
            let mut rustup = Command::new("rustup");
            rustup.current_dir(folder).args(["target", "add", target.triple()]);
            match installer(&mut rustup, "rustup", &target.to_string(), events) {
                Err(Error::Interrupted) => Err(Error::Interrupted),
                Ok(()) if rustc.has(*target) => Ok(()),
                _ => {
                    let line = "rustup has no answer: building std from its source".to_string();
                    events(Event::Progress { line });
                    sysroot::install_shipped(&rustc, *target, folder, events)
                }
            }
        }
        Piece::Std(std, target) => sysroot::install(&Rustc::find(folder)?, *std, *target, folder, events),
        Piece::Binaryen => {
            if wasm_opt().is_some() {
                return Ok(());
            }
            let folder = tools_folder().join("binaryen");
            std::fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
            let npm = which::which("npm").map_err(|_| Error::ToolMissing {
                output: "binaryen".into(),
                tool: "npm".into(),
                cure: "apt install nodejs npm, or your distribution's binaryen".into(),
            })?;
            let mut npm = Command::new(npm);
            npm.current_dir(&folder).args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", "."]);
            npm.arg(format!("binaryen@{BINARYEN}"));
            installer(&mut npm, "npm", "binaryen", events)
        }
        Piece::WasmBindgen(version) => {
            if wasm_bindgen(version).is_some() {
                return Ok(());
            }
            // Without --locked: the lock file that is published with it can name versions that are gone.
            let mut cargo = Command::new(crate::project::cargo());
            cargo.args(["install", "wasm-bindgen-cli", "--version", &format!("={version}"), "--root"]);
            cargo.arg(bindgen_folder(version));
            installer(&mut cargo, "cargo install", &format!("wasm-bindgen {version}"), events)
        }
    }
}

/// Runs an installer; its words are events, and the error if it fails.
pub(crate) fn installer(
    command: &mut Command,
    program: &str,
    piece: &str,
    events: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    let mut said = Vec::new();
    let status = run(command, program, |stream, line| {
        if stream == Stream::Err {
            said.push(line.to_string());
        }
        events(Event::Progress { line: line.to_string() });
    })?;
    if is_interrupted(status) {
        return Err(Error::Interrupted);
    }
    if !status.success() {
        let message = said.join("\n");
        return Err(Error::Tool { tool: program.to_string(), output: piece.to_string(), message });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_as_users_write_them() {
        for (text, piece) in [
            ("wasm32-wasip1", Piece::Target(Target::Wasip1)),
            ("binaryen", Piece::Binaryen),
            ("wasm-bindgen@0.2.130", Piece::WasmBindgen("0.2.130".into())),
            ("std-silent@wasip2", Piece::Std(Std::Silent, Target::Wasip2)),
        ] {
            assert_eq!(Piece::parse(text), Ok(piece));
        }
        let error = Piece::parse("emscripten").expect_err("no such piece").to_string();
        assert!(error.starts_with("there is no piece `emscripten`; there are wasm32-unknown-unknown, "), "{error}");
    }

    #[test]
    fn what_is_missing_has_a_cure() {
        let of = |name: &str| tools(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crates").join(name));
        let tools = of("bare");
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
        assert!(names.starts_with(&["rustc", "wasm32-unknown-unknown", "wasm32-wasip1", "wasm32-wasip2", "wasm-opt"]));
        assert!(tools.iter().all(|tool| !tool.cure.is_empty() && !tool.needed_for.is_empty()));
        assert!(!names.contains(&"wasm-bindgen"), "nothing there uses it");
        let bound = of("bound");
        let bindgen = bound.iter().find(|tool| tool.name == "wasm-bindgen").expect("it is in the lock file");
        assert_eq!(bindgen.cure, "cargo wasm setup wasm-bindgen@0.2.130");
        let rustc = tools[0].found.as_ref().expect("it compiled this");
        assert!(rustc.version.starts_with("rustc 1."), "{}", rustc.version);
    }
}

//! Drives rustc: the macros once, the crate once per target and set of flags.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};

pub(crate) const UNKNOWN: &str = "wasm32-unknown-unknown";
pub(crate) const WASI: &str = "wasm32-wasip1";

/// What a build of shared memory needs beside `+atomics`.
pub(crate) const THREAD_LINK_ARGS: [&str; 4] =
    ["--no-check-features", "--shared-memory", "--import-memory", "--export=__stack_pointer"];

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Build {
    pub(crate) target: &'static str,
    /// The crate's feature of that name.
    pub(crate) alloc: bool,
    pub(crate) threads: bool,
    pub(crate) opt_level: &'static str,
}

impl Build {
    pub(crate) const fn of(target: &'static str) -> Build {
        Build { target, alloc: true, threads: false, opt_level: "z" }
    }
}

fn crate_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn source(name: &str) -> PathBuf {
    crate_dir().join("tests").join(name)
}

/// A folder of this test run's own.
fn out_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wasm-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        dir
    })
}

fn rustc() -> Command {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.args(["--edition=2024", "--color=never"]);
    command
}

pub(crate) fn checked(mut command: Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn macros() -> &'static Path {
    static MACROS: OnceLock<PathBuf> = OnceLock::new();
    MACROS.get_or_init(|| {
        let out = out_dir().join(format!("{}wasm_macros{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX));
        let mut command = rustc();
        command
            .args(["--crate-name=wasm_macros", "--crate-type=proc-macro", "--extern=proc_macro", "-o"])
            .arg(&out)
            .arg(crate_dir().join("../wasm-macros/src/lib.rs"));
        checked(command);
        out
    })
}

fn flags(command: &mut Command, build: &Build) {
    command.arg(format!("--target={}", build.target));
    command.arg(format!("-Copt-level={}", build.opt_level));
    command.args(["-Cpanic=abort", "-Ccodegen-units=1"]);
    if build.target == WASI {
        // Programs without std bring their own `_start`.
        command.arg("-Clink-self-contained=no");
    }
    if build.threads {
        command.arg("-Ctarget-feature=+atomics,+bulk-memory");
    }
}

/// The crate `wasm` itself.
fn library(build: &Build) -> PathBuf {
    static BUILT: Mutex<Option<HashMap<Build, PathBuf>>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let built = built.get_or_insert_default();
    if let Some(path) = built.get(build) {
        return path.clone();
    }
    let dir = out_dir().join(format!("{}", built.len()));
    std::fs::create_dir_all(&dir).unwrap();
    let out = dir.join("libwasm.rlib");
    let mut command = rustc();
    flags(&mut command, build);
    command.args(["--crate-name=wasm", "--crate-type=rlib", "-o"]).arg(&out);
    command.arg("--extern").arg(format!("wasm_macros={}", macros().display()));
    if build.alloc {
        command.arg("--cfg=feature=\"alloc\"");
    }
    command.arg(crate_dir().join("src/lib.rs"));
    checked(command);
    built.insert(build.clone(), out.clone());
    out
}

/// rustc set up for a program.
fn program_command(source: &Path, build: &Build) -> Command {
    let mut command = rustc();
    flags(&mut command, build);
    let library = library(build);
    command.arg("--extern").arg(format!("wasm={}", library.display()));
    command.arg("-L").arg(format!("dependency={}", out_dir().display()));
    command.arg(source);
    command
}

/// Builds `tests/<name>.rs` to a module and returns its path.
pub(crate) fn program(name: &str, build: &Build, link_args: &[&str]) -> PathBuf {
    let source = source(&format!("{name}.rs"));
    let out = out_dir().join(format!(
        "{}-{}-{}{}{}.wasm",
        name.replace('/', "-"),
        build.target,
        build.opt_level,
        if build.threads { "-threads" } else { "" },
        if build.alloc { "" } else { "-no-alloc" },
    ));
    let mut command = program_command(&source, build);
    command.args(["-Clto=fat", "-Cstrip=symbols", "-Dwarnings", "-o"]).arg(&out);
    if build.threads {
        command.args(THREAD_LINK_ARGS.map(|arg| format!("-Clink-arg={arg}")));
    }
    command.args(link_args.iter().map(|arg| format!("-Clink-arg={arg}")));
    checked(command);
    out
}

/// What rustc says of a program that must not build.
pub(crate) fn rejection(source: &Path, build: &Build, emit: &str) -> String {
    let mut command = program_command(source, build);
    let out = out_dir().join(source.file_name().unwrap()).with_extension(emit);
    command.arg(format!("--emit={emit}")).arg("-o").arg(out);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{} was accepted\n{text}", source.display());
    text
}

/// Runs `tests/<script>.mjs` in node with the module's path.
pub(crate) fn node(script: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new("node");
    command.arg(source(&format!("{script}.mjs"))).args(arguments);
    checked(command)
}

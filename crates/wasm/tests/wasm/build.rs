//! Drives rustc: the macros once, the crate once per target and set of flags.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

pub(crate) const UNKNOWN: &str = "wasm32-unknown-unknown";
pub(crate) const WASI: &str = "wasm32-wasip1";

/// What a build of shared memory needs beside `+atomics`.
pub(crate) const THREAD_LINK_ARGS: [&str; 5] = [
    "--no-check-features",
    "--shared-memory",
    "--import-memory",
    "--max-memory=1073741824",
    "--export=__stack_pointer",
];

pub(crate) struct Build {
    pub(crate) target: &'static str,
    /// The crate's feature of that name.
    pub(crate) alloc: bool,
    pub(crate) threads: bool,
    /// Dropped linear values are imports, not errors.
    pub(crate) linear_imports: bool,
    pub(crate) opt_level: &'static str,
}

impl Build {
    pub(crate) const fn of(target: &'static str) -> Build {
        Build { target, alloc: true, threads: false, linear_imports: false, opt_level: "z" }
    }

    fn name(&self) -> String {
        let Build { target, alloc, threads, linear_imports, opt_level } = self;
        let mut name = format!("{target}-{opt_level}");
        for (is, what) in [(*alloc, "-alloc"), (*threads, "-threads"), (*linear_imports, "-linear")] {
            name += if is { what } else { "" };
        }
        name
    }
}

fn crate_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn source(name: &str) -> PathBuf {
    crate_dir().join("tests").join(name)
}

/// A folder for what is built from these very sources: several test processes
/// share it, older ones go.
fn out_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let mut hasher = std::hash::DefaultHasher::new();
        for dir in ["src", "../wasm-macros/src", "tests/wasm", "tests/programs"] {
            hash_files(&crate_dir().join(dir), &mut hasher);
        }
        checked_text(rustc().arg("-vV")).hash(&mut hasher);
        let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let dir = all.join(format!("wasm-{:016x}", hasher.finish()));
        for entry in std::fs::read_dir(all).unwrap().flatten() {
            if entry.path() != dir && entry.file_name().to_string_lossy().starts_with("wasm-") {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        std::fs::create_dir_all(&dir).unwrap();
        dir
    })
}

fn hash_files(dir: &Path, hasher: &mut impl Hasher) {
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            hash_files(&path, hasher);
        } else {
            std::fs::read(path).unwrap().hash(hasher);
        }
    }
}

fn checked_text(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

/// Has `build` make a file, unless this or another process did already. It is
/// made beside its place and moved there whole.
fn made_once(path: PathBuf, build: impl FnOnce(&Path)) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    if !path.exists() {
        let unique = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let dir = path.with_extension(unique);
        std::fs::create_dir_all(&dir).unwrap();
        let made = dir.join(path.file_name().unwrap());
        build(&made);
        std::fs::rename(&made, &path).unwrap();
        let _ = std::fs::remove_dir_all(dir);
    }
    path
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
        let name = format!("{}wasm_macros{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        made_once(out_dir().join(name), |out| {
            let mut command = rustc();
            command
                .args(["--crate-name=wasm_macros", "--crate-type=proc-macro", "--extern=proc_macro", "-o"])
                .arg(out)
                .arg(crate_dir().join("../wasm-macros/src/lib.rs"));
            checked(command);
        })
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
    if build.linear_imports {
        command.arg("--cfg=wasm_linear_imports");
    }
    if build.threads {
        // The crate's build script would find the second in the first.
        command.args(["-Ctarget-feature=+atomics,+bulk-memory", "--cfg=wasm_threads"]);
    }
}

/// The crate `wasm` itself.
fn library(build: &Build) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let dir = out_dir().join(build.name());
    std::fs::create_dir_all(&dir).unwrap();
    made_once(dir.join("libwasm.rlib"), |out| {
        let mut command = rustc();
        flags(&mut command, build);
        command.args(["--crate-name=wasm", "--crate-type=rlib", "-o"]).arg(out);
        command.arg("--extern").arg(format!("wasm_macros={}", macros().display()));
        if build.alloc {
            command.arg("--cfg=feature=\"alloc\"");
        }
        command.arg(crate_dir().join("src/lib.rs"));
        checked(command);
    })
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
    let out = out_dir().join(format!("{}-{}.wasm", name.replace('/', "-"), build.name()));
    made_once(out, |out| {
        let mut command = program_command(&source, build);
        let crate_name = name.rsplit('/').next().unwrap();
        command.args(["--crate-name", crate_name, "-Clto=fat", "-Cstrip=symbols", "-Dwarnings"]);
        command.arg("-Clink-arg=--compress-relocations");
        if build.threads {
            command.args(THREAD_LINK_ARGS.map(|arg| format!("-Clink-arg={arg}")));
        }
        command.args(link_args.iter().map(|arg| format!("-Clink-arg={arg}")));
        command.arg("-o").arg(out);
        checked(command);
    })
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

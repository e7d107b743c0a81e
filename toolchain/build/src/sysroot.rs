//! Standard libraries built from the source of std, which comes with the toolchain (`rust-src`) or the distribution.
//!
//! The std that rustup ships is built for speed, with all that prints a backtrace. For builds that ask for it one is
//! built for size, once for each compiler, target and [`Std`], into the tools folder. Where rustup gives no answer the
//! shipped one is built, too, and takes its place in the toolchain.

use crate::error::Error;
use crate::event::Event;
use crate::flags::cargo_home;
use crate::project;
use crate::request::{Std, Target};
use crate::toolchain::{Rustc, installer, tools_folder};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the libraries of a compiler, target and kind of std are, in the form of a sysroot.
pub(crate) fn folder(rustc: &Rustc, std: Std) -> PathBuf {
    tools_folder().join("std").join(format!("{}-{}", rustc.commit, std.name()))
}

/// Whether that std has been built.
pub(crate) fn has(rustc: &Rustc, std: Std, target: Target) -> bool {
    std == Std::Shipped || libraries(&folder(rustc, std), target).is_dir()
}

fn libraries(sysroot: &Path, target: Target) -> PathBuf {
    sysroot.join("lib/rustlib").join(target.triple()).join("lib")
}

/// Builds it: about a minute of computing time.
pub(crate) fn install(
    rustc: &Rustc,
    std: Std,
    target: Target,
    at: &Path,
    events: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    if has(rustc, std, target) {
        return Ok(());
    }
    if source(rustc).is_none() {
        let mut rustup = Command::new("rustup");
        installer(rustup.current_dir(at).args(["component", "add", "rust-src"]), "rustup", "rust-src", events)?;
    }
    let mut flags = panic_flags(std);
    for registry in fs::read_dir(cargo_home().join("registry/src")).into_iter().flatten().flatten() {
        flags.push(format!("--remap-path-prefix={}=/rust/deps", registry.path().display()));
    }
    let recipe = Recipe {
        name: format!("the {} std of {target}", std.name()),
        arguments: &["--no-default-features", "--features", "compiler-builtins-mem optimize_for_size"],
        settings: &["opt-level=\"z\"", "codegen-units=1", "debug=false"],
        flags,
    };
    build(rustc, target, &recipe, &libraries(&folder(rustc, std), target), at, events)
}

/// Builds the std of a target as it is shipped, and puts it where rustup would have: for machines that rustup gives no
/// answer. The source is that of the toolchain, or of the distribution.
pub(crate) fn install_shipped(
    rustc: &Rustc,
    target: Target,
    at: &Path,
    events: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    let recipe = Recipe {
        name: format!("the std of {target}"),
        arguments: &["--features", "panic-unwind backtrace compiler-builtins-mem"],
        settings: &[],
        flags: Vec::new(),
    };
    build(rustc, target, &recipe, &libraries(&rustc.sysroot, target), at, events)
}

/// How a standard library is built.
struct Recipe {
    /// In messages.
    name: String,
    /// Cargo's.
    arguments: &'static [&'static str],
    /// Of the profile.
    settings: &'static [&'static str],
    /// rustc's.
    flags: Vec<String>,
}

/// The source of std: of the toolchain, or what Debian's package `rust-src` installs for the same version.
fn source(rustc: &Rustc) -> Option<PathBuf> {
    let release = rustc.version.split(' ').nth(1).unwrap_or_default();
    let places = [rustc.sysroot.join("lib/rustlib/src/rust"), Path::new("/usr/src").join(format!("rustc-{release}"))];
    places.into_iter().find(|place| place.join("library/sysroot/Cargo.toml").is_file())
}

/// The C library and start files of WASI: the toolchain's, or what Debian's package `wasi-libc` installs.
fn self_contained(rustc: &Rustc, target: Target) -> Option<PathBuf> {
    let debian = match target {
        Target::Unknown => return None,
        Target::Wasip1 => "/usr/lib/wasm32-wasi",
        Target::Wasip2 => "/usr/lib/wasm32-wasip2",
    };
    let places = [libraries(&rustc.sysroot, target).join("self-contained"), debian.into()];
    places.into_iter().find(|place| place.join("libc.a").is_file())
}

fn build(
    rustc: &Rustc,
    target: Target,
    recipe: &Recipe,
    place: &Path,
    at: &Path,
    events: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    let missing = |what: &str, cure: &str| Error::ToolMissing {
        output: recipe.name.clone(),
        tool: what.into(),
        cure: cure.into(),
    };
    let source = source(rustc).ok_or_else(|| {
        missing("the source of std", "`rustup component add rust-src`, or your distribution's rust-src of this version")
    })?;
    let wasi = self_contained(rustc, target);
    if wasi.is_none() && target != Target::Unknown {
        return Err(missing("WASI's C library", "`apt install wasi-libc`"));
    }
    let manifest = source.join("library/sysroot/Cargo.toml");
    let mut fetch = Command::new(project::cargo());
    fetch.current_dir(at).args(["fetch", "--locked", "--manifest-path"]).arg(&manifest).env("RUSTC_BOOTSTRAP", "1");
    installer(&mut fetch, "cargo fetch", &recipe.name, events)?;

    let tools = tools_folder();
    fs::create_dir_all(&tools).map_err(Error::write(&tools))?;
    let work = tempfile::tempdir_in(&tools).map_err(Error::write(&tools))?;
    let mut build = Command::new(project::cargo());
    build.current_dir(at).args(["build", "--release", "--locked", "--target", target.triple(), "--manifest-path"]);
    build.arg(&manifest).arg("--target-dir").arg(work.path()).args(recipe.arguments);
    for setting in recipe.settings {
        build.args(["--config", &format!("profile.release.{setting}")]);
    }
    // As std's own build does it: unstable features on, bitcode for LTO, no folder of this machine.
    build.env("RUSTC_BOOTSTRAP", "1").env("CARGO_INCREMENTAL", "0").env("__CARGO_DEFAULT_LIB_METADATA", "wasmrust");
    let mut flags = vec!["-Zforce-unstable-if-unmarked".to_string(), "-Cembed-bitcode=yes".to_string()];
    flags.extend(recipe.flags.iter().cloned());
    flags.push(format!("--remap-path-prefix={}=/rustc/{}", source.display(), rustc.commit));
    build.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    installer(&mut build, "cargo build", &recipe.name, events)?;

    let parent = place.parent().unwrap_or(&tools);
    fs::create_dir_all(parent).map_err(Error::write(parent))?;
    // Beside its place, so that it is put there in one step.
    let beside = tempfile::tempdir_in(parent).map_err(Error::write(parent))?;
    let made = beside.path().join("lib");
    fs::create_dir(&made).map_err(Error::write(&made))?;
    let deps = work.path().join(target.triple()).join("release/deps");
    copy_files(&deps, &made, |name| name.ends_with(".rlib"))?;
    if let Some(wasi) = wasi {
        let own = made.join("self-contained");
        fs::create_dir_all(&own).map_err(Error::write(&own))?;
        copy_files(&wasi, &own, |name| matches!(name, "libc.a" | "crt1-command.o" | "crt1-reactor.o"))?;
    }
    fs::rename(&made, place).map_err(Error::write(place))
}

/// How panics end: all crates of a program must agree with its std.
pub(crate) fn panic_flags(std: Std) -> Vec<String> {
    match std {
        Std::Shipped => Vec::new(),
        Std::Small => vec!["-Cpanic=abort".into()],
        Std::Silent => vec!["-Zunstable-options".into(), "-Cpanic=immediate-abort".into()],
    }
}

fn copy_files(from: &Path, to: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<(), Error> {
    for entry in fs::read_dir(from).map_err(Error::read(from))? {
        let entry = entry.map_err(Error::read(from))?;
        let name = entry.file_name();
        if is_wanted(&name.to_string_lossy()) {
            fs::copy(entry.path(), to.join(&name)).map_err(Error::write(to))?;
        }
    }
    Ok(())
}

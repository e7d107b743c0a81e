//! A standard library that is built for size once, and used by all builds that ask for it.
//!
//! The std that rustup ships is built for speed, with all that prints a backtrace. The source of std comes with the
//! toolchain (`rust-src`); from it one is built for each compiler, target and [`Std`], into the tools folder.

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
    let source = rustc.sysroot.join("lib/rustlib/src/rust");
    if !source.is_dir() {
        let mut rustup = Command::new("rustup");
        installer(rustup.current_dir(at).args(["component", "add", "rust-src"]), "rustup", "rust-src", events)?;
    }
    let manifest = source.join("library/sysroot/Cargo.toml");
    let piece = format!("the {} std of {target}", std.name());
    let mut fetch = Command::new(project::cargo());
    fetch.current_dir(at).args(["fetch", "--locked", "--manifest-path"]).arg(&manifest).env("RUSTC_BOOTSTRAP", "1");
    installer(&mut fetch, "cargo fetch", &piece, events)?;

    let tools = tools_folder();
    fs::create_dir_all(&tools).map_err(Error::write(&tools))?;
    let work = tempfile::tempdir_in(&tools).map_err(Error::write(&tools))?;
    let mut build = Command::new(project::cargo());
    build.current_dir(at).args(["build", "--release", "--locked", "--target", target.triple(), "--manifest-path"]);
    build.arg(&manifest).arg("--target-dir").arg(work.path());
    build.args(["--no-default-features", "--features", "compiler-builtins-mem optimize_for_size"]);
    for setting in ["opt-level=\"z\"", "codegen-units=1", "debug=false"] {
        build.args(["--config", &format!("profile.release.{setting}")]);
    }
    // As std's own build does it: unstable features on, bitcode for LTO, no folder of this machine.
    build.env("RUSTC_BOOTSTRAP", "1").env("CARGO_INCREMENTAL", "0");
    build.env("CARGO_ENCODED_RUSTFLAGS", rustflags(rustc, std, &source).join("\x1f"));
    installer(&mut build, "cargo build", &piece, events)?;

    let made = work.path().join("lib");
    fs::create_dir_all(&made).map_err(Error::write(&made))?;
    let deps = work.path().join(target.triple()).join("release/deps");
    copy_files(&deps, &made, |name| name.ends_with(".rlib"))?;
    // The C library and start files of WASI.
    let shipped = libraries(&rustc.sysroot, target).join("self-contained");
    if shipped.is_dir() {
        let own = made.join("self-contained");
        fs::create_dir_all(&own).map_err(Error::write(&own))?;
        copy_files(&shipped, &own, |_| true)?;
    }
    let place = libraries(&folder(rustc, std), target);
    let parent = place.parent().unwrap_or(&tools);
    fs::create_dir_all(parent).map_err(Error::write(parent))?;
    fs::rename(&made, &place).map_err(Error::write(&place))
}

fn rustflags(rustc: &Rustc, std: Std, source: &Path) -> Vec<String> {
    let mut flags = vec!["-Zforce-unstable-if-unmarked".to_string(), "-Cembed-bitcode=yes".to_string()];
    flags.extend(panic_flags(std));
    for registry in fs::read_dir(cargo_home().join("registry/src")).into_iter().flatten().flatten() {
        flags.push(format!("--remap-path-prefix={}=/rust/deps", registry.path().display()));
    }
    flags.push(format!("--remap-path-prefix={}=/rustc/{}", source.display(), rustc.commit));
    flags
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

//! The flags that a profile needs, added to what the user's own settings say.

use crate::linear;
use crate::project::Project;
use crate::request::{Profile, Request, Std};
use crate::settings::{OptLevel, ProfileSettings, Settings};
use crate::sysroot;
use crate::toolchain::Rustc;
use crate::variant::Variant;
use std::env;
use std::path::{Path, PathBuf};

/// How Cargo is called.
#[derive(Debug)]
pub(crate) struct CargoFlags {
    /// `KEY=VALUE` for `--config`.
    pub(crate) config: Vec<String>,
    /// Environment.
    pub(crate) env: Vec<(String, String)>,
}

/// The most that a shared memory may grow to, where the crate does not say.
const MAX_MEMORY: u64 = 1 << 30;

/// Cargo settings and environment for a request.
pub(crate) fn cargo_flags(
    request: &Request,
    project: &Project,
    settings: &Settings,
    rustc: &Rustc,
    std: Std,
    variant: Variant,
) -> CargoFlags {
    let own = settings.profile(request.profile);
    let mut flags = CargoFlags { config: profile_config(request, project, &own), env: Vec::new() };
    let mut rustflags = Vec::new();
    if request.profile != Profile::Dev {
        rustflags.extend(remaps(request, project, rustc));
        flags.env.push(("TZ".into(), "UTC".into()));
        flags.env.push(("CARGO_INCREMENTAL".into(), "0".into()));
        if env::var_os("SOURCE_DATE_EPOCH").is_none() {
            flags.env.push(("SOURCE_DATE_EPOCH".into(), "0".into()));
        }
    }
    if variant.threads {
        rustflags.extend(threads(settings.max_memory.unwrap_or(MAX_MEMORY)));
    }
    if variant.simd {
        rustflags.push("-Ctarget-feature=+simd128".into());
    }
    // The crate `wasm` alone reads it.
    if project.packages().iter().any(|package| package.name.as_str() == "wasm") {
        rustflags.extend(linear::CFG.map(String::from));
    }
    if std != Std::Shipped {
        rustflags.push(format!("--sysroot={}", sysroot::folder(rustc, std).display()));
        rustflags.extend(sysroot::panic_flags(std));
    }
    if std == Std::Silent {
        flags.env.push(("RUSTC_BOOTSTRAP".into(), crate_names(project).join(",")));
    }
    add_rustflags(&mut flags, rustflags, request, project);
    flags
}

/// The crates that may be given an unstable option. Build scripts are not among them, nor what they try out: a crate
/// is compiled as by a stable compiler, but for how its panics end.
fn crate_names(project: &Project) -> Vec<String> {
    let targets = project.packages().iter().flat_map(|package| &package.targets);
    let crates = targets.filter(|target| !target.is_custom_build());
    let mut names: Vec<String> = crates.map(|target| target.name.replace('-', "_")).collect();
    // The name under which Cargo asks rustc what the flags mean.
    names.push("___".into());
    names.sort();
    names.dedup();
    names
}

/// The profile that Cargo builds with.
pub(crate) fn cargo_profile(profile: Profile) -> &'static str {
    profile.name()
}

fn profile_config(request: &Request, project: &Project, own: &ProfileSettings) -> Vec<String> {
    let profile = cargo_profile(request.profile);
    let mut config: Vec<(&str, String)> = Vec::new();
    if request.profile == Profile::Dev {
        config.push(("strip", "false".into()));
        let is_off = |value: toml::Value| {
            value.as_bool() == Some(false) || value.as_integer() == Some(0) || value.as_str() == Some("none")
        };
        if project.profile_value(profile, "debug").is_some_and(is_off) {
            config.push(("debug", "\"line-tables-only\"".into()));
        }
        if let Some(level) = &own.opt_level {
            config.push(("opt-level", level.to_toml()));
        }
    } else {
        if request.profile == Profile::Freestanding {
            config.push(("inherits", "\"release\"".into()));
        }
        config.push(("opt-level", opt_level(request.profile, project, own).to_toml()));
        config.push(("lto", "\"fat\"".into()));
        config.push(("codegen-units", "1".into()));
        config.push(("panic", "\"abort\"".into()));
        config.push(("strip", "false".into()));
        // Without types and variables unless they are kept: enough to name the line behind a warning.
        let keeps_debug = request.keep_debug.or(own.keep_debug).unwrap_or(false);
        config.push(("debug", if keeps_debug { "\"full\"" } else { "\"line-tables-only\"" }.into()));
    }
    config.into_iter().map(|(key, value)| format!("profile.{profile}.{key}={value}")).collect()
}

/// Whoever wrote an `opt-level` chose between speed and size; the rest of a profile is the contract's.
pub(crate) fn opt_level(profile: Profile, project: &Project, own: &ProfileSettings) -> OptLevel {
    let in_manifest = || project.profile_value(cargo_profile(profile), "opt-level")?.try_into().ok();
    own.opt_level.clone().or_else(in_manifest).unwrap_or_else(|| OptLevel::Word("z".into()))
}

/// Fixed names in place of the folders of this machine. Of several that match rustc takes the last.
fn remaps(request: &Request, project: &Project, rustc: &Rustc) -> Vec<String> {
    let mut folders: Vec<(PathBuf, String)> = Vec::new();
    for package in project.packages() {
        let Some(root) = package.manifest_path.parent().map(|path| path.as_std_path()) else { continue };
        match &package.source {
            // The folder of a registry: its name has the registry's host in it.
            Some(source) if source.repr.starts_with("registry+") || source.repr.starts_with("sparse+") => {
                if let Some(registry) = root.parent() {
                    folders.push((registry.to_path_buf(), "/crates".into()));
                }
            }
            Some(_) => {
                if let Some(checkouts) = root.ancestors().find(|path| path.ends_with("checkouts")) {
                    folders.push((checkouts.to_path_buf(), "/git".into()));
                }
            }
            None if !root.starts_with(project.workspace_root()) => {
                folders.push((root.to_path_buf(), format!("/deps/{}", package.name)));
            }
            None => {}
        }
    }
    folders.push((project.workspace_root().to_path_buf(), ".".into()));
    let target_dir = request.target_dir.as_deref().unwrap_or(project.target_dir());
    folders.push((target_dir.to_path_buf(), "./target".into()));
    folders.push((rustc.sysroot.join("lib/rustlib/src/rust"), format!("/rustc/{}", rustc.commit)));
    folders.sort_by_key(|(path, _)| path.components().count());
    folders.dedup();
    folders.into_iter().map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display())).collect()
}

/// Atomics, and a memory that all threads import; what a loader needs to give each its stack and thread-locals.
fn threads(max_memory: u64) -> Vec<String> {
    let mut flags = vec!["-Ctarget-feature=+atomics,+bulk-memory,+mutable-globals".to_string()];
    let max_memory = format!("--max-memory={max_memory}");
    let link = [
        // std is built without atomics; code that shares nothing through it may still be linked.
        "--no-check-features",
        "--shared-memory",
        "--import-memory",
        &max_memory,
        "--export=__stack_pointer",
        "--export=__wasm_init_tls",
        "--export=__tls_size",
        "--export=__tls_align",
        "--export=__tls_base",
    ];
    flags.extend(link.map(|arg| format!("-Clink-arg={arg}")));
    flags
}

/// Adds to what the user set, wherever that was: Cargo itself takes only one of these sources.
fn add_rustflags(flags: &mut CargoFlags, rustflags: Vec<String>, request: &Request, project: &Project) {
    if rustflags.is_empty() {
        return;
    }
    if let Some(users) = rustflags_of_environment(request) {
        let all: Vec<String> = users.into_iter().chain(rustflags).collect();
        flags.env.push(("CARGO_ENCODED_RUSTFLAGS".into(), all.join("\x1f")));
        return;
    }
    let files = config_files(project.folder());
    let target_has = |file: &toml::Table| {
        let targets = file.get("target").and_then(|targets| targets.as_table());
        targets.is_some_and(|targets| targets.values().any(|target| target.get("rustflags").is_some()))
    };
    let build_has = |file: &toml::Table| file.get("build").is_some_and(|build| build.get("rustflags").is_some());
    let key = match files.iter().any(build_has) && !files.iter().any(target_has) {
        true => "build".to_string(),
        false => format!("target.{}", request.target),
    };
    let value = toml::Value::from(rustflags);
    flags.config.push(format!("{key}.rustflags={value}"));
}

fn rustflags_of_environment(request: &Request) -> Option<Vec<String>> {
    if let Ok(encoded) = env::var("CARGO_ENCODED_RUSTFLAGS") {
        return Some(encoded.split('\x1f').filter(|flag| !flag.is_empty()).map(str::to_string).collect());
    }
    let of_target = format!("CARGO_TARGET_{}_RUSTFLAGS", request.target.triple().replace('-', "_").to_uppercase());
    let set = ["RUSTFLAGS", &of_target, "CARGO_BUILD_RUSTFLAGS"].iter().find_map(|name| env::var(name).ok())?;
    Some(set.split_whitespace().map(str::to_string).collect())
}

/// Cargo's configuration files for a folder, from the innermost.
fn config_files(folder: &Path) -> Vec<toml::Table> {
    let folders = folder.ancestors().map(|path| path.join(".cargo")).chain([cargo_home()]);
    let read = |folder: PathBuf| {
        let text = ["config", "config.toml"].iter().find_map(|name| std::fs::read_to_string(folder.join(name)).ok())?;
        text.parse().ok()
    };
    folders.filter_map(read).collect()
}

/// Cargo's own folder.
pub(crate) fn cargo_home() -> PathBuf {
    let home = || env::home_dir().unwrap_or_default().join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

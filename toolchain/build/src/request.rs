//! What to build.

use crate::variant::Variant;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A build: which crate, for which target, by which contract.
#[derive(Clone, Debug)]
pub struct Request {
    /// The `Cargo.toml` of a package or workspace.
    pub manifest: PathBuf,
    /// A package of the workspace; `None` for what `cargo build` would take.
    pub package: Option<String>,
    /// The only binary, example or `cdylib` to build, by its name; `None` for all of the packages.
    pub artifact: Option<String>,
    /// The platform.
    pub target: Target,
    /// The contract.
    pub profile: Profile,
    /// The builds to make, one after the other.
    pub variants: Vec<Variant>,
    /// Cargo features to turn on.
    pub features: Vec<String>,
    /// Turn on all Cargo features.
    pub all_features: bool,
    /// Turn off the default Cargo features.
    pub no_default_features: bool,
    /// Passed on to `cargo build` (`--locked`, `--offline`, `-v`, …).
    pub cargo_args: Vec<String>,
    /// Keep function names; `None` for what the profile says.
    pub keep_names: Option<bool>,
    /// Keep DWARF; `None` for what the profile says.
    pub keep_debug: Option<bool>,
    /// Run the optimise stage; `None` for what the profile says.
    pub optimize: Option<bool>,
    /// Which standard library to link; `None` for what the crate says, else the shipped one.
    pub std: Option<Std>,
    /// Cargo's target folder; `None` for the workspace's own.
    pub target_dir: Option<PathBuf>,
    /// Ask rustc for coloured diagnostics.
    pub color: bool,
    /// Tell Cargo, rustc and the linker apart ([`Build::compile`](crate::Build::compile)): a program that calls
    /// [`clock::run`](crate::clock::run) if it is asked to, mostly the running one.
    pub clock: Option<PathBuf>,
    /// Once another thread sets it, Cargo is ended, with all that it started, and the build with
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub cancel: Option<Arc<AtomicBool>>,
}

impl Request {
    /// A build of a manifest with nothing else said.
    pub fn new(manifest: impl Into<PathBuf>, target: Target, profile: Profile) -> Request {
        Request {
            manifest: manifest.into(),
            package: None,
            artifact: None,
            target,
            profile,
            variants: vec![Variant::PLAIN],
            features: Vec::new(),
            all_features: false,
            no_default_features: false,
            cargo_args: Vec::new(),
            keep_names: None,
            keep_debug: None,
            optimize: None,
            std: None,
            target_dir: None,
            color: false,
            clock: None,
            cancel: None,
        }
    }
}

/// A platform that is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// No system at all: browsers, node, embeddings.
    Unknown,
    /// WASI 0.1 (preview 1).
    Wasip1,
    /// WASI 0.2: a component.
    Wasip2,
}

impl Target {
    /// All of them.
    pub const ALL: [Target; 3] = [Target::Unknown, Target::Wasip1, Target::Wasip2];

    /// rustc's name for it.
    pub fn triple(self) -> &'static str {
        match self {
            Target::Unknown => "wasm32-unknown-unknown",
            Target::Wasip1 => "wasm32-wasip1",
            Target::Wasip2 => "wasm32-wasip2",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.triple())
    }
}

impl From<Target> for String {
    fn from(target: Target) -> String {
        target.triple().to_string()
    }
}

impl TryFrom<String> for Target {
    type Error = UnknownName;
    fn try_from(name: String) -> Result<Target, UnknownName> {
        name.parse()
    }
}

impl FromStr for Target {
    type Err = UnknownName;

    /// A triple, with or without its `wasm32-`; `unknown` is `unknown-unknown`.
    fn from_str(name: &str) -> Result<Target, UnknownName> {
        match name.strip_prefix("wasm32-").unwrap_or(name) {
            "unknown-unknown" | "unknown" => Ok(Target::Unknown),
            "wasip1" | "wasi" => Ok(Target::Wasip1),
            "wasip2" => Ok(Target::Wasip2),
            _ => Err(UnknownName {
                what: "target",
                name: name.to_string(),
                known: Target::ALL.map(Target::triple).join(", "),
            }),
        }
    }
}

/// A contract that the output keeps: see `docs/profiles.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Profile {
    /// Fast to build, with debug information and names.
    Dev,
    /// Small, reproducible, and says what it was built from.
    Release,
    /// Nothing but the user's own code.
    Freestanding,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 3] = [Profile::Dev, Profile::Release, Profile::Freestanding];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Dev => "dev",
            Profile::Release => "release",
            Profile::Freestanding => "freestanding",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<Profile> for String {
    fn from(profile: Profile) -> String {
        profile.name().to_string()
    }
}

impl TryFrom<String> for Profile {
    type Error = UnknownName;
    fn try_from(name: String) -> Result<Profile, UnknownName> {
        name.parse()
    }
}

impl FromStr for Profile {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Profile, UnknownName> {
        Profile::ALL.into_iter().find(|profile| profile.name() == name).ok_or_else(|| UnknownName {
            what: "profile",
            name: name.to_string(),
            known: Profile::ALL.map(Profile::name).join(", "),
        })
    }
}

/// Which standard library is linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Std {
    /// The one that rustup ships, built for speed.
    #[default]
    Shipped,
    /// Built for size, without backtraces; panics print their message.
    Small,
    /// Built for size; a panic traps at once, without a message.
    Silent,
}

impl Std {
    /// All of them.
    pub const ALL: [Std; 3] = [Std::Shipped, Std::Small, Std::Silent];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Std::Shipped => "shipped",
            Std::Small => "small",
            Std::Silent => "silent",
        }
    }
}

impl FromStr for Std {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Std, UnknownName> {
        Std::ALL.into_iter().find(|std| std.name() == name).ok_or_else(|| UnknownName {
            what: "std",
            name: name.to_string(),
            known: Std::ALL.map(Std::name).join(", "),
        })
    }
}

/// A name that stands for nothing here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} `{name}`; there are {known}")]
pub struct UnknownName {
    /// What was looked for: `target`, `profile`.
    pub what: &'static str,
    /// What was given.
    pub name: String,
    /// What there is.
    pub known: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for target in Target::ALL {
            assert_eq!(target.triple().parse(), Ok(target));
            assert_eq!(target.triple()["wasm32-".len()..].parse(), Ok(target));
        }
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(profile));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "wasm64-unknown-unknown".parse::<Target>().expect_err("no such target");
        assert_eq!(
            error.to_string(),
            "there is no target `wasm64-unknown-unknown`; there are wasm32-unknown-unknown, wasm32-wasip1, wasm32-wasip2"
        );
        let error = "instrumented".parse::<Profile>().expect_err("no such profile");
        assert_eq!(error.to_string(), "there is no profile `instrumented`; there are dev, release, freestanding");
    }
}

//! The compilers and engines: which are here, in which version.

use std::path::PathBuf;
use std::process::Command;

use super::{Language, Places, Result};

/// The version that the lock file of `samples/bindgen` has.
const BINDGEN: &str = "0.2.130";

pub(crate) struct Tools {
    /// What it is, its version if it is here, how to get it.
    all: Vec<(&'static str, Option<String>, &'static str)>,
    /// binaryen's `wasm-opt` and `wasm-as`, as scripts for node.
    binaryen: Option<PathBuf>,
}

impl Tools {
    pub(crate) fn find(places: &Places) -> Tools {
        let tools = places.root.join("target/tools");
        let zig = tools.join("python-zig/ziglang/zig");
        let asc = tools.join("npm/node_modules/assemblyscript/bin/asc.js");
        let binaryen = tools.join("npm/node_modules/binaryen/bin");
        let wasm_opt = version(Command::new("node").arg(binaryen.join("wasm-opt")).arg("--version"));
        let bindgen = version(Command::new(tools.join("bin/wasm-bindgen")).arg("--version"))
            .filter(|found| found.split(' ').any(|word| word == BINDGEN));
        Tools {
            binaryen: wasm_opt.is_some().then_some(binaryen),
            all: vec![
                ("rustc", version(Command::new("rustc").arg("--version")), "tools/setup rust"),
                ("wasm-bindgen", bindgen, "cargo xtask compare --wasm-bindgen"),
                ("clang", version(Command::new("clang-22").arg("--version")), "tools/setup clang"),
                ("zig", version(Command::new(zig).arg("version")), "tools/setup zig"),
                ("asc", version(Command::new("node").arg(asc).arg("--version")), "tools/setup assemblyscript"),
                ("wasm-opt", wasm_opt, "tools/setup binaryen"),
                ("node", version(Command::new("node").arg("--version")), "tools/setup node"),
                ("Chromium", version(Command::new("chromium").arg("--version")), "tools/setup chromium"),
            ],
        }
    }

    pub(crate) fn has(&self, language: Language) -> bool {
        let tool = match language {
            Language::Rust => "rustc",
            Language::Bindgen => "wasm-bindgen",
            Language::C => "clang",
            Language::Zig => "zig",
            Language::AssemblyScript => "asc",
        };
        self.all.iter().any(|(name, version, _)| *name == tool && version.is_some())
    }

    /// The languages that can be compiled here.
    pub(crate) fn languages(&self) -> Vec<Language> {
        Language::ALL.into_iter().filter(|language| self.has(*language)).collect()
    }

    /// A command for a tool of binaryen.
    pub(crate) fn binaryen(&self, tool: &str) -> Option<Command> {
        let mut command = Command::new("node");
        command.arg(self.binaryen.as_ref()?.join(tool));
        Some(command)
    }

    pub(crate) fn missing(&self) -> Vec<String> {
        let missing = self.all.iter().filter(|(_, version, _)| version.is_none());
        missing.map(|(name, _, how)| format!("{name} (`{how}`)")).collect()
    }

    pub(crate) fn versions(&self) -> Vec<String> {
        self.all.iter().filter_map(|(name, version, _)| Some(format!("{name}: {}", version.as_ref()?))).collect()
    }
}

/// The first line that a tool says of itself.
fn version(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().next()?.trim().to_string())
}

pub(crate) fn install_bindgen(places: &Places) -> Result<()> {
    let status = Command::new("cargo")
        .args(["install", "wasm-bindgen-cli", "--version", BINDGEN, "--root"])
        .arg(places.root.join("target/tools"))
        .status()?;
    if status.success() { Ok(()) } else { Err("wasm-bindgen-cli could not be installed".into()) }
}

//! What there is on this machine to build with.

use crate::error::Error;
use crate::request::Target;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler that Cargo calls.
#[derive(Clone, Debug)]
pub struct Rustc {
    /// As `rustc -V` says: `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub version: String,
    /// The commit that it was built from; `unknown` for a compiler that does not say.
    pub commit: String,
    /// Where its libraries are.
    pub sysroot: PathBuf,
}

impl Rustc {
    /// Asks the compiler that a folder's toolchain file names.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(folder: &Path) -> Result<Rustc, Error> {
        let program = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_string());
        let ask = |args: &[&str]| {
            let output = Command::new(&program).args(args).current_dir(folder).output();
            let output = output.map_err(|source| Error::Spawn { program: program.clone(), source })?;
            if !output.status.success() {
                return Err(Error::Metadata(String::from_utf8_lossy(&output.stderr).trim_end().to_string()));
            }
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_string())
        };
        let verbose = ask(&["-vV"])?;
        let field = |name: &str| verbose.lines().find_map(|line| line.strip_prefix(name));
        Ok(Rustc {
            version: verbose.lines().next().unwrap_or_default().to_string(),
            commit: field("commit-hash: ").unwrap_or("unknown").to_string(),
            sysroot: ask(&["--print", "sysroot"])?.into(),
        })
    }

    /// Whether the std of a target is there.
    pub fn has(&self, target: Target) -> bool {
        self.sysroot.join("lib/rustlib").join(target.triple()).join("lib").is_dir()
    }
}

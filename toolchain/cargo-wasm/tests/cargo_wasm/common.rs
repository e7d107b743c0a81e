//! A folder for each test; all share cargo's target folder, so that the
//! dependencies are built once.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) struct Folder(tempfile::TempDir);

/// What a command gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    command: String,
}

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    /// A folder with a program that `new` made in it.
    pub(crate) fn with(name: &str, template: &str) -> Folder {
        let folder = Folder::new();
        folder.run(&["new", name, "--template", template]).succeeds();
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// Replaces `from`, which must be there, by `to`.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from}:\n{text}");
        self.write(path, &text.replace(from, to));
    }

    /// The command, as cargo calls it.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, below: &str, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-wasm"));
        command.arg("wasm").args(args).current_dir(self.path().join(below)).stdin(Stdio::null());
        command.env("CARGO_TARGET_DIR", target_dir()).env("CARGO_TERM_COLOR", "never");
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_in("", args)
    }

    pub(crate) fn run_in(&self, below: &str, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(below, args))
    }
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Ran {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran {
            code: status.code().unwrap_or(-1),
            stdout: text(stdout),
            stderr: text(stderr),
            command: format!("{command:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn ends_with_code(self, code: i32) -> Ran {
        let Ran { code: got, stdout, stderr, command } = &self;
        assert_eq!(*got, code, "{command}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        self
    }

    #[track_caller]
    pub(crate) fn succeeds(self) -> Ran {
        self.ends_with_code(0)
    }

    /// What the error says, in one line of its own.
    #[track_caller]
    pub(crate) fn error(&self) -> &str {
        let error = self.stderr.lines().rev().find_map(|line| line.strip_prefix("error: "));
        error.unwrap_or_else(|| panic!("no error in\n{}", self.stderr))
    }
}

/// The target folder of all programs of these tests.
pub(crate) fn target_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs")
}

/// A finished file.
pub(crate) fn built(target: &str, profile: &str, name: &str) -> PathBuf {
    target_dir().join("wasm").join(target).join(profile).join(format!("{name}.wasm"))
}

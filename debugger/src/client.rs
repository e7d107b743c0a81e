//! The user's gdb or LLDB: started and wired up, or told of the command `wasm` for good.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// gdb's commands for wasm programs, in Python.
const SCRIPT: &str = include_str!("client/wasm.py");

/// Where gdb keeps its commands that are written in Python, in its data folder:
/// it imports each file there when it starts, with `-nx`, too.
const COMMANDS: &str = "python/gdb/command";

/// What could not be done with gdb.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// It is not there, or does not start.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// Its script cannot be written or removed.
    #[error("{path}: {source}")]
    Script {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It does not say where its files are.
    #[error("{0} does not say where its data folder is: `show data-directory`")]
    NoFolder(String),
}

/// Starts a gdb that is attached to a stub and has the command `wasm`. The
/// script goes to `folder`, which must live as long as the gdb.
///
/// # Errors
/// If there is no such gdb.
pub fn start(gdb: &str, address: SocketAddr, folder: &Path, arguments: &[String]) -> Result<Child, ClientError> {
    let script = folder.join("wasm.py");
    std::fs::write(&script, SCRIPT).map_err(|source| ClientError::Script { path: script.clone(), source })?;
    Command::new(gdb)
        .args(["-q", "-iex", "set debuginfod enabled off", "-iex", "set sysroot target:"])
        .args([
            "-iex".to_string(),
            format!("source {}", script.display()),
            "-ex".to_string(),
            format!("target remote {address}"),
        ])
        .args(arguments)
        .spawn()
        .map_err(|source| ClientError::Start { program: gdb.to_string(), source })
}

/// Starts an LLDB that is attached to a stub, has the command `wasm`, and for a
/// program in Rust the formatters of `rust-lldb`, by a file in `folder`, which
/// must live as long as it does.
///
/// # Errors
/// If there is no such LLDB.
pub fn start_lldb(
    lldb: &str,
    address: SocketAddr,
    folder: &Path,
    is_rust: bool,
    commands: &[String],
) -> Result<Child, ClientError> {
    let mut command = Command::new(lldb);
    if let Some(formatters) = is_rust.then(rust_formatters).flatten() {
        let settings = folder.join("formatters");
        std::fs::write(&settings, formatters)
            .map_err(|source| ClientError::Script { path: settings.clone(), source })?;
        command.args(["-O".to_string(), format!("command source -s 1 {}", settings.display())]);
    }
    // The alias means something once there is a process.
    let attach = [
        format!("process connect --plugin wasm connect://{address}"),
        "command alias wasm process plugin packet monitor wasm".to_string(),
    ];
    command
        .args(attach.iter().chain(commands).flat_map(|command| ["-o", command]))
        .spawn()
        .map_err(|source| ClientError::Start { program: lldb.to_string(), source })
}

/// The commands by which LLDB loads the formatters that come with rustc, as
/// `rust-lldb` does.
fn rust_formatters() -> Option<String> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).stdin(Stdio::null()).output().ok()?;
    let folder = Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("lib/rustlib/etc");
    let (script, commands) = (folder.join("lldb_lookup.py"), folder.join("lldb_commands"));
    let load =
        || format!("command script import \"{}\"\ncommand source -s 1 \"{}\"", script.display(), commands.display());
    (script.exists() && commands.exists()).then(load)
}

/// Puts the script where a plain gdb loads it when it starts, and says where
/// that is.
///
/// # Errors
/// If the file cannot be written: the folder may be the system's.
pub fn set_up(gdb: &str) -> Result<PathBuf, ClientError> {
    let path = script_path(gdb)?;
    let failed = |source| ClientError::Script { path: path.clone(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = std::fs::File::create(&path).map_err(failed)?;
    file.write_all(SCRIPT.as_bytes()).map_err(failed)?;
    Ok(path)
}

/// Removes the script again, and says which file it was; nothing if it was not
/// there.
///
/// # Errors
/// If it cannot be removed.
pub fn remove(gdb: &str) -> Result<Option<PathBuf>, ClientError> {
    let path = script_path(gdb)?;
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(Some(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ClientError::Script { path, source }),
    }
}

fn script_path(gdb: &str) -> Result<PathBuf, ClientError> {
    let output = Command::new(gdb)
        .args(["-nx", "-batch", "-ex", "show data-directory"])
        .stdin(Stdio::null())
        .output()
        .map_err(|source| ClientError::Start { program: gdb.to_string(), source })?;
    let said = String::from_utf8_lossy(&output.stdout);
    let folder = said.split('"').nth(1).ok_or_else(|| ClientError::NoFolder(gdb.to_string()))?;
    Ok(Path::new(folder).join(COMMANDS).join("wasm.py"))
}

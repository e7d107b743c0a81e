//! A `rust-gdb` on this machine gets the program as a file of its own.
//!
//! gdb loads the printers that a program names only from a file, never from one
//! that it reads through the connection (`load_auto_scripts_for_objfile` in its
//! source). Which process is at the other end, `/proc` tells (proc(5)).

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

/// The program as a file, until gdb leaves.
pub(super) struct ProgramFile {
    /// Where gdb finds it. gdb looks in its target for an absolute path, so it
    /// is one from the folder that gdb works in.
    pub(super) path: String,
    _folder: TempDir,
}

impl ProgramFile {
    /// Writes the program for a gdb that works in `directory`. The file has the
    /// name that it has in the target.
    pub(super) fn write(directory: &Path, name: &str, contents: &[u8]) -> io::Result<ProgramFile> {
        let folder = tempfile::Builder::new().prefix("wasm-gdb-").tempdir()?;
        let file = folder.path().canonicalize()?.join(name.trim_start_matches('/'));
        file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(&file, contents)?;
        let up =
            directory.components().filter(|part| matches!(part, Component::Normal(_))).map(|_| Component::ParentDir);
        let down = file.components().filter(|part| matches!(part, Component::Normal(_)));
        let path = up.chain(down).collect::<PathBuf>();
        let path = path.into_os_string().into_string().map_err(|_| io::ErrorKind::InvalidFilename)?;
        Ok(ProgramFile { path, _folder: folder })
    }
}

/// The folder that the client at the other end of a connection works in, if it
/// is a `rust-gdb` of this user that sees the same files.
pub(super) fn rust_gdb_directory(client: SocketAddr, server: SocketAddr) -> Option<PathBuf> {
    let socket = format!("socket:[{}]", inode(client, server)?);
    let own = Path::new("/proc/self");
    std::fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path()).find_map(|process| {
        let is_it = is_gdb(&process)? && holds(&process, &socket)? && is_rust_gdb(&process)? && shares(&process, own)?;
        is_it.then(|| std::fs::read_link(process.join("cwd")).ok())?
    })
}

/// The inode of the socket at a client's end.
fn inode(client: SocketAddr, server: SocketAddr) -> Option<u64> {
    let (client, server) = (kernel_address(client)?, kernel_address(server)?);
    let connections = std::fs::read_to_string("/proc/net/tcp").ok()?;
    let mut fields = connections.lines().map(|line| line.split_ascii_whitespace());
    // Number, local address, remote one, and the inode as the tenth.
    fields.find_map(|mut line| (line.nth(1)? == client && line.next()? == server).then(|| line.nth(6)?.parse().ok())?)
}

/// An address as the kernel prints it: the bytes of the network as a number.
fn kernel_address(address: SocketAddr) -> Option<String> {
    let SocketAddr::V4(address) = address else { return None };
    Some(format!("{:08X}:{:04X}", u32::from_ne_bytes(address.ip().octets()), address.port()))
}

fn is_gdb(process: &Path) -> Option<bool> {
    Some(std::fs::read_to_string(process.join("comm")).ok()?.contains("gdb"))
}

fn holds(process: &Path, socket: &str) -> Option<bool> {
    let mut files = std::fs::read_dir(process.join("fd")).ok()?.flatten();
    Some(files.any(|file| std::fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == socket)))
}

/// `rust-gdb` is gdb with Rust's printers among its modules of Python.
fn is_rust_gdb(process: &Path) -> Option<bool> {
    let environment = std::fs::read(process.join("environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    Some(variables.any(|variable| variable.starts_with("PYTHONPATH=") && variable.contains("rustlib/etc")))
}

/// Whether both have the same user, and see the same files.
fn shares(process: &Path, own: &Path) -> Option<bool> {
    let user = |process: &Path| std::fs::metadata(process).ok().map(|process| process.uid());
    let link = |process: &Path, name| std::fs::read_link(process.join(name)).ok();
    let same = |name| Some(link(process, name)? == link(own, name)?);
    Some(user(process)? == user(own)? && same("ns/mnt")? && same("root")?)
}

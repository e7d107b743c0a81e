//! Ctrl-C and SIGTERM: what was started ends, what was half done goes.

use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The exit code of a process that SIGINT ended, as shells have it.
pub(crate) const EXIT_CODE: u8 = 130;

/// What must not outlive this process.
static OWNED: Mutex<Owned> = Mutex::new(Owned { children: Vec::new(), folders: Vec::new() });

/// Set before the first child is ended here: their ends are no news then.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

struct Owned {
    children: Vec<Arc<Mutex<Child>>>,
    folders: Vec<PathBuf>,
}

pub(crate) fn install() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        IS_ENDING.store(true, Ordering::SeqCst);
        clean_up();
        end_group();
        std::process::exit(i32::from(EXIT_CODE));
    })
    .context("cannot listen for Ctrl-C")
}

/// A terminal's Ctrl-C reaches cargo and rustc too; a signal to this process
/// alone is passed on to them, if they are a group of their own.
fn end_group() {
    #[cfg(unix)]
    if rustix::process::getpgrp() == rustix::process::getpid() {
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::INT);
    }
}

fn clean_up() {
    let owned = lock(&OWNED);
    for child in &owned.children {
        let mut child = lock(child);
        let _ = child.kill();
        let _ = child.wait();
    }
    for folder in &owned.folders {
        let _ = std::fs::remove_dir_all(folder);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process that ends with this one, or when it is dropped.
pub(crate) struct OwnedChild(Arc<Mutex<Child>>);

impl OwnedChild {
    pub(crate) fn new(child: Child) -> OwnedChild {
        let child = Arc::new(Mutex::new(child));
        lock(&OWNED).children.push(child.clone());
        OwnedChild(child)
    }

    /// Its exit, if it has ended. (To wait would hold the lock that Ctrl-C needs.)
    pub(crate) fn try_wait(&self) -> std::io::Result<Option<std::process::ExitStatus>> {
        let ended = lock(&self.0).try_wait()?;
        while ended.is_some() && IS_ENDING.load(Ordering::SeqCst) {
            // The handler is about to end this process.
            std::thread::park();
        }
        Ok(ended)
    }
}

impl Drop for OwnedChild {
    fn drop(&mut self) {
        lock(&OWNED).children.retain(|child| !Arc::ptr_eq(child, &self.0));
        let mut child = lock(&self.0);
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// A folder for a while.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> anyhow::Result<Folder> {
        let folder =
            tempfile::Builder::new().prefix("cargo-wasm-").tempdir().context("cannot make a temporary folder")?;
        lock(&OWNED).folders.push(folder.path().to_path_buf());
        Ok(Folder(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        lock(&OWNED).folders.retain(|folder| folder != self.0.path());
    }
}

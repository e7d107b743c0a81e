//! What changed on disk: sources or pages.

use anyhow::Context;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use wasm_build::Project;

use crate::project;

/// What a change asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    /// The page must be loaded anew.
    Page,
    /// The program must be built anew.
    Source,
}

/// Changes as they come, those of one moment as one; it never ends.
pub(super) struct Changes {
    paths: Receiver<PathBuf>,
    rules: Rules,
    /// Ends its events when it is dropped.
    _watcher: RecommendedWatcher,
}

/// Editors write a file in several steps.
const QUIET_TIME: Duration = Duration::from_millis(60);

impl Changes {
    pub(super) fn new(project: &Project, target_dir: &Path, pages: Option<&Path>) -> anyhow::Result<Changes> {
        let (sender, paths) = channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)) {
                for path in event.paths {
                    // Nobody listens any more when the server ends.
                    let _ = sender.send(path);
                }
            }
        })
        .context("cannot watch for changes")?;
        let package = project::folder(project).to_path_buf();
        let mut folders = project::source_folders(project);
        folders.extend(pages.map(Path::to_path_buf));
        for folder in &folders {
            watch(&mut watcher, folder, target_dir)?;
        }
        let rules = Rules { target_dir: target_dir.to_path_buf(), package, pages: pages.map(Path::to_path_buf) };
        Ok(Changes { paths, rules, _watcher: watcher })
    }
}

/// Watches a folder with all below, but for the target folder and what is
/// hidden: those are big, and nothing in them is a source.
fn watch(watcher: &mut RecommendedWatcher, folder: &Path, target_dir: &Path) -> anyhow::Result<()> {
    let add = |watcher: &mut RecommendedWatcher, path: &Path, mode| {
        watcher.watch(path, mode).with_context(|| format!("cannot watch {}", path.display()))
    };
    add(watcher, folder, RecursiveMode::NonRecursive)?;
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?.flatten() {
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_ours = target_dir.starts_with(&path) || is_cargo_target(&path) || path.ends_with("node_modules");
        if path.is_dir() && !is_hidden && !is_ours {
            add(watcher, &path, RecursiveMode::Recursive)?;
        }
    }
    Ok(())
}

/// Cargo marks its target folders.
fn is_cargo_target(path: &Path) -> bool {
    path.join("CACHEDIR.TAG").is_file()
}

impl Iterator for Changes {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        loop {
            let mut found = self.rules.change(&self.paths.recv().ok()?);
            loop {
                match self.paths.recv_timeout(QUIET_TIME) {
                    Ok(path) => found = found.max(self.rules.change(&path)),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return found,
                }
            }
            if found.is_some() {
                return found;
            }
        }
    }
}

struct Rules {
    target_dir: PathBuf,
    package: PathBuf,
    pages: Option<PathBuf>,
}

impl Rules {
    /// What a changed path asks for, if anything.
    fn change(&self, path: &Path) -> Option<Change> {
        let name = path.file_name()?.to_string_lossy();
        // Editors keep their own files beside those that they edit; cargo writes the lock file itself.
        let is_beside = name.starts_with('.') || name.ends_with('~') || name == "4913" || name == "Cargo.lock";
        if path.starts_with(&self.target_dir) || is_beside {
            return None;
        }
        let is_page = match &self.pages {
            Some(pages) if *pages != self.package => path.starts_with(pages),
            _ => path
                .extension()
                .is_some_and(|extension| ["html", "css", "js", "mjs"].iter().any(|page| extension == *page)),
        };
        Some(if is_page { Change::Page } else { Change::Source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_ask_for_a_build_or_a_reload() {
        let mut rules = Rules { target_dir: "/p/target".into(), package: "/p".into(), pages: Some("/p/web".into()) };
        let change = |rules: &Rules, path: &str| rules.change(Path::new(path));
        assert_eq!(change(&rules, "/p/src/lib.rs"), Some(Change::Source));
        assert_eq!(change(&rules, "/p/Cargo.toml"), Some(Change::Source));
        assert_eq!(change(&rules, "/p/src/data.html"), Some(Change::Source));
        assert_eq!(change(&rules, "/p/web/data.bin"), Some(Change::Page));
        assert_eq!(change(&rules, "/p/target/debug/x"), None);
        assert_eq!(change(&rules, "/p/src/.lib.rs.swp"), None);
        rules.pages = Some("/p".into());
        assert_eq!(change(&rules, "/p/index.html"), Some(Change::Page));
        assert_eq!(change(&rules, "/p/src/lib.rs"), Some(Change::Source));
    }
}

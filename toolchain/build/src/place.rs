//! Where files go, and how they get there: whole or not at all.

use crate::error::Error;
use crate::variant;
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// The folder of one target and profile, `target/wasm/TARGET/PROFILE`: the outputs, and a folder for each with what
/// its stages were given.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    folder: PathBuf,
}

impl Place {
    /// Makes the folder, so that one that cannot be written to is found before anything is built.
    pub(crate) fn new(target_dir: &Path, target: &str, profile: &str) -> Result<Place, Error> {
        let folder = target_dir.join("wasm").join(target).join(profile);
        fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
        // The folder may be there and not be ours to write to.
        tempfile::tempfile_in(&folder).map_err(Error::write(&folder))?;
        Ok(Place { folder })
    }

    /// The finished file of an output.
    pub(crate) fn output(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.wasm"))
    }

    /// The folder of what an output's stages were given.
    pub(crate) fn stages(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
        Ok(folder)
    }
}

impl Place {
    /// Removes what an earlier build of an output wrote and this one did not: a script for another module would be
    /// taken for this one's. `files` are the output's, `all` those of all outputs of this build. What outputs share
    /// stays.
    pub(crate) fn remove_stale(&self, name: &str, files: &[&Path], all: &[&Path]) -> Result<(), Error> {
        let record = self.stages(name)?.join("files");
        let named = |paths: &[&Path]| -> Vec<String> {
            paths.iter().filter_map(|path| Some(path.strip_prefix(&self.folder).ok()?.to_str()?.to_string())).collect()
        };
        let mut names = named(files);
        names.sort_unstable();
        let kept = named(all);
        for old in fs::read_to_string(&record).unwrap_or_default().lines() {
            let is_below = Path::new(old).components().all(|part| matches!(part, Component::Normal(_)));
            if is_below && !kept.iter().any(|kept| kept == old) && !variant::SHARED.contains(&old) {
                // One that is gone already is gone.
                let _ = fs::remove_file(self.folder.join(old));
            }
        }
        write(&record, names.join("\n").as_bytes())
    }
}

/// Puts a file in place in one step: whoever reads it finds the old or the new one, never a part.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = temporary(folder).map_err(Error::write(path))?;
    file.write_all(bytes).map_err(Error::write(path))?;
    file.persist(path).map_err(|error| Error::Write { path: path.to_path_buf(), source: error.error })?;
    Ok(())
}

/// A file that is gone when it is dropped, readable by others as any file of the user's.
fn temporary(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(Error::read(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    #[test]
    fn a_reader_never_sees_a_part_of_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app.wasm");
        let contents = [vec![b'a'; 1 << 20], vec![b'b'; 1 << 19]];
        write(&path, &contents[0]).expect("written");
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                for turn in 0..40 {
                    write(&path, &contents[turn % 2]).expect("written");
                }
                done.store(true, Ordering::Release);
            });
            while !done.load(Ordering::Acquire) {
                let seen = fs::read(&path).expect("it is always there");
                assert!(contents.contains(&seen), "{} bytes", seen.len());
            }
        });
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left over");
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app.wasm");
        // A folder cannot be replaced by a file.
        fs::create_dir_all(path.join("inside")).expect("a folder");
        let error = write(&path, b"new").expect_err("refused").to_string();
        assert!(error.starts_with("cannot write to "), "{error}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left over");
    }
}

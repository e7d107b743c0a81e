//! Where files go, and how they get there: whole or not at all.

use crate::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

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

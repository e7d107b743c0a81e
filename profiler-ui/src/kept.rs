//! What is kept between two starts of the desktop app: how the window looks, and which files were open last.

use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::{State, Theme};
use crate::strings::Language;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Kept {
    /// Light or dark.
    pub theme: Theme,
    /// The language of the texts.
    pub language: Language,
    /// How large everything is drawn, if not as the system says.
    pub scale: Option<f64>,
    /// How the views are docked, if not as at first.
    pub layout: Option<Value>,
    /// Where source files are that were compiled elsewhere.
    pub source_map: Vec<(String, String)>,
    /// Files that were opened, the last one first.
    pub recent: Vec<PathBuf>,
}

impl Kept {
    /// Where it is kept: in the user's folder for data of programs.
    pub fn file() -> Option<PathBuf> {
        let folders = etcetera::choose_base_strategy().ok()?;
        Some(folders.data_dir().join("wasmrust").join("profiler-ui.json"))
    }

    /// Reads it; what was never kept is as at first.
    ///
    /// # Errors
    /// If there is something, and it can't be read.
    pub fn read(file: &Path) -> io::Result<Kept> {
        match std::fs::read(file) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let folder = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut new, &serde_json::to_vec_pretty(self)?)?;
        new.persist(file)?;
        Ok(())
    }

    /// What there is to be kept now.
    pub fn of(state: &State, recent: &[PathBuf]) -> Kept {
        Kept {
            theme: state.theme,
            language: state.language,
            scale: state.scale,
            layout: state.layout.clone(),
            source_map: state.code.source_map.clone(),
            recent: recent.to_vec(),
        }
    }

    /// The state to begin with.
    pub fn state(&self) -> State {
        let mut state = State { theme: self.theme, language: self.language, scale: self.scale, ..State::default() };
        state.layout.clone_from(&self.layout);
        state.code.source_map.clone_from(&self.source_map);
        state
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new").join("kept.json");
        assert_eq!(Kept::read(&file).unwrap(), Kept::default());
        let state = State {
            theme: Theme::Dark,
            language: Language::Hindi,
            scale: Some(1.5),
            search: "x".into(),
            ..State::default()
        };
        let kept = Kept::of(&state, &["a.wasm".into()]);
        kept.write(&file).unwrap();
        assert_eq!(Kept::read(&file).unwrap(), kept);
        // A search is of the moment.
        assert_eq!(kept.state(), State { search: String::new(), ..state });
        std::fs::write(&file, "{").unwrap();
        assert!(Kept::read(&file).is_err());
    }
}

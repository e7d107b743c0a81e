//! What a crate says of its own build, in `[package.metadata.wasm]`. All of it is optional.

use crate::error::Error;
use crate::request::{Profile, Std, Target};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// `[package.metadata.wasm]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// The platform to build for when nobody says another.
    pub target: Option<Target>,
    /// Also build for hosts with threads when nobody says otherwise.
    pub threads: Option<bool>,
    /// Also build for hosts with vectors of 128 bits when nobody says otherwise.
    pub simd: Option<bool>,
    /// The most that the shared memory of a threads build may grow to, in bytes: a multiple of 65,536.
    pub max_memory: Option<u64>,
    /// `--target` of wasm-bindgen: `web` if it is not set.
    pub bindgen_target: Option<String>,
    /// Functions that the host gives under `env`: no warning about these.
    pub env: Vec<String>,
    /// By profile.
    pub profile: BTreeMap<Profile, ProfileSettings>,
}

/// `[package.metadata.wasm.profile.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ProfileSettings {
    /// rustc's `opt-level`: 0 to 3, `"s"`, `"z"`.
    pub opt_level: Option<OptLevel>,
    /// Keep function names.
    pub keep_names: Option<bool>,
    /// Keep DWARF.
    pub keep_debug: Option<bool>,
    /// Run the optimise stage.
    pub optimize: Option<bool>,
    /// Which standard library to link: `"shipped"`, `"small"`, `"silent"`.
    pub std: Option<Std>,
    /// Arguments of wasm-opt in place of its `-Oz`.
    pub wasm_opt: Option<Vec<String>>,
}

/// A number or a word, as Cargo takes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum OptLevel {
    /// 0 to 3.
    Number(u8),
    /// `"s"` or `"z"`.
    Word(String),
}

impl OptLevel {
    /// As a TOML value.
    pub(crate) fn to_toml(&self) -> String {
        match self {
            OptLevel::Number(number) => number.to_string(),
            OptLevel::Word(word) => toml::Value::from(word.as_str()).to_string(),
        }
    }
}

impl Settings {
    /// Reads the settings out of a package's `metadata` table, as `cargo metadata` gives it.
    ///
    /// # Errors
    /// If a key is not known or has a value of another type.
    pub fn of(metadata: &serde_json::Value, manifest: &Path) -> Result<Settings, Error> {
        let Some(table) = metadata.get("wasm") else { return Ok(Settings::default()) };
        serde_json::from_value(table.clone())
            .map_err(|error| Error::Settings { manifest: manifest.to_path_buf(), message: error.to_string() })
    }

    /// The settings of a profile.
    pub(crate) fn profile(&self, profile: Profile) -> ProfileSettings {
        self.profile.get(&profile).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_read() {
        let metadata = json!({"wasm": {
            "target": "wasm32-wasip1",
            "profile": {"release": {"opt-level": 3, "keep-names": true, "wasm-opt": ["-O3"]}}
        }});
        let settings = Settings::of(&metadata, Path::new("Cargo.toml")).expect("sound settings");
        assert_eq!(settings.target, Some(Target::Wasip1));
        let release = settings.profile(Profile::Release);
        assert_eq!(release.opt_level, Some(OptLevel::Number(3)));
        assert_eq!(release.wasm_opt.as_deref(), Some(&["-O3".to_string()][..]));
        assert_eq!(settings.profile(Profile::Dev), ProfileSettings::default());
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        for (metadata, word) in [
            (json!({"wasm": {"opt-levle": 3}}), "opt-levle"),
            (json!({"wasm": {"profile": {"fast": {}}}}), "there is no profile `fast`"),
            (json!({"wasm": {"target": "wasm64"}}), "there is no target `wasm64`"),
        ] {
            let error = Settings::of(&metadata, Path::new("Cargo.toml")).expect_err("refused").to_string();
            assert!(error.contains(word) && error.starts_with("Cargo.toml: "), "{error}");
        }
    }
}

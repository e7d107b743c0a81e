//! What an output says of its own making: the custom section `wasmrust`, one JSON object with sorted keys.

use crate::request::{Profile, Std, Target};
use serde::{Deserialize, Serialize};
use wasm_binary::{Map, ModuleId};

/// The name of the section.
pub const SECTION: &str = "wasmrust";

/// What an output was built from, and how. Holds nothing of the machine or the time, so the same input gives the same
/// section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Whether DWARF was kept on request.
    pub debug: bool,
    /// SHA-256 over the manifests: the package's `Cargo.toml`, the workspace's and `Cargo.lock`, each preceded by its
    /// length as 64 bits, little-endian.
    pub manifest: String,
    /// Whether names were kept on request.
    pub names: bool,
    /// The contract.
    pub profile: Profile,
    /// Which standard library was linked.
    pub std: Std,
    /// The platform.
    pub target: Target,
    /// The compiler, as `rustc -V` says.
    pub toolchain: String,
}

impl Metadata {
    /// Reads it out of a file; `None` where there is none or it is not ours.
    pub fn read(map: &Map<'_>) -> Option<Metadata> {
        serde_json::from_slice(map.section_bytes(map.custom_section(ModuleId(0), SECTION)?)).ok()
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

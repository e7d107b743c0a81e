//! Which build a file is: the key by which debug files, profiles, dumps and history find their binary.

use crate::ids::ModuleId;
use crate::map::Map;

/// The identity of a build.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BuildId {
    /// The id's bytes.
    pub bytes: Vec<u8>,
    /// Where they come from.
    pub from: BuildIdSource,
}

/// Where a [`BuildId`] comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuildIdSource {
    /// The `build_id` custom section (tool-conventions `BuildId.md`).
    Section,
    /// XXH3-128 of the contents of all code and data sections, which stripping or renaming does not change.
    Content,
}

impl std::fmt::Display for BuildId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The identity of the file.
pub fn build_id(map: &Map<'_>) -> BuildId {
    let section = map.custom_section(ModuleId(0), "build_id").and_then(|section| {
        let mut reader = map.reader(section.payload.clone());
        let size = reader.read_var_u32().ok()? as usize;
        let bytes = reader.read_bytes(size).ok()?;
        (!bytes.is_empty()).then(|| bytes.to_vec())
    });
    match section {
        Some(bytes) => BuildId { bytes, from: BuildIdSource::Section },
        None => BuildId { bytes: content_hash(map), from: BuildIdSource::Content },
    }
}

fn content_hash(map: &Map<'_>) -> Vec<u8> {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    for section in map.sections().iter().filter(|s| matches!(s.kind, "code" | "data")) {
        hash.update(section.kind.as_bytes());
        hash.update(map.section_bytes(section));
    }
    hash.digest128().to_be_bytes().to_vec()
}

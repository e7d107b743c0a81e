//! What the file says of its making: the `producers` and `target_features` sections (tool-conventions).

use crate::ids::ModuleId;
use crate::map::Map;

/// An entry of the `producers` section.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Producer<'a> {
    /// `language`, `processed-by` or `sdk`.
    pub field: &'a str,
    /// The tool or language.
    pub name: &'a str,
    /// Its version; may be empty.
    pub version: &'a str,
}

/// Entries that are read; real files have a dozen a module.
const MAX_PRODUCERS: usize = 10_000;

/// The `producers` entries of all modules of the file, sorted, without repetitions. What cannot be read is left out.
pub fn producers<'a>(map: &Map<'a>) -> Vec<Producer<'a>> {
    let mut all = Vec::new();
    for at in 0..map.modules().len() {
        let Some(section) = map.custom_section(ModuleId(at as u32), "producers") else { continue };
        let Ok(fields) = wasmparser::ProducersSectionReader::new(map.reader(section.payload.clone())) else { continue };
        for field in fields.into_iter().flatten() {
            let values = field.values.into_iter().flatten().take(MAX_PRODUCERS.saturating_sub(all.len()));
            all.extend(values.map(|v| Producer { field: field.name, name: v.name, version: v.version }));
        }
    }
    all.sort();
    all.dedup();
    all
}

/// The features that a module's `target_features` section says it uses: `bulk-memory`, …; empty without the section.
pub fn target_features<'a>(map: &Map<'a>, module: ModuleId) -> Vec<&'a str> {
    let Some(section) = map.custom_section(module, "target_features") else { return Vec::new() };
    let mut reader = map.reader(section.payload.clone());
    let mut features = Vec::new();
    let mut read = || -> wasmparser::Result<()> {
        for _ in 0..reader.read_var_u32()? {
            let prefix = reader.read_u8()?;
            let name = reader.read_string()?;
            if prefix == b'+' {
                features.push(name);
            }
        }
        Ok(())
    };
    // The features before a damaged entry are still true.
    let _ = read();
    features
}

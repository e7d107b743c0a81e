//! The last stage: names and metadata as the profile says.

use crate::error::Error;
use crate::metadata::{self, Metadata};
use crate::post_link::is_debug;
use crate::request::Profile;
use crate::rewrite::{Edit, Rewritten, core_modules, rewrite};
use std::collections::BTreeMap;
use wasm_binary::{Map, identity};
use wasm_encoder::{Encode, ProducersField, ProducersSection};

/// Makes the finished file. `tools` are the programs that made it, with their versions.
pub(crate) fn wrap(bytes: &[u8], metadata: &Metadata, tools: &[(String, String)]) -> Result<Rewritten, Error> {
    let is_bare = metadata.profile == Profile::Freestanding;
    let is_dropped = |name: &str| match name {
        "name" | "component-name" => !metadata.names,
        _ if is_debug(name) => !metadata.debug,
        // A component says with these what it is; a freestanding module is its code and nothing else.
        _ => is_bare && !name.starts_with("component-type"),
    };
    let edit = |name: Option<&str>| if name.is_some_and(is_dropped) { Edit::Drop } else { Edit::Keep };
    let stripped = core_modules(bytes, &mut |module| rewrite(module, |section| Ok(edit(section.name)), &[]))?;
    let own = if is_bare { Vec::new() } else { own_sections(&stripped.bytes, metadata, tools)? };
    let finished = rewrite(
        &stripped.bytes,
        |section| match section.name {
            Some(name) if own.iter().any(|(own, _)| *own == name) => Ok(Edit::Drop),
            name => Ok(edit(name)),
        },
        &own,
    )?;
    Ok(Rewritten { addresses: stripped.addresses.compose(&finished.addresses), bytes: finished.bytes })
}

/// The sections that are ours to write.
fn own_sections(
    bytes: &[u8],
    metadata: &Metadata,
    tools: &[(String, String)],
) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let map = Map::parse(bytes)
        .map_err(|error| Error::NotWasm { path: "the finished file".into(), message: error.to_string() })?;
    let id = identity::build_id(&map);
    let mut build_id = Vec::new();
    id.bytes.as_slice().encode(&mut build_id);
    Ok(vec![("producers", producers(&map, tools)), (metadata::SECTION, metadata.to_bytes()), ("build_id", build_id)])
}

/// The `producers` of the file with our own added (tool-conventions `ProducersSection.md`).
fn producers(map: &Map<'_>, tools: &[(String, String)]) -> Vec<u8> {
    let mut fields: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for known in wasm_binary::producers(map) {
        fields.entry(known.field).or_default().insert(known.name, known.version);
    }
    for (name, version) in tools {
        fields.entry("processed-by").or_default().insert(name, version);
    }
    let mut section = ProducersSection::new();
    for (name, values) in fields {
        let mut field = ProducersField::new();
        for (value, version) in values {
            field.value(value, version);
        }
        section.field(name, &field);
    }
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    // An encoded custom section starts with its length and name.
    let mut reader = wasmparser::BinaryReader::new(&bytes, 0);
    let _ = reader.read_var_u32();
    let _ = reader.read_string();
    bytes.split_off(reader.original_position() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Std, Target};
    use wasm_binary::ModuleId;

    fn metadata(profile: Profile) -> Metadata {
        Metadata {
            debug: false,
            manifest: "0123".into(),
            names: false,
            profile,
            std: Std::Shipped,
            target: Target::Unknown,
            toolchain: "rustc 1.95.0".into(),
        }
    }

    fn module() -> Vec<u8> {
        wat::parse_str(
            r#"(module (@custom "producers" "\01\08language\01\04Rust\00") (@custom "mine" "x")
               (func $f (export "f") (result i32) i32.const 7))"#,
        )
        .expect("well formed")
    }

    #[test]
    fn a_release_says_what_it_was_built_from() {
        let tools = [("wasm-opt".to_string(), "132".to_string())];
        let bytes = wrap(&module(), &metadata(Profile::Release), &tools).expect("a sound module").bytes;
        wasmparser::validate(&bytes).expect("a sound module");
        let map = Map::parse(&bytes).expect("a module");
        assert_eq!(Metadata::read(&map), Some(metadata(Profile::Release)));
        let made: Vec<_> = wasm_binary::producers(&map).iter().map(|p| (p.field, p.name, p.version)).collect();
        assert_eq!(made, [("language", "Rust", ""), ("processed-by", "wasm-opt", "132")]);
        assert_eq!(identity::build_id(&map).from, identity::BuildIdSource::Section);
        assert!(map.custom_section(ModuleId(0), "name").is_none());
        assert!(map.custom_section(ModuleId(0), "mine").is_some());
    }

    #[test]
    fn wrapping_twice_is_wrapping_once() {
        let once = wrap(&module(), &metadata(Profile::Release), &[]).expect("a sound module").bytes;
        assert_eq!(wrap(&once, &metadata(Profile::Release), &[]).expect("a sound module").bytes, once);
    }

    #[test]
    fn a_freestanding_module_has_no_custom_section() {
        let bytes = wrap(&module(), &metadata(Profile::Freestanding), &[]).expect("a sound module").bytes;
        let map = Map::parse(&bytes).expect("a module");
        assert!(map.sections().iter().all(|section| section.kind != "custom"));
    }
}

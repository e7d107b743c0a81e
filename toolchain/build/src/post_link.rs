//! The second stage: what the linker left to do.

use crate::error::Error;
use crate::request::Profile;
use crate::rewrite::{CUSTOM, EXPORT, Edit, Rewritten, Section, core_modules, rewrite};
use wasm_binary::AddressMap;
use wasm_encoder::ExportSection;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};

/// Drops debug information, unless it is kept, and what only linkers read; from a freestanding module also the exports
/// that rustc adds to the user's own.
pub(crate) fn post_link(bytes: &[u8], profile: Profile, keep_debug: bool) -> Result<Rewritten, Error> {
    core_modules(bytes, &mut |module| {
        rewrite(
            module,
            |section| match section.name {
                Some(name) if !keep_debug && is_debug(name) => Ok(Edit::Drop),
                Some(name) if name == "linking" || name.starts_with("reloc.") => Ok(Edit::Drop),
                None if section.id == EXPORT && profile == Profile::Freestanding => Ok(own_exports(section)),
                _ => Ok(Edit::Keep),
            },
            &[],
        )
    })
}

/// Whether a custom section is debug information: DWARF, or where to find it.
pub(crate) fn is_debug(name: &str) -> bool {
    name.starts_with(".debug_") || matches!(name, "external_debug_info" | "sourceMappingURL")
}

/// Exports of the linker that no host needs.
pub(crate) const LINKER_EXPORTS: [&str; 2] = ["__data_end", "__heap_base"];

fn own_exports(section: &Section<'_>) -> Edit {
    debug_assert_ne!(section.id, CUSTOM);
    let read = || -> Option<Vec<u8>> {
        let reader = wasmparser::ExportSectionReader::new(wasmparser::BinaryReader::new(section.payload, 0)).ok()?;
        let mut exports = ExportSection::new();
        for export in reader {
            let export = export.ok()?;
            if !LINKER_EXPORTS.contains(&export.name) {
                RoundtripReencoder.parse_export(&mut exports, export).ok()?;
            }
        }
        let mut payload = Vec::new();
        wasm_encoder::Encode::encode(&exports, &mut payload);
        // An encoded section starts with its length.
        let mut reader = wasmparser::BinaryReader::new(&payload, 0);
        reader.read_var_u32().ok()?;
        Some(payload.split_off(reader.original_position() as usize))
    };
    match read() {
        Some(bytes) => Edit::Replace(Rewritten { bytes, addresses: AddressMap::default() }),
        None => Edit::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_binary::{Map, ModuleId};

    #[test]
    fn debug_information_goes_unless_it_is_kept() {
        let module = wat::parse_str(r#"(module (@custom ".debug_info" "x") (@custom "name" "\01\00") (func))"#);
        let module = module.expect("well formed");
        let sections = |keep_debug| {
            let bytes = post_link(&module, Profile::Release, keep_debug).expect("a sound module").bytes;
            let map = Map::parse(&bytes).expect("a module");
            [".debug_info", "name"].map(|name| map.custom_section(ModuleId(0), name).is_some())
        };
        assert_eq!(sections(false), [false, true]);
        assert_eq!(sections(true), [true, true]);
    }

    #[test]
    fn a_freestanding_module_exports_what_its_author_wrote() {
        let module = wat::parse_str(
            r#"(module (memory (export "memory") 1) (func (export "run")) (global (export "__data_end") i32 (i32.const 1))
               (global (export "__heap_base") i32 (i32.const 1)))"#,
        );
        let module = module.expect("well formed");
        let exports = |profile| {
            let bytes = post_link(&module, profile, false).expect("a sound module").bytes;
            wasmparser::validate(&bytes).expect("a sound module");
            let map = Map::parse(&bytes).expect("a module");
            map.module(ModuleId(0)).exports.iter().map(|export| export.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(exports(Profile::Freestanding), ["memory", "run"]);
        assert_eq!(exports(Profile::Release).len(), 4);
    }
}

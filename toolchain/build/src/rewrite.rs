//! Rewriting a module or component section by section, with the address map of what moved.
//!
//! Sections that nobody touches keep their bytes. Components are entered: a rewrite of core modules reaches those inside.

use crate::error::Error;
use std::path::Path;
use wasm_binary::{AddressMap, Run};
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

/// Ids of sections that are known here (core specification §5.5.2; component model "Binary format").
pub(crate) const CUSTOM: u8 = 0;
pub(crate) const EXPORT: u8 = 7;
const COMPONENT_CORE_MODULE: u8 = 1;
const COMPONENT_COMPONENT: u8 = 4;
const HEADER_BYTES: usize = 8;

/// A binary after a rewrite.
#[derive(Clone, Debug)]
pub(crate) struct Rewritten {
    pub(crate) bytes: Vec<u8>,
    /// Where each byte of the binary before is now.
    pub(crate) addresses: AddressMap,
}

impl Rewritten {
    /// A binary that nothing changed.
    pub(crate) fn same(bytes: &[u8]) -> Rewritten {
        Rewritten { bytes: bytes.to_vec(), addresses: AddressMap::identity(bytes.len() as u32) }
    }
}

/// A section of the binary that is rewritten, at the top level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section<'a> {
    pub(crate) id: u8,
    /// The name of a custom section.
    pub(crate) name: Option<&'a str>,
    /// Contents; with the name in a custom section.
    pub(crate) payload: &'a [u8],
    /// File offset of the contents.
    pub(crate) start: usize,
}

/// What becomes of a section.
pub(crate) enum Edit {
    Keep,
    Drop,
    /// Other contents, and where the old ones went: offsets within the contents.
    Replace(Rewritten),
}

/// The sections of a module or component, in order.
pub(crate) fn sections(bytes: &[u8]) -> Result<Vec<Section<'_>>, wasmparser::BinaryReaderError> {
    let mut reader = BinaryReader::new(bytes, 0);
    reader.read_bytes(HEADER_BYTES.min(bytes.len()))?;
    let mut sections = Vec::new();
    while !reader.eof() {
        let id = reader.read_u8()?;
        let size = reader.read_var_u32()? as usize;
        let start = reader.original_position() as usize;
        let payload = reader.read_bytes(size)?;
        let name = (id == CUSTOM).then(|| BinaryReader::new(payload, 0).read_string().ok()).flatten();
        sections.push(Section { id, name, payload, start });
    }
    Ok(sections)
}

/// Rewrites the sections of a module or component and adds custom sections at its end.
pub(crate) fn rewrite(
    bytes: &[u8],
    mut edit: impl FnMut(&Section<'_>) -> Result<Edit, Error>,
    custom: &[(&str, Vec<u8>)],
) -> Result<Rewritten, Error> {
    let sections = sections(bytes).map_err(|error| not_wasm(&error.to_string()))?;
    let mut new = bytes.get(..HEADER_BYTES).ok_or_else(|| not_wasm("its header is cut off"))?.to_vec();
    let mut runs = vec![Run { old: 0, new: 0, len: HEADER_BYTES as u32 }];
    for section in &sections {
        let edited = edit(section)?;
        let payload: &[u8] = match &edited {
            Edit::Drop => continue,
            Edit::Keep => section.payload,
            Edit::Replace(rewritten) => &rewritten.bytes,
        };
        new.push(section.id);
        (payload.len() as u32).encode(&mut new);
        let (old_start, new_start) = (section.start as u32, new.len() as u32);
        match &edited {
            Edit::Replace(rewritten) => runs.extend(rewritten.addresses.runs().iter().map(|run| Run {
                old: run.old + old_start,
                new: run.new + new_start,
                len: run.len,
            })),
            _ => runs.push(Run { old: old_start, new: new_start, len: payload.len() as u32 }),
        }
        new.extend_from_slice(payload);
    }
    for (name, data) in custom {
        new.push(CUSTOM);
        wasm_encoder::CustomSection { name: (*name).into(), data: data.into() }.encode(&mut new);
    }
    Ok(Rewritten { bytes: new, addresses: AddressMap::new(runs) })
}

/// Rewrites each core module: the file itself, or those inside a component.
pub(crate) fn core_modules(
    bytes: &[u8],
    module: &mut dyn FnMut(&[u8]) -> Result<Rewritten, Error>,
) -> Result<Rewritten, Error> {
    if !wasmparser::Parser::is_component(bytes) {
        return module(bytes);
    }
    let inside = |section: &Section<'_>| match section.id {
        COMPONENT_CORE_MODULE => Ok(Edit::Replace(module(section.payload)?)),
        COMPONENT_COMPONENT => Ok(Edit::Replace(core_modules(section.payload, module)?)),
        _ => Ok(Edit::Keep),
    };
    rewrite(bytes, inside, &[])
}

/// A file of this run is not what it was a stage before; the path is added by whoever knows it.
fn not_wasm(message: &str) -> Error {
    Error::NotWasm { path: Path::new("the stage's input").to_path_buf(), message: message.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("well formed")
    }

    fn without_custom(section: &Section<'_>) -> Result<Edit, Error> {
        Ok(if section.id == CUSTOM { Edit::Drop } else { Edit::Keep })
    }

    #[test]
    fn what_moves_is_found_where_the_map_says() {
        let old = parse(
            r#"(module (@custom "first" (before first) "0123456789") (func (export "f") (result i32) i32.const 7)
               (memory 1) (data (i32.const 0) "abc") (@custom "last" "xyz"))"#,
        );
        let new = rewrite(&old, without_custom, &[("made", b"by us".to_vec())]).expect("a sound module");
        wasmparser::validate(&new.bytes).expect("a sound module");
        for (at, byte) in old.iter().enumerate() {
            for moved in new.addresses.to_new(at as u32) {
                assert_eq!(new.bytes[moved as usize], *byte, "offset {at}");
            }
        }
        let data = old.windows(3).position(|bytes| bytes == b"abc").expect("the data segment") as u32;
        assert_eq!(new.addresses.to_new(data).count(), 1);
        let dropped = old.windows(3).position(|bytes| bytes == b"xyz").expect("the section") as u32;
        assert_eq!(new.addresses.to_new(dropped).count(), 0);
        assert!(new.bytes.ends_with(b"\x04madeby us"));
    }

    #[test]
    fn the_modules_of_a_component_are_rewritten() {
        let old = parse(
            r#"(component
                (core module (@custom "x" "0123456789") (func (export "f") (result i32) i32.const 7))
                (component (core module (@custom "y" "0123456789") (memory 1) (data (i32.const 0) "abc"))))"#,
        );
        let new = core_modules(&old, &mut |module| rewrite(module, without_custom, &[])).expect("a sound component");
        wasmparser::validate(&new.bytes).expect("a sound component");
        assert_eq!(old.len() - new.bytes.len(), 2 * 14);
        let data = old.windows(3).position(|bytes| bytes == b"abc").expect("the data segment") as u32;
        let moved = new.addresses.to_new(data).next().expect("it is still there") as usize;
        assert_eq!(&new.bytes[moved..moved + 3], b"abc");
    }

    #[test]
    fn bytes_that_are_no_module_are_an_error() {
        for bytes in [&b""[..], b"\0asm", b"\0asm\x01\0\0\0\x01\xff", b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f"] {
            assert!(rewrite(bytes, without_custom, &[]).is_err(), "{bytes:?}");
        }
    }
}

//! Rewriting section by section, also in a page: what nobody touches keeps its bytes. The modules inside a component
//! are entered.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{CodeSection, Encode};
use wasmparser::{BinaryReader, CodeSectionReader, Parser};

use super::ApplyError;

/// Ids of sections (core specification §5.5.2; component model, "Binary format").
const CUSTOM: u8 = 0;
const CODE: u8 = 10;
const COMPONENT_CORE_MODULE: u8 = 1;
const COMPONENT_COMPONENT: u8 = 4;
const HEADER_BYTES: usize = 8;
/// Components deeper than that are nobody's.
const MAX_DEPTH: u32 = 32;

/// What becomes of a section.
enum Edit {
    Keep,
    Drop,
    Replace(Vec<u8>),
}

/// A section: id, name of a custom section, contents.
struct Section<'a> {
    id: u8,
    name: Option<&'a str>,
    contents: &'a [u8],
    in_component: bool,
}

type Editor<'e> = &'e dyn Fn(&Section<'_>) -> Result<Edit, ApplyError>;

/// Without the custom sections of some names.
pub(super) fn without(bytes: &[u8], goes: &dyn Fn(&str) -> bool) -> Result<Vec<u8>, ApplyError> {
    rewrite(bytes, 0, &|section| Ok(if section.name.is_some_and(goes) { Edit::Drop } else { Edit::Keep }))
}

/// With all integers of the code, and the sizes of sections, as short as they can be.
pub(super) fn with_short_integers(bytes: &[u8]) -> Result<Vec<u8>, ApplyError> {
    rewrite(bytes, 0, &|section| match section.name {
        // Offsets of code are in there.
        Some(name)
            if name.starts_with(".debug_") || name.starts_with("reloc.") || name.starts_with("metadata.code.") =>
        {
            Err(ApplyError::Positions(name.to_string()))
        }
        None if section.id == CODE && !section.in_component => {
            let mut code = CodeSection::new();
            let reader = CodeSectionReader::new(BinaryReader::new(section.contents, 0))?;
            RoundtripReencoder
                .parse_code_section(&mut code, reader)
                .map_err(|error| ApplyError::Code(error.to_string()))?;
            let mut contents = Vec::with_capacity(section.contents.len());
            code.encode(&mut contents);
            // An encoded section begins with its size.
            let mut reader = BinaryReader::new(&contents, 0);
            reader.read_var_u32()?;
            let size_bytes = reader.original_position() as usize;
            Ok(Edit::Replace(contents.split_off(size_bytes)))
        }
        _ => Ok(Edit::Keep),
    })
}

fn rewrite(bytes: &[u8], depth: u32, edit: Editor<'_>) -> Result<Vec<u8>, ApplyError> {
    let in_component = Parser::is_component(bytes);
    let mut reader = BinaryReader::new(bytes, 0);
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(reader.read_bytes(HEADER_BYTES)?);
    while !reader.eof() {
        let id = reader.read_u8()?;
        let size = reader.read_var_u32()? as usize;
        let contents = reader.read_bytes(size)?;
        let name = if id == CUSTOM { Some(BinaryReader::new(contents, 0).read_string()?) } else { None };
        let is_nested = in_component && matches!(id, COMPONENT_CORE_MODULE | COMPONENT_COMPONENT);
        let edited = if is_nested && depth < MAX_DEPTH {
            Edit::Replace(rewrite(contents, depth + 1, edit)?)
        } else {
            edit(&Section { id, name, contents, in_component })?
        };
        let contents: &[u8] = match &edited {
            Edit::Drop => continue,
            Edit::Keep => contents,
            Edit::Replace(new) => new,
        };
        out.push(id);
        contents.encode(&mut out);
    }
    Ok(out)
}

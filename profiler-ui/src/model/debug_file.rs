//! What describes a program from outside: debug information that lies apart from it, split DWARF, a source map.

use bytes::Bytes;
use wasm_analyzer::source::Sources;
use wasm_binary::{Map, ModuleId};
use wasm_source::{DebugSections, SourceMap};
use wasmparser::{Parser, Payload};

use super::binary::Binary;

/// A file that describes a program.
#[derive(Clone, Debug)]
pub struct DebugFile {
    /// Its name.
    pub name: String,
    contents: Contents,
}

#[derive(Clone, Debug)]
enum Contents {
    /// A module with DWARF; code it need not have.
    Dwarf(Bytes),
    /// A `.dwo` file, or a `.dwp` package of several.
    Split(Bytes),
    Map(SourceMap),
}

impl DebugFile {
    /// A file that is nothing but a description: without code of its own.
    pub fn of(name: &str, bytes: &Bytes) -> Option<DebugFile> {
        let contents = if bytes.starts_with(b"\0asm") {
            let is_code = |payload: &Payload<'_>| matches!(payload, Payload::CodeSectionStart { .. });
            let mut payloads = Parser::new(0).parse_all(bytes).map_while(Result::ok);
            let sections = DebugSections::from_module(bytes).ok()?;
            if sections.get(".debug_cu_index").is_some() || sections.get(".debug_info.dwo").is_some() {
                Contents::Split(bytes.clone())
            } else if sections.has_dwarf() && !payloads.any(|payload| is_code(&payload)) {
                Contents::Dwarf(bytes.clone())
            } else {
                return None;
            }
        } else if bytes.trim_ascii_start().starts_with(b"{") {
            let map = SourceMap::parse(bytes).ok().filter(|map| map.sources().next().is_some())?;
            Contents::Map(map)
        } else {
            return None;
        };
        Some(DebugFile { name: name.to_string(), contents })
    }

    /// A whole program as the description of another build step's output of it: its code is the same, and only it has
    /// debug information.
    pub fn of_copy(copy: &Binary, described: &Binary) -> Option<DebugFile> {
        let has_dwarf = |binary: &Binary| binary.with(|_, sources| !sources.is_empty());
        let is_copy = copy.build_id() == described.build_id() && has_dwarf(copy) && !has_dwarf(described);
        is_copy.then(|| DebugFile { name: copy.name().to_string(), contents: Contents::Dwarf(copy.bytes().clone()) })
    }

    /// Why it does not describe a program, if it says so: another build id.
    pub fn misfit(&self, binary: &Binary) -> Option<String> {
        let Contents::Dwarf(bytes) = &self.contents else { return None };
        let map = Map::parse(bytes).ok()?;
        map.custom_section(ModuleId(0), "build_id")?;
        let own: String =
            wasm_binary::identity::build_id(&map).bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let has_id = binary.with(|analysis, _| analysis.map.custom_section(ModuleId(0), "build_id").is_some());
        let (name, program, id) = (&self.name, binary.name(), binary.build_id());
        (has_id && own != id).then(|| format!("{name} describes another build than {program}: {own}, not {id}"))
    }

    /// Adds it to what is known of a program.
    ///
    /// # Errors
    /// If it can't be read, in words.
    pub(super) fn add_to<'a>(&'a self, sources: &mut Sources<'a>, map: &Map<'a>) -> Result<(), String> {
        let added = match &self.contents {
            Contents::Dwarf(bytes) => sources.add_debug_file(map, bytes),
            Contents::Split(bytes) => match sources.add_dwo(bytes) {
                Ok(0) => return Err(format!("{}: no unit of the program is described in it", self.name)),
                other => other.map(drop),
            },
            Contents::Map(map) => {
                sources.add_source_map(map.clone());
                Ok(())
            }
        };
        added.map_err(|error| format!("{}: {error}", self.name))
    }
}

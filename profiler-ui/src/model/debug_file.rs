//! What describes a program from outside: debug information that lies apart from it, split DWARF, a source map.

use bytes::Bytes;
use wasm_analyzer::source::Sources;
use wasm_binary::{FunctionId, Map, ModuleId, NameSource, Space};
use wasm_source::{DebugSections, SourceMap};
use wasmparser::{Parser, Payload};

use super::binary::Binary;
use crate::strings::{Text, Wording};

/// A file that describes a program.
#[derive(Clone, Debug)]
pub struct DebugFile {
    /// Its name.
    pub name: String,
    contents: Contents,
}

#[derive(Clone, Debug)]
enum Contents {
    /// A module with DWARF, or with names; code it need not have.
    Module(Bytes),
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
                Contents::Module(bytes.clone())
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

    /// A whole program as the description of one with the same code, if only the former has debug information or names.
    pub fn of_copy(copy: &Binary, described: &Binary) -> Option<DebugFile> {
        let has_dwarf = |binary: &Binary| binary.with(|_, sources| !sources.is_empty());
        let is_named = |module: &wasm_binary::Module<'_>| module.names.count(Space::Function) > 0;
        let has_names = |binary: &Binary| binary.with(|analysis, _| analysis.map.modules().iter().any(is_named));
        let says_more = has_dwarf(copy) && !has_dwarf(described) || has_names(copy) && !has_names(described);
        let is_copy = says_more && copy.build_id() == described.build_id();
        is_copy.then(|| DebugFile { name: copy.name().to_string(), contents: Contents::Module(copy.bytes().clone()) })
    }

    /// Why it does not describe a program, if it says so: another build id.
    pub fn misfit(&self, binary: &Binary) -> Option<Wording> {
        let Contents::Module(bytes) = &self.contents else { return None };
        let map = Map::parse(bytes).ok()?;
        map.custom_section(ModuleId(0), "build_id")?;
        let own: String =
            wasm_binary::identity::build_id(&map).bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let has_id = binary.with(|analysis, _| analysis.map.custom_section(ModuleId(0), "build_id").is_some());
        let (name, program, id) = (&self.name, binary.name(), binary.build_id());
        (has_id && own != id).then(|| {
            let text = Text::AnotherBuildDescribed.with("file", name.as_str()).with("program", program);
            text.with("own", own).with("wanted", id)
        })
    }

    /// Adds it to what is known of a program.
    ///
    /// # Errors
    /// If it can't be read.
    pub(super) fn add_to<'a>(&'a self, sources: &mut Sources<'a>, map: &mut Map<'a>) -> Result<(), Wording> {
        let failed = |reason: Wording| Text::FileFailed.with("file", self.name.as_str()).with("reason", reason);
        let broken = |error: &dyn std::fmt::Display| failed(error.to_string().into());
        match &self.contents {
            Contents::Module(bytes) => {
                let own = Map::parse(bytes).map_err(|error| broken(&error))?;
                for (at, module) in own.modules().iter().enumerate().take(map.modules().len()) {
                    let id = ModuleId(at as u32);
                    let functions = (0..map.module(id).space(Space::Function).len() as u32).map(FunctionId);
                    let named = functions.filter_map(|id| Some((id, module.names.function(id)?.0.to_string())));
                    map.add_function_names(id, named.collect::<Vec<_>>(), NameSource::NameSection);
                }
                if DebugSections::from_module(bytes).is_ok_and(|sections| sections.has_dwarf()) {
                    sources.add_debug_file(map, bytes).map_err(|error| broken(&error))?;
                }
            }
            Contents::Split(bytes) => {
                if sources.add_dwo(bytes).map_err(|error| broken(&error))? == 0 {
                    return Err(failed(Text::NothingDescribed.into()));
                }
            }
            Contents::Map(source_map) => sources.add_source_map(source_map.clone()),
        }
        Ok(())
    }
}

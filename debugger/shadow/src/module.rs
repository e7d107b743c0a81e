//! What the shadow needs to know of a module: where its code is, what its functions are called, its debug sections.

use std::borrow::Cow;
use std::ops::Range;
use wasm_binary::{BinaryKind, Map, ModuleId, Space};

/// Why there is nothing to make a shadow of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// No wasm.
    #[error(transparent)]
    Map(#[from] wasm_binary::Error),
    /// Its core modules have shadows, each its own.
    #[error("a component, not a core module: take its core modules one by one")]
    Component,
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its index, imports first.
    pub index: u32,
    /// Its body without the length: local declarations and instructions, as offsets in the code section's contents.
    pub body: Range<u32>,
}

/// A core module and its debug information.
#[derive(Debug)]
pub struct Module<'a> {
    map: Map<'a>,
    code: Range<u32>,
    functions: Vec<Function>,
    debug: Vec<(&'a str, &'a [u8])>,
    is_memory64: bool,
}

const MODULE: ModuleId = ModuleId(0);

impl<'a> Module<'a> {
    /// Reads a core module. What is damaged in it is left out.
    ///
    /// # Errors
    /// If it is no core module at all.
    pub fn parse(bytes: &'a [u8]) -> Result<Module<'a>, ModuleError> {
        let map = Map::parse(bytes)?;
        if map.kind() == BinaryKind::Component {
            return Err(ModuleError::Component);
        }
        let sections = || map.module(MODULE).sections.iter().map(|id| map.section(*id));
        let code = sections().find(|s| s.kind == "code").map_or(0..0, |s| s.payload.clone());
        let functions = functions(&map, &code);
        let debug = debug_sections(&map);
        let is_memory64 = is_memory64(&map);
        Ok(Module { code, functions, debug, is_memory64, map })
    }

    /// Takes the debug information from another file, which has it in custom sections as a module does
    /// (tool-conventions, `external_debug_info`).
    ///
    /// # Errors
    /// If that file is no core module.
    pub fn with_debug_file(mut self, bytes: &'a [u8]) -> Result<Module<'a>, ModuleError> {
        let map = Map::parse(bytes)?;
        if map.kind() == BinaryKind::Component {
            return Err(ModuleError::Component);
        }
        self.debug = debug_sections(&map);
        Ok(self)
    }

    /// The file.
    pub fn bytes(&self) -> &'a [u8] {
        self.map.bytes()
    }

    /// What is known of the file's structure.
    pub fn map(&self) -> &Map<'a> {
        &self.map
    }

    /// The code section's contents as file offsets: DWARF counts code addresses from its start.
    pub fn code_range(&self) -> Range<u32> {
        self.code.clone()
    }

    /// The code section's contents.
    pub fn code(&self) -> &'a [u8] {
        self.map.bytes().get(self.code.start as usize..self.code.end as usize).unwrap_or_default()
    }

    /// The functions that have a body, in file order.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// How many functions are imported.
    pub fn imported_functions(&self) -> u32 {
        self.map.module(MODULE).imported_functions()
    }

    /// How many globals there are, imports included.
    pub fn global_count(&self) -> u32 {
        self.map.module(MODULE).space(Space::Global).len() as u32
    }

    /// Whether there is a memory 0, imported or not.
    pub fn has_memory(&self) -> bool {
        !self.map.module(MODULE).space(Space::Memory).is_empty()
    }

    /// Whether memory 0 is the module's own, not imported.
    pub fn defines_memory(&self) -> bool {
        self.has_memory() && self.map.module(MODULE).import_of(Space::Memory, 0).is_none()
    }

    /// Whether memory 0 has 64-bit addresses.
    pub fn is_memory64(&self) -> bool {
        self.is_memory64
    }

    /// Whether there is DWARF.
    pub fn has_dwarf(&self) -> bool {
        self.debug_section(".debug_info").is_some()
    }

    /// The contents of a debug section.
    pub fn debug_section(&self, name: &str) -> Option<&'a [u8]> {
        self.debug.iter().find(|(known, _)| *known == name).map(|(_, contents)| *contents)
    }

    /// The debug sections, by name, in file order.
    pub(crate) fn debug_sections(&self) -> &[(&'a str, &'a [u8])] {
        &self.debug
    }

    /// The data segments that are written to memory 0 when the module starts: addresses and name.
    pub(crate) fn data_segments(&self) -> impl Iterator<Item = (Range<u64>, Cow<'_, str>)> {
        let module = self.map.module(MODULE);
        module.data.iter().zip(0..).filter(|(segment, _)| segment.memory == Some(0)).filter_map(|(segment, index)| {
            let name = module.names.get(Space::Data, index).filter(|name| !name.is_empty());
            let name = name.map_or_else(|| Cow::Owned(format!("data_segment_{index}")), Cow::Borrowed);
            let start = segment.address?;
            Some((start..start.checked_add(segment.contents.len() as u64)?, name))
        })
    }

    /// The offset in the code section's contents of an offset in the file; `None` outside of the code.
    pub fn code_offset(&self, file_offset: u64) -> Option<u64> {
        let offset = file_offset.checked_sub(u64::from(self.code.start))?;
        (file_offset < u64::from(self.code.end)).then_some(offset)
    }

    /// The offset in the file of an offset in the code section's contents.
    pub fn file_offset(&self, code_offset: u64) -> Option<u64> {
        let offset = u64::from(self.code.start).checked_add(code_offset)?;
        (offset < u64::from(self.code.end)).then_some(offset)
    }

    /// The function whose body an offset in the code section's contents lies in.
    pub fn function_at(&self, code_offset: u64) -> Option<&Function> {
        let at = self.functions.partition_point(|f| u64::from(f.body.start) <= code_offset).checked_sub(1)?;
        self.functions.get(at).filter(|f| code_offset < u64::from(f.body.end))
    }

    /// The instruction that an offset in the code section's contents lies in, as such offsets; `None` between
    /// functions, in local declarations and in code that cannot be read.
    pub fn instruction_at(&self, code_offset: u64) -> Option<Range<u32>> {
        self.instruction_from(code_offset).filter(|instruction| u64::from(instruction.start) <= code_offset)
    }

    /// The instruction that an offset in the code section's contents lies in, or else the first one of the function if
    /// the offset is in its local declarations, where DWARF and symbols have it begin. GDB sets breakpoints there: a
    /// stop at the instruction is then to be told as one at the breakpoint's address.
    pub fn instruction_from(&self, code_offset: u64) -> Option<Range<u32>> {
        let body = self.function_at(code_offset)?.body.clone();
        let bytes = self.code().get(body.start as usize..body.end as usize)?;
        let reader = wasmparser::FunctionBody::new(wasmparser::BinaryReader::new(bytes, u64::from(body.start)));
        let mut operators = reader.get_operators_reader().ok()?;
        while !operators.eof() {
            let start = operators.original_position();
            operators.read().ok()?;
            let end = operators.original_position();
            if code_offset < end {
                return Some(start as u32..end as u32);
            }
        }
        None
    }

    /// What a function is called: by the name section as it is written there (mangled), else by its import or export,
    /// else `wasm_function_N`.
    pub fn function_name(&self, index: u32) -> Cow<'_, str> {
        let module = self.map.module(MODULE);
        if let Some(import) = module.import_of(Space::Function, index) {
            return Cow::Owned(format!("{}.{}", import.module, import.name));
        }
        let named = module.names.get(Space::Function, index).filter(|name| !name.is_empty());
        let exported = || module.export_of(Space::Function, index).map(|export| export.name);
        match named.or_else(exported) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("wasm_function_{index}")),
        }
    }
}

fn functions(map: &Map<'_>, code: &Range<u32>) -> Vec<Function> {
    let module = map.module(MODULE);
    let first = module.imported_functions();
    let items = module.space(Space::Function).iter().enumerate().skip(first as usize);
    let mut functions: Vec<_> = items
        .filter_map(|(index, item)| {
            let body = map.function_body(*item)?.range();
            let (start, end) = (u32::try_from(body.start).ok()?, u32::try_from(body.end).ok()?);
            (code.start <= start && start < end && end <= code.end)
                .then(|| Function { index: index as u32, body: start - code.start..end - code.start })
        })
        .collect();
    functions.sort_by_key(|function| function.body.start);
    functions
}

fn debug_sections<'a>(map: &Map<'a>) -> Vec<(&'a str, &'a [u8])> {
    let mut sections: Vec<(&str, &[u8])> = Vec::new();
    for id in &map.module(MODULE).sections {
        let section = map.section(*id);
        if let Some(name) = section.name
            && name.starts_with(".debug_")
            && name.bytes().all(|byte| byte.is_ascii_graphic())
            && !sections.iter().any(|(known, _)| *known == name)
        {
            sections.push((name, map.section_bytes(section)));
        }
    }
    sections
}

/// Of the first memory, imported or not.
fn is_memory64(map: &Map<'_>) -> bool {
    let parsed = wasmparser::Parser::new(0).parse_all(map.bytes());
    for payload in parsed.map_while(Result::ok) {
        match payload {
            wasmparser::Payload::ImportSection(imports) => {
                for import in imports.into_imports().map_while(Result::ok) {
                    if let wasmparser::TypeRef::Memory(memory) = import.ty {
                        return memory.memory64;
                    }
                }
            }
            wasmparser::Payload::MemorySection(memories) => {
                if let Some(Ok(memory)) = memories.into_iter().next() {
                    return memory.memory64;
                }
            }
            wasmparser::Payload::CodeSectionStart { .. } => return false,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_find_functions_and_instructions() {
        let bytes = wat::parse_str(
            r#"(module (import "a" "b" (func)) (func) (func $f (local i32 i64) (local.set 0 (i32.const 5)) call 0))"#,
        );
        let bytes = bytes.expect("a module");
        let module = Module::parse(&bytes).expect("a module");
        // The number of functions; 2 bytes of the first with its length; the length of the second.
        assert_eq!(module.functions()[1], Function { index: 2, body: 5..17 });
        assert_eq!(module.function_name(2), "f");
        assert_eq!(module.function_name(0), "a.b");
        assert_eq!(module.function_at(4), None);
        assert_eq!(module.function_at(16).map(|f| f.index), Some(2));
        // Two groups of locals: 5 bytes.
        assert_eq!(module.instruction_at(5), None);
        assert_eq!(module.instruction_from(5), Some(10..12));
        assert_eq!(module.instruction_at(11), Some(10..12));
        assert_eq!(module.instruction_at(12), Some(12..14));
        assert_eq!(module.instruction_at(16), Some(16..17));
        assert_eq!(module.instruction_from(17), None);
        let file_offset = u64::from(module.code_range().start) + 12;
        assert_eq!((module.code_offset(file_offset), module.file_offset(12)), (Some(12), Some(file_offset)));
        assert_eq!((module.code_offset(3), module.file_offset(17)), (None, None));
    }
}

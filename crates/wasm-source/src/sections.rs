//! Where the debug information lies: custom sections of a core module, and the
//! extent of its code.

use std::ops::Range;

use wasmparser::{BinaryReader, Parser, Payload};

use crate::error::{Error, ErrorKind, Result};

/// The debug sections of a module and the place of its code.
///
/// DWARF counts code addresses from the start of the code section's contents;
/// [`code`](Self::code) turns them into offsets in the module's file.
#[derive(Debug, Clone, Default)]
pub struct DebugSections<'a> {
    named: Vec<(&'a str, &'a [u8])>,
    code: Range<u32>,
}

impl<'a> DebugSections<'a> {
    /// Takes custom sections as (name, contents) and the range of the code
    /// section's contents in the file: what follows the section's id and size.
    ///
    /// Sections that are no debug sections are left out; of two with the same
    /// name the first counts.
    pub fn new(sections: impl IntoIterator<Item = (&'a str, &'a [u8])>, code: Range<u32>) -> DebugSections<'a> {
        let mut named: Vec<(&str, &[u8])> = Vec::new();
        for (name, contents) in sections {
            let wanted = name.starts_with(".debug_") || matches!(name, EXTERNAL_DEBUG_INFO | SOURCE_MAP);
            if wanted && !named.iter().any(|(known, _)| *known == name) {
                named.push((name, contents));
            }
        }
        DebugSections { named, code }
    }

    /// Finds the sections in the bytes of a core module, without reading its
    /// code.
    pub fn from_module(module: &'a [u8]) -> Result<DebugSections<'a>> {
        let mut custom = Vec::new();
        let mut code = 0..0;
        let mut parser = Parser::new(0);
        let mut rest = module;
        loop {
            let at = module.len() - rest.len();
            let fail = |message: String| Error::new("module", at, ErrorKind::Module(message));
            let chunk = parser.parse(rest, true).map_err(|error| fail(error.message().to_owned()))?;
            let wasmparser::Chunk::Parsed { consumed, payload } = chunk else {
                return Err(fail("unexpected end".to_owned()));
            };
            rest = rest.get(consumed..).unwrap_or_default();
            match payload {
                Payload::CustomSection(section) => custom.push((section.name(), section.data())),
                Payload::CodeSectionStart { unchecked_range: range, size, .. } => {
                    let offset = |at: u64| u32::try_from(at.min(module.len() as u64));
                    code = offset(range.start).unwrap_or(u32::MAX)..offset(range.end).unwrap_or(u32::MAX);
                    parser.skip_section();
                    rest = rest.get(size as usize..).unwrap_or_default();
                }
                Payload::Version { encoding: wasmparser::Encoding::Component, .. } => {
                    return Err(fail("a component, not a core module".to_owned()));
                }
                Payload::End(_) => return Ok(DebugSections::new(custom, code)),
                _ => {}
            }
        }
    }

    /// The same sections for the code at `code`: debug information that lies
    /// in a file of its own (`external_debug_info`, a `.dwo`) describes the
    /// code of the module that refers to it.
    pub fn with_code(mut self, code: Range<u32>) -> DebugSections<'a> {
        self.code = code;
        self
    }

    /// The range of the code section's contents in the file, in bytes.
    pub fn code(&self) -> Range<u32> {
        self.code.clone()
    }

    /// The contents of a section by name, if it is there.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.named.iter().find_map(|(known, contents)| (*known == name).then_some(*contents))
    }

    /// Whether there is any DWARF in these sections.
    pub fn has_dwarf(&self) -> bool {
        [".debug_info", ".debug_info.dwo", ".debug_line"].iter().any(|name| self.get(name).is_some())
    }

    /// The URL of the file that holds the module's DWARF, from the
    /// `external_debug_info` section (tool-conventions, Debugging).
    pub fn external_debug_info(&self) -> Option<&'a str> {
        section_url(self.get(EXTERNAL_DEBUG_INFO)?)
    }

    /// The URL of the module's source map, from the `sourceMappingURL` section
    /// (tool-conventions, Debugging).
    pub fn source_mapping_url(&self) -> Option<&'a str> {
        section_url(self.get(SOURCE_MAP)?)
    }

    /// How many bytes of debug sections there are.
    pub(crate) fn len(&self) -> usize {
        self.named.iter().map(|(_, contents)| contents.len()).sum()
    }
}

const EXTERNAL_DEBUG_INFO: &str = "external_debug_info";
const SOURCE_MAP: &str = "sourceMappingURL";

/// The URL in the contents of an `external_debug_info` or `sourceMappingURL`
/// section: one string with its length before it.
pub fn section_url(contents: &[u8]) -> Option<&str> {
    BinaryReader::new(contents, 0).read_string().ok()
}

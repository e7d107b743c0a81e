//! Source maps, version 3 (ECMA-426), of WebAssembly modules: one generated
//! line, whose columns are byte offsets in the module's file.
//!
//! The `sourcemap` crate is the field's; its parser brings URL, bit-vector and
//! identifier-table crates for JavaScript's sake, which this library's web
//! builds would carry.

use std::borrow::Cow;

use serde::Deserialize;

/// A source map of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMap {
    /// Each with the place of its root.
    sources: Vec<(u32, String)>,
    roots: Vec<String>,
    names: Vec<String>,
    /// Sorted by offset.
    mappings: Vec<Segment>,
}

/// Where the bytes from one offset to the next mapping stem from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping<'m> {
    /// The first byte, as an offset in the module's file.
    pub offset: u32,
    /// The source file, after the map's source root.
    pub source: Cow<'m, str>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The name that the source uses there.
    pub name: Option<&'m str>,
}

/// Why something is no source map.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceMapError {
    /// Not the JSON of a source map.
    #[error("not a source map")]
    Json(#[from] serde_json::Error),
    /// Another version than 3.
    #[error("version {0} of the format, not 3")]
    Version(u32),
    /// The mappings are not well formed.
    #[error("bad mapping at character {0}")]
    Mapping(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segment {
    offset: u32,
    /// Nothing where the map says that the bytes have no source.
    origin: Option<Origin>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Origin {
    source: u32,
    line: u32,
    column: u32,
    name: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json<'m> {
    version: u32,
    source_root: Option<String>,
    #[serde(default)]
    sources: Vec<Option<String>>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default, borrow)]
    mappings: Cow<'m, str>,
    #[serde(default)]
    sections: Vec<Section>,
}

/// A part of an index map.
#[derive(Deserialize)]
struct Section {
    offset: SectionOffset,
    map: Box<serde_json::value::RawValue>,
}

#[derive(Deserialize)]
struct SectionOffset {
    line: u32,
    column: u32,
}

impl SourceMap {
    /// Reads the JSON of a source map, or of an index map of several.
    pub fn parse(json: &[u8]) -> Result<SourceMap, SourceMapError> {
        // A line that keeps browsers from running the map as a script.
        let json = match json.strip_prefix(b")]}'") {
            Some(rest) => rest.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or(rest),
            None => json,
        };
        let json: Json<'_> = serde_json::from_slice(json)?;
        let mut map = SourceMap::default();
        map.add(&json, 0)?;
        for section in &json.sections {
            let inner: Json<'_> = serde_json::from_str(section.map.get())?;
            if section.offset.line == 0 {
                map.add(&inner, section.offset.column)?;
            }
        }
        map.mappings.sort_by_key(|segment| segment.offset);
        Ok(map)
    }

    /// Where the byte at `offset` in the module's file stems from.
    pub fn lookup(&self, offset: u32) -> Option<Mapping<'_>> {
        let after = self.mappings.partition_point(|segment| segment.offset <= offset);
        self.mapping(self.mappings.get(after.checked_sub(1)?)?)
    }

    /// All mappings with a source, by offset. Each holds until the offset of
    /// the next segment, which [`segments`](Self::segments) has too.
    pub fn mappings(&self) -> impl Iterator<Item = Mapping<'_>> {
        self.segments().filter_map(|(_, mapping)| mapping)
    }

    /// All segments by offset, those without a source too.
    pub fn segments(&self) -> impl Iterator<Item = (u32, Option<Mapping<'_>>)> {
        self.mappings.iter().map(|segment| (segment.offset, self.mapping(segment)))
    }

    /// The source files that the map names.
    pub fn sources(&self) -> impl Iterator<Item = Cow<'_, str>> {
        (0..self.sources.len()).filter_map(|at| self.source(at))
    }

    fn source(&self, at: usize) -> Option<Cow<'_, str>> {
        let (root, path) = self.sources.get(at)?;
        let root = self.roots.get(*root as usize)?;
        let slash = if root.ends_with('/') { "" } else { "/" };
        Some(match root.as_str() {
            "" => Cow::Borrowed(path),
            root => Cow::Owned(format!("{root}{slash}{path}")),
        })
    }

    fn mapping(&self, segment: &Segment) -> Option<Mapping<'_>> {
        let origin = segment.origin?;
        Some(Mapping {
            offset: segment.offset,
            source: self.source(origin.source as usize)?,
            line: origin.line.checked_add(1)?,
            column: origin.column.checked_add(1)?,
            name: origin.name.and_then(|name| self.names.get(name as usize)).map(String::as_str),
        })
    }

    /// Adds a map whose first byte is at `base`.
    fn add(&mut self, json: &Json<'_>, base: u32) -> Result<(), SourceMapError> {
        if json.version != 3 {
            return Err(SourceMapError::Version(json.version));
        }
        let first_source = self.sources.len() as i64;
        let first_name = self.names.len() as i64;
        let root = self.roots.len() as u32;
        self.roots.push(json.source_root.clone().unwrap_or_default());
        let sources = json.sources.iter().cloned();
        self.sources.extend(sources.map(|source| (root, source.unwrap_or_default())));
        self.names.extend(json.names.iter().cloned());

        // Each field counts from the last one of its kind.
        let mut column = i64::from(base);
        let mut source = first_source;
        let (mut line, mut source_column, mut name) = (0i64, 0i64, first_name);
        let text = json.mappings.as_bytes();
        // Further lines than the first are not part of a module.
        let text = text.split(|byte| *byte == b';').next().unwrap_or_default();
        let mut at = 0;
        for segment in text.split(|byte| *byte == b',') {
            let start = at;
            at += segment.len() + 1;
            let bad = || SourceMapError::Mapping(start);
            let (fields, count) = vlq(segment).ok_or_else(bad)?;
            let small = |number: i64| u32::try_from(number).map_err(|_| bad());
            let origin = match (count, fields) {
                (0, _) => continue,
                (1, _) => None,
                (4 | 5, [_, to_source, to_line, to_column, to_name]) => {
                    source += to_source;
                    line += to_line;
                    source_column += to_column;
                    name += to_name;
                    Some(Origin {
                        source: small(source)?,
                        line: small(line)?,
                        column: small(source_column)?,
                        name: if count == 5 { Some(small(name)?) } else { None },
                    })
                }
                _ => return Err(bad()),
            };
            column += fields[0];
            self.mappings.push(Segment { offset: small(column)?, origin });
        }
        Ok(())
    }
}

/// Reads the base64 VLQ numbers of a segment: up to five, of 32 bits each, and
/// how many there are.
fn vlq(segment: &[u8]) -> Option<([i64; 5], usize)> {
    let mut fields = [0; 5];
    let mut count = 0;
    let mut value = 0u64;
    let mut shift = 0;
    for byte in segment {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        value |= u64::from(digit & 31) << shift;
        shift += 5;
        if digit & 32 != 0 {
            if shift > 35 {
                return None;
            }
            continue;
        }
        let magnitude = (value >> 1) as i64;
        *fields.get_mut(count)? = if value & 1 == 0 { magnitude } else { -magnitude };
        count += 1;
        (value, shift) = (0, 0);
    }
    (shift == 0).then_some((fields, count))
}

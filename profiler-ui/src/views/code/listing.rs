//! A function's text with where each instruction stems from.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use wasm_analyzer::source::{SourceFrame, Sources};
use wasm_binary::{ItemId, Map};

use super::wat::Wat;
use crate::views::source::file_name;

/// The functions that a run of instructions belongs to, the innermost inlined call first.
pub(super) type Chain = Vec<SourceFrame>;

/// A row of the wasm side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// From here on instructions stem from this chain.
    Place(u32),
    /// A line of text.
    Line(u32),
}

/// A file that a function's code stems from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// As the compiler wrote it.
    pub(super) path: String,
    /// Bytes of code of its lines and of what was inlined into them.
    pub(super) size_bytes: u64,
}

/// What the function has of one source line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LineUse {
    pub(super) size_bytes: u64,
    /// Ranges of the code: a line may be in several places.
    pub(super) ranges: Vec<Range<u32>>,
    /// The functions of the source that it is in.
    pub(super) function: Option<String>,
}

/// A function.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) function: ItemId,
    pub(super) name: String,
    pub(super) wat: Wat,
    pub(super) rows: Vec<Row>,
    pub(super) chains: Vec<Chain>,
    /// By line of the text, its chain.
    chain_of: Vec<Option<u32>>,
    /// By falling size.
    pub(super) files: Vec<SourceFile>,
}

impl Listing {
    /// Reads a function; nothing if it can't be printed.
    pub(super) fn of(map: &Map<'_>, sources: &Sources<'_>, function: ItemId) -> Option<Listing> {
        let wat = Wat::of(map, function)?;
        let mut chains: Vec<Chain> = Vec::new();
        let mut known: HashMap<Chain, u32> = HashMap::new();
        let (mut chain_of, mut rows) = (Vec::with_capacity(wat.lines.len()), Vec::with_capacity(wat.lines.len()));
        let mut last = None;
        for (at, line) in wat.lines.iter().enumerate() {
            let frames = if line.is_instruction { sources.frames(map, line.bytes.start) } else { Chain::default() };
            let chain = (!frames.is_empty()).then(|| {
                *known.entry(frames).or_insert_with_key(|frames| {
                    chains.push(frames.clone());
                    chains.len() as u32 - 1
                })
            });
            if let Some(chain) = chain.filter(|_| chain != last) {
                rows.push(Row::Place(chain));
            }
            last = chain.or(last);
            chain_of.push(chain);
            rows.push(Row::Line(at as u32));
        }
        let mut listing =
            Listing { function, name: map.label(function), wat, rows, chains, chain_of, files: Vec::new() };
        listing.files = listing.source_files();
        Some(listing)
    }

    fn source_files(&self) -> Vec<SourceFile> {
        let mut sizes: HashMap<&str, u64> = HashMap::new();
        for (at, line) in self.wat.lines.iter().enumerate() {
            let mut paths: Vec<&str> = self.chain(at).iter().filter_map(|f| Some(&*f.place.as_ref()?.file)).collect();
            paths.sort_unstable();
            paths.dedup();
            for path in paths {
                *sizes.entry(path).or_default() += u64::from(line.bytes.end - line.bytes.start);
            }
        }
        let mut files: Vec<SourceFile> =
            sizes.into_iter().map(|(path, size_bytes)| SourceFile { path: path.to_string(), size_bytes }).collect();
        files.sort_by(|a, b| b.size_bytes.cmp(&a.size_bytes).then_with(|| a.path.cmp(&b.path)));
        files
    }

    /// The chain of a line of the text.
    pub(super) fn chain(&self, line: usize) -> &[SourceFrame] {
        let chain = self.chain_of.get(line).copied().flatten();
        chain.and_then(|chain| self.chains.get(chain as usize)).map_or(&[], Vec::as_slice)
    }

    /// The line of a file that a line of the text stems from: of the innermost call that is in the file.
    pub(super) fn source_line(&self, line: usize, file: &str) -> Option<u32> {
        line_in(self.chain(line), file)
    }

    /// The lines of a file that this function has code of.
    pub(super) fn lines_of(&self, file: &str) -> BTreeMap<u32, LineUse> {
        let mut lines: BTreeMap<u32, LineUse> = BTreeMap::new();
        for (at, text) in self.wat.lines.iter().enumerate() {
            let chain = self.chain(at);
            let Some(frame) = chain.iter().find(|frame| is_in(frame, file)) else { continue };
            let Some(line) = frame.place.as_ref().and_then(|place| place.line) else { continue };
            let found = lines.entry(line).or_default();
            found.size_bytes += u64::from(text.bytes.end - text.bytes.start);
            found.function = found.function.take().or_else(|| frame.function.clone());
            match found.ranges.last_mut() {
                Some(range) if range.end == text.bytes.start => range.end = text.bytes.end,
                _ => found.ranges.push(text.bytes.clone()),
            }
        }
        lines
    }

    /// The row of a line of the text.
    pub(super) fn row_of(&self, line: usize) -> Option<usize> {
        self.rows.iter().position(|row| *row == Row::Line(line as u32))
    }
}

fn is_in(frame: &SourceFrame, file: &str) -> bool {
    frame.place.as_ref().is_some_and(|place| place.file == file && place.line.is_some())
}

fn line_in(chain: &[SourceFrame], file: &str) -> Option<u32> {
    chain.iter().find(|frame| is_in(frame, file))?.place.as_ref()?.line
}

/// A chain in one line: the innermost call first.
pub(super) fn describe(chain: &[SourceFrame]) -> String {
    let mut text = String::new();
    for (at, frame) in chain.iter().enumerate() {
        if at > 0 {
            text.push_str("  ← ");
        }
        if let Some(place) = &frame.place {
            text.push_str(file_name(&place.file));
            if let Some(line) = place.line {
                text.push_str(&format!(":{line}"));
            }
            text.push(' ');
        }
        text.push_str(frame.function.as_deref().unwrap_or_default());
    }
    text.trim_end().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use wasm_binary::ItemKind;

    #[test]
    fn lines_and_instructions_lead_to_each_other() {
        let bytes: &[u8] = include_bytes!("../../../../samples/rust-markdown/rust-markdown.wasm");
        let mut map = Map::parse(bytes).unwrap();
        let (sources, problems) = Sources::open(&map);
        assert!(problems.is_empty(), "{problems:?}");
        sources.name_functions(&mut map);
        let largest =
            map.iter().filter(|(_, item)| item.kind == ItemKind::Function).max_by_key(|(_, item)| item.size).unwrap().0;
        let listing = Listing::of(&map, &sources, largest).unwrap();
        assert!(listing.chains.iter().any(|chain| chain.len() > 1), "calls are inlined here");
        let (mut several, mut bytes_of_lines) = (0, 0);
        for file in &listing.files {
            for (line, found) in listing.lines_of(&file.path) {
                several += u32::from(found.ranges.len() > 1);
                let length: u32 = found.ranges.iter().map(|range| range.end - range.start).sum();
                assert_eq!(u64::from(length), found.size_bytes);
                bytes_of_lines += found.size_bytes;
                for range in &found.ranges {
                    let at = listing.wat.line_at(range.start).unwrap();
                    assert_eq!(listing.source_line(at, &file.path), Some(line));
                }
            }
        }
        assert!(several > 10, "{several}");
        assert!(bytes_of_lines >= u64::from(map.item(largest).end - map.item(largest).start) / 2);
    }
}

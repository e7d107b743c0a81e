//! The text format of one function.
//!
//! wasmprinter prints whole modules. It is given one with all that names and types need, in which every other function
//! is empty: what that costs does not depend on the code and data of the file.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use wasm_binary::{ItemId, ItemKind, Map};
use wasm_encoder::{CodeSection, Module, RawSection};

/// More lines of one function nobody reads; what comes after them is left out.
const MAX_LINES: usize = 1_000_000;

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Keyword,
    Name,
    Literal,
    Type,
    Comment,
}

/// One line of text.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// File offsets of the bytes that it stands for.
    pub(super) bytes: Range<u32>,
    /// Whether it is an instruction: not the function's head, its locals or its closing bracket.
    pub(super) is_instruction: bool,
    text: Range<u32>,
    spans: Range<u32>,
}

/// A function as text.
#[derive(Debug, Default)]
pub(super) struct Wat {
    text: String,
    pub(super) lines: Vec<Line>,
    /// Where in the text a piece begins, and what it is.
    spans: Vec<(u32, Kind)>,
    /// Whether lines were left out at the end.
    pub(super) is_cut: bool,
}

impl Wat {
    /// The text of a defined function; nothing if its module's text can't be made.
    pub(super) fn of(map: &Map<'_>, function: ItemId) -> Option<Wat> {
        let item = map.item(function);
        let body = map.function_body(function)?.range();
        let body = body.start as u32..body.end as u32;
        let (module, new_end) = with_one_body(map, function)?;
        let new_start = new_end.checked_sub((body.end - body.start) as usize)?;
        let mut capture = Capture {
            wanted: new_start as u64..new_end as u64,
            start: body.start,
            state: Where::Before,
            offsets: Vec::new(),
            wat: Wat::default(),
        };
        let printed = wasmprinter::Config::new().indent_text("  ").print(&module, &mut capture);
        let is_whole = capture.state == Where::Behind;
        if capture.offsets.is_empty() || (printed.is_err() && !is_whole && !capture.wat.is_cut) {
            return None;
        }
        let first_instruction = first_instruction(map, function);
        Some(capture.finish(item.end, first_instruction))
    }

    /// A line's text, without its indent, and how far it is indented.
    pub(super) fn text(&self, line: &Line) -> (usize, &str) {
        let text = self.text.get(line.text.start as usize..line.text.end as usize).unwrap_or_default();
        let rest = text.trim_start_matches(' ');
        // The function stands in its module: one step.
        ((text.len() - rest.len()).saturating_sub(2), rest.trim_end())
    }

    /// The pieces of a line without its indent.
    pub(super) fn pieces<'w>(&'w self, line: &'w Line) -> impl Iterator<Item = (Kind, &'w str)> {
        let (_, rest) = self.text(line);
        let start = line.text.end as usize - self.raw(line).trim_start_matches(' ').len();
        let end = start + rest.len();
        let spans = &self.spans[line.spans.start as usize..line.spans.end as usize];
        let first = [(start as u32, Kind::Plain)];
        let all: Vec<(u32, Kind)> = first.into_iter().chain(spans.iter().copied()).collect();
        (0..all.len()).filter_map(move |at| {
            let (from, kind) = all[at];
            let to = all.get(at + 1).map_or(end, |(next, _)| *next as usize).min(end);
            let piece = self.text.get((from as usize).max(start)..to)?;
            (!piece.is_empty()).then_some((kind, piece))
        })
    }

    /// The pieces of a line as a person reads them: names that a compiler mangled are shown as they were written.
    pub(super) fn readable<'w>(&'w self, line: &'w Line) -> impl Iterator<Item = (Kind, Cow<'w, str>)> {
        self.pieces(line).map(|(kind, piece)| match kind {
            Kind::Name => (kind, demangled(piece)),
            _ => (kind, piece.into()),
        })
    }

    fn raw(&self, line: &Line) -> &str {
        self.text.get(line.text.start as usize..line.text.end as usize).unwrap_or_default()
    }

    /// All of it, as one reads it.
    pub(super) fn whole(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        for line in &self.lines {
            let (indent, text) = self.text(line);
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(text);
            out.push('\n');
        }
        out
    }

    /// The line whose bytes hold an offset.
    pub(super) fn line_at(&self, offset: u32) -> Option<usize> {
        let after = self.lines.partition_point(|line| line.bytes.start <= offset);
        let mut at = after.checked_sub(1)?;
        // Lines without bytes of their own share their offset with the next one.
        while at > 0 && !self.lines[at].bytes.contains(&offset) {
            at -= 1;
        }
        self.lines[at].bytes.contains(&offset).then_some(at)
    }
}

/// `$_ZN4core3fmt5write17h…E` as `$core::fmt::write`, also with its index behind it; what is not mangled stays.
fn demangled(piece: &str) -> Cow<'_, str> {
    let (name, index) = piece.split_at(piece.rfind(" (;").unwrap_or(piece.len()));
    let plain = name.strip_prefix('$').unwrap_or(name);
    let plain = plain.strip_prefix('"').and_then(|plain| plain.strip_suffix('"')).unwrap_or(plain);
    match wasm_binary::demangle(plain) {
        Cow::Owned(written) => Cow::Owned(format!("${}{index}", wasm_binary::escape(&written))),
        Cow::Borrowed(_) => Cow::Borrowed(piece),
    }
}

/// The offset of a function's first instruction.
fn first_instruction(map: &Map<'_>, function: ItemId) -> u32 {
    let reader = map.function_body(function).and_then(|body| body.get_operators_reader().ok());
    reader.map_or(u32::MAX, |reader| reader.original_position() as u32)
}

/// The module of a function with the bodies of all other functions empty; and where the function's own body ends.
fn with_one_body(map: &Map<'_>, function: ItemId) -> Option<(Vec<u8>, usize)> {
    /// No locals, `end`.
    const EMPTY: [u8; 2] = [0, 0x0b];
    /// With its length.
    const EMPTY_BYTES: usize = 3;
    const CUSTOM: u8 = 0;
    const CODE: u8 = 10;
    const DATA: u8 = 11;
    const DATA_COUNT: u8 = 12;
    let module = map.module(map.item(function).module);
    let mut out = Module::new();
    let sections = || module.sections.iter().map(|id| map.section(*id));
    for section in sections() {
        let is_wanted = match section.id {
            CUSTOM => section.name == Some("name"),
            CODE | DATA | DATA_COUNT => false,
            _ => true,
        };
        if is_wanted {
            let payload = map.bytes().get(section.payload.start as usize..section.payload.end as usize)?;
            let data = match section.id {
                CUSTOM => Cow::Owned([&[4], &b"name"[..], payload].concat()),
                _ => Cow::Borrowed(payload),
            };
            out.section(&RawSection { id: section.id, data: &data });
        }
    }
    let mut code = CodeSection::new();
    let mut after = None;
    for id in module.space(wasm_binary::Space::Function) {
        if map.item(*id).kind != ItemKind::Function {
            continue;
        }
        if *id == function {
            let body = map.function_body(function)?.range();
            code.raw(map.bytes().get(body.start as usize..body.end as usize)?);
            after = Some(0);
        } else {
            code.raw(&EMPTY);
            after = after.map(|count| count + 1);
        }
    }
    out.section(&code);
    let bytes = out.finish();
    let end = bytes.len().checked_sub(after? * EMPTY_BYTES)?;
    Some((bytes, end))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Before,
    Inside,
    Behind,
}

/// Keeps the lines of one function and ends the printing after them.
struct Capture {
    /// Offsets of its body in what is printed.
    wanted: Range<u64>,
    /// Where its body begins in the file.
    start: u32,
    state: Where,
    /// By line: its offset in the file, its first byte of text, its first span.
    offsets: Vec<(u32, u32, u32)>,
    wat: Wat,
}

impl Capture {
    fn kind(&mut self, kind: Kind) -> io::Result<()> {
        if self.state == Where::Inside {
            self.wat.spans.push((self.wat.text.len() as u32, kind));
        }
        Ok(())
    }

    /// Lines with their bytes: each goes on to where the next begins.
    fn finish(self, end: u32, first_instruction: u32) -> Wat {
        let mut wat = self.wat;
        let count = self.offsets.len();
        for (at, (offset, text, span)) in self.offsets.iter().copied().enumerate() {
            let next = self.offsets.get(at + 1);
            let is_cut_here = wat.is_cut && at + 1 == count;
            let bytes_end = next.map_or(if is_cut_here { offset } else { end }, |next| next.0);
            wat.lines.push(Line {
                bytes: offset..bytes_end.max(offset),
                is_instruction: offset >= first_instruction,
                text: text..next.map_or(wat.text.len() as u32, |next| next.1),
                spans: span..next.map_or(wat.spans.len() as u32, |next| next.2),
            });
        }
        wat
    }
}

impl wasmprinter::Print for Capture {
    fn write_str(&mut self, text: &str) -> io::Result<()> {
        match self.state {
            Where::Before => Ok(()),
            Where::Inside => {
                self.wat.text.push_str(text);
                Ok(())
            }
            Where::Behind => Err(io::Error::other("the function is printed")),
        }
    }

    fn newline(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn start_line(&mut self, offset: Option<u64>) {
        let last = self.offsets.last().map_or(self.start, |last| last.0);
        let offset = match (offset, self.state) {
            (Some(offset), _) if self.wanted.contains(&offset) => {
                self.start.saturating_add((offset - self.wanted.start) as u32)
            }
            (Some(_), Where::Inside) => {
                self.state = Where::Behind;
                return;
            }
            (None, Where::Inside) => last,
            _ => return,
        };
        if self.offsets.len() == MAX_LINES {
            self.wat.is_cut = true;
            self.state = Where::Behind;
            return;
        }
        self.state = Where::Inside;
        self.offsets.push((offset.max(last), self.wat.text.len() as u32, self.wat.spans.len() as u32));
    }

    fn start_literal(&mut self) -> io::Result<()> {
        self.kind(Kind::Literal)
    }

    fn start_name(&mut self) -> io::Result<()> {
        self.kind(Kind::Name)
    }

    fn start_keyword(&mut self) -> io::Result<()> {
        self.kind(Kind::Keyword)
    }

    fn start_type(&mut self) -> io::Result<()> {
        self.kind(Kind::Type)
    }

    fn start_comment(&mut self) -> io::Result<()> {
        self.kind(Kind::Comment)
    }

    fn reset_color(&mut self) -> io::Result<()> {
        self.kind(Kind::Plain)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_function_reads_as_in_the_text_of_its_whole_module() {
        let bytes: &[u8] = include_bytes!("../../../../samples/c-calc/c-calc.wasm");
        let map = Map::parse(bytes).unwrap();
        let whole = wasmprinter::print_bytes(bytes).unwrap();
        let whole: Vec<&str> = whole.lines().map(str::trim).collect();
        let mut functions = 0;
        for (id, item) in map.iter().filter(|(_, item)| item.kind == ItemKind::Function) {
            let wat = Wat::of(&map, id).unwrap();
            let text = wat.whole();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            let head = whole.iter().position(|line| *line == lines[0]).unwrap();
            assert_eq!(lines, whole[head..head + lines.len()], "{}", map.label(id));
            // Every instruction lies at the offset that its line says.
            let offsets: Vec<u32> =
                wat.lines.iter().filter(|line| line.is_instruction).map(|line| line.bytes.start).collect();
            let reader = map.function_body(id).unwrap().get_operators_reader().unwrap();
            let known: Vec<u32> = reader.into_iter_with_offsets().map(|op| op.unwrap().1 as u32).collect();
            // A function without instructions is closed on its first line.
            assert_eq!(offsets, if offsets.is_empty() { Vec::new() } else { known.clone() });
            assert!(!offsets.is_empty() || known.len() == 1);
            assert_eq!(wat.lines.last().unwrap().bytes.end, item.end);
            for line in &wat.lines {
                let pieces: String = wat.pieces(line).map(|(_, piece)| piece).collect();
                assert_eq!(pieces, wat.text(line).1);
            }
            functions += 1;
        }
        assert!(functions > 50, "{functions}");
    }

    /// A section that counts the data says nothing of what is shown, and the data is not there.
    #[test]
    fn functions_of_a_module_that_counts_its_data_are_shown() {
        let bytes = wat::parse_str(
            r#"(module (memory 1) (data $d "abc") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3))))"#,
        );
        let bytes = bytes.unwrap();
        let map = Map::parse(&bytes).unwrap();
        let (id, _) = map.iter().find(|(_, item)| item.kind == ItemKind::Function).unwrap();
        let text = Wat::of(&map, id).unwrap().whole();
        assert!(text.contains("memory.init") && text.contains("i32.const 3"), "{text}");
    }

    #[test]
    fn mangled_names_read_as_they_were_written() {
        assert_eq!(demangled("$_ZN4core3fmt5write17h0123456789abcdefE"), "$core::fmt::write");
        assert_eq!(demangled("$\"_ZN4core3fmt5write17h0123456789abcdefE\""), "$core::fmt::write");
        assert_eq!(demangled("$main"), "$main");
        assert_eq!(demangled("$_ZN1a1b17h0123456789abcdefE (;7;)"), "$a::b (;7;)");
        assert_eq!(demangled("$\"a b\""), "$\"a b\"");
        let bytes: &[u8] = include_bytes!("../../../../samples/rust-markdown/rust-markdown.wasm");
        let map = Map::parse(bytes).unwrap();
        let largest = map.iter().filter(|(_, item)| item.kind == ItemKind::Function).max_by_key(|(_, item)| item.size);
        let wat = Wat::of(&map, largest.unwrap().0).unwrap();
        let readable: String = wat.lines.iter().flat_map(|line| wat.readable(line)).map(|(_, piece)| piece).collect();
        assert!(wat.whole().contains("$_R") && !readable.contains("$_R"), "{readable}");
    }

    #[test]
    fn a_damaged_body_does_no_harm() {
        let bytes = ::wat::parse_str("(module (func (export \"f\") i32.const 7 drop))").unwrap();
        for at in 8..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 0xff;
            let Ok(map) = Map::parse(&broken) else { continue };
            for (id, _) in map.iter().filter(|(_, item)| item.kind == ItemKind::Function) {
                if let Some(wat) = Wat::of(&map, id) {
                    assert!(wat.lines.iter().all(|line| line.bytes.end as usize <= broken.len()));
                }
            }
        }
    }
}

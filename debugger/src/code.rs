//! A module's code as people see it: functions by name, lines, instructions.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

use wasm_source::{DebugSections, FileId, Source};
use wasmparser::{
    BinaryReader, CompositeInnerType, FuncType, FunctionBody, KnownCustom, Name, Operator, Parser, Payload, TypeRef,
};

/// A module's code. Opening reads the sections' headers only; the rest is read
/// when a question needs it.
pub struct Code<'m> {
    /// The module's bytes.
    pub bytes: &'m [u8],
    /// Where the code section's contents begin in the file.
    pub section_start: u32,
    /// The imported functions' names: module and field.
    pub imports: Vec<(&'m str, &'m str)>,
    /// The bodies of the functions that it defines, in the file.
    pub bodies: Vec<Range<u32>>,
    /// Whether it defines a memory, not only imports one.
    pub has_own_memory: bool,
    /// What exports call its functions.
    exports: BTreeMap<u32, &'m str>,
    names: OnceCell<Names<'m>>,
    source: OnceCell<Result<Source<'m>, wasm_source::Error>>,
    lines: OnceCell<Lines>,
    program: OnceCell<Option<(memviz::Program, String)>>,
    signatures: OnceCell<Vec<FuncType>>,
}

/// What the name section names.
#[derive(Default)]
struct Names<'m> {
    functions: BTreeMap<u32, &'m str>,
    /// By function and index.
    locals: BTreeMap<(u32, u32), &'m str>,
    types: BTreeMap<u32, &'m str>,
    /// By type and index.
    fields: BTreeMap<(u32, u32), &'m str>,
}

/// Where an address stems from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The source file's path.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: Option<u32>,
}

/// The line tables.
#[derive(Default)]
struct Lines {
    /// By address.
    rows: Vec<Row>,
    /// Where rounds of loops begin that a row was moved to, and from where.
    openings: BTreeMap<u32, u32>,
}

/// A row of the line tables: the first byte of a range of code.
#[derive(Clone, Copy, Debug)]
struct Row {
    start: u32,
    end: u32,
    file: FileId,
    line: u32,
}

impl<'m> Code<'m> {
    /// Reads where a module's functions are. What cannot be read is left out:
    /// the engine has validated the module, or says what is wrong.
    pub fn open(bytes: &'m [u8]) -> Code<'m> {
        let mut code = Code {
            bytes,
            section_start: 0,
            imports: Vec::new(),
            bodies: Vec::new(),
            has_own_memory: false,
            exports: BTreeMap::new(),
            names: OnceCell::new(),
            source: OnceCell::new(),
            lines: OnceCell::new(),
            program: OnceCell::new(),
            signatures: OnceCell::new(),
        };
        for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
            match payload {
                Payload::ImportSection(section) => {
                    let imports = section.into_imports().flatten();
                    let functions =
                        imports.filter(|import| matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                    code.imports = functions.map(|import| (import.module, import.name)).collect();
                }
                Payload::MemorySection(section) => code.has_own_memory = section.count() > 0,
                Payload::ExportSection(section) => {
                    let exports = section.into_iter().flatten();
                    let functions = exports.filter(|export| export.kind == wasmparser::ExternalKind::Func);
                    code.exports = functions.map(|export| (export.index, export.name)).collect();
                }
                Payload::CodeSectionStart { unchecked_range, .. } => code.section_start = unchecked_range.start as u32,
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    code.bodies.push(range.start as u32..range.end as u32);
                }
                _ => {}
            }
        }
        code
    }

    /// The name of a function: the name section's, demangled, or an import's or
    /// export's, else `function N`.
    pub fn function_name(&self, function: u32) -> String {
        if let Some(name) = self.names().functions.get(&function) {
            return wasm_binary::demangle(name).into_owned();
        }
        if let Some((module, field)) = self.imports.get(function as usize) {
            return format!("{module}.{field}");
        }
        match self.exports.get(&function) {
            Some(name) => wasm_binary::demangle(name).into_owned(),
            None => format!("function {function}"),
        }
    }

    /// What the name section calls a local of a function.
    pub fn local_name(&self, function: u32, local: u32) -> Option<&'m str> {
        self.names().locals.get(&(function, local)).copied()
    }

    /// The local of a function with this name.
    pub fn local_named(&self, function: u32, wanted: &str) -> Option<u32> {
        let mut all = self.names().locals.range((function, 0)..=(function, u32::MAX));
        all.find_map(|((_, local), name)| (*name == wanted).then_some(*local))
    }

    /// The function whose body has the byte at `offset`.
    pub fn function_at(&self, offset: u32) -> Option<u32> {
        let at = self.bodies.partition_point(|body| body.end <= offset);
        let found = self.bodies.get(at)?.contains(&offset);
        found.then_some((self.imports.len() + at) as u32)
    }

    /// The body of a function that the module defines.
    pub fn body(&self, function: u32) -> Option<Range<u32>> {
        self.bodies.get((function as usize).checked_sub(self.imports.len())?).cloned()
    }

    /// The instructions of a function: offset in the file and operator.
    pub fn instructions(&self, function: u32) -> Vec<(u32, Operator<'m>)> {
        let Some(body) = self.body(function) else { return Vec::new() };
        let Some(bytes) = self.bytes.get(body.start as usize..body.end as usize) else { return Vec::new() };
        let body = FunctionBody::new(BinaryReader::new(bytes, u64::from(body.start)));
        let Ok(reader) = body.get_operators_reader() else { return Vec::new() };
        let all = reader.into_iter_with_offsets().map_while(Result::ok);
        all.map(|(operator, offset)| (offset as u32, operator)).collect()
    }

    /// The first instruction of each function, with where its body begins.
    pub fn first_instructions(&self) -> BTreeMap<u32, u32> {
        let first = |body: &Range<u32>| {
            let bytes = self.bytes.get(body.start as usize..body.end as usize)?;
            let body = FunctionBody::new(BinaryReader::new(bytes, u64::from(body.start)));
            Some(body.get_operators_reader().ok()?.original_position() as u32)
        };
        self.bodies.iter().filter_map(|body| Some((first(body)?, body.start))).collect()
    }

    /// The first instruction at or after `offset` in the function there.
    pub fn instruction_from(&self, offset: u32) -> Option<u32> {
        let function = self.function_at(offset)?;
        self.instructions(function).into_iter().map(|(start, _)| start).find(|start| *start >= offset)
    }

    /// The type of a function that the module defines.
    pub fn signature(&self, function: u32) -> Option<FuncType> {
        let signatures = self.signatures.get_or_init(|| {
            let mut types = Vec::new();
            let mut signatures = Vec::new();
            for payload in Parser::new(0).parse_all(self.bytes).map_while(Result::ok) {
                match payload {
                    Payload::TypeSection(section) => {
                        let all = section.into_iter().flatten().flat_map(wasmparser::RecGroup::into_types);
                        types = all.map(|ty| ty.composite_type.inner).collect();
                    }
                    Payload::FunctionSection(section) => {
                        let function = |index: u32| match types.get(index as usize)? {
                            CompositeInnerType::Func(ty) => Some(ty.clone()),
                            _ => None,
                        };
                        let none = || FuncType::new([], []);
                        signatures =
                            section.into_iter().flatten().map(|index| function(index).unwrap_or_else(none)).collect();
                    }
                    Payload::CodeSectionStart { .. } => break,
                    _ => {}
                }
            }
            signatures
        });
        signatures.get((function as usize).checked_sub(self.imports.len())?).cloned()
    }

    /// The functions with this name: the name itself, demangled or not, or its
    /// last parts.
    pub fn functions_named(&self, wanted: &str) -> Vec<u32> {
        let count = (self.imports.len() + self.bodies.len()) as u32;
        let mut found: Vec<u32> = (self.imports.len() as u32..count)
            .filter(|function| {
                let raw = self.names().functions.get(function).copied();
                raw == Some(wanted)
                    || self.exports.get(function).is_some_and(|name| *name == wanted)
                    || raw.is_some_and(|raw| ends_with_name(&wasm_binary::demangle(raw), wanted))
            })
            .collect();
        if found.is_empty()
            && let Some(source) = self.source()
        {
            // As back traces name it.
            let last = wanted.rsplit("::").next().unwrap_or(wanted);
            let same = source.subprograms().filter(|subprogram| {
                let rest = subprogram.name.as_deref().and_then(|name| name.strip_prefix(last));
                let full = || source.qualified_name(subprogram.id);
                match rest {
                    Some("") if last == wanted => true,
                    Some(rest) if rest.is_empty() || rest.starts_with('<') => {
                        full().is_some_and(|full| ends_with_name(&full, wanted))
                    }
                    _ => false,
                }
            });
            found = same.filter_map(|subprogram| self.function_at(subprogram.ranges.first()?.start)).collect();
            found.dedup();
        }
        found
    }

    /// Where a breakpoint on the functions with this name goes: after their
    /// prologues, and where calls of them that were inlined begin. Of an
    /// asynchronous function of Rust it is where its body begins to run, not
    /// where it is called, which runs nothing of it.
    pub fn entries_named(&self, wanted: &str) -> Vec<u32> {
        let mut functions = self.functions_named(wanted);
        // As the debug information calls the body, and as symbols do.
        let body = format!("{wanted}::{{async_fn#0}}");
        let bodies: Vec<u32> = [format!("{wanted}::{{{{closure}}}}"), format!("{wanted}::{{closure#0}}"), body.clone()]
            .iter()
            .flat_map(|body| self.functions_named(body))
            .filter(|function| self.is_async_body(*function))
            .collect();
        let is_async = !bodies.is_empty();
        if is_async {
            functions = bodies;
        }
        let entry = |function| self.async_entry(function).filter(|_| is_async).or_else(|| self.entry(function));
        let mut found: Vec<u32> = functions.into_iter().filter_map(entry).collect();
        if let Some(source) = self.source() {
            let last = wanted.rsplit("::").next().unwrap_or(wanted);
            let inlined = source.inlined_calls(|function| {
                let named = |name: String| ends_with_name(&name, wanted) || ends_with_name(&name, &body);
                source.qualified_name(function).is_some_and(|name| name.contains(last) && named(name))
            });
            found.extend(inlined.into_iter().filter_map(|start| self.instruction_from(start)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a function is the body of an `async fn`.
    fn is_async_body(&self, function: u32) -> bool {
        let subprogram = self.body(function).zip(self.source()).and_then(|(body, source)| {
            let name = source.subprogram_at(body.end.checked_sub(1)?)?.name?;
            Some(name.starts_with("{async_fn#"))
        });
        subprogram == Some(true)
    }

    /// The debug information, if the module has any that can be read.
    pub fn source(&self) -> Option<&Source<'m>> {
        self.source_or_error().ok()
    }

    /// The debug information, or why there is none.
    ///
    /// # Errors
    /// If the sections are damaged. A module without DWARF has an empty source.
    pub fn source_or_error(&self) -> Result<&Source<'m>, &wasm_source::Error> {
        let opened = self.source.get_or_init(|| {
            let sections = DebugSections::from_module(self.bytes)?;
            let mut source = Source::open(&sections)?;
            crate::debug_files::attach(&mut source, self.bytes, sections.code());
            Ok(source)
        });
        opened.as_ref()
    }

    /// Whether the module has lines of source.
    pub fn has_lines(&self) -> bool {
        !self.lines().is_empty()
    }

    /// The line of source that an instruction stems from.
    pub fn place(&self, offset: u32) -> Option<Place> {
        self.place_in(offset, 0)
    }

    /// The line of source that a call is at which an instruction belongs to: the
    /// innermost inlined one is 0.
    pub fn place_in(&self, offset: u32, inlined_at: usize) -> Option<Place> {
        let source = self.source()?;
        let frame = source.frames_at(offset).into_iter().nth(inlined_at)?;
        Some(Place { path: source.path(frame.file?)?, line: frame.line?, column: frame.column })
    }

    /// Whether a row of the line tables begins at this instruction.
    pub fn is_row_start(&self, offset: u32) -> bool {
        let rows = self.lines();
        let at = rows.partition_point(|row| row.start < offset);
        rows.get(at).is_some_and(|row| row.start == offset)
    }

    /// Where a breakpoint on a function goes: after its prologue, which is the
    /// second row of its line table, else its first instruction.
    pub fn entry(&self, function: u32) -> Option<u32> {
        let body = self.body(function)?;
        let first = self.instructions(function).first()?.0;
        let rows = self.lines();
        let from = rows.partition_point(|row| row.start < body.start);
        let own: Vec<&Row> = rows[from..].iter().take_while(|row| row.start < body.end).collect();
        let after = match own.as_slice() {
            [opening, rest @ ..] => {
                rest.iter().find(|row| row.line != 0 && row.start > opening.start).map(|row| row.start)
            }
            [] => None,
        };
        Some(after.and_then(|offset| self.instruction_from(offset)).unwrap_or(first))
    }

    /// The first instructions of a line, one for each function that has code
    /// of it, and for each call of that which was inlined; of the next line with code where that line has none. Also the
    /// line that was found.
    pub fn line_starts(&self, file: &str, line: u32) -> Option<(u32, Vec<u32>)> {
        let source = self.source()?;
        let mut known: BTreeMap<FileId, bool> = BTreeMap::new();
        let mut of_file = |id: FileId| {
            *known.entry(id).or_insert_with(|| source.path(id).is_some_and(|path| ends_with_path(&path, file)))
        };
        let rows: Vec<Row> = self.lines().iter().filter(|row| row.line >= line && of_file(row.file)).copied().collect();
        let found = rows.iter().map(|row| row.line).min()?;
        let mut starts: Vec<(u32, Vec<Place>, u32)> = Vec::new();
        let mut end = None;
        for row in rows.iter().filter(|row| row.line == found) {
            // Code that goes on from the row before is no new start.
            let continues = end == Some(row.start);
            end = Some(row.end);
            let Some(function) = self.function_at(row.start) else { continue };
            if continues {
                continue;
            }
            // Each call that was inlined is another place.
            let calls = self.calls_around(row.start);
            if starts.iter().all(|(known, around, _)| (*known, around) != (function, &calls)) {
                starts.push((function, calls, row.start));
            }
        }
        let starts = starts.into_iter().filter_map(|(function, _, start)| {
            // The first row of a function is its prologue.
            let body = self.body(function)?;
            let opening = self.instructions(function).first()?.0;
            if start <= opening.max(body.start) { self.entry(function) } else { self.instruction_from(start) }
        });
        Some((found, starts.collect()))
    }

    /// Where the calls are written that were inlined around an instruction,
    /// innermost first.
    fn calls_around(&self, offset: u32) -> Vec<Place> {
        let Some(source) = self.source() else { return Vec::new() };
        let frames = source.frames_at(offset).into_iter().skip(1);
        let place = |frame: wasm_source::Frame<'_>| {
            Some(Place { path: source.path(frame.file?)?, line: frame.line?, column: frame.column })
        };
        frames.filter_map(place).collect()
    }

    /// Where the body of an `async fn` begins: after the code of its first
    /// line, which finds out where to go on.
    fn async_entry(&self, function: u32) -> Option<u32> {
        let body = self.body(function)?;
        let rows = self.lines();
        let own = rows.get(rows.partition_point(|row| row.start < body.start)..)?;
        let own = own.iter().take_while(|row| row.start < body.end);
        let opening = own.clone().next()?.line;
        own.filter(|row| row.line > opening).map(|row| row.start).next().and_then(|start| self.instruction_from(start))
    }

    /// What linear memory is made of, by the module; nothing if it cannot be
    /// read.
    pub fn memory_program(&self) -> Option<&memviz::Program> {
        self.described().map(|(program, _)| program)
    }

    /// The module's build identity, in hexadecimal.
    pub fn build_id(&self) -> String {
        self.described().map(|(_, id)| id.clone()).unwrap_or_default()
    }

    fn described(&self) -> Option<&(memviz::Program, String)> {
        let described = self.program.get_or_init(|| {
            let map = wasm_binary::Map::parse(self.bytes).ok()?;
            let id = wasm_binary::identity::build_id(&map).to_string();
            Some((memviz::Program::new(&map, self.source()), id))
        });
        described.as_ref()
    }

    /// The name section's name of a type, else `type N`.
    pub fn type_name(&self, ty: u32) -> String {
        self.names().types.get(&ty).map_or_else(|| format!("type {ty}"), |name| (*name).to_string())
    }

    /// The name section's name of a field of a struct type.
    pub fn field_name(&self, ty: u32, field: u32) -> Option<&'m str> {
        self.names().fields.get(&(ty, field)).copied()
    }

    fn names(&self) -> &Names<'m> {
        self.names.get_or_init(|| {
            let mut names = Names::default();
            for payload in Parser::new(0).parse_all(self.bytes).map_while(Result::ok) {
                let Payload::CustomSection(section) = payload else { continue };
                let KnownCustom::Name(reader) = section.as_known() else { continue };
                for part in reader.into_iter().flatten() {
                    match part {
                        Name::Function(map) => {
                            names.functions.extend(map.into_iter().flatten().map(|naming| (naming.index, naming.name)));
                        }
                        Name::Local(functions) => {
                            for function in functions.into_iter().flatten() {
                                let locals = function.names.flatten();
                                names.locals.extend(locals.map(|naming| ((function.index, naming.index), naming.name)));
                            }
                        }
                        Name::Type(map) => {
                            names.types.extend(map.into_iter().flatten().map(|naming| (naming.index, naming.name)));
                        }
                        Name::Field(types) => {
                            for ty in types.into_iter().flatten() {
                                let fields = ty.names.flatten();
                                names.fields.extend(fields.map(|naming| ((ty.index, naming.index), naming.name)));
                            }
                        }
                        _ => {}
                    }
                }
            }
            names
        })
    }

    fn lines(&self) -> &[Row] {
        &self.line_tables().rows
    }

    /// The address that the line table has for a line that begins at an
    /// instruction, if that is another: of a loop's first line, where that is
    /// opened.
    pub fn opening_of(&self, offset: u32) -> Option<u32> {
        self.line_tables().openings.get(&offset).copied()
    }

    /// Where a line begins that the line table has at an address.
    pub fn line_start(&self, offset: u32) -> u32 {
        let round = self.round(offset).filter(|round| self.opening_of(*round).is_some_and(|opening| opening <= offset));
        round.unwrap_or(offset)
    }

    fn line_tables(&self) -> &Lines {
        self.lines.get_or_init(|| {
            let Some(source) = self.source() else { return Lines::default() };
            let row = |row: wasm_source::LineRange| {
                Some(Row { start: row.range.start, end: row.range.end, file: row.file?, line: row.line? })
            };
            self.with_rounds(source.line_ranges().filter_map(row).collect())
        })
    }

    /// Rows whose lines begin with the opening of a loop begin where each of its
    /// rounds does, unless another line begins before that.
    fn with_rounds(&self, rows: Vec<Row>) -> Lines {
        let mut lines = Lines { rows: Vec::with_capacity(rows.len()), openings: BTreeMap::new() };
        for (at, row) in rows.iter().enumerate() {
            let before_round = |round: u32| rows[at + 1..].iter().take_while(move |other| other.start <= round);
            let is_same = |other: &Row| (other.file, other.line) == (row.file, row.line);
            let round = self.round(row.start).filter(|round| before_round(*round).all(is_same));
            let Some(round) = round.filter(|round| *round < row.end || before_round(*round).next().is_some()) else {
                lines.rows.push(*row);
                continue;
            };
            if let Some(before) = lines.rows.last_mut().filter(|before| before.end == row.start) {
                before.end = round;
            }
            if round < row.end {
                lines.rows.push(Row { start: round, ..*row });
            }
            lines.openings.entry(round).or_insert(row.start);
        }
        lines
    }

    /// Where the rounds of a loop begin that is opened at `offset`.
    fn round(&self, offset: u32) -> Option<u32> {
        wasm_shadow::round_start(self.bytes, offset as usize).map(|round| round as u32)
    }
}

/// Whether a path is the one that a user names: all of it, or its last parts.
pub(crate) fn ends_with_path(path: &str, wanted: &str) -> bool {
    let parts = |path: &str| path.split(['/', '\\']).map(str::to_string).rev().collect::<Vec<_>>();
    let (path, wanted) = (parts(path), parts(wanted));
    path.len() >= wanted.len() && path.iter().zip(&wanted).all(|(one, two)| one == two)
}

/// Whether a demangled name is the one that a user names: all of it without its
/// parameters and result, or its last parts, with or without the types of
/// generic functions and types.
pub(crate) fn ends_with_name(name: &str, wanted: &str) -> bool {
    let plain = without_result(without_parameters(name));
    let is_it = |name: &str| name.strip_suffix(wanted).is_some_and(|scope| scope.is_empty() || scope.ends_with("::"));
    is_it(plain)
        || without_types(plain).is_some_and(is_it)
        || (!wanted.contains('<') && plain.contains('<') && is_it(&without_all_types(plain)))
}

/// The characters of a name that lie outside of what stands between `<` and
/// `>`: where, which, and how deep in parentheses. C++'s operators are no
/// brackets.
fn outside_types(name: &str) -> impl Iterator<Item = (usize, char, usize)> {
    let (mut types, mut parentheses) = (0_usize, 0_usize);
    name.char_indices().filter_map(move |(at, character)| {
        let before = name.get(..at).unwrap_or_default();
        let is_operator = before.trim_end_matches(['<', '>', '=', '-']).ends_with("operator");
        match character {
            '<' if !is_operator => types += 1,
            '>' if !is_operator => {
                let outside = types == 0;
                types = types.saturating_sub(1);
                return outside.then_some((at, character, parentheses));
            }
            '(' if types == 0 => parentheses += 1,
            ')' if types == 0 => parentheses = parentheses.saturating_sub(1),
            _ => {}
        }
        (types == 0).then_some((at, character, parentheses))
    })
}

/// A function's name without its parameters.
fn without_parameters(name: &str) -> &str {
    let is_list = |at: usize| {
        let (before, after) = name.split_at(at);
        !after.starts_with("(anonymous namespace)") && !before.ends_with("operator")
    };
    let list = outside_types(name).find(|(at, character, depth)| *character == '(' && *depth == 1 && is_list(*at));
    list.and_then(|(at, ..)| name.get(..at)).unwrap_or(name)
}

/// A function's name without the type of its result, which C++ has before the
/// names of templates.
fn without_result(name: &str) -> &str {
    if name.contains("operator") || name.contains(" thunk to ") {
        return name;
    }
    let space = outside_types(name).filter(|(_, character, depth)| *character == ' ' && *depth == 0).last();
    space.and_then(|(at, ..)| name.get(at + 1..)).unwrap_or(name)
}

/// A name without the types of all its generic parts; of a method in an `impl`
/// of Rust what it is for, and the method.
fn without_all_types(name: &str) -> String {
    if let Some(rest) = name.strip_prefix('<') {
        let mut depth = 1_usize;
        for (at, character) in rest.char_indices() {
            match character {
                '<' => depth += 1,
                '>' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let (subject, method) = (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
                let subject = subject.split_once(" as ").map_or(subject, |(subject, _)| subject);
                return without_all_types(&format!("{subject}{method}"));
            }
        }
    }
    outside_types(name).map(|(_, character, _)| character).collect()
}

/// A generic function's name without the types at its end.
fn without_types(name: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, character) in name.char_indices().rev() {
        match character {
            '>' => depth += 1,
            '<' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            let head = name.get(..at)?;
            return (character == '<').then(|| head.strip_suffix("::").unwrap_or(head));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::ends_with_name;

    #[test]
    fn names_are_found_by_their_ends() {
        for (name, wanted) in [
            ("app::largest", "largest"),
            ("app::largest", "app::largest"),
            ("app::largest::<i32>", "largest"),
            ("app::largest<core::option::Option<f64>>", "app::largest"),
            ("app::largest::<i32>", "largest::<i32>"),
            ("<app::A as app::Run>::run", "run"),
            ("ns::f(int, char)", "f"),
            ("int twice<int>(int)", "twice"),
            ("std::vector<int, A<int> > ns::all<int, 3>(int (*)(char))", "ns::all"),
            ("(anonymous namespace)::f(int)", "f"),
            ("Stack<int>::push(int)", "Stack::push"),
            ("Stack<int>::push(int)", "Stack<int>::push"),
            ("A::operator()(int)", "operator()"),
            ("A::operator<(A const&)", "A::operator<"),
            ("<app::A as app::Run>::run", "A::run"),
            ("<app::Stack<i32>>::push", "Stack::push"),
            ("in1::main::{closure#1}", "main::{closure#1}"),
        ] {
            assert!(ends_with_name(name, wanted), "{name} {wanted}");
        }
        for (name, wanted) in [
            ("app::largest", "gest"),
            ("largest", "app::largest"),
            ("app::run->", "run"),
            ("a>", "a"),
            ("int twice<int>(int)", "int"),
            ("f(ns::push)", "push"),
        ] {
            assert!(!ends_with_name(name, wanted), "{name} {wanted}");
        }
    }
}

//! Size by source: file, line, and function with all copies that were inlined elsewhere.

use crate::analysis::Analysis;
use crate::tree::Branch;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use wasm_binary::{BinaryKind, FunctionId, ItemId, ItemKind, Map, ModuleId, NameSource, Space};
use wasm_source::{ChargedSection, DebugSections, FileId, Source, SourceMap};

/// What is known of the source of a file: DWARF of each module, or a source map.
#[derive(Debug, Default)]
pub struct Sources<'a> {
    /// By module; `None` where a module has no DWARF.
    modules: Vec<Option<Source<'a>>>,
    map: Option<SourceMap>,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Place {
    /// Path of the file, as the compiler wrote it.
    pub file: String,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A function of the source, with where in it one is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceFrame {
    /// Its name, demangled.
    pub function: Option<String>,
    /// The place of the byte itself, or of the call to the function that was inlined.
    pub place: Option<Place>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&wasm_binary::escape(&self.file))?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

impl<'a> Sources<'a> {
    /// Opens the DWARF in the file's own sections: cheap, units are read when they are asked for. What cannot be opened
    /// is left out and returned as messages.
    pub fn open(map: &Map<'a>) -> (Sources<'a>, Vec<String>) {
        let mut problems = Vec::new();
        let open = |(at, _): (usize, &wasm_binary::Module<'a>)| {
            let sections = debug_sections(map, ModuleId(at as u32)).filter(DebugSections::has_dwarf)?;
            match Source::open(&sections) {
                Ok(source) => Some(source),
                Err(e) => {
                    problems.push(e.to_string());
                    None
                }
            }
        };
        let modules = map.modules().iter().enumerate().map(open).collect();
        (Sources { modules, map: None }, problems)
    }

    /// Takes the DWARF of the file's own module from another file (`external_debug_info`).
    ///
    /// # Errors
    /// If that is no module, or its DWARF cannot be opened.
    pub fn add_debug_file(&mut self, map: &Map<'a>, file: &'a [u8]) -> wasm_source::Result<()> {
        let code = code_section(map, ModuleId(0)).unwrap_or_default();
        let source = Source::open(&DebugSections::from_module(file)?.with_code(code))?;
        if let Some(slot) = self.modules.first_mut() {
            *slot = Some(source);
        }
        Ok(())
    }

    /// Adds a `.dwo` file, or a `.dwp` package of several; gives how many units that completes.
    ///
    /// # Errors
    /// If it is no module, or a package whose index cannot be read.
    pub fn add_dwo(&mut self, file: &'a [u8]) -> wasm_source::Result<usize> {
        let sections = DebugSections::from_module(file)?;
        let is_package = sections.get(".debug_cu_index").is_some();
        let attach = |source: &mut Source<'a>| match is_package {
            true => source.attach_dwp(&sections),
            false => Ok(source.attach_dwo(&sections)),
        };
        self.modules.iter_mut().flatten().map(attach).sum()
    }

    /// Paths of the `.dwo` files that are missing: (name, compilation directory).
    pub fn missing_dwo(&self) -> Vec<(String, Option<String>)> {
        let units = self.modules.iter().flatten().flat_map(Source::split_units);
        units.map(|unit| (unit.name.into_owned(), unit.comp_dir.map(|d| d.into_owned()))).collect()
    }

    /// Takes places from a source map where there is no DWARF.
    pub fn add_source_map(&mut self, map: SourceMap) {
        self.map = Some(map);
    }

    /// The DWARF of each module that has any.
    pub(crate) fn dwarf(&self) -> impl Iterator<Item = &Source<'a>> {
        self.modules.iter().flatten()
    }

    /// The DWARF of one module, if it has any.
    pub fn dwarf_of(&self, module: ModuleId) -> Option<&Source<'a>> {
        self.modules.get(module.0 as usize)?.as_ref()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.map.is_none() && self.modules.iter().all(Option::is_none)
    }

    /// What had to be left out so far.
    pub fn problems(&self) -> Vec<String> {
        self.modules.iter().flatten().flat_map(|s| s.problems()).map(|p| p.to_string()).collect()
    }

    /// Names the functions that the file itself does not name.
    pub fn name_functions(&self, map: &mut Map<'a>) {
        for (at, source) in self.modules.iter().enumerate() {
            let (id, Some(source)) = (ModuleId(at as u32), source) else { continue };
            let module = map.module(id);
            let functions = module.space(Space::Function).len() as u32;
            if (module.imported_functions()..functions).all(|f| module.names.function(FunctionId(f)).is_some()) {
                continue;
            }
            let name = |subprogram: wasm_source::Subprogram<'_>| {
                let item = map.item_at(subprogram.ranges.first()?.start)?;
                let (Space::Function, function) = map.space_of(item)? else { return None };
                let name = subprogram.linkage_name.or(subprogram.name)?;
                Some((FunctionId(function), name.into_owned()))
            };
            let names: Vec<_> = source.subprograms().filter_map(name).collect();
            map.add_function_names(id, names, NameSource::Dwarf);
        }
    }

    /// The bytes of the file's own debug sections that describe one function, for [`Map::charge`].
    pub fn charges(&self, map: &Map<'_>) -> Vec<(Range<u32>, ItemId)> {
        let mut charges = Vec::new();
        for (at, source) in self.modules.iter().enumerate() {
            let (id, Some(source)) = (ModuleId(at as u32), source) else { continue };
            let start = |name| map.custom_section(id, name).map(|s| s.payload.start);
            let (info, line) = (start(".debug_info"), start(".debug_line"));
            let charge = |charge: wasm_source::Charge| {
                let start = match charge.section {
                    ChargedSection::Info => info?,
                    ChargedSection::Line => line?,
                };
                let item = map.item_at(charge.code).filter(|&item| map.item(item).kind == ItemKind::Function)?;
                Some((start + charge.range.start..start + charge.range.end, item))
            };
            charges.extend(source.charges().into_iter().filter_map(charge));
        }
        charges.sort_by_key(|(range, _)| range.start);
        charges
    }

    /// The places of a byte of code, the innermost inlined call first.
    pub fn places(&self, map: &Map<'_>, offset: u32) -> Vec<Place> {
        self.place_each(map, offset, |_, place| place)
    }

    /// The functions that a byte of code belongs to, the innermost inlined call first.
    pub fn frames(&self, map: &Map<'_>, offset: u32) -> Vec<SourceFrame> {
        self.place_each(map, offset, |frame, place| {
            let mangled = frame.and_then(|frame| frame.linkage_name.as_deref());
            let name = frame.and_then(|frame| frame.name.as_deref());
            let function = mangled.map(|name| wasm_binary::demangle(name).into_owned());
            Some(SourceFrame { function: function.or(name.map(str::to_string)), place })
        })
    }

    fn place_each<T>(
        &self,
        map: &Map<'_>,
        offset: u32,
        make: impl Fn(Option<&wasm_source::Frame<'_>>, Option<Place>) -> Option<T>,
    ) -> Vec<T> {
        let module = map.item_at(offset).map(|item| map.item(item).module);
        let source = module.and_then(|m| self.modules.get(m.as_usize())).and_then(Option::as_ref);
        if let Some(source) = source {
            let made = source.frames_at(offset).into_iter().filter_map(|frame| {
                let path = frame.file.and_then(|file| source.path(file));
                make(Some(&frame), path.map(|file| Place { file, line: frame.line }))
            });
            return made.collect();
        }
        let mapping = self.map.as_ref().and_then(|map| map.lookup(offset));
        let place = mapping.map(|m| Place { file: m.source.into_owned(), line: Some(m.line) });
        place.and_then(|place| make(None, Some(place))).into_iter().collect()
    }

    /// The code of a line, in file order; the file as [`Place::file`] has it. Reads all line tables.
    pub fn code_of(&self, file: &str, line: u32) -> Vec<Range<u32>> {
        let is_line =
            |row: &(Range<u32>, Option<String>, Option<u32>)| row.1.as_deref() == Some(file) && row.2 == Some(line);
        self.lines().into_iter().filter(is_line).map(|(range, ..)| range).collect()
    }

    /// Code ranges with their file and line, in file order, without overlap.
    fn lines(&self) -> Vec<(Range<u32>, Option<String>, Option<u32>)> {
        let mut lines = Vec::new();
        for source in self.modules.iter().flatten() {
            let mut paths: HashMap<FileId, Option<String>> = HashMap::new();
            for line in source.line_ranges() {
                let path = line.file.and_then(|f| paths.entry(f).or_insert_with(|| source.path(f)).clone());
                lines.push((line.range, path, line.line));
            }
        }
        if let Some(map) = self.map.as_ref().filter(|_| lines.is_empty()) {
            let segments: Vec<_> = map.segments().collect();
            for (at, (start, mapping)) in segments.iter().enumerate() {
                let end = segments.get(at + 1).map_or(*start, |(next, _)| *next);
                let place = mapping.as_ref().map(|m| (m.source.clone().into_owned(), m.line));
                lines.push((*start..end, place.as_ref().map(|p| p.0.clone()), place.map(|p| p.1)));
            }
        }
        lines
    }
}

/// A module's debug sections, for its code at its place in the file.
fn debug_sections<'a>(map: &Map<'a>, id: ModuleId) -> Option<DebugSections<'a>> {
    let module = map.module(id);
    if module.kind == BinaryKind::Component {
        return None;
    }
    let sections = module.sections.iter().map(|&s| map.section(s));
    let custom = sections.filter_map(|s| Some((s.name?, map.section_bytes(s))));
    Some(DebugSections::new(custom, code_section(map, id).unwrap_or_default()))
}

fn code_section(map: &Map<'_>, id: ModuleId) -> Option<Range<u32>> {
    let sections = map.module(id).sections.iter().map(|&s| map.section(s));
    sections.into_iter().find(|s| s.kind == "code").map(|s| s.payload.clone())
}

/// Every byte of the file under its source file and line; what has none under what it is.
pub fn tree(analysis: &Analysis<'_>, sources: &Sources<'_>) -> Branch {
    let map = &analysis.map;
    let mut files: BTreeMap<String, BTreeMap<u32, u64>> = BTreeMap::new();
    let mut attributed = 0;
    let bodies =
        map.iter().filter(|(_, item)| item.kind == ItemKind::Function).map(|(_, i)| u64::from(i.end - i.start));
    let code: u64 = bodies.sum();
    for (range, path, line) in sources.lines() {
        // Lines of a damaged table may lie anywhere: only function bodies count.
        let size = overlap_with_bodies(map, &range);
        let (Some(path), true) = (path, size > 0) else { continue };
        *files.entry(path).or_default().entry(line.unwrap_or(0)).or_default() += size;
        attributed += size;
    }
    let leaf = |name: String, size: u64| Branch { name, size, item: None, children: Vec::new() };
    let mut children: Vec<Branch> = files
        .into_iter()
        .map(|(path, lines)| {
            let line =
                |(line, size)| leaf(if line == 0 { "no line".to_string() } else { format!("line {line}") }, size);
            let mut children: Vec<Branch> = lines.into_iter().map(line).collect();
            children.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
            let size = children.iter().map(|c| c.size).sum();
            Branch { name: wasm_binary::escape(&path).into_owned(), size, item: None, children }
        })
        .collect();
    children.push(leaf("(code without a source line)".to_string(), code.saturating_sub(attributed)));
    children.push(leaf("(not code)".to_string(), analysis.bytes() - code.max(attributed)));
    children.retain(|c| c.size > 0);
    children.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    Branch { name: map.kind().noun().to_string(), size: analysis.bytes(), item: None, children }
}

/// Bytes of a range that lie in function bodies.
fn overlap_with_bodies(map: &Map<'_>, range: &Range<u32>) -> u64 {
    let Some(first) = map.part_at(range.start) else { return 0 };
    let mut size = 0;
    for at in first..map.parts().len() {
        let part = map.part_range(at);
        if part.start >= range.end {
            break;
        }
        let item = map.item(map.parts()[at].item);
        if item.kind == ItemKind::Function && item.range().contains(&part.start) {
            size += u64::from(part.end.min(range.end) - part.start.max(range.start));
        }
    }
    size
}

/// A function of the source, and where its code went.
#[derive(Clone, Debug, Serialize)]
pub struct Inlined {
    /// Its name.
    pub name: String,
    /// Bytes of code of all its inlined copies, without what is inlined into them in turn.
    pub inlined_size: u64,
    /// How many functions have a copy.
    pub functions: u64,
    /// Bytes of its own bodies, of which some may not be inlined away.
    pub own_size: u64,
}

/// Functions that were inlined, by falling size of the copies.
pub fn inlined(analysis: &Analysis<'_>, sources: &Sources<'_>) -> Vec<Inlined> {
    let mut by_name: BTreeMap<String, (u64, std::collections::BTreeSet<u32>, u64)> = BTreeMap::new();
    for source in sources.modules.iter().flatten() {
        for unit in source.units() {
            for range in source.inline_ranges(unit.id) {
                let size = overlap_with_bodies(&analysis.map, &range.range);
                let frames = source.frames_at(range.range.start);
                let Some(innermost) = frames.first() else { continue };
                let Some(raw) = innermost.linkage_name.as_ref().or(innermost.name.as_ref()) else { continue };
                let entry = by_name.entry(wasm_binary::demangle(raw).into_owned()).or_default();
                if range.inlined.is_empty() {
                    entry.2 += size;
                } else {
                    entry.0 += size;
                    entry.1.extend(analysis.map.item_at(range.range.start).map(|item| item.0));
                }
            }
        }
    }
    let mut rows: Vec<Inlined> = by_name
        .into_iter()
        .filter(|(_, (size, ..))| *size > 0)
        .map(|(name, (inlined_size, functions, own_size))| Inlined {
            name: wasm_binary::escape(&name).into_owned(),
            inlined_size,
            functions: functions.len() as u64,
            own_size,
        })
        .collect();
    rows.sort_by(|a, b| b.inlined_size.cmp(&a.inlined_size).then_with(|| a.name.cmp(&b.name)));
    rows
}

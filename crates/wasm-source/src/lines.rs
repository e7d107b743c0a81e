//! Line tables: which file, line and column a range of code stems from.

use std::ops::Range;

use gimli::{AttributeValue, ColumnType, LineProgramHeader, SectionId};

use crate::budget::Budget;
use crate::entry::text;
use crate::error::{Error, ErrorKind, Result};
use crate::ranges::CodeMap;
use crate::source::{Source, UnitId};
use crate::{MAIN, Slice};

/// Names a source file of a unit. Two units may name the same file: their paths
/// ([`Source::path`]) are equal then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    /// The unit.
    pub unit: UnitId,
    index: u32,
}

impl FileId {
    /// The file that a unit of DWARF `version` knows by `index`. Before
    /// version 5, 0 is no file.
    pub(crate) fn new(unit: UnitId, index: u64, version: u16) -> Option<Self> {
        let index = u32::try_from(index).ok()?;
        (index > 0 || version >= 5).then_some(FileId { unit, index })
    }
}

/// A range of code that stems from one place in a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRange {
    /// The code in the module's file, in bytes; never empty.
    pub range: Range<u32>,
    /// The source file.
    pub file: Option<FileId>,
    /// The line, from 1; nothing where the compiler made code that belongs to
    /// no line.
    pub line: Option<u32>,
    /// The column, from 1; nothing for the whole line.
    pub column: Option<u32>,
}

/// The line table of one unit.
#[derive(Debug, Default)]
pub(crate) struct LineTable<'a> {
    header: Option<LineProgramHeader<Slice<'a>>>,
    rows: Vec<Row>,
    /// Sorted by start.
    sequences: Vec<Sequence>,
    pub(crate) outside_code: u64,
    pub(crate) problem: Option<Error>,
}

/// The place of the code from `start` to the next row.
#[derive(Debug, Clone, Copy)]
struct Row {
    start: u32,
    file: u32,
    line: u32,
    column: u32,
}

/// A piece of code with its rows.
#[derive(Debug, Clone)]
struct Sequence {
    code: Range<u32>,
    rows: Range<u32>,
}

impl<'a> Source<'a> {
    /// The line ranges of all units, sorted and without overlap: where tables
    /// overlap, the one that starts first counts.
    pub fn line_ranges(&self) -> impl Iterator<Item = LineRange> + '_ {
        let mut sequences: Vec<(UnitId, Sequence)> = Vec::new();
        for unit in self.unit_ids() {
            if let Some(table) = self.lines(unit) {
                sequences.extend(table.sequences.iter().map(|s| (unit, s.clone())));
            }
        }
        sequences.sort_by_key(|(unit, sequence)| (sequence.code.start, *unit));
        self.without_overlap(sequences)
    }

    /// The line ranges of one unit, sorted and without overlap.
    pub fn unit_line_ranges(&self, unit: UnitId) -> impl Iterator<Item = LineRange> + '_ {
        let sequences = self.lines(unit).map_or(&[][..], |table| &table.sequences);
        self.without_overlap(sequences.iter().map(|s| (unit, s.clone())).collect())
    }

    /// The ranges of `sequences`, which are sorted by start.
    fn without_overlap(&self, sequences: Vec<(UnitId, Sequence)>) -> impl Iterator<Item = LineRange> + '_ {
        let mut covered = 0;
        let ranges = sequences.into_iter().flat_map(move |(unit, sequence)| {
            let table = self.lines(unit);
            table.into_iter().flat_map(move |table| table.ranges(unit, sequence.clone()))
        });
        ranges.filter_map(move |mut line| {
            line.range.start = line.range.start.max(covered);
            covered = covered.max(line.range.end);
            (!line.range.is_empty()).then_some(line)
        })
    }

    /// The place in the source that the byte of code at `offset` stems from,
    /// by the line table of `unit`.
    pub(crate) fn line_at(&self, unit: UnitId, offset: u32) -> Option<LineRange> {
        let table = self.lines(unit)?;
        let after = table.sequences.partition_point(|sequence| sequence.code.start <= offset);
        let sequence = table.sequences.get(after.checked_sub(1)?)?;
        if offset >= sequence.code.end {
            return None;
        }
        let rows = table.rows(sequence);
        let after = rows.partition_point(|row| row.start <= offset);
        let row = rows.get(after.checked_sub(1)?)?;
        let end = rows.get(after).map_or(sequence.code.end, |row| row.start);
        Some(table.line_range(unit, row, end))
    }

    /// The path of a source file: absolute if the unit says enough.
    pub fn path(&self, file: FileId) -> Option<String> {
        let unit = self.line_unit_ref(file.unit).ok()?;
        let read = self.slot(file.unit).ok()?.lines.get();
        let header = match read.and_then(|table| table.header.as_ref()) {
            Some(header) => header,
            None => unit.line_program.as_ref()?.header(),
        };
        let string = |value: AttributeValue<Slice<'a>>| unit.attr_string(value).ok().map(text);
        let entry = header.file(u64::from(file.index))?;
        let mut path = String::new();
        if let Some(directory) = unit.comp_dir {
            join(&mut path, &text(directory));
        }
        // In DWARF 5 directory 0 is the unit's own, in DWARF 4 it stands for it.
        if (entry.directory_index() != 0 || header.version() >= 5)
            && let Some(directory) = entry.directory(header).and_then(string)
        {
            join(&mut path, &directory);
        }
        join(&mut path, &string(entry.path_name())?);
        Some(path)
    }

    /// The line table of a unit; nothing if the unit can't be read.
    pub(crate) fn lines(&self, unit: UnitId) -> Option<&LineTable<'a>> {
        let slot = self.slot(unit).ok()?;
        let unit = self.line_unit_ref(unit).ok()?;
        let file = if slot.skeleton.is_some() { MAIN } else { slot.file };
        Some(slot.lines.get_or_init(|| self.read_lines(file, unit)))
    }

    fn read_lines(&self, file: usize, unit: gimli::UnitRef<'_, Slice<'a>>) -> LineTable<'a> {
        let mut table = LineTable::default();
        let Some(program) = unit.line_program.clone() else {
            return table;
        };
        let at = program.header().offset().0;
        let result = table.read(program, self.code.clone(), &self.budget);
        if let Err(error) = result {
            table.problem = Some(match error {
                Stop::Budget => Error::new(".debug_line", at, ErrorKind::Limit("line programs overlap")),
                Stop::Dwarf(error) => self.error(file, SectionId::DebugLine, at, error),
            });
        }
        table.rows.shrink_to_fit();
        table.sequences.sort_by_key(|sequence| sequence.code.start);
        table
    }
}

enum Stop {
    Budget,
    Dwarf(gimli::Error),
}

impl From<gimli::Error> for Stop {
    fn from(error: gimli::Error) -> Self {
        Stop::Dwarf(error)
    }
}

impl<'a> LineTable<'a> {
    /// Runs the line program. On an error the sequences that ended before it
    /// are there.
    fn read(
        &mut self,
        program: gimli::IncompleteLineProgram<Slice<'a>>,
        code: Range<u32>,
        budget: &Budget,
    ) -> std::result::Result<(), Stop> {
        if !budget.spend(program.header().raw_program_buf().len()) {
            return Err(Stop::Budget);
        }
        let mut map = CodeMap::new(code, budget);
        let mut rows = program.rows();
        // The current sequence: its addresses and where its rows begin.
        let mut addresses: Option<Range<u64>> = None;
        let mut first = self.rows.len();
        let result = loop {
            let row = match rows.next_row() {
                Ok(Some((_, row))) => row,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error.into()),
            };
            let begin = addresses.as_ref().map_or(row.address(), |seen| seen.start);
            if row.end_sequence() {
                if let Some(code) = map.place(begin, row.address())
                    && let Some(sequence) = self.rows.get_mut(first..)
                {
                    // Up to here rows count from the sequence's start.
                    for row in sequence {
                        row.start = code.start.saturating_add(row.start);
                    }
                    let rows = first as u32..self.rows.len() as u32;
                    self.sequences.push(Sequence { code, rows });
                } else {
                    self.rows.truncate(first);
                }
                first = self.rows.len();
                addresses = None;
                continue;
            }
            addresses = Some(begin..row.address());
            let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
            let new = Row {
                start: small(row.address().saturating_sub(begin)),
                file: small(row.file_index()),
                line: small(row.line().map_or(0, u64::from)),
                column: match row.column() {
                    ColumnType::LeftEdge => 0,
                    ColumnType::Column(column) => small(column.get()),
                },
            };
            // Of several rows for one byte the last counts.
            let last = self.rows.get_mut(first..).and_then(|rows| rows.last_mut());
            match last {
                Some(last) if last.start >= new.start => *last = Row { start: last.start, ..new },
                _ => self.rows.push(new),
            }
        };
        self.rows.truncate(first);
        self.outside_code = map.outside;
        self.header = Some(rows.header().clone());
        result
    }

    fn rows(&self, sequence: &Sequence) -> &[Row] {
        let rows = sequence.rows.start as usize..sequence.rows.end as usize;
        self.rows.get(rows).unwrap_or_default()
    }

    fn ranges(&self, unit: UnitId, sequence: Sequence) -> impl Iterator<Item = LineRange> + use<'_, 'a> {
        let rows = self.rows(&sequence);
        let ends = rows.iter().skip(1).map(|row| row.start).chain([sequence.code.end]);
        rows.iter().zip(ends).map(move |(row, end)| self.line_range(unit, row, end.min(sequence.code.end)))
    }

    fn line_range(&self, unit: UnitId, row: &Row, end: u32) -> LineRange {
        let version = self.header.as_ref().map_or(0, LineProgramHeader::version);
        let line = (row.line != 0).then_some(row.line);
        LineRange {
            range: row.start..end,
            file: FileId::new(unit, u64::from(row.file), version),
            line,
            column: line.and((row.column != 0).then_some(row.column)),
        }
    }
}

impl Source<'_> {
    /// The files whose code the line table of a unit describes, or that its
    /// declarations name.
    pub fn files(&self, unit: UnitId) -> Result<Vec<FileId>> {
        let unit_ref = self.line_unit_ref(unit)?;
        let Some(program) = &unit_ref.line_program else {
            return Ok(Vec::new());
        };
        let header = program.header();
        let first = if header.version() >= 5 { 0 } else { 1 };
        let count = header.file_names().len() as u32;
        Ok((first..first + count).map(|index| FileId { unit, index }).collect())
    }
}

/// Appends a path to another; an absolute one replaces it.
fn join(path: &mut String, part: &str) {
    let drive = |path: &str| path.as_bytes().get(1) == Some(&b':');
    let windows = |path: &str| path.starts_with('\\') || drive(path);
    if part.starts_with('/') || windows(part) {
        path.clear();
    } else if !path.is_empty() && !path.ends_with(['/', '\\']) {
        path.push(if windows(path) { '\\' } else { '/' });
    }
    path.push_str(part);
}

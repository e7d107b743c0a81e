//! Line tables: the operands of `DW_LNE_set_address` are addresses. A function gets a row where it begins: without
//! one, as linkers and optimisers leave some, GDB knows no line of it there and takes its prologue for its body. And the
//! row of a loop's first line is moved to where each round begins.

use super::edits::Edits;
use super::expression::push_sleb;
use super::{Cursor, Rewriter};
use std::collections::{HashMap, HashSet};

/// The header of a table, as far as it tells how addresses advance.
struct Header {
    instruction_length: u64,
    line_base: i8,
    line_range: u8,
    opcode_base: u8,
}

/// A row of a table.
#[derive(Clone, Copy)]
struct Row {
    address: u64,
    line: i64,
    /// By how much the operation that makes it advances the line.
    line_advance: i64,
    /// Bytes of an address, and where the last one that was set is written.
    size: u8,
    set_at: usize,
}

/// A row that was moved.
struct Moved {
    /// How many bytes that takes.
    added: u64,
    /// To where its function begins.
    is_back: bool,
}

/// What is done with a table.
enum Pass<'p, 'a> {
    /// Its rows are noted.
    Read(&'p mut Noted),
    /// Its addresses are moved, rows added for functions that have none where they begin, and rows moved to where the
    /// rounds of loops begin.
    Edit(&'p mut Edits<'a>, &'p Noted),
}

/// What is noted of rows.
#[derive(Default)]
struct Noted {
    /// The beginnings of functions that have a row.
    begun: HashSet<u64>,
    /// Rows of openings of loops, and where the rounds begin.
    rounds: HashMap<u64, u64>,
    /// Those of them that the last row lies before the round of.
    open: Vec<u64>,
}

impl Noted {
    fn loops(&mut self, code: &[u8], row: Row, before: Option<(u64, i64)>) {
        let rounds = &mut self.rounds;
        match before {
            Some((_, line)) => self.open.retain(|opening| {
                let is_open = rounds.get(opening).is_some_and(|round| (*opening..=*round).contains(&row.address));
                if is_open && line != row.line {
                    // A line has no code of its own if another begins before the rounds do.
                    rounds.remove(opening);
                }
                is_open && line == row.line
            }),
            None => self.open.clear(),
        }
        let round = usize::try_from(row.address).ok().and_then(|at| crate::round_start(code, at));
        if let Some(round) = round {
            rounds.insert(row.address, round as u64);
            if !self.open.contains(&row.address) {
                self.open.push(row.address);
            }
        }
    }
}

impl<'a> Rewriter<'a, '_> {
    /// `.debug_line`, versions 2 to 5.
    pub(crate) fn lines(&mut self, section: &mut Edits<'a>) {
        let mut noted = Noted::default();
        self.each_table(section.original(), &mut Pass::Read(&mut noted));
        let original = section.original();
        self.report.damaged += self.each_table(original, &mut Pass::Edit(section, &noted));
    }

    /// Goes through all tables, and says how many are damaged.
    fn each_table(&self, original: &'a [u8], pass: &mut Pass<'_, 'a>) -> usize {
        let mut damaged = 0;
        let mut cursor = Cursor::new(original, 0);
        loop {
            let start = cursor.at();
            let Some((format, length)) = cursor.initial_length() else { return damaged };
            let end = cursor.at().saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(cursor.len());
            let mut added = 0;
            if self.line_program(pass, &mut cursor, end, format.word_size(), &mut added).is_none() {
                damaged += 1;
            }
            if let Pass::Edit(section, _) = pass
                && added > 0
            {
                let word = format.word_size();
                section.put(start + if word == 8 { 4 } else { 0 }, word, length.saturating_add(added));
            }
            cursor.seek(end);
        }
    }

    fn line_program(
        &self,
        pass: &mut Pass<'_, 'a>,
        cursor: &mut Cursor<'a>,
        end: usize,
        word: u8,
        added: &mut u64,
    ) -> Option<()> {
        let version = cursor.uint(2)?;
        if version >= 5 {
            // Address and segment selector size.
            cursor.skip(2)?;
        }
        let header_length = cursor.uint(word)?;
        let program = cursor.at().checked_add(usize::try_from(header_length).ok()?).filter(|at| *at <= end)?;
        let instruction_length = cursor.uint(1)?;
        // Maximum operations, default is_stmt.
        cursor.skip(if version >= 4 { 2 } else { 1 })?;
        let line_base = (cursor.uint(1)? as u8).cast_signed();
        let line_range = cursor.uint(1)? as u8;
        let opcode_base = cursor.uint(1)? as u8;
        let header = Header { instruction_length, line_base, line_range, opcode_base };
        let operand_counts = cursor.take(usize::from(opcode_base.saturating_sub(1)))?;
        cursor.seek(program);
        // The address, the line, the size of an address where it was set, and the row before.
        let (mut address, mut line, mut size, mut before) = (0_u64, 1_i64, 0_u8, None);
        // Where the sequence sets its address.
        let mut set_at = 0;
        // Where the next row is said to be behind its function's prologue.
        let mut prologue_end = None;
        while cursor.at() < end {
            let at = cursor.at();
            let opcode = cursor.uint(1)? as u8;
            if opcode == 0 {
                let length = cursor.uleb()?;
                let next = cursor.at().checked_add(usize::try_from(length).ok()?).filter(|at| *at <= end)?;
                let extended = if length > 0 { gimli::DwLne(cursor.uint(1)? as u8) } else { gimli::DwLne(0) };
                if extended == gimli::DW_LNE_end_sequence {
                    (address, line, size, before) = (0, 1, 0, None);
                } else if length > 1 && extended == gimli::DW_LNE_set_address {
                    size = u8::try_from(length - 1).ok().filter(|size| matches!(size, 4 | 8))?;
                    set_at = cursor.at();
                    address = cursor.uint(size)?;
                    if let Pass::Edit(section, _) = pass {
                        self.put_code(section, set_at, size, address);
                    }
                }
                cursor.seek(next);
                continue;
            }
            if opcode >= opcode_base || gimli::DwLns(opcode) == gimli::DW_LNS_copy {
                address = address.wrapping_add(header.advance(opcode));
                let line_advance = header.line(opcode);
                line = line.wrapping_add(line_advance);
                let row = Row { address, line, line_advance, size, set_at };
                let moved = self.row(pass, at..cursor.at(), row, before);
                if let (Pass::Edit(section, _), Some(moved)) = (&mut *pass, moved) {
                    *added += moved.added;
                    if let Some(at) = prologue_end.filter(|_| moved.is_back) {
                        // Which it is not any more. This says as little as nothing.
                        section.put(at, 1, gimli::DW_LNS_set_basic_block.0.into());
                    }
                }
                (before, prologue_end) = (Some((address, line)), None);
                continue;
            }
            match gimli::DwLns(opcode) {
                gimli::DW_LNS_advance_line => line = line.wrapping_add(cursor.sleb()?),
                gimli::DW_LNS_fixed_advance_pc => address = address.wrapping_add(cursor.uint(2)?),
                gimli::DW_LNS_advance_pc => {
                    let operand = cursor.uleb()?;
                    address = address.wrapping_add(operand.wrapping_mul(header.instruction_length));
                }
                gimli::DW_LNS_set_prologue_end => prologue_end = Some(at),
                gimli::DW_LNS_const_add_pc => address = address.wrapping_add(header.advance(255)),
                _ => {
                    for _ in 0..*operand_counts.get(usize::from(opcode) - 1)? {
                        cursor.uleb()?;
                    }
                }
            }
        }
        Some(())
    }

    /// A row, by the operation at `at`. If it is the first of a function and not at its beginning, it is set back there;
    /// if it is where a loop is opened, it is moved to where the rounds begin.
    fn row(
        &self,
        pass: &mut Pass<'_, 'a>,
        at: std::ops::Range<usize>,
        row: Row,
        before: Option<(u64, i64)>,
    ) -> Option<Moved> {
        if row.size == 0 || self.code(row.address, row.size) == 0 {
            return None;
        }
        let start = u64::from(self.module.function_at(row.address)?.body.start);
        match pass {
            Pass::Read(noted) => {
                if row.address == start {
                    noted.begun.insert(start);
                }
                noted.loops(self.module.code(), row, before);
                None
            }
            Pass::Edit(section, noted) => {
                let is_first = before.is_none_or(|(before, _)| before < start);
                let begins = !is_first || row.address == start || noted.begun.contains(&start);
                let round = noted.rounds.get(&row.address).filter(|_| row.address != start);
                let to = match (begins, round) {
                    (false, _) => start,
                    (true, Some(round)) => *round,
                    (true, None) => return None,
                };
                let set_address = |address| {
                    let operand = self.code(address, row.size).to_le_bytes().into_iter().take(row.size.into());
                    [0, row.size + 1, gimli::DW_LNE_set_address.0].into_iter().chain(operand)
                };
                let mut with = Vec::new();
                if row.line_advance != 0 {
                    with.push(gimli::DW_LNS_advance_line.0);
                    push_sleb(&mut with, row.line_advance);
                }
                with.extend(set_address(to));
                with.push(gimli::DW_LNS_copy.0);
                with.extend(set_address(row.address));
                if before.is_none() && to < row.address {
                    // Addresses of a sequence do not decrease.
                    section.put(row.set_at, row.size, self.code(start, row.size));
                }
                let added = (with.len() - at.len()) as u64;
                section.replace(at, with);
                Some(Moved { added, is_back: to < row.address })
            }
        }
    }
}

impl Header {
    /// By how much a special opcode advances the line.
    fn line(&self, opcode: u8) -> i64 {
        match opcode.checked_sub(self.opcode_base) {
            Some(adjusted) => i64::from(self.line_base) + i64::from(adjusted.checked_rem(self.line_range).unwrap_or(0)),
            None => 0,
        }
    }

    /// By how much a special opcode advances the address.
    fn advance(&self, opcode: u8) -> u64 {
        let adjusted = opcode.saturating_sub(self.opcode_base);
        u64::from(adjusted.checked_div(self.line_range).unwrap_or(0)).wrapping_mul(self.instruction_length)
    }
}

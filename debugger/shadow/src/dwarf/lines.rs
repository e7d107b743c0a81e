//! Line tables: the operands of `DW_LNE_set_address` are addresses. And a function gets a row where it begins: without
//! one, as linkers and optimisers leave some, GDB knows no line of it there and takes its prologue for its body.

use super::edits::Edits;
use super::expression::push_sleb;
use super::{Cursor, Rewriter};
use std::collections::HashSet;

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
    /// By how much the operation that makes it advances the line.
    line: i64,
    /// Bytes of an address, and where the last one that was set is written.
    size: u8,
    set_at: usize,
}

/// What is done with a table.
enum Pass<'p, 'a> {
    /// Its rows at the beginnings of functions are noted.
    Read(&'p mut HashSet<u64>),
    /// Its addresses are moved, and rows added for functions that have none where they begin.
    Edit(&'p mut Edits<'a>, &'p HashSet<u64>),
}

impl<'a> Rewriter<'a, '_> {
    /// `.debug_line`, versions 2 to 5.
    pub(crate) fn lines(&mut self, section: &mut Edits<'a>) {
        let mut begun = HashSet::new();
        self.each_table(section.original(), &mut Pass::Read(&mut begun));
        let original = section.original();
        self.report.damaged += self.each_table(original, &mut Pass::Edit(section, &begun));
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
        // The address, the size of it where it was set, and the row before.
        let (mut address, mut size, mut before) = (0_u64, 0_u8, None);
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
                    (address, size, before) = (0, 0, None);
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
                let row = Row { address, line: header.line(opcode), size, set_at };
                let moved = self.row(pass, at..cursor.at(), row, before);
                if let (Pass::Edit(section, _), Some(moved)) = (&mut *pass, moved) {
                    *added += moved;
                    if let Some(at) = prologue_end {
                        // Which it is not any more. This says as little as nothing.
                        section.put(at, 1, gimli::DW_LNS_set_basic_block.0.into());
                    }
                }
                (before, prologue_end) = (Some(address), None);
                continue;
            }
            match gimli::DwLns(opcode) {
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

    /// A row, by the operation at `at`. If it is the first of a function and not at its beginning, it is set back there.
    /// How many bytes that adds.
    fn row(&self, pass: &mut Pass<'_, 'a>, at: std::ops::Range<usize>, row: Row, before: Option<u64>) -> Option<u64> {
        if row.size == 0 || self.code(row.address, row.size) == 0 {
            return None;
        }
        let start = u64::from(self.module.function_at(row.address)?.body.start);
        match pass {
            Pass::Read(begun) => {
                if row.address == start {
                    begun.insert(start);
                }
                None
            }
            Pass::Edit(section, begun) => {
                let is_first = before.is_none_or(|before| before < start);
                if row.address == start || !is_first || begun.contains(&start) {
                    return None;
                }
                let set_address = |address| {
                    let operand = self.code(address, row.size).to_le_bytes().into_iter().take(row.size.into());
                    [0, row.size + 1, gimli::DW_LNE_set_address.0].into_iter().chain(operand)
                };
                let mut with = Vec::new();
                if row.line != 0 {
                    with.push(gimli::DW_LNS_advance_line.0);
                    push_sleb(&mut with, row.line);
                }
                with.extend(set_address(start));
                with.push(gimli::DW_LNS_copy.0);
                with.extend(set_address(row.address));
                if before.is_none() {
                    // Addresses of a sequence do not decrease.
                    section.put(row.set_at, row.size, self.code(start, row.size));
                }
                let added = (with.len() - at.len()) as u64;
                section.replace(at, with);
                Some(added)
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

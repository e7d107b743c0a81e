//! Line tables: only the operands of `DW_LNE_set_address` are addresses.

use super::edits::Edits;
use super::{Cursor, Rewriter};

impl Rewriter<'_, '_> {
    /// `.debug_line`, versions 2 to 5.
    pub(crate) fn lines(&mut self, section: &mut Edits<'_>) {
        let mut cursor = Cursor::new(section.original(), 0);
        while let Some((format, length)) = cursor.initial_length() {
            let end = cursor.at().saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(cursor.len());
            if self.line_program(section, &mut cursor, end, format.word_size()).is_none() {
                self.report.damaged += 1;
            }
            cursor.seek(end);
        }
    }

    fn line_program(&mut self, section: &mut Edits<'_>, cursor: &mut Cursor<'_>, end: usize, word: u8) -> Option<()> {
        let version = cursor.uint(2)?;
        if version >= 5 {
            // Address and segment selector size.
            cursor.skip(2)?;
        }
        let header_length = cursor.uint(word)?;
        let program = cursor.at().checked_add(usize::try_from(header_length).ok()?).filter(|at| *at <= end)?;
        // Minimum instruction length, maximum operations, default is_stmt, line base, line range.
        cursor.skip(if version >= 4 { 5 } else { 4 })?;
        let opcode_base = cursor.uint(1)? as u8;
        let operand_counts = cursor.take(usize::from(opcode_base.saturating_sub(1)))?;
        cursor.seek(program);
        while cursor.at() < end {
            let opcode = cursor.uint(1)? as u8;
            if opcode == 0 {
                let length = cursor.uleb()?;
                let next = cursor.at().checked_add(usize::try_from(length).ok()?).filter(|at| *at <= end)?;
                if length > 1 && gimli::DwLne(cursor.uint(1)? as u8) == gimli::DW_LNE_set_address {
                    let size = u8::try_from(length - 1).ok().filter(|size| matches!(size, 4 | 8))?;
                    let at = cursor.at();
                    let address = cursor.uint(size)?;
                    self.put_code(section, at, size, address);
                }
                cursor.seek(next);
            } else if opcode >= opcode_base {
                // A special opcode has no operands.
            } else if gimli::DwLns(opcode) == gimli::DW_LNS_fixed_advance_pc {
                cursor.skip(2)?;
            } else {
                for _ in 0..*operand_counts.get(usize::from(opcode) - 1)? {
                    cursor.uleb()?;
                }
            }
        }
        Some(())
    }
}

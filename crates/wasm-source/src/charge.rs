//! Which bytes of the debug sections describe which function, so that a size
//! report can charge a function with its debug information.

use std::ops::Range;

use gimli::{Section as _, UnitRef};

use crate::budget::Budget;
use crate::source::Source;
use crate::{MAIN, Slice};

/// A section whose bytes are charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChargedSection {
    /// `.debug_info`.
    Info,
    /// `.debug_line`.
    Line,
}

/// Bytes of a debug section that describe one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The section.
    pub section: ChargedSection,
    /// The bytes, counted from the start of the section's contents.
    pub range: Range<u32>,
    /// The offset in the module's file of the first byte of code that they
    /// describe: it lies in the function's body.
    pub code: u32,
}

impl<'a> Source<'a> {
    /// The bytes of `.debug_info` and `.debug_line` that describe a function,
    /// sorted by section and range, without overlap: the entries of each
    /// subprogram with all inside, and each sequence of line-table rows. The
    /// other bytes (types, file tables, what the linker dropped) describe no
    /// single function.
    pub fn charges(&self) -> Vec<Charge> {
        let mut charges = Vec::new();
        let budget = Budget::for_sections(self.section_bytes);
        for id in self.unit_ids() {
            let Ok(slot) = self.slot(id) else { continue };
            if slot.file == MAIN
                && let Some(start) = slot.header.debug_info_offset()
                && let Some(index) = self.index(id)
            {
                for subprogram in &index.subprograms {
                    let first = subprogram.ranges.iter().map(|range| range.start).min();
                    charges.extend(first.map(|code| Charge {
                        section: ChargedSection::Info,
                        range: (start.0 + subprogram.entries.start.0) as u32
                            ..(start.0 + subprogram.entries.end.0) as u32,
                        code,
                    }));
                }
            }
            if let Ok(unit) = self.line_unit_ref(id) {
                self.charge_lines(unit, &budget, &mut charges);
            }
        }
        charges.sort_by_key(|charge| (charge.section, charge.range.start, charge.range.end));
        let mut end = (ChargedSection::Info, 0);
        charges.retain(|charge| {
            let apart = end <= (charge.section, charge.range.start);
            if apart {
                end = (charge.section, charge.range.end);
            }
            apart
        });
        charges
    }

    /// The sequences of a unit's line program, by their bytes.
    fn charge_lines(&self, unit: UnitRef<'_, Slice<'a>>, budget: &Budget, charges: &mut Vec<Charge>) {
        let Some(program) = &unit.line_program else {
            return;
        };
        let header = program.header();
        let bytes = header.raw_program_buf();
        let section = unit.dwarf.debug_line.reader();
        if !budget.spend(bytes.len()) {
            return;
        }
        let base = bytes.offset_from(*section);
        let mut rest = bytes.slice();
        let mut start = 0;
        let mut address = None;
        while let Some(instruction) =
            Instruction::skip(&mut rest, header.opcode_base(), header.standard_opcode_lengths().slice())
        {
            match instruction {
                Instruction::SetAddress(to) => address = address.or(Some(to)),
                Instruction::EndSequence => {
                    let end = bytes.len() - rest.len();
                    let length = self.code.end.saturating_sub(self.code.start);
                    if let Some(address) = address.take()
                        && address != 0
                        && address < length
                    {
                        charges.push(Charge {
                            section: ChargedSection::Line,
                            range: (base + start) as u32..(base + end) as u32,
                            code: self.code.start + address,
                        });
                    }
                    start = end;
                }
                Instruction::Other => {}
            }
        }
    }
}

/// An instruction of a line program (DWARF 5, 6.2.5), as far as it matters here.
enum Instruction {
    SetAddress(u32),
    EndSequence,
    Other,
}

impl Instruction {
    /// Takes one instruction off `rest`; nothing at the end or if it is
    /// truncated.
    fn skip(rest: &mut &[u8], opcode_base: u8, operands: &[u8]) -> Option<Self> {
        let opcode = *rest.split_off_first()?;
        if opcode >= opcode_base {
            return Some(Instruction::Other);
        }
        match gimli::DwLns(opcode) {
            gimli::DwLns(0) => {
                let length = usize::try_from(leb(rest)?).ok()?;
                let mut body = rest.split_off(..length)?;
                Some(match gimli::DwLne(*body.split_off_first()?) {
                    gimli::DW_LNE_end_sequence => Instruction::EndSequence,
                    gimli::DW_LNE_set_address => {
                        let address = u32::from_le_bytes(*body.first_chunk()?);
                        Instruction::SetAddress(address)
                    }
                    _ => Instruction::Other,
                })
            }
            gimli::DW_LNS_fixed_advance_pc => {
                rest.split_off(..2)?;
                Some(Instruction::Other)
            }
            _ => {
                let count = operands.get(usize::from(opcode) - 1)?;
                for _ in 0..*count {
                    leb(rest)?;
                }
                Some(Instruction::Other)
            }
        }
    }
}

fn leb(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..).step_by(7) {
        let byte = *rest.split_off_first()?;
        if shift < 64 {
            value |= u64::from(byte & 0x7f) << shift;
        }
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}

//! Atomic operators, as one thread alone sees them.

use crate::Trap;
use crate::machine::run::{SLOTS, Stack};
use crate::memory::{Memory, Stored};

const MASK: usize = SLOTS - 1;

/// Any atomic operator but the fence; returns the new stack pointer.
///
/// The opcodes are regular: notify, two waits, then groups of seven widths
/// (i32, i64, i32 8 and 16, i64 8, 16 and 32 bits) for load, store, and the
/// read-modify-writes add, sub, and, or, xor, xchg, cmpxchg.
#[inline(never)]
pub(crate) fn access<const READS: bool>(
    operator: u32,
    memory: &mut Memory,
    stack: &mut Stack,
    sp: usize,
    offset: u64,
) -> Result<usize, Trap> {
    let operands = match operator {
        0 => 2,
        1 | 2 => 3,
        0x10..=0x16 => 1,
        0x17..=0x47 => 2,
        _ => 3,
    };
    let width = match operator {
        0 | 1 => 4,
        2 => 8,
        _ => [4, 8, 1, 2, 1, 2, 4][(operator as usize + 5) % 7],
    };
    let address = stack[(sp - operands) & MASK].saturating_add(offset);
    if !address.is_multiple_of(width) {
        return Err(Trap::UnalignedAtomic);
    }
    if READS && !matches!(operator, 0 | 0x17..=0x1D) {
        memory.note_read(address, width);
    }
    let old = match width {
        1 => memory.load::<1>(address).map(|[byte]| u64::from(byte)),
        2 => memory.load::<2>(address).map(|bytes| u64::from(u16::from_le_bytes(bytes))),
        4 => memory.load::<4>(address).map(|bytes| u64::from(u32::from_le_bytes(bytes))),
        _ => memory.load::<8>(address).map(u64::from_le_bytes),
    };
    let old = old.ok_or(Trap::MemoryOutOfBounds)?;
    let operand = |index: usize| stack[(sp - operands + index) & MASK];
    let narrow = u64::MAX >> (64 - 8 * width);
    let new = match operator {
        0 => {
            // Nobody waits.
            stack[(sp - 2) & MASK] = 0;
            return Ok(sp - 1);
        }
        1 | 2 => {
            if !memory.ty().shared {
                return Err(Trap::ExpectedSharedMemory);
            }
            let (unequal, timed_out) = (1, 2);
            let outcome = if old != operand(1) {
                unequal
            } else if (operand(2) as i64) < 0 {
                return Err(Trap::WaitsForever);
            } else {
                timed_out
            };
            stack[(sp - 3) & MASK] = outcome;
            return Ok(sp - 2);
        }
        0x10..=0x16 => {
            stack[(sp - 1) & MASK] = old;
            return Ok(sp);
        }
        0x17..=0x1D => operand(1),
        0x1E..=0x24 => old.wrapping_add(operand(1)),
        0x25..=0x2B => old.wrapping_sub(operand(1)),
        0x2C..=0x32 => old & operand(1),
        0x33..=0x39 => old | operand(1),
        0x3A..=0x40 => old ^ operand(1),
        0x41..=0x47 => operand(1),
        // cmpxchg: an expected value wider than the access never matches.
        _ if old == operand(1) => operand(2),
        _ => {
            stack[(sp - operands) & MASK] = old;
            return Ok(sp - operands + 1);
        }
    } & narrow;
    let stored = match width {
        1 => memory.store(address, [new as u8]),
        2 => memory.store(address, (new as u16).to_le_bytes()),
        4 => memory.store(address, (new as u32).to_le_bytes()),
        _ => memory.store(address, new.to_le_bytes()),
    };
    if stored == Stored::OutOfBounds {
        return Err(Trap::MemoryOutOfBounds);
    }
    if matches!(operator, 0x17..=0x1D) {
        return Ok(sp - 2);
    }
    stack[(sp - operands) & MASK] = old;
    Ok(sp - operands + 1)
}

//! Immediates: LEB128 in validated code, one byte as the fast case.

/// An unsigned number and the position after it.
#[inline(always)]
pub(crate) fn unsigned(code: &[u8], pc: usize) -> (u64, usize) {
    let byte = code[pc];
    if byte < 0x80 { (u64::from(byte), pc + 1) } else { unsigned_long(code, pc) }
}

#[cold]
#[inline(never)]
fn unsigned_long(code: &[u8], mut pc: usize) -> (u64, usize) {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = code[pc];
        pc += 1;
        value |= u64::from(byte & 0x7F).wrapping_shl(shift);
        shift += 7;
        if byte < 0x80 {
            return (value, pc);
        }
    }
}

/// A signed number and the position after it.
#[inline(always)]
pub(crate) fn signed(code: &[u8], pc: usize) -> (i64, usize) {
    let byte = code[pc];
    if byte < 0x80 { (i64::from((byte << 1) as i8 >> 1), pc + 1) } else { signed_long(code, pc) }
}

#[inline(never)]
fn signed_long(code: &[u8], mut pc: usize) -> (i64, usize) {
    let (mut value, mut shift) = (0_i64, 0_u32);
    loop {
        let byte = code[pc];
        pc += 1;
        value |= i64::from(byte & 0x7F).wrapping_shl(shift);
        shift += 7;
        if byte < 0x80 {
            let unused = 64_u32.saturating_sub(shift);
            return ((value << unused) >> unused, pc);
        }
    }
}

/// The position after a block type, value type or heap type.
#[inline(always)]
pub(crate) fn skip_type(code: &[u8], pc: usize) -> usize {
    let first = code[pc];
    if first < 0x80 && first != 0x63 && first != 0x64 { pc + 1 } else { skip_long_type(code, pc) }
}

#[cold]
#[inline(never)]
fn skip_long_type(code: &[u8], pc: usize) -> usize {
    // `(ref null t)` and `(ref t)` are a byte and a heap type.
    let pc = if matches!(code[pc], 0x63 | 0x64) { pc + 1 } else { pc };
    unsigned(code, pc).1
}

//! Where the rounds of a loop begin.
//!
//! The line table gives a loop's first line to its `loop` instruction, or to a
//! `block` around it. A branch back goes on behind both, so that nothing would
//! stop at that line in the second round.

use wasmparser::{BinaryReader, Operator, OperatorsReader};

/// A compiler puts as many openings of two or three bytes before a loop's first
/// instruction as a `match` in it has arms; who asks at each byte of hostile
/// code must not read all of the rest each time.
const MAX_BYTES: usize = 512;

/// The first instruction at or after `at` that opens nothing, if there is a
/// `loop` among those before it: where each round begins. `code` may be anything,
/// `at` any offset in it.
pub fn round_start(code: &[u8], at: usize) -> Option<usize> {
    // `block`, `loop`, `try`, `try_table`: most are none of these.
    if !matches!(code.get(at)?, 0x02 | 0x03 | 0x06 | 0x1f) {
        return None;
    }
    let openings = code.get(at..at.saturating_add(MAX_BYTES).min(code.len()))?;
    let mut operators = OperatorsReader::new(BinaryReader::new(openings, at as u64));
    let mut has_loop = false;
    loop {
        let (operator, offset) = operators.read_with_offset().ok()?;
        match operator {
            Operator::Loop { .. } => has_loop = true,
            Operator::Block { .. } | Operator::TryTable { .. } | Operator::Try { .. } => {}
            _ => return has_loop.then_some(offset as usize),
        }
    }
}

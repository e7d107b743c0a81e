//! DWARF expressions: places of the wasm machine become places of the shadow's memory.
//!
//! A wasm local, operand or global is a slot in memory, see [`crate::layout`]. `DW_OP_WASM_location …,
//! DW_OP_stack_value`, a variable that is the local, becomes the slot's address, so that the variable lies there; where
//! the value goes on to be computed with, a `DW_OP_deref` loads it. Addresses of data are those of linear memory. Where that
//! shows in a window, they are moved there in the end, when a variable is looked up: what an expression computes with
//! are the addresses that the program knows.

use super::Slice;
use crate::layout::{self, Flavour, Placement};
use gimli::{Encoding, Expression, Operation};

/// What the places become.
#[derive(Clone, Copy)]
pub(crate) struct Target<'l> {
    pub(crate) flavour: Flavour,
    pub(crate) placement: &'l Placement,
}

/// What becomes of an expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rewritten {
    /// It means the same in the shadow.
    Same,
    /// It needs no more bytes than it had.
    Fits(Vec<u8>),
    /// It needs more or fewer bytes.
    Resized(Vec<u8>),
    /// It cannot be said, as far as GDB understands.
    Lost,
}

/// Which kind of place an expression is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Where a variable lies.
    Variable,
    /// Anything else.
    Other,
    /// What a function's frame offsets count from.
    FrameBase,
}

/// Locals that a function can have (JavaScript API, implementation-defined limits). Beyond, it is hostile.
const MAX_LOCALS: u32 = 50_000;

/// Bytes of an expression. Beyond, it is hostile.
const MAX_LENGTH: usize = 0x1_0000;

/// Rewrites an expression. `data_address` is called with the index in `.debug_addr` of each address of data.
pub(crate) fn rewrite(
    bytes: &[u8],
    encoding: Encoding,
    kind: Use,
    target: Target<'_>,
    mut data_address: impl FnMut(u64),
) -> Rewritten {
    let window = if kind == Use::Variable { target.placement.data } else { 0 };
    if window == 0 && !may_change(bytes) {
        return Rewritten::Same;
    }
    if bytes.len() > MAX_LENGTH {
        return Rewritten::Lost;
    }
    let expression = Expression(Slice::new(bytes, gimli::LittleEndian));
    let mut operations = expression.operations(encoding);
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut changes, mut has_branch) = (false, false);
    // Of the part that is read: what it says so far.
    let mut part = Part::Empty;
    let at = |operations: &gimli::OperationIter<Slice<'_>>| operations.offset_from(&expression);
    loop {
        let start = at(&operations);
        let operation = match operations.next() {
            Ok(Some(operation)) => operation,
            Ok(None) => break,
            Err(_) => return Rewritten::Lost,
        };
        let slot = match operation {
            Operation::WasmLocal { index } | Operation::WasmStack { index } if index > MAX_LOCALS => {
                return Rewritten::Lost;
            }
            Operation::WasmLocal { index } => {
                register_offset(target.flavour.registers().frame_pointer.dwarf, layout::local_offset(index))
            }
            Operation::WasmStack { index } => {
                register_offset(target.flavour.registers().operand_base.dwarf, layout::operand_offset(index))
            }
            Operation::WasmGlobal { index } => constant(target.placement.global_slot(index), encoding.address_size),
            _ => {
                match operation {
                    Operation::AddressIndex { index } => data_address(index.0 as u64),
                    Operation::Bra { .. } | Operation::Skip { .. } => has_branch = true,
                    // GDB evaluates these for a single register only.
                    Operation::EntryValue { expression } if names_wasm(expression.slice(), encoding) => {
                        return Rewritten::Lost;
                    }
                    _ => {}
                }
                let end = at(&operations);
                let mut with = bytes.get(start..end).unwrap_or_default().to_vec();
                if window != 0 {
                    let ends_part = matches!(operation, Operation::Piece { .. });
                    let loads = matches!(operation, Operation::Deref { space: false, .. });
                    if loads || (ends_part && part == Part::Address) {
                        with.splice(0..0, add(window));
                        changes = true;
                    }
                    part = match operation {
                        Operation::Piece { .. } => Part::Empty,
                        Operation::StackValue
                        | Operation::ImplicitValue { .. }
                        | Operation::ImplicitPointer { .. }
                        | Operation::Register { .. } => Part::Value,
                        Operation::Nop if part == Part::Empty => part,
                        _ => Part::Address,
                    };
                }
                if let Operation::Address { address } = operation
                    && is_tombstone(address, encoding.address_size)
                {
                    with.iter_mut().skip(1).for_each(|byte| *byte = 0);
                    changes = true;
                }
                pieces.push(Piece { length: end - start, with, is_place: false });
                continue;
            }
        };
        let mut with = slot;
        let mut next = operations;
        let is_the_place = matches!(next.next(), Ok(Some(Operation::StackValue)));
        if is_the_place {
            operations = next;
        }
        if !is_the_place || kind == Use::FrameBase {
            with.push(gimli::DW_OP_deref.0);
        }
        changes = true;
        part = if is_the_place { Part::Value } else { Part::Address };
        pieces.push(Piece { length: at(&operations) - start, with, is_place: true });
    }
    if window != 0 && part == Part::Address {
        pieces.push(Piece { length: 0, with: add(window), is_place: false });
        changes = true;
    }
    if !changes {
        return Rewritten::Same;
    }
    let needed: usize = pieces.iter().map(|piece| piece.with.len()).sum();
    if kind == Use::FrameBase
        && needed < bytes.len()
        && let Some(first) = pieces.first_mut().filter(|piece| piece.with.len() < piece.length)
    {
        // Below the result, where it changes nothing. GDB's descriptions of locations (`info scope`) fail on a frame
        // base that begins with a register and goes on.
        first.with.insert(0, gimli::DW_OP_lit0.0);
    }
    fit(bytes.len(), pieces, has_branch)
}

/// What a part of an expression, up to a `DW_OP_piece`, says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Nothing: optimized out.
    Empty,
    /// An address of linear memory.
    Address,
    /// A value, or a place that is not in linear memory.
    Value,
}

/// `DW_OP_plus_uconst value`.
fn add(value: u64) -> Vec<u8> {
    let mut bytes = vec![gimli::DW_OP_plus_uconst.0];
    super::push_uleb(&mut bytes, value);
    bytes
}

/// An operation and what it becomes.
struct Piece {
    length: usize,
    with: Vec<u8>,
    /// Whether it was a place of the wasm machine.
    is_place: bool,
}

/// Joins the operations, filled with `DW_OP_nop` to the length that there was. Not at the end: GDB wants
/// `DW_OP_stack_value` to be last.
fn fit(length: usize, mut pieces: Vec<Piece>, has_branch: bool) -> Rewritten {
    if has_branch {
        // The distances of branches hold as long as nothing moves.
        for piece in &mut pieces {
            if piece.with.len() > piece.length {
                return Rewritten::Lost;
            }
            piece.with.resize(piece.length, gimli::DW_OP_nop.0);
        }
    }
    let needed: usize = pieces.iter().map(|piece| piece.with.len()).sum();
    if let Some(room) = length.checked_sub(needed)
        && let Some(first) = pieces.iter_mut().find(|piece| piece.is_place)
    {
        first.with.resize(first.with.len() + room, gimli::DW_OP_nop.0);
    }
    let bytes: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.with).collect();
    if bytes.len() == length { Rewritten::Fits(bytes) } else { Rewritten::Resized(bytes) }
}

/// Whether an expression could name a place or an address at all: most do not.
fn may_change(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .any(|byte| matches!(gimli::DwOp(*byte), gimli::DW_OP_WASM_location | gimli::DW_OP_addr | gimli::DW_OP_addrx))
}

fn names_wasm(bytes: &[u8], encoding: Encoding) -> bool {
    let mut operations = Expression(Slice::new(bytes, gimli::LittleEndian)).operations(encoding);
    loop {
        match operations.next() {
            Ok(Some(Operation::WasmLocal { .. } | Operation::WasmStack { .. } | Operation::WasmGlobal { .. }))
            | Err(_) => return true,
            Ok(Some(_)) => {}
            Ok(None) => return false,
        }
    }
}

/// `DW_OP_bregN offset`.
fn register_offset(register: u16, offset: i64) -> Vec<u8> {
    let mut bytes = vec![gimli::DW_OP_breg0.0.wrapping_add(register as u8)];
    push_sleb(&mut bytes, offset);
    bytes
}

/// `DW_OP_constNu value`: an address that GDB does not relocate.
fn constant(value: u64, address_size: u8) -> Vec<u8> {
    if address_size == 8 {
        let mut bytes = vec![gimli::DW_OP_const8u.0];
        bytes.extend_from_slice(&value.to_le_bytes());
        bytes
    } else {
        let mut bytes = vec![gimli::DW_OP_const4u.0];
        bytes.extend_from_slice(&(value as u32).to_le_bytes());
        bytes
    }
}

pub(super) fn push_sleb(bytes: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            bytes.push(byte);
            return;
        }
        bytes.push(byte | 0x80);
    }
}

/// What linkers write for code and data that they left out: -1, or -2 where -1 means something else.
pub(crate) fn is_tombstone(address: u64, address_size: u8) -> bool {
    let max = if address_size >= 8 { u64::MAX } else { (1_u64 << (8 * address_size)) - 1 };
    address == max || address == max - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use gimli::Format;

    /// An i386 shadow with its globals at 0xf0001000.
    fn rewritten(bytes: &[u8], kind: Use, address_size: u8, window: u64) -> Rewritten {
        let placement = Placement {
            code: 0xf000_0000,
            code_size: 0x800,
            host: 0xf000_0800,
            imported_functions: 0,
            globals: 0xf000_1000,
            global_count: 4,
            data: window,
        };
        let encoding = Encoding { address_size, format: Format::Dwarf32, version: 5 };
        rewrite(bytes, encoding, kind, Target { flavour: Flavour::I386, placement: &placement }, |_| {})
    }

    fn location(bytes: &[u8]) -> Rewritten {
        rewritten(bytes, Use::Variable, 4, 0)
    }

    const WASM: u8 = 0xed;
    const EBP: u8 = 0x75;
    const ESI: u8 = 0x76;
    const DEREF: u8 = 0x06;
    const NOP: u8 = 0x96;
    const VALUE: u8 = 0x9f;
    const PIECE: u8 = 0x93;

    #[test]
    fn a_variable_that_is_a_local_lies_in_its_slot() {
        assert_eq!(location(&[WASM, 0, 2, VALUE]), Rewritten::Fits(vec![EBP, 16, NOP, NOP]));
        assert_eq!(location(&[WASM, 0, 8, VALUE]), Rewritten::Fits(vec![EBP, 0xb0, 0x7f, NOP]));
        assert_eq!(location(&[WASM, 2, 0, VALUE]), Rewritten::Fits(vec![ESI, 0x70, NOP, NOP]));
        // Global 2, its index in four bytes, then in one.
        let slot = [0x0c, 0x20, 0x10, 0x00, 0xf0];
        assert_eq!(location(&[WASM, 3, 2, 0, 0, 0, VALUE]), Rewritten::Fits([&slot[..], &[NOP, NOP]].concat()));
        assert_eq!(location(&[WASM, 1, 2, VALUE]), Rewritten::Resized(slot.to_vec()));
    }

    #[test]
    fn a_value_that_is_computed_with_is_loaded() {
        assert_eq!(location(&[WASM, 0, 0]), Rewritten::Fits(vec![EBP, 48, DEREF]));
        assert_eq!(
            location(&[WASM, 0, 9, 0x23, 4, VALUE]),
            Rewritten::Resized(vec![EBP, 0xa0, 0x7f, DEREF, 0x23, 4, VALUE])
        );
        assert_eq!(rewritten(&[WASM, 0, 2, VALUE], Use::FrameBase, 4, 0), Rewritten::Fits(vec![0x30, EBP, 16, DEREF]));
        assert_eq!(
            rewritten(&[WASM, 0, 8, VALUE], Use::FrameBase, 4, 0),
            Rewritten::Fits(vec![EBP, 0xb0, 0x7f, DEREF])
        );
    }

    #[test]
    fn pieces_are_each_in_their_place() {
        let pieces = [WASM, 0, 0, VALUE, PIECE, 4, PIECE, 4, WASM, 2, 1, VALUE, PIECE, 4];
        let expected = vec![EBP, 48, NOP, NOP, NOP, NOP, PIECE, 4, PIECE, 4, ESI, 0x60, PIECE, 4];
        assert_eq!(location(&pieces), Rewritten::Fits(expected));
    }

    #[test]
    fn addresses_of_data_stay_but_for_tombstones() {
        assert_eq!(location(&[0x03, 0, 4, 0, 0]), Rewritten::Same);
        assert_eq!(location(&[0x03, 0xff, 0xff, 0xff, 0xff]), Rewritten::Fits(vec![0x03, 0, 0, 0, 0]));
        // A frame offset with a byte that looks like an operation.
        assert_eq!(location(&[0x91, WASM, 0]), Rewritten::Same);
    }

    #[test]
    fn a_window_moves_what_is_looked_up() {
        let location = |bytes: &[u8]| rewritten(bytes, Use::Variable, 4, 0x80);
        let added = [0x23, 0x80, 1];
        let moved = |parts: &[&[u8]]| Rewritten::Resized(parts.concat());
        assert_eq!(location(&[0x91, 8]), moved(&[&[0x91, 8], &added]));
        assert_eq!(location(&[0x03, 0, 4, 0, 0]), moved(&[&[0x03, 0, 4, 0, 0], &added]));
        // A pointer stays as the program has it; what it points to is loaded through the window.
        assert_eq!(location(&[0x91, 8, VALUE]), Rewritten::Same);
        assert_eq!(location(&[0x91, 8, DEREF]), moved(&[&[0x91, 8], &added, &[DEREF], &added]));
        // A slot of the stack is in no memory; pieces are each on their own.
        assert_eq!(location(&[WASM, 0, 2, VALUE]), Rewritten::Fits(vec![EBP, 16, NOP, NOP]));
        assert_eq!(location(&[WASM, 0, 2]), moved(&[&[EBP, 16, DEREF], &added]));
        let pieces = [0x91, 8, PIECE, 4, PIECE, 4, WASM, 0, 2, VALUE, PIECE, 4];
        let expected = [&[0x91, 8], &added[..], &[PIECE, 4, PIECE, 4, EBP, 16, PIECE, 4]].concat();
        assert_eq!(location(&pieces), Rewritten::Resized(expected));
        // Frame bases are computed with.
        assert_eq!(rewritten(&[0x91, 8], Use::FrameBase, 4, 0x80), Rewritten::Same);
        assert_eq!(rewritten(&[0x91, 8], Use::Other, 4, 0x80), Rewritten::Same);
    }

    #[test]
    fn what_cannot_be_said_is_lost() {
        // A branch over something that grows; an entry value; a cut expression; too many locals.
        assert_eq!(location(&[WASM, 0, 9, 0x28, 1, 0, VALUE]), Rewritten::Lost);
        assert_eq!(location(&[0xa3, 3, WASM, 0, 0, VALUE]), Rewritten::Lost);
        assert_eq!(location(&[WASM, 0]), Rewritten::Lost);
        assert_eq!(location(&[WASM, 0, 0xff, 0xff, 0x7f]), Rewritten::Lost);
        assert_eq!(
            location(&[WASM, 0, 0, 0x28, 1, 0, NOP, VALUE]),
            Rewritten::Fits(vec![EBP, 48, DEREF, 0x28, 1, 0, NOP, VALUE])
        );
    }
}

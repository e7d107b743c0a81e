//! Where a variable is: DWARF expressions and location lists, evaluated against
//! a stopped program.

use gimli::{AttributeValue, EvaluationResult, Expression, Operation, UnitOffset, UnitRef, ValueType};

use crate::Slice;
use crate::entry::{Entry, EntryId};
use crate::machine::{Machine, WasmValue};
use crate::source::Source;

/// Where the parts of a variable are, in the order of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The parts; most variables have one.
    pub pieces: Vec<Piece>,
}

/// A part of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it is.
    pub place: Place,
    /// How many bits of the variable it is: all that are left without this.
    pub bit_size: Option<u64>,
    /// How many bits to skip at its place.
    pub bit_offset: u64,
}

/// A place that bytes can be read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An address in linear memory.
    Memory(u64),
    /// A local of the function.
    Local(u32),
    /// A global of the module.
    Global(u32),
    /// The operand stack, 0 at the bottom.
    Stack(u32),
    /// Nowhere, but its bytes are known.
    Bytes(Vec<u8>),
    /// The compiler did not keep it.
    OptimizedOut,
}

/// Where a variable is at a byte of code, whatever the program's state is
/// there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedPlace {
    /// It is all of a local, a global or an operand.
    Whole(Register),
    /// In linear memory, so many bytes from an address that is kept there, or
    /// from 0.
    Memory(Option<Register>, i64),
}

/// What holds a value outside of linear memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    /// A local of the function.
    Local(u32),
    /// A global of the module.
    Global(u32),
    /// The operand stack, 0 at the bottom.
    Stack(u32),
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The compiler did not keep it here.
    #[error("optimized out")]
    OptimizedOut,
    /// Linear memory at this address is not there.
    #[error("no memory at {0:#x}")]
    NoMemory(u64),
    /// A local, a global or an operand that the machine does not have.
    #[error("no {0}")]
    NoMachineValue(&'static str),
    /// A location that asks for something that WebAssembly lacks, or that is
    /// not known here.
    #[error("location uses {0}")]
    Unsupported(&'static str),
    /// The type or its size is not known, or it is larger than values may be.
    #[error("type of unknown or absurd size")]
    Size,
    /// Damaged debug information.
    #[error(transparent)]
    Debug(#[from] crate::Error),
}

/// How many operations an expression may run, and how deep one may ask for
/// another.
const MAX_OPERATIONS: u32 = 10_000;
const MAX_DEPTH: usize = 4;

/// A place in the code of a stopped program.
pub(crate) struct At<'m, M: ?Sized> {
    pub(crate) machine: &'m M,
    /// The current byte of code, as an offset in the module's file.
    pub(crate) offset: u32,
}

impl<'a> Source<'a> {
    /// Where the variable of an entry is.
    pub(crate) fn locate<M: Machine + ?Sized>(&self, id: EntryId, at: &At<'_, M>) -> Result<Location, ValueError> {
        for entry in self.origins(id) {
            if let Some(value) = entry.attr(gimli::DW_AT_location) {
                let Some(expression) = self.expression_at(&entry, value, at.offset)? else {
                    return Err(ValueError::OptimizedOut);
                };
                return self.evaluate(&entry, expression, at, 0);
            }
            if let Some(value) = entry.attr(gimli::DW_AT_const_value) {
                let bytes = match value {
                    AttributeValue::Block(bytes) => bytes.slice().to_vec(),
                    AttributeValue::String(bytes) => bytes.slice().to_vec(),
                    _ => {
                        let constant = entry.constant(gimli::DW_AT_const_value);
                        let constant = constant.ok_or(ValueError::Unsupported("a constant"))?;
                        constant.to_le_bytes().to_vec()
                    }
                };
                return Ok(Location::of(Place::Bytes(bytes)));
            }
        }
        Err(ValueError::OptimizedOut)
    }

    /// Where a variable is at the byte of code at `offset` in the file, if
    /// that can be told once for all times that the program comes there.
    pub fn fixed_place(&self, id: EntryId, offset: u32) -> Option<FixedPlace> {
        for entry in self.origins(id) {
            let Some(value) = entry.attr(gimli::DW_AT_location) else { continue };
            let expression = self.expression_at(&entry, value, offset).ok()??;
            if let Some(place) = whole_place(expression, entry.unit) {
                return Some(FixedPlace::Whole(place.register()?));
            }
            let mut operations = expression.operations(entry.unit.encoding());
            let first = operations.next().ok()??;
            let second = operations.next().ok()?;
            return Some(match (first, second) {
                (Operation::FrameOffset { offset: from_base }, None) => {
                    let (unit, _, slot) = self.find_subprogram(offset)?;
                    let function = self.entry(EntryId::new(unit, slot.entries.start)).ok()?;
                    let base =
                        self.expression_at(&function, function.attr(gimli::DW_AT_frame_base)?, offset).ok()??;
                    FixedPlace::Memory(Some(whole_place(base, function.unit)?.register()?), from_base)
                }
                (Operation::Address { address }, None) => FixedPlace::Memory(None, address as i64),
                (Operation::AddressIndex { index }, None) => {
                    FixedPlace::Memory(None, entry.unit.address(index).ok()? as i64)
                }
                (Operation::WasmLocal { index }, Some(Operation::PlusConstant { value }))
                    if operations.next().ok()?.is_none() =>
                {
                    FixedPlace::Memory(Some(Register::Local(index)), value as i64)
                }
                _ => return None,
            });
        }
        None
    }

    /// The expression of a location that holds at `offset`.
    fn expression_at(
        &self,
        entry: &Entry<'_, 'a>,
        value: AttributeValue<Slice<'a>>,
        offset: u32,
    ) -> Result<Option<Expression<Slice<'a>>>, ValueError> {
        if let AttributeValue::Exprloc(expression) = value {
            return Ok(Some(expression));
        }
        let fail = |error| ValueError::Debug(self.entry_error(entry.id, error));
        let Some(mut list) = entry.unit.attr_locations(value).map_err(fail)? else {
            return Ok(None);
        };
        let address = u64::from(offset.saturating_sub(self.code.start));
        while let Some(location) = list.next().map_err(fail)? {
            if location.range.begin <= address && address < location.range.end {
                return Ok(Some(location.data));
            }
        }
        Ok(None)
    }

    fn evaluate<M: Machine + ?Sized>(
        &self,
        entry: &Entry<'_, 'a>,
        expression: Expression<Slice<'a>>,
        at: &At<'_, M>,
        depth: usize,
    ) -> Result<Location, ValueError> {
        let unit = entry.unit;
        if let Some(place) = whole_place(expression, unit) {
            return Ok(Location::of(place));
        }
        let fail = |error| ValueError::Debug(self.entry_error(entry.id, error));
        let known = |value: Option<WasmValue>, what| {
            let bits = value.ok_or(ValueError::NoMachineValue(what))?.low_bits();
            Ok::<_, ValueError>(gimli::Value::Generic(bits))
        };
        let mut encoding = unit.encoding();
        if is_wide_arithmetic(expression, unit, at.machine) {
            // A local of 64 bits does not fit in what counts as an address.
            encoding.address_size = 8;
        }
        let mut evaluation = expression.evaluation(encoding);
        evaluation.set_max_iterations(MAX_OPERATIONS);
        let mut result = evaluation.evaluate();
        loop {
            result = match result.map_err(fail)? {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresWasmLocal { index } => {
                    evaluation.resume_with_wasm_value(known(at.machine.local(index), "local")?)
                }
                EvaluationResult::RequiresWasmGlobal { index } => {
                    evaluation.resume_with_wasm_value(known(at.machine.global(index), "global")?)
                }
                EvaluationResult::RequiresWasmStack { index } => {
                    evaluation.resume_with_wasm_value(known(at.machine.stack(index), "operand")?)
                }
                EvaluationResult::RequiresFrameBase => evaluation.resume_with_frame_base(self.frame_base(at, depth)?),
                EvaluationResult::RequiresMemory { address, size, base_type, .. } => {
                    let mut bytes = [0; 8];
                    let wanted = bytes.get_mut(..usize::from(size)).ok_or(ValueError::Unsupported("a wide load"))?;
                    if !at.machine.read_memory(address, wanted) {
                        return Err(ValueError::NoMemory(address));
                    }
                    let ty = value_type(unit, base_type)?;
                    let value = gimli::Value::from_u64(ty, u64::from_le_bytes(bytes));
                    evaluation.resume_with_memory(value.map_err(fail)?)
                }
                EvaluationResult::RequiresBaseType(base_type) => {
                    evaluation.resume_with_base_type(value_type(unit, base_type)?)
                }
                EvaluationResult::RequiresRelocatedAddress(address) => {
                    evaluation.resume_with_relocated_address(address)
                }
                EvaluationResult::RequiresIndexedAddress { index, .. } => {
                    evaluation.resume_with_indexed_address(unit.address(index).map_err(fail)?)
                }
                EvaluationResult::RequiresRegister { .. } => {
                    return Err(ValueError::Unsupported("a register"));
                }
                EvaluationResult::RequiresTls(_) => {
                    return Err(ValueError::Unsupported("thread-local storage"));
                }
                EvaluationResult::RequiresCallFrameCfa => {
                    return Err(ValueError::Unsupported("a canonical frame address"));
                }
                EvaluationResult::RequiresAtLocation(_) => {
                    return Err(ValueError::Unsupported("another entry's location"));
                }
                EvaluationResult::RequiresEntryValue(_) | EvaluationResult::RequiresParameterRef(_) => {
                    return Err(ValueError::Unsupported("the value at the function's entry"));
                }
            };
        }
        let pieces = evaluation.result().into_iter().map(|piece| Piece {
            place: match piece.location {
                gimli::Location::Address { address } => Place::Memory(address),
                gimli::Location::Value { value } => Place::Bytes(value_bytes(value)),
                gimli::Location::Bytes { value } => Place::Bytes(value.slice().to_vec()),
                gimli::Location::Empty | gimli::Location::Register { .. } | gimli::Location::ImplicitPointer { .. } => {
                    Place::OptimizedOut
                }
            },
            bit_size: piece.size_in_bits,
            bit_offset: piece.bit_offset.unwrap_or(0),
        });
        Ok(Location { pieces: pieces.collect() })
    }

    /// The address that the locals of the current function count from.
    fn frame_base<M: Machine + ?Sized>(&self, at: &At<'_, M>, depth: usize) -> Result<u64, ValueError> {
        let none = ValueError::Unsupported("a frame base that is not there");
        if depth >= MAX_DEPTH {
            return Err(none);
        }
        let (unit, _, slot) = self.find_subprogram(at.offset).ok_or(none.clone())?;
        let entry = self.entry(EntryId::new(unit, slot.entries.start))?;
        let value = entry.attr(gimli::DW_AT_frame_base).ok_or(none.clone())?;
        let expression = self.expression_at(&entry, value, at.offset)?;
        let location = self.evaluate(&entry, expression.ok_or(none.clone())?, at, depth + 1)?;
        let piece = location.pieces.first().ok_or(none.clone())?;
        let value = match &piece.place {
            Place::Memory(address) => return Ok(*address),
            Place::Local(index) => at.machine.local(*index),
            Place::Global(index) => at.machine.global(*index),
            Place::Stack(index) => at.machine.stack(*index),
            Place::Bytes(bytes) => return Ok(low_bits(bytes)),
            Place::OptimizedOut => None,
        };
        value.map(WasmValue::low_bits).ok_or(none)
    }
}

impl Place {
    fn register(&self) -> Option<Register> {
        match self {
            Place::Local(index) => Some(Register::Local(*index)),
            Place::Global(index) => Some(Register::Global(*index)),
            Place::Stack(index) => Some(Register::Stack(*index)),
            Place::Memory(_) | Place::Bytes(_) | Place::OptimizedOut => None,
        }
    }
}

impl Location {
    fn of(place: Place) -> Self {
        Location { pieces: vec![Piece { place, bit_size: None, bit_offset: 0 }] }
    }
}

/// The local, global or operand that is the variable: read and, in a debugger,
/// written as such.
fn whole_place(expression: Expression<Slice<'_>>, unit: UnitRef<'_, Slice<'_>>) -> Option<Place> {
    let mut operations = expression.operations(unit.encoding());
    let place = match operations.next().ok()?? {
        Operation::WasmLocal { index } => Place::Local(index),
        Operation::WasmGlobal { index } => Place::Global(index),
        Operation::WasmStack { index } => Place::Stack(index),
        _ => return None,
    };
    let Operation::StackValue = operations.next().ok()?? else {
        return None;
    };
    operations.next().ok()?.is_none().then_some(place)
}

/// Whether an expression computes a value, without any address, from a local,
/// global or operand of 64 bits.
fn is_wide_arithmetic<M: Machine + ?Sized>(
    expression: Expression<Slice<'_>>,
    unit: UnitRef<'_, Slice<'_>>,
    machine: &M,
) -> bool {
    let mut operations = expression.operations(unit.encoding());
    let mut is_wide = false;
    while let Ok(Some(operation)) = operations.next() {
        let value = match operation {
            Operation::Address { .. }
            | Operation::AddressIndex { .. }
            | Operation::Deref { .. }
            | Operation::FrameOffset { .. }
            | Operation::TypedLiteral { .. }
            | Operation::Convert { .. }
            | Operation::Reinterpret { .. } => return false,
            Operation::WasmLocal { index } => machine.local(index),
            Operation::WasmGlobal { index } => machine.global(index),
            Operation::WasmStack { index } => machine.stack(index),
            _ => None,
        };
        is_wide |= matches!(value, Some(WasmValue::I64(_) | WasmValue::F64(_)));
    }
    is_wide
}

/// How a base type counts in an expression.
fn value_type(unit: UnitRef<'_, Slice<'_>>, base_type: UnitOffset) -> Result<ValueType, ValueError> {
    if base_type.0 == 0 {
        return Ok(ValueType::Generic);
    }
    let unsupported = ValueError::Unsupported("an odd base type");
    let entry = unit.entry(base_type).map_err(|_| unsupported.clone())?;
    ValueType::from_entry(&entry).ok().flatten().ok_or(unsupported)
}

fn value_bytes(value: gimli::Value) -> Vec<u8> {
    match value {
        gimli::Value::I8(value) => value.to_le_bytes().to_vec(),
        gimli::Value::U8(value) => value.to_le_bytes().to_vec(),
        gimli::Value::I16(value) => value.to_le_bytes().to_vec(),
        gimli::Value::U16(value) => value.to_le_bytes().to_vec(),
        gimli::Value::I32(value) => value.to_le_bytes().to_vec(),
        gimli::Value::U32(value) => value.to_le_bytes().to_vec(),
        gimli::Value::I64(value) => value.to_le_bytes().to_vec(),
        gimli::Value::Generic(value) | gimli::Value::U64(value) => value.to_le_bytes().to_vec(),
        gimli::Value::F32(value) => value.to_le_bytes().to_vec(),
        gimli::Value::F64(value) => value.to_le_bytes().to_vec(),
    }
}

/// The first eight bytes as a number.
pub(crate) fn low_bits(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

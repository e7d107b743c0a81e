//! Values and types of the abstract machine, and how they lie in stack slots.
//!
//! A slot has 64 bits; a `v128` takes two slots, the low half first. An `i32`
//! or `f32` fills the low half of its slot, and the high half is zero.

use crate::{ExceptionId, FunctionId};

/// A value type of this engine (references to the abstract heap types only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ValueType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A 128-bit vector.
    V128,
    /// A reference to a function, or null.
    FuncRef,
    /// A reference to something of the host, or null.
    ExternRef,
    /// A reference to an exception, or null.
    ExnRef,
}

impl std::fmt::Display for ValueType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::FuncRef => "funcref",
            Self::ExternRef => "externref",
            Self::ExnRef => "exnref",
        })
    }
}

impl ValueType {
    /// How many 64-bit stack slots a value of this type takes.
    pub(crate) fn slots(self) -> u32 {
        if self == Self::V128 { 2 } else { 1 }
    }

    /// `None` for the types of proposals that this engine refuses.
    pub(crate) fn from_parser(ty: wasmparser::ValType) -> Option<Self> {
        use wasmparser::{AbstractHeapType, HeapType, ValType};
        Some(match ty {
            ValType::I32 => Self::I32,
            ValType::I64 => Self::I64,
            ValType::F32 => Self::F32,
            ValType::F64 => Self::F64,
            ValType::V128 => Self::V128,
            ValType::Ref(reference) => match reference.heap_type() {
                HeapType::Abstract { ty: AbstractHeapType::Func, .. } => Self::FuncRef,
                HeapType::Abstract { ty: AbstractHeapType::Extern, .. } => Self::ExternRef,
                HeapType::Abstract { ty: AbstractHeapType::Exn, .. } => Self::ExnRef,
                _ => return None,
            },
        })
    }
}

/// Slots that values of these types take together.
pub(crate) fn slot_count(types: &[ValueType]) -> u32 {
    types.iter().map(|ty| ty.slots()).sum()
}

/// A value. Floats are held as their bits, so that a NaN's payload survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A vector; lane 0 is in the least significant bits.
    V128(u128),
    /// A function of the store, or null.
    FuncRef(Option<FunctionId>),
    /// A number that the host gave, or null.
    ExternRef(Option<u32>),
    /// An exception of the store, or null.
    ExnRef(Option<ExceptionId>),
}

impl Value {
    /// The type of this value.
    #[must_use]
    pub fn ty(&self) -> ValueType {
        match self {
            Self::I32(_) => ValueType::I32,
            Self::I64(_) => ValueType::I64,
            Self::F32(_) => ValueType::F32,
            Self::F64(_) => ValueType::F64,
            Self::V128(_) => ValueType::V128,
            Self::FuncRef(_) => ValueType::FuncRef,
            Self::ExternRef(_) => ValueType::ExternRef,
            Self::ExnRef(_) => ValueType::ExnRef,
        }
    }

    /// Zero, or null, of a type.
    #[must_use]
    pub fn zero(ty: ValueType) -> Self {
        Self::from_bits(ty, 0)
    }

    /// The value as it lies in its slots (only a `v128` uses more than 64 bits).
    #[must_use]
    pub fn to_bits(self) -> u128 {
        match self {
            Self::I32(value) => u128::from(value as u32),
            Self::I64(value) => u128::from(value as u64),
            Self::F32(bits) => u128::from(bits),
            Self::F64(bits) => u128::from(bits),
            Self::V128(bits) => bits,
            Self::FuncRef(function) => reference(function.map(|id| id.0)).into(),
            Self::ExternRef(number) => reference(number).into(),
            Self::ExnRef(exception) => reference(exception.map(|id| id.0)).into(),
        }
    }

    /// The value that lies so in its slots.
    #[must_use]
    pub fn from_bits(ty: ValueType, bits: u128) -> Self {
        match ty {
            ValueType::I32 => Self::I32(bits as i32),
            ValueType::I64 => Self::I64(bits as i64),
            ValueType::F32 => Self::F32(bits as u32),
            ValueType::F64 => Self::F64(bits as u64),
            ValueType::V128 => Self::V128(bits),
            ValueType::FuncRef => Self::FuncRef(referent(bits as u64).map(FunctionId)),
            ValueType::ExternRef => Self::ExternRef(referent(bits as u64)),
            ValueType::ExnRef => Self::ExnRef(referent(bits as u64).map(ExceptionId)),
        }
    }

    /// Reads a value from the slots at `at`; `None` past the end.
    pub(crate) fn from_slots(ty: ValueType, slots: &[u64], at: usize) -> Option<Self> {
        let low = u128::from(*slots.get(at)?);
        let high = if ty == ValueType::V128 { u128::from(*slots.get(at + 1)?) } else { 0 };
        Some(Self::from_bits(ty, low | (high << 64)))
    }

    /// Writes a value into the slots at `at` and returns the position after it;
    /// `None` if it does not fit.
    pub(crate) fn write_slots(self, slots: &mut [u64], at: usize) -> Option<usize> {
        let bits = self.to_bits();
        *slots.get_mut(at)? = bits as u64;
        if self.ty() == ValueType::V128 {
            *slots.get_mut(at + 1)? = (bits >> 64) as u64;
        }
        Some(at + self.ty().slots() as usize)
    }
}

/// References lie in slots as their index plus one; zero is null.
pub(crate) fn reference(index: Option<u32>) -> u64 {
    index.map_or(0, |index| u64::from(index) + 1)
}

/// The reverse of [`reference`].
pub(crate) fn referent(slot: u64) -> Option<u32> {
    slot.checked_sub(1).and_then(|index| u32::try_from(index).ok())
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::I32(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::I64(value)
    }
}

impl From<f32> for Value {
    fn from(value: f32) -> Self {
        Self::F32(value.to_bits())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::F64(value.to_bits())
    }
}

/// The type of a function or of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct FunctionType {
    /// Types of the parameters.
    pub parameters: Box<[ValueType]>,
    /// Types of the results.
    pub results: Box<[ValueType]>,
}

impl FunctionType {
    /// A type from its parameters and results.
    #[must_use]
    pub fn new(parameters: impl Into<Box<[ValueType]>>, results: impl Into<Box<[ValueType]>>) -> Self {
        Self { parameters: parameters.into(), results: results.into() }
    }
}

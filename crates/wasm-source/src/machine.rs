//! A stopped program, as far as values are read from it.

/// A stopped program: its linear memory, and one frame of its stack.
///
/// A debugger, a memory dump or a test implements this. What it does not have
/// it answers with `None` or `false`.
pub trait Machine {
    /// Fills `into` with the bytes of linear memory from `address` on; `false`
    /// if they are not all there.
    fn read_memory(&self, address: u64, into: &mut [u8]) -> bool;

    /// A local of the frame's function: its parameters come first.
    fn local(&self, index: u32) -> Option<WasmValue>;

    /// A global of the frame's module.
    fn global(&self, index: u32) -> Option<WasmValue>;

    /// A value on the frame's operand stack, 0 at the bottom.
    fn stack(&self, index: u32) -> Option<WasmValue>;
}

/// A value of a local, a global or the operand stack, by its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WasmValue {
    /// An `i32`.
    I32(u32),
    /// An `i64`.
    I64(u64),
    /// An `f32`.
    F32(u32),
    /// An `f64`.
    F64(u64),
    /// A `v128`.
    V128(u128),
}

impl WasmValue {
    /// The lowest 64 bits.
    pub(crate) fn low_bits(self) -> u64 {
        match self {
            WasmValue::I32(bits) | WasmValue::F32(bits) => bits.into(),
            WasmValue::I64(bits) | WasmValue::F64(bits) => bits,
            WasmValue::V128(bits) => bits as u64,
        }
    }

    /// The bytes, lowest first.
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            WasmValue::I32(bits) | WasmValue::F32(bits) => bits.to_le_bytes().to_vec(),
            WasmValue::I64(bits) | WasmValue::F64(bits) => bits.to_le_bytes().to_vec(),
            WasmValue::V128(bits) => bits.to_le_bytes().to_vec(),
        }
    }
}

//! What can go wrong: in a module, when modules are linked, and as traps.

use thiserror::Error;

/// Why a module, or one of its function bodies, was not taken.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ModuleError {
    /// The module does not decode or validate.
    #[error("invalid module: {message} (at offset {offset:#x})")]
    Invalid {
        /// What the validator says.
        message: String,
        /// Byte offset in the module's file.
        offset: u64,
    },
    /// The module uses a proposal that this engine does not run.
    #[error("the module uses {feature}, which the interpreter does not run (at offset {offset:#x})")]
    Unsupported {
        /// Name of the proposal.
        feature: &'static str,
        /// Byte offset in the module's file of the first use found.
        offset: u64,
    },
    /// A function body does not validate. Bodies are validated at their first call.
    #[error("function {function} does not validate: {message} (at offset {offset:#x})")]
    Body {
        /// Index in the module's function index space.
        function: u32,
        /// What the validator says.
        message: String,
        /// Byte offset in the module's file.
        offset: u64,
    },
}

/// Why a module could not be instantiated.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InstantiateError {
    /// An import that nothing supplies.
    #[error("unknown import: {module}.{name}")]
    MissingImport {
        /// Module name of the import.
        module: String,
        /// Item name of the import.
        name: String,
    },
    /// What was supplied for an import is of another kind or type.
    #[error("incompatible import type: {module}.{name}")]
    IncompatibleImport {
        /// Module name of the import.
        module: String,
        /// Item name of the import.
        name: String,
    },
    /// A memory or table is larger than the limits allow or the host can give.
    #[error("{what} {index} is too large: {size} exceeds what the host gives")]
    TooLarge {
        /// `memory` or `table`.
        what: &'static str,
        /// Index in the module's index space.
        index: u32,
        /// Pages or elements asked for.
        size: u64,
    },
    /// An active segment lies outside of its memory or table.
    #[error("instantiation trapped: {0}")]
    Trap(Trap),
}

/// Why execution stopped at an operator that the specification lets trap.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
pub enum Trap {
    /// The operator `unreachable`.
    #[error("unreachable")]
    Unreachable,
    /// A memory access past the end.
    #[error("out of bounds memory access")]
    MemoryOutOfBounds,
    /// A table access past the end.
    #[error("out of bounds table access")]
    TableOutOfBounds,
    /// `call_indirect` of an element past the end of its table.
    #[error("undefined element")]
    UndefinedElement,
    /// `call_indirect` of a null element.
    #[error("uninitialized element")]
    UninitializedElement,
    /// `call_indirect` of a function of another type.
    #[error("indirect call type mismatch")]
    IndirectCallTypeMismatch,
    /// Division or remainder by zero.
    #[error("integer divide by zero")]
    DivideByZero,
    /// A quotient or a float that no integer of the type holds.
    #[error("integer overflow")]
    IntegerOverflow,
    /// A NaN converted to an integer.
    #[error("invalid conversion to integer")]
    InvalidConversion,
    /// Too many frames, or no room left for values.
    #[error("call stack exhausted")]
    CallStackExhausted,
    /// An atomic access at an address that is not a multiple of its width.
    #[error("unaligned atomic")]
    UnalignedAtomic,
    /// `memory.atomic.wait` on a memory that is not shared.
    #[error("expected shared memory")]
    ExpectedSharedMemory,
    /// `memory.atomic.wait` without a time limit: no other thread will ever notify.
    #[error("waits for ever: no other thread can notify")]
    WaitsForever,
    /// `throw_ref` of null.
    #[error("null exception reference")]
    NullExceptionReference,
}

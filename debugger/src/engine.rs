//! The one trait through which every front end drives a program.
//!
//! An engine holds a program that is stopped before an instruction, or has
//! ended. It knows instructions, frames, locals, globals and memories; it knows
//! nothing of source, of lines or of any client. What an engine cannot do it
//! answers with [`EngineError::Unsupported`], which says why.

mod compiled;
mod interpreted;
mod post_mortem;

pub use compiled::Compiled;
pub use interpreted::Interpreted;
pub use post_mortem::{PostMortem, core_dump};

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use wasm_source::WasmValue;

/// The index of a module among an engine's modules; a module that is
/// instantiated twice is one module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// The index of an instance among an engine's instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u32);

/// The index of a linear memory among an engine's memories; a memory that
/// several instances share is one memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoryId(pub u32);

/// Where an instruction is: its byte offset in its module's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeAddress {
    /// The module.
    pub module: ModuleId,
    /// The offset of the instruction's first byte in the module's file.
    pub offset: u32,
}

/// A core module that runs.
#[derive(Clone, Debug)]
pub struct LoadedModule {
    /// Its name, for people: of the file, or of the module inside of a
    /// component.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// An instance of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its module.
    pub module: ModuleId,
    /// Its memories by their index in the module.
    pub memories: Vec<MemoryId>,
    /// How many globals it has, imported ones first.
    pub globals: u32,
}

/// A linear memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Its size now, in bytes.
    pub bytes: u64,
    /// The size that it may grow to, in bytes, where one is declared.
    pub maximum_bytes: Option<u64>,
    /// Whether its addresses are of 64 bits.
    pub memory64: bool,
    /// Whether threads share it.
    pub shared: bool,
}

/// A value of WebAssembly, by its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
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
    /// A reference.
    Reference(Reference),
}

/// A reference, as far as it can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// `null`.
    Null,
    /// A function: its instance and index, where they are known.
    Function(Option<(InstanceId, u32)>),
    /// A value of the host, by a number that tells it from others.
    Extern(u32),
    /// An exception.
    Exception,
    /// An integer of 31 bits.
    I31(i32),
    /// A struct of the garbage-collected heap.
    Struct(ObjectId),
    /// An array of the garbage-collected heap.
    Array(ObjectId),
    /// Something else, a value of the host perhaps.
    Object,
    /// None yet: a local of a type without `null` that nothing was put in.
    Unset,
    /// What it is is not known: a core dump has not kept it.
    Missing,
}

/// A struct or array of the garbage-collected heap, by a number that means
/// nothing any more once the program has gone on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub u32);

/// What a struct or array holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its type: a module, and the type's index there. Of several types that
    /// are made alike it is the first.
    pub ty: Option<(ModuleId, u32)>,
    /// How many fields or elements it has.
    pub length: u32,
    /// Those that were asked for. What is narrower than 32 bits is an `i32`.
    pub parts: Vec<Value>,
}

/// A call that is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A function of the program.
    Wasm(WasmFrame),
    /// A function of the host.
    Host {
        /// Its name: module and field of the import.
        name: String,
    },
}

/// A call of a function of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WasmFrame {
    /// The instance.
    pub instance: InstanceId,
    /// The function's index in its module.
    pub function: u32,
    /// What this frame executes next: of the innermost frame the instruction
    /// that it is stopped before (or at, after a trap); of a caller the one
    /// after its call, so that `pc.offset - 1` is a byte of the call.
    pub pc: CodeAddress,
    /// How many locals it has, parameters included.
    pub locals: u32,
    /// How many values are on its operand stack.
    pub operands: u32,
}

/// How to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Until something stops it.
    Continue,
    /// One instruction; a call of the host is one.
    Step,
    /// Back by one instruction.
    ReverseStep,
    /// Back until something stops it, at the latest the beginning.
    ReverseContinue,
}

/// Why the program stands still.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// It has not executed anything.
    Entry,
    /// It has executed one instruction, as it was told.
    Step,
    /// It is before an instruction with a breakpoint.
    Breakpoint,
    /// It has executed an instruction that touched a watched range.
    Watchpoint(Touch),
    /// It was interrupted.
    Interrupt,
    /// It trapped; the innermost frame's pc is the instruction.
    Trap(Trap),
    /// It has thrown an exception that nobody catches.
    Exception {
        /// What was thrown, in words.
        message: String,
    },
    /// Going back, it has come to the beginning of what is recorded.
    HistoryStart,
    /// It has ended.
    Exited(i32),
    /// It has trapped before, and was let go: there is nothing to go on with.
    Dead,
}

/// A trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// The kind.
    pub kind: TrapKind,
    /// What happened, in words.
    pub message: String,
}

/// Kinds of traps, as the specification has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrapKind {
    /// `unreachable`.
    Unreachable,
    /// An access outside of a memory.
    MemoryOutOfBounds,
    /// An access outside of a table.
    TableOutOfBounds,
    /// An indirect call of a function of another type, or of none.
    IndirectCall,
    /// A division by zero, an overflow, a conversion of what does not fit.
    Arithmetic,
    /// An atomic access that is not aligned.
    Unaligned,
    /// A null reference.
    Null,
    /// Calls too deep.
    StackExhausted,
    /// The host refused.
    Host,
    /// Another.
    Other,
}

/// Accesses that a watchpoint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Both.
    Any,
}

/// A range of memory that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watchpoint {
    /// The memory.
    pub memory: MemoryId,
    /// The addresses.
    pub range: Range<u64>,
    /// The accesses that stop the program.
    pub access: Access,
}

/// An access that touched a watched range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The index of the watchpoint among those that were set.
    pub watchpoint: usize,
    /// Whether it was a write.
    pub write: bool,
    /// The first watched byte that was touched.
    pub address: u64,
    /// The watched bytes before, at most 16 of them.
    pub old: Vec<u8>,
    /// The watched bytes now.
    pub new: Vec<u8>,
}

/// What an engine can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Go back.
    pub reverse: bool,
    /// Watch memory.
    pub watch: bool,
    /// Set locals and operands.
    pub set_locals: bool,
    /// Call functions while stopped.
    pub call: bool,
}

/// Why an engine did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// It cannot do that, for this reason.
    #[error("{0}")]
    Unsupported(String),
    /// The program has ended.
    #[error("the program has ended")]
    Ended,
    /// No instruction begins there.
    #[error("no instruction begins at offset {:#x} of module {}", .0.offset, .0.module.0)]
    NoInstruction(CodeAddress),
    /// There is no such frame, local, global, memory or function.
    #[error("there is no {0}")]
    NoSuch(String),
    /// The bytes are not all in the memory.
    #[error("{address:#x} to {:#x} is not inside of the memory, which ends at {end:#x}", .address + .length)]
    OutOfBounds {
        /// The first address.
        address: u64,
        /// How many bytes.
        length: u64,
        /// The memory's size in bytes.
        end: u64,
    },
    /// The value is not of the place's type.
    #[error("a value of type {found} does not fit where {wanted} is")]
    Type {
        /// The place's type.
        wanted: &'static str,
        /// The value's type.
        found: &'static str,
    },
    /// The program cannot be loaded.
    #[error(transparent)]
    Load(#[from] wasm_host::Error),
    /// The engine failed.
    #[error("{0}")]
    Failed(String),
}

/// What an engine answers with.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;

/// A program at one moment of its run, as a [`Visitor`] sees it. The functions
/// are those of [`Engine`].
pub trait Moment {
    /// The instances, by [`InstanceId`].
    fn instances(&mut self) -> Result<Vec<Instance>>;

    /// The memories, by [`MemoryId`].
    fn memories(&mut self) -> Result<Vec<Memory>>;

    /// A global of an instance.
    fn global(&mut self, instance: InstanceId, index: u32) -> Result<Value>;

    /// Fills `into` from a memory.
    fn read_memory(&mut self, memory: MemoryId, address: u64, into: &mut [u8]) -> Result<()>;
}

/// Who looks at a program while that runs: called on the thread that runs it,
/// which goes on afterwards as if nothing had been.
pub type Visitor = Arc<dyn Fn(&mut dyn Moment) + Send + Sync>;

/// A program under control.
pub trait Engine: Send {
    /// What this engine can do.
    fn abilities(&self) -> Abilities;

    /// The modules that are loaded, by [`ModuleId`].
    fn modules(&self) -> &[LoadedModule];

    /// The instances, by [`InstanceId`].
    fn instances(&mut self) -> Result<Vec<Instance>>;

    /// The memories, by [`MemoryId`].
    fn memories(&mut self) -> Result<Vec<Memory>>;

    /// Why the program stands still now.
    fn stop(&self) -> &Stop;

    /// Goes on, and returns when the program stands still again.
    ///
    /// # Errors
    /// If the engine cannot go that way. The program is then where it was.
    fn resume(&mut self, how: Resume) -> Result<Stop>;

    /// What makes a running program stop, from another thread.
    fn interrupter(&self) -> Interrupter;

    /// Lets someone in whenever the program runs and an [`Interrupter`] has
    /// [knocked](Interrupter::knock).
    fn admit(&mut self, visitor: Visitor);

    /// Sets all breakpoints: those before are gone.
    ///
    /// # Errors
    /// [`EngineError::NoInstruction`] for the first where none begins; the
    /// breakpoints are then as before.
    fn set_breakpoints(&mut self, at: &BTreeSet<CodeAddress>) -> Result<()>;

    /// Sets all watchpoints: those before are gone.
    ///
    /// # Errors
    /// If the engine cannot watch.
    fn set_watchpoints(&mut self, watchpoints: &[Watchpoint]) -> Result<()>;

    /// The active calls, innermost first, `limit` at the most.
    fn frames(&mut self, limit: usize) -> Result<Vec<Frame>>;

    /// How many calls are active: as many as [`frames`](Self::frames) has
    /// without a limit.
    fn depth(&mut self) -> Result<usize>;

    /// The locals of a frame, parameters first.
    fn locals(&mut self, frame: usize) -> Result<Vec<Value>>;

    /// The operand stack of a frame, its bottom first.
    fn operands(&mut self, frame: usize) -> Result<Vec<Value>>;

    /// Sets a local of a frame.
    fn set_local(&mut self, frame: usize, index: u32, value: Value) -> Result<()>;

    /// A global of an instance.
    fn global(&mut self, instance: InstanceId, index: u32) -> Result<Value>;

    /// The function that is element `index` of an instance's first table: what a
    /// pointer to a function is, in languages that have those.
    fn table_function(&mut self, _instance: InstanceId, _index: u32) -> Result<(InstanceId, u32)> {
        Err(EngineError::Unsupported("what is in tables is not told".to_string()))
    }

    /// Sets a global of an instance, a constant one too where the engine can.
    fn set_global(&mut self, instance: InstanceId, index: u32, value: Value) -> Result<()>;

    /// What a struct or array holds: the fields or elements at these places.
    ///
    /// # Errors
    /// If the program has gone on since the object was shown.
    fn object(&mut self, object: ObjectId, _: Range<u32>) -> Result<Object> {
        Err(EngineError::NoSuch(format!("object {}", object.0)))
    }

    /// Fills `into` from a memory.
    fn read_memory(&mut self, memory: MemoryId, address: u64, into: &mut [u8]) -> Result<()>;

    /// Writes into a memory.
    fn write_memory(&mut self, memory: MemoryId, address: u64, bytes: &[u8]) -> Result<()>;

    /// Calls a function of the program while that is stopped. It runs to its
    /// end: a breakpoint in it does not stop it. Whatever it changes stays
    /// changed.
    ///
    /// # Errors
    /// If it traps; the program is then where it was.
    fn call(&mut self, instance: InstanceId, function: u32, arguments: &[Value]) -> Result<Vec<Value>>;

    /// How many instructions the program has executed, where the engine
    /// counts.
    fn instructions(&self) -> Option<u64>;
}

/// Takes a program to the engine that can do most for it, and stops it before
/// its first instruction: the interpreter runs core modules; wasmtime runs
/// components, and modules that use what the interpreter does not know.
///
/// # Errors
/// If the program cannot be loaded.
pub fn launch(
    name: &str,
    bytes: Bytes,
    options: &wasm_host::Options,
    limits: wasm_host::Limits,
) -> Result<Box<dyn Engine>> {
    let is_component = matches!(*bytes, [0, b'a', b's', b'm', _, _, 1, 0, ..]);
    let mut refusal = None;
    if !is_component {
        match Interpreted::launch(name, bytes.clone(), options, &limits) {
            Err(EngineError::Unsupported(_)) => {}
            // It may be what wasmtime knows and the interpreter has no name for.
            Err(invalid @ EngineError::Load(wasm_host::Error::Invalid(_))) => refusal = Some(invalid),
            launched => return Ok(Box::new(launched?)),
        }
    }
    match (Compiled::launch(name, &bytes, options.clone(), limits), refusal) {
        (Err(EngineError::Load(wasm_host::Error::Invalid(_))), Some(refusal)) => Err(refusal),
        (launched, _) => Ok(Box::new(launched?)),
    }
}

/// Makes a running engine stop, from another thread. Clones are the same.
#[derive(Clone)]
pub struct Interrupter {
    raised: Arc<AtomicBool>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Interrupter {
    /// One that raises a flag, and then does what `wake` does.
    pub fn new(raised: Arc<AtomicBool>, wake: impl Fn() + Send + Sync + 'static) -> Interrupter {
        Interrupter { raised, wake: Arc::new(wake) }
    }

    /// Asks the engine to stop. An engine that is not running stops at once
    /// when it is resumed.
    pub fn interrupt(&self) {
        self.raised.store(true, Ordering::Release);
        (self.wake)();
    }

    /// Lets the [`Visitor`] of a running engine in, soon; one that is not
    /// running does nothing.
    pub fn knock(&self) {
        (self.wake)();
    }
}

impl fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupter").field("raised", &self.raised).finish_non_exhaustive()
    }
}

impl Value {
    /// The name of its type.
    pub fn ty(&self) -> &'static str {
        match self {
            Value::I32(_) => "i32",
            Value::I64(_) => "i64",
            Value::F32(_) => "f32",
            Value::F64(_) => "f64",
            Value::V128(_) => "v128",
            Value::Reference(Reference::Function(_)) => "funcref",
            Value::Reference(Reference::Extern(_)) => "externref",
            Value::Reference(Reference::Exception) => "exnref",
            Value::Reference(Reference::I31(_)) => "i31ref",
            Value::Reference(Reference::Struct(_)) => "structref",
            Value::Reference(Reference::Array(_)) => "arrayref",
            Value::Reference(Reference::Missing) => "unknown",
            Value::Reference(Reference::Null | Reference::Object | Reference::Unset) => "ref",
        }
    }

    /// The value as the model of sources has it; references have none there.
    pub fn number(&self) -> Option<WasmValue> {
        Some(match *self {
            Value::I32(bits) => WasmValue::I32(bits),
            Value::I64(bits) => WasmValue::I64(bits),
            Value::F32(bits) => WasmValue::F32(bits),
            Value::F64(bits) => WasmValue::F64(bits),
            Value::V128(bits) => WasmValue::V128(bits),
            Value::Reference(_) => return None,
        })
    }

    /// Its bytes, the lowest first; of a reference none.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Value::I32(bits) | Value::F32(bits) => bits.to_le_bytes().to_vec(),
            Value::I64(bits) | Value::F64(bits) => bits.to_le_bytes().to_vec(),
            Value::V128(bits) => bits.to_le_bytes().to_vec(),
            Value::Reference(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::I32(bits) => write!(f, "{}", *bits as i32),
            Value::I64(bits) => write!(f, "{}", *bits as i64),
            Value::F32(bits) => write!(f, "{}", f32::from_bits(*bits)),
            Value::F64(bits) => write!(f, "{}", f64::from_bits(*bits)),
            Value::V128(bits) => write!(f, "{bits:#034x}"),
            Value::Reference(reference) => write!(f, "{reference}"),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Null => f.write_str("null"),
            Reference::Unset => f.write_str("not set yet"),
            Reference::Missing => f.write_str("not in the core dump"),
            Reference::Function(Some((_, index))) => write!(f, "function {index}"),
            Reference::Function(None) => f.write_str("a function"),
            Reference::Extern(number) => write!(f, "extern {number}"),
            Reference::Exception => f.write_str("an exception"),
            Reference::I31(number) => write!(f, "{number}"),
            Reference::Struct(_) => f.write_str("a struct"),
            Reference::Array(_) => f.write_str("an array"),
            Reference::Object => f.write_str("an object"),
        }
    }
}

impl Stop {
    /// What is to be said of the program, after its name.
    pub fn predicate(&self) -> String {
        match self {
            Stop::Entry | Stop::Step | Stop::Breakpoint | Stop::HistoryStart => format!("is stopped {self}"),
            Stop::Watchpoint(_) => format!("has {self}"),
            Stop::Interrupt => "was interrupted".to_string(),
            Stop::Trap(_) => format!("has trapped: {self}"),
            Stop::Exception { message } => format!("has an uncaught exception, {message}"),
            Stop::Exited(_) => format!("has {self}"),
            Stop::Dead => "was ended by a trap".to_string(),
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Entry => f.write_str("at its first instruction"),
            Stop::Step => f.write_str("after a step"),
            Stop::Breakpoint => f.write_str("at a breakpoint"),
            Stop::Watchpoint(touch) => {
                write!(f, "{} {:#x}", if touch.write { "written" } else { "read" }, touch.address)
            }
            Stop::Interrupt => f.write_str("interrupted"),
            Stop::Trap(trap) => f.write_str(&trap.message),
            Stop::Exception { message } => write!(f, "uncaught exception: {message}"),
            Stop::HistoryStart => f.write_str("at the beginning of what is recorded"),
            Stop::Exited(code) => write!(f, "exited with code {code}"),
            Stop::Dead => f.write_str("ended by a trap"),
        }
    }
}

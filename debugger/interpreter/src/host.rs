//! What the host implements: the functions that a program imports.
//!
//! A host function reaches the program's state only through its [`HostCall`],
//! which keeps account of every change. A host that records wraps another one
//! and reads the account afterwards; a host that replays makes the same changes.
//! A host function that wants to call back into the program returns
//! [`Action::Call`] and is called again with the results: nothing of a program
//! ever lies on the native stack, so that it can be stopped and looked at.

use crate::Value;
use crate::store::{ExceptionId, FunctionId, GlobalId, HostFunction, InstanceId, MemoryId, Store, TableId, TagId};
use crate::watch::Hit;
use std::ops::Range;
use std::sync::Arc;
use thiserror::Error;

/// The functions that a program imports.
pub trait Host {
    /// Does what the function does.
    ///
    /// # Errors
    /// To end the program, to trap, or to throw an exception.
    fn call(&mut self, call: &mut HostCall<'_>) -> Result<Action, HostError>;
}

/// A host that has no functions: each call is an error that names the import.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn call(&mut self, call: &mut HostCall<'_>) -> Result<Action, HostError> {
        let function = call.function();
        Err(HostError::Trap(format!("the host has no {}.{}", function.module, function.name)))
    }
}

impl<F: FnMut(&mut HostCall<'_>) -> Result<Action, HostError>> Host for F {
    fn call(&mut self, call: &mut HostCall<'_>) -> Result<Action, HostError> {
        self(call)
    }
}

/// What a host function wants to happen next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It returns these values.
    Return(Vec<Value>),
    /// It calls a function, and is called again when that has returned.
    Call {
        /// The function.
        function: FunctionId,
        /// Its arguments.
        arguments: Vec<Value>,
        /// Given back in [`Resumed`]: where the host function goes on.
        token: u64,
    },
}

/// How a function that the host called ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// As given in [`Action::Call`].
    pub token: u64,
    /// The results, or the exception that was thrown.
    pub outcome: Result<Vec<Value>, ExceptionId>,
}

/// How a host function can fail.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum HostError {
    /// It traps; the program stays at the call.
    #[error("{0}")]
    Trap(String),
    /// The program wants to end with this status.
    #[error("exit with status {0}")]
    Exit(i32),
    /// It throws.
    #[error("a host function threw an exception")]
    Throw(ExceptionId),
}

/// A change that a host function made to the program's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostChange {
    /// Bytes were written; what is there now can be read.
    Memory {
        /// The memory.
        memory: MemoryId,
        /// First byte.
        address: u64,
        /// Number of bytes.
        len: usize,
    },
    /// A memory was asked to grow.
    MemoryGrow {
        /// The memory.
        memory: MemoryId,
        /// By how many pages.
        delta: u64,
    },
    /// A global was set.
    Global {
        /// The global.
        global: GlobalId,
        /// To what.
        value: Value,
    },
    /// An element of a table was set.
    Table {
        /// The table.
        table: TableId,
        /// The element.
        index: u64,
        /// To what.
        value: Value,
    },
    /// An exception was made.
    Exception {
        /// Its tag.
        tag: TagId,
        /// Its values.
        values: Vec<Value>,
    },
}

/// One call of a host function.
#[derive(Debug)]
pub struct HostCall<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) function: FunctionId,
    pub(crate) host_function: Arc<HostFunction>,
    pub(crate) caller: Option<InstanceId>,
    pub(crate) arguments: &'a [Value],
    pub(crate) resumed: Option<&'a Resumed>,
    pub(crate) changes: Vec<HostChange>,
    /// Watched ranges as they were.
    pub(crate) watched: Vec<(MemoryId, Hit)>,
}

impl HostCall<'_> {
    /// What is called.
    #[must_use]
    pub fn function(&self) -> &HostFunction {
        &self.host_function
    }

    /// What is called, by its id.
    #[must_use]
    pub fn function_id(&self) -> FunctionId {
        self.function
    }

    /// The instance that calls; `None` if the debugger does.
    #[must_use]
    pub fn caller(&self) -> Option<InstanceId> {
        self.caller
    }

    /// The arguments.
    #[must_use]
    pub fn arguments(&self) -> &[Value] {
        self.arguments
    }

    /// What the function called has come to, if it called one.
    #[must_use]
    pub fn resumed(&self) -> Option<&Resumed> {
        self.resumed
    }

    /// All state, to look at.
    #[must_use]
    pub fn store(&self) -> &Store {
        self.store
    }

    /// What this call has changed so far.
    #[must_use]
    pub fn changes(&self) -> &[HostChange] {
        &self.changes
    }

    /// The calling instance's memory of this index.
    #[must_use]
    pub fn memory(&self, index: u32) -> Option<MemoryId> {
        match self.store.item(self.caller?, crate::ExportKind::Memory, index)? {
            crate::Extern::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// Bytes of a memory; `None` if they do not lie in it.
    #[must_use]
    pub fn read(&self, memory: MemoryId, address: u64, len: usize) -> Option<&[u8]> {
        self.store.memory(memory)?.read(address, len)
    }

    /// Writes to a memory; `false` if the range does not lie in it.
    #[must_use]
    pub fn write(&mut self, memory: MemoryId, address: u64, bytes: &[u8]) -> bool {
        self.slice_mut(memory, address, bytes.len()).map(|target| target.copy_from_slice(bytes)).is_some()
    }

    /// Bytes of a memory to write to; all of the range counts as changed.
    pub fn slice_mut(&mut self, memory: MemoryId, address: u64, len: usize) -> Option<&mut [u8]> {
        let target = self.store.memory_mut(memory)?;
        self.watched.extend(target.before_update(address, len).map(|hit| (memory, hit)));
        let slice = target.slice_mut(address, len)?;
        self.changes.push(HostChange::Memory { memory, address, len });
        Some(slice)
    }

    /// Lets `edit` write anywhere in a memory and say which ranges it wrote: for
    /// host functions that take all of a memory as bytes. `None` if there is no
    /// such memory.
    pub fn edit<R>(&mut self, memory: MemoryId, edit: impl FnOnce(&mut [u8]) -> (R, Vec<Range<usize>>)) -> Option<R> {
        let target = self.store.memory_mut(memory)?;
        let watched = target.before_update(0, target.bytes.len());
        let (result, written) = edit(&mut target.bytes);
        for range in written {
            // Only what lies in the memory can have been written.
            if target.slice_mut(range.start as u64, range.len()).is_some() {
                let (start, end) = (range.start as u64, range.end as u64);
                let touched =
                    watched.iter().filter(|hit| hit.address < end && start < hit.address + hit.old.len() as u64);
                self.watched.extend(touched.map(|hit| (memory, hit.clone())));
                self.changes.push(HostChange::Memory { memory, address: range.start as u64, len: range.len() });
            }
        }
        Some(result)
    }

    /// Grows a memory; returns the old size in pages, `None` if it cannot grow so far.
    pub fn grow(&mut self, memory: MemoryId, delta: u64) -> Option<u64> {
        self.changes.push(HostChange::MemoryGrow { memory, delta });
        self.store.memory_mut(memory)?.grow(delta)
    }

    /// Sets a global; `false` if there is none or the type differs.
    pub fn set_global(&mut self, global: GlobalId, value: Value) -> bool {
        self.changes.push(HostChange::Global { global, value });
        self.store.set_global(global, value)
    }

    /// Sets an element of a table; `false` if there is none or the type differs.
    pub fn table_set(&mut self, table: TableId, index: u64, value: Value) -> bool {
        self.changes.push(HostChange::Table { table, index, value });
        self.store.table_set(table, index, value)
    }

    /// Makes an exception to throw; `None` if the values are not those of the tag.
    pub fn new_exception(&mut self, tag: TagId, values: &[Value]) -> Option<ExceptionId> {
        self.changes.push(HostChange::Exception { tag, values: values.into() });
        self.store.new_exception(tag, values)
    }
}

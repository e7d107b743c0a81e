//! An interpreter for WebAssembly that works in place on the module's bytes: a
//! debugger's engine. Nothing is compiled, so that a program of any size stops
//! at its first operator at once; every state can be read and changed; a
//! snapshot holds all of it; operators are counted exactly.
//!
//! ```
//! use wasm_interpreter::{Event, Linker, Machine, Module, NoHost, Value};
//!
//! let bytes = wat::parse_str(
//!     r#"(module (func (export "double") (param i32) (result i32)
//!         local.get 0
//!         i32.const 2
//!         i32.mul))"#,
//! )?;
//! let mut machine = Machine::default();
//! let instance = machine.instantiate(&Module::new(bytes)?, &Linker::new())?;
//! let double = machine.store.exported_function(instance, "double").ok_or("no such export")?;
//!
//! machine.call(double, &[Value::I32(21)])?;
//! machine.step(&mut NoHost);
//! machine.step(&mut NoHost);
//! assert_eq!(machine.operands(0), Some(vec![Value::I32(21), Value::I32(2)]));
//! machine.set_operand(0, 1, Value::I32(10));
//! assert_eq!(machine.run(&mut NoHost), Event::Returned(vec![Value::I32(210)]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Module`]: decoded once, shared. A body is validated at its first call.
//! - [`Machine`]: a [`Store`] of instances and a call stack. [`Machine::call`]
//!   begins an activation, [`Machine::run`] and [`Machine::step`] go on to the
//!   next [`Event`].
//! - [`Host`]: the functions that a program imports, behind one method that
//!   keeps account of what they change, so that they can be recorded.
//! - [`Machine::frames`], [`Machine::locals`], [`Machine::operands`]: the call
//!   stack, readable and settable.
//! - [`Machine::add_breakpoint`], [`Machine::add_watchpoint`].
//! - [`Machine::snapshot`], [`Machine::restore`], [`Machine::state_hash`].
//!
//! It runs WebAssembly 2.0 with vectors (relaxed ones, too), and threads as one
//! thread sees them, tail calls, exceptions in both forms, multiple memories,
//! 64-bit memories and tables, extended constants and wide arithmetic. What it
//! lacks (garbage collection, typed function references, stack switching) it
//! refuses by name.
//!
//! Code position: a byte offset in the module's file, as DWARF has it plus the
//! code section's. Design after B. Titzer, "A fast in-place interpreter for
//! WebAssembly" (OOPSLA 2022).

mod breakpoints;
mod const_expr;
mod error;
mod host;
mod inspect;
mod instantiate;
mod machine;
mod memory;
mod module;
mod ops;
mod side_table;
mod snapshot;
mod store;
mod value;
mod watch;

pub use error::{InstantiateError, ModuleError, Trap};
pub use host::{Action, Host, HostCall, HostChange, HostError, NoHost, Resumed};
pub use inspect::{FrameView, Position};
pub use instantiate::Linker;
pub use machine::{CallError, Event, Interrupt, Machine};
pub use memory::{Memory, WASM_PAGE};
pub use module::{Export, ExportKind, ExternType, GlobalType, Import, MemoryType, Module, TableType};
pub use snapshot::{RestoreError, Snapshot};
pub use store::{
    ExceptionId, Extern, FunctionId, GlobalId, HostFunction, InstanceId, Limits, MemoryId, Store, TableId, TagId,
};
pub use value::{FunctionType, Value, ValueType};
pub use watch::{Access, WatchHit, WatchKind, WatchpointId};

//! wasmtime set up once for everyone who runs WebAssembly here: WASI preview 1
//! and 2, directories, arguments, streams, limits, the imports of the crate
//! `wasm`, and traps as typed errors.
//!
//! ```
//! use wasm_host::{Options, Output, Pipe, Program};
//!
//! let bytes = wat::parse_str(r#"(module
//!     (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
//!     (memory (export "memory") 1)
//!     (func (export "_start") (call $exit (i32.const 3))))"#)?;
//! let program = Program::load(&bytes)?;
//! let stdout = Pipe::new();
//! let exit = program.run(&Options { stdout: Output::Pipe(stdout.clone()), ..Options::default() })?;
//! assert_eq!(exit.code, 3);
//! assert!(stdout.contents().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing of the machine is given to a program unless [`Options`] names it: no
//! directory, no variable, no network.
//!
//! Runs block the calling thread, and must not be called on a thread that
//! drives an async runtime.

mod component;
mod error;
mod imports;
mod module;
mod options;
mod sink;
mod state;

pub use error::{Error, Frame, Trap};
pub use imports::{Answer, Ended, Import, Imports, Number};
pub use module::value_text;
pub use options::{Dir, Input, Invoke, Limits, Options, Output, Pipe};
pub use sink::Sink;
pub use state::State;
/// Why a program trapped, as wasmtime names it.
pub use wasmtime::Trap as TrapCode;

use std::sync::mpsc;
use std::time::Duration;
use wasmtime::{Config, Engine, Store, WasmBacktraceDetails};

/// A program, compiled for this machine; it can be run any number of times.
pub struct Program {
    engine: Engine,
    limits: Limits,
    code: Code,
}

/// What was compiled.
#[derive(Clone)]
pub enum Code {
    /// A core module.
    Module(wasmtime::Module),
    /// A component.
    Component(wasmtime::component::Component),
}

/// How a program ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code, 0 if all went well.
    pub code: i32,
}

impl Program {
    /// Compiles a module or component that may run as long as it likes.
    ///
    /// # Errors
    /// If the bytes are no WebAssembly binary, or not a valid one.
    pub fn load(bytes: &[u8]) -> Result<Program, Error> {
        Program::load_limited(bytes, Limits::default())
    }

    /// Compiles a module or component; `limits` hold in each run.
    ///
    /// # Errors
    /// As [`Program::load`].
    pub fn load_limited(bytes: &[u8], limits: Limits) -> Result<Program, Error> {
        Program::compile(bytes, limits, &config(&limits))
    }

    /// Compiles a module or component so that its store can be debugged, and
    /// interrupted by epochs; see [`Program::run_attached`].
    ///
    /// # Errors
    /// As [`Program::load`].
    pub fn load_for_debugging(bytes: &[u8], limits: Limits) -> Result<Program, Error> {
        let mut config = config(&limits);
        config.guest_debug(true).epoch_interruption(true);
        Program::compile(bytes, limits, &config)
    }

    fn compile(bytes: &[u8], limits: Limits, config: &Config) -> Result<Program, Error> {
        let is_component = match bytes {
            [0, b'a', b's', b'm', _, _, layer, 0, ..] => *layer == 1,
            _ => return Err(Error::NotWasm),
        };
        let engine = Engine::new(config).map_err(Error::engine)?;
        let compile = || match is_component {
            true => wasmtime::component::Component::from_binary(&engine, bytes).map(Code::Component),
            false => wasmtime::Module::from_binary(&engine, bytes).map(Code::Module),
        };
        // An engine whose compiler has panicked is not used again.
        let compiled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(compile));
        let code = compiled.map_err(Error::compiler)?.map_err(Error::invalid)?;
        Ok(Program { engine, limits, code })
    }

    /// Runs the program from its entry point to its end: `_start`, else `main`,
    /// of a module (after `_initialize`, if it has that), or `wasi:cli/run` of
    /// a component.
    ///
    /// # Errors
    /// If it imports what is not there, has no entry point, or traps.
    pub fn run(&self, options: &Options) -> Result<Exit, Error> {
        self.run_attached(options, |_| Ok(()))
    }

    /// As [`run`](Self::run), but `attach` gets the store first, before
    /// anything of the program is executed in it.
    ///
    /// # Errors
    /// As [`run`](Self::run), or what `attach` says.
    pub fn run_attached(
        &self,
        options: &Options,
        attach: impl FnOnce(&mut Store<State>) -> wasmtime::Result<()>,
    ) -> Result<Exit, Error> {
        let _deadline = self.limits.time.map(|time| Deadline::start(&self.engine, time));
        let mut store = Store::new(&self.engine, State::new(options, &self.limits)?);
        store.limiter(State::limits);
        if let Some(fuel) = self.limits.fuel {
            store.set_fuel(fuel).map_err(Error::engine)?;
        }
        if self.limits.time.is_some() {
            store.set_epoch_deadline(1);
        }
        attach(&mut store).map_err(Error::engine)?;
        let run = async {
            match &self.code {
                Code::Module(module) => module::run(&mut store, module, options).await,
                Code::Component(component) => component::run(&mut store, component, options).await,
            }
        };
        let mut ended = pollster::block_on(run).map(|code| Exit { code });
        if options.core_dump
            && let Err(Error::Trap(trap)) = &mut ended
        {
            let name = options.args.first().map_or("", String::as_str);
            trap.core_dump = trap.dump.as_ref().map(|dump| dump.serialize(&mut store, name));
        }
        ended
    }

    /// The engine that the program was compiled by.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What was compiled.
    pub fn code(&self) -> &Code {
        &self.code
    }
}

fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        // Only where it trapped and what there is are noted; the bytes are read when a dump is asked for.
        .coredump_on_trap(true)
        .consume_fuel(limits.fuel.is_some())
        .epoch_interruption(limits.time.is_some())
        .wasm_exceptions(true)
        .wasm_gc(true)
        .shared_memory(true);
    config
}

/// Ends runs of an engine after a time, unless it is dropped before.
struct Deadline {
    _ended: mpsc::Sender<()>,
}

impl Deadline {
    fn start(engine: &Engine, time: Duration) -> Deadline {
        let (ended, wait) = mpsc::channel::<()>();
        let engine = engine.clone();
        std::thread::spawn(move || {
            if wait.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        });
        Deadline { _ended: ended }
    }
}

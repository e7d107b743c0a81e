//! Why a program did not run to its end.

use std::fmt;
use std::path::PathBuf;
use wasmtime::WasmBacktrace;

/// Why a program could not be loaded, or did not end by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes do not begin as a WebAssembly binary does.
    #[error("this is no WebAssembly binary (it does not begin with \\0asm)")]
    NotWasm,
    /// The binary is damaged, or uses what wasmtime does not know.
    #[error("the binary is not valid: {0}")]
    Invalid(String),
    /// wasmtime's compiler gave up, by a panic: on some modules it does.
    #[error("wasmtime's compiler fails on this program ({0}); the program may be sound: report it to wasmtime")]
    Compiler(String),
    /// The program imports what is not given here.
    #[error("the program imports what is not there: {}", .0.join(", "))]
    MissingImports(Vec<String>),
    /// There is nothing to run.
    #[error("nothing to run: the program has no {wanted}{}", exported(.exports))]
    NoEntry {
        /// The entry point that was looked for.
        wanted: String,
        /// The functions that there are.
        exports: Vec<String>,
    },
    /// The function that is to be called cannot be called so.
    #[error("cannot call `{function}`: {reason}")]
    Invoke {
        /// The function.
        function: String,
        /// Why.
        reason: String,
    },
    /// A directory to be given to the program cannot be opened.
    #[error("cannot open the directory {}: {reason}", .path.display())]
    Dir {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The program trapped.
    #[error(transparent)]
    Trap(#[from] Trap),
    /// wasmtime cannot work here.
    #[error("wasmtime: {0}")]
    Engine(String),
}

fn exported(names: &[String]) -> String {
    match names {
        [] => " and exports no function".to_string(),
        names => format!("; it exports {}", names.join(", ")),
    }
}

/// A trap: the program did what WebAssembly or the host forbids.
#[derive(Debug, Default)]
pub struct Trap {
    /// The kind, if it was an instruction that trapped (not a host function).
    pub code: Option<wasmtime::Trap>,
    /// What happened, in words.
    pub message: String,
    /// Where, the innermost call first; inlined calls have a frame of their own.
    pub frames: Vec<Frame>,
    /// What is left of the program, as a file (tool conventions' Coredump.md),
    /// if [`Options::core_dump`](crate::Options::core_dump) asks for it.
    pub core_dump: Option<Vec<u8>>,
    /// The same, before it is written.
    pub(crate) dump: Option<Box<wasmtime::WasmCoreDump>>,
}

/// A call that was active when a program trapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The index of the function in its module.
    pub function_index: u32,
    /// Its name, demangled, if the binary tells one.
    pub function: Option<String>,
    /// The offset of the instruction in the module, in bytes.
    pub offset: Option<usize>,
    /// The source, where the binary has debug information: file, line (from
    /// 1), column (from 1).
    pub source: Option<(String, u32, u32)>,
}

impl std::error::Error for Trap {}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        for frame in &self.frames {
            write!(f, "\n  at {frame}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            Some(name) => f.write_str(name)?,
            None => write!(f, "function {}", self.function_index)?,
        }
        match (&self.source, self.offset) {
            (Some((file, line, column)), _) => write!(f, " ({file}:{line}:{column})"),
            (None, Some(offset)) => write!(f, " (offset {offset:#x})"),
            (None, None) => Ok(()),
        }
    }
}

impl Error {
    pub(crate) fn invalid(error: wasmtime::Error) -> Error {
        Error::Invalid(chain(&error))
    }

    pub(crate) fn compiler(panic: Box<dyn std::any::Any + Send>) -> Error {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Error::Compiler(said.unwrap_or("it does not say why").to_string())
    }

    pub(crate) fn engine(error: wasmtime::Error) -> Error {
        Error::Engine(chain(&error))
    }

    /// The end of a run that was no return: an exit code or a trap.
    pub(crate) fn ended(error: wasmtime::Error) -> Result<i32, Error> {
        if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
            return Ok(exit.0);
        }
        let code = error.downcast_ref::<wasmtime::Trap>().copied();
        let message = match code {
            Some(wasmtime::Trap::UnreachableCodeReached) => {
                "trap: unreachable code was reached (in Rust: a panic or an abort)".to_string()
            }
            Some(wasmtime::Trap::OutOfFuel) => "stopped: the fuel is used up".to_string(),
            Some(wasmtime::Trap::Interrupt) => "stopped: the time is over".to_string(),
            Some(code) => format!("trap: {}", code.to_string().trim_start_matches("wasm trap: ")),
            None => format!("trap: {}", error.root_cause()),
        };
        let frames = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
        let dump = error.downcast::<wasmtime::WasmCoreDump>().ok().map(Box::new);
        Err(Error::Trap(Trap { code, message, frames, core_dump: None, dump }))
    }
}

fn chain(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn frames(trace: &WasmBacktrace) -> Vec<Frame> {
    let mut all = Vec::new();
    for info in trace.frames() {
        let frame = Frame {
            function_index: info.func_index(),
            function: info.func_name().map(demangled),
            offset: info.module_offset(),
            source: None,
        };
        if info.symbols().is_empty() {
            all.push(frame);
            continue;
        }
        for symbol in info.symbols() {
            all.push(Frame {
                function: symbol.name().map(demangled).or_else(|| frame.function.clone()),
                source: symbol.file().map(|file| {
                    (file.to_string(), symbol.line().unwrap_or_default(), symbol.column().unwrap_or_default())
                }),
                ..frame.clone()
            });
        }
    }
    all
}

fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

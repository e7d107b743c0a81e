//! A program that is debugged at the level of its source: breakpoints by
//! function and line, steps by line, back traces with inlined calls.
//!
//! Every front end that has no debugger behind it (the prompt, DAP) works on a
//! session; a gdb or LLDB has its own and drives the engine itself.

mod hits;
mod inlined;
mod motion;
mod panic;
mod watches;

use std::collections::BTreeSet;
use std::fmt;

pub use hits::HitCondition;
pub use panic::Tail;
pub use watches::{Scope, Watch};

use crate::code::{Code, Place};
use crate::engine::{CodeAddress, Engine, EngineError, Frame, LoadedModule, ModuleId, Stop, WasmFrame};
use crate::expression::{Condition, Handle};

/// How many frames are read at the most.
pub const MAX_FRAMES: usize = 100_000;

/// A program under control, with what is known of its source.
pub struct Session<'m> {
    /// The engine that runs it.
    pub engine: Box<dyn Engine>,
    /// The code of its modules, by [`ModuleId`].
    pub code: Vec<Code<'m>>,
    breakpoints: Vec<Breakpoint>,
    watches: Vec<Watch>,
    next_breakpoint: u32,
    /// The innermost call that is shown of the innermost frame: those that
    /// begin at the very instruction are left out as long as nobody has gone
    /// into them.
    inlined_at: usize,
    /// Where log points write.
    pub log: Box<dyn FnMut(String)>,
    /// What the program has said last on its standard error, if that is kept.
    pub stderr: Option<Tail>,
    /// The values that were shown, which have numbers.
    pub(crate) history: Vec<Handle>,
    /// What memory was at the last `wasm mem diff`.
    pub(crate) before: Option<memviz::snapshot::Snapshot>,
}

/// Where a user wants the program to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A line of a source file, by its path or the end of that.
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u32,
    },
    /// A function by its name or the end of that.
    Function(String),
    /// An instruction by its offset in its module's file.
    Instruction(CodeAddress),
}

/// A breakpoint, as a user set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakpoint {
    /// Its number, from 1.
    pub number: u32,
    /// What was asked for.
    pub location: Location,
    /// Where it is.
    pub addresses: Vec<CodeAddress>,
    /// Which inlined call each of them is shown in, 0 the innermost.
    pub inlined_at: Vec<usize>,
    /// Whether it stops the program.
    pub enabled: bool,
    /// Whether it is gone after it has stopped the program once.
    pub temporary: bool,
    /// An expression that must be true for it to stop.
    pub condition: Option<Condition>,
    /// Which of the times that it is reached count.
    pub hit_condition: Option<HitCondition>,
    /// What is logged instead of stopping; what stands in braces is evaluated.
    pub message: Option<String>,
    /// How many times it is still passed by.
    pub ignore: u64,
    /// How often it was reached with its condition true.
    pub hits: u64,
}

/// How to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Until something stops it.
    Continue,
    /// By one instruction.
    Instruction,
    /// By one instruction, and over calls.
    InstructionOver,
    /// To another line, also in a function that is called.
    Line,
    /// To another line, and over calls.
    LineOver,
    /// Until the function of this frame returns.
    Out,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// As the program runs.
    Forward,
    /// Back.
    Reverse,
}

/// Why a session stopped.
#[derive(Clone, Debug, PartialEq)]
pub enum Halt {
    /// For the engine's reason.
    Engine(Stop),
    /// At breakpoints, by number.
    Breakpoints(Vec<u32>),
    /// The call has returned whose variable was watched: this watch is gone.
    Unwatched(Watch),
    /// It has gone as far as it was told.
    Moved,
}

/// A call in a back trace: of a function of the source, inlined ones too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The engine's frame that it belongs to.
    pub frame: usize,
    /// Which of that frame's inlined calls, 0 the innermost.
    pub inlined_at: usize,
    /// Whether it was inlined into the next one.
    pub inlined: bool,
    /// The function's name.
    pub function: String,
    /// Where it is in the source.
    pub place: Option<Place>,
    /// Where it is in the module; nothing for a host's function.
    pub wasm: Option<WasmFrame>,
}

/// Why a session did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The engine did not.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no such place in the program.
    #[error("{0}")]
    NoLocation(String),
    /// A condition cannot be evaluated.
    #[error("the condition of breakpoint {number}: {reason}")]
    Condition {
        /// The breakpoint.
        number: u32,
        /// Why.
        reason: String,
    },
}

/// What a session answers with.
pub type Result<T, E = SessionError> = std::result::Result<T, E>;

impl<'m> Session<'m> {
    /// A session over an engine, whose modules are `modules`.
    pub fn new(engine: Box<dyn Engine>, modules: &'m [LoadedModule]) -> Session<'m> {
        Session {
            engine,
            code: modules.iter().map(|module| Code::open(&module.bytes)).collect(),
            breakpoints: Vec::new(),
            watches: Vec::new(),
            next_breakpoint: 1,
            inlined_at: 0,
            log: Box::new(log_to_stderr),
            stderr: None,
            history: Vec::new(),
            before: None,
        }
    }

    /// What is to be said when a session begins: of the modules without debug
    /// information what took it away; those of which the same is to be said
    /// together. Nothing if the largest has it: the others are what tools add.
    pub fn notices(&self) -> Vec<String> {
        let mut named: Vec<(String, Vec<&str>)> = Vec::new();
        let main = self.engine.modules().iter().max_by_key(|module| module.bytes.len());
        if main.is_some_and(|main| crate::lost::notice(&main.bytes).is_none()) {
            return Vec::new();
        }
        for module in self.engine.modules() {
            let Some(notice) = crate::lost::notice(&module.bytes) else { continue };
            match named.iter_mut().find(|(known, _)| *known == notice) {
                Some((_, names)) => names.push(&module.name),
                None => named.push((notice, vec![&module.name])),
            }
        }
        named.into_iter().map(|(notice, names)| format!("{}: {notice}", names.join(", "))).collect()
    }

    /// Where a location is.
    ///
    /// # Errors
    /// If there is no such function or line, or nothing is known of lines.
    pub fn resolve(&self, location: &Location) -> Result<Vec<CodeAddress>> {
        let modules = || self.code.iter().zip(0..).map(|(code, id)| (code, ModuleId(id)));
        let mut found = Vec::new();
        match location {
            Location::Instruction(address) => {
                let code = self.code.get(address.module.0 as usize);
                let start = code.and_then(|code| code.instruction_from(address.offset));
                if start != Some(address.offset) {
                    return Err(EngineError::NoInstruction(*address).into());
                }
                found.push(*address);
            }
            Location::Function(name) => {
                for (code, module) in modules() {
                    found.extend(code.entries_named(name).into_iter().map(|offset| CodeAddress { module, offset }));
                }
                if found.is_empty() {
                    return Err(SessionError::NoLocation(format!("there is no function `{name}`")));
                }
            }
            Location::Line { file, line } => {
                let lines = modules().filter_map(|(code, module)| Some((module, code.line_starts(file, *line)?)));
                let all: Vec<(ModuleId, (u32, Vec<u32>))> = lines.collect();
                let nearest = all.iter().map(|(_, (line, _))| *line).min();
                for (module, (line, starts)) in all {
                    if Some(line) == nearest {
                        found.extend(starts.into_iter().map(|offset| CodeAddress { module, offset }));
                    }
                }
                if found.is_empty() {
                    return Err(SessionError::NoLocation(match self.code.iter().any(Code::has_lines) {
                        true => format!("no code stems from line {line} of {file} or below"),
                        false => "the program has no lines: it was built without debug information, or lost it".into(),
                    }));
                }
            }
        }
        Ok(found)
    }

    /// Sets a breakpoint, and gives it its number.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve), if the condition cannot be read, or if the
    /// engine refuses the place.
    pub fn set_breakpoint(&mut self, location: Location, condition: Option<String>, temporary: bool) -> Result<u32> {
        let addresses = self.resolve(&location)?;
        let number = self.next_breakpoint;
        let condition = condition.as_deref().map(Condition::parse).transpose();
        let condition = condition.map_err(|error| SessionError::Condition { number, reason: error.to_string() })?;
        let inlined_at = addresses.iter().map(|address| self.shown_at(&location, *address)).collect();
        self.breakpoints.push(Breakpoint {
            number,
            location,
            addresses,
            inlined_at,
            enabled: true,
            temporary,
            condition,
            hit_condition: None,
            message: None,
            ignore: 0,
            hits: 0,
        });
        if let Err(error) = self.arm(&[]) {
            self.breakpoints.pop();
            return Err(error);
        }
        self.next_breakpoint += 1;
        Ok(number)
    }

    /// Removes a breakpoint; `false` if there is none with this number.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn remove_breakpoint(&mut self, number: u32) -> Result<bool> {
        let before = self.breakpoints.len();
        self.breakpoints.retain(|breakpoint| breakpoint.number != number);
        self.arm(&[])?;
        Ok(self.breakpoints.len() < before)
    }

    /// The breakpoints, by number.
    pub fn breakpoints(&self) -> &[Breakpoint] {
        &self.breakpoints
    }

    /// A breakpoint, to change it; [`arm`](Self::arm) afterwards if it was
    /// enabled or disabled.
    pub fn breakpoint_mut(&mut self, number: u32) -> Option<&mut Breakpoint> {
        self.breakpoints.iter_mut().find(|breakpoint| breakpoint.number == number)
    }

    /// Tells the engine of the breakpoints, and of `more` that nobody sees.
    ///
    /// # Errors
    /// If the engine refuses a place.
    pub fn arm(&mut self, more: &[CodeAddress]) -> Result<()> {
        let enabled = self.breakpoints.iter().filter(|breakpoint| breakpoint.enabled);
        let ends = self.watches.iter().filter_map(|watch| Some(watch.scope.as_ref()?.back));
        let all: BTreeSet<CodeAddress> =
            enabled.flat_map(|breakpoint| &breakpoint.addresses).chain(more).copied().chain(ends).collect();
        match self.engine.set_breakpoints(&all) {
            // They are for the next run.
            Ok(()) | Err(EngineError::Ended) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The innermost frame of the program.
    ///
    /// # Errors
    /// If the program has ended.
    pub fn top(&mut self) -> Result<WasmFrame> {
        // Of the two innermost one is the program's; mostly the first.
        for limit in [1, 2] {
            if let Some(Frame::Wasm(frame)) = self.engine.frames(limit)?.pop() {
                return Ok(frame);
            }
        }
        Err(EngineError::Ended.into())
    }

    /// The code of a module.
    pub fn code(&self, module: ModuleId) -> Option<&Code<'m>> {
        self.code.get(module.0 as usize)
    }

    /// The back trace, innermost call first, with inlined calls.
    ///
    /// # Errors
    /// If the program has ended.
    pub fn back_trace(&mut self, limit: usize) -> Result<Vec<Call>> {
        let mut calls = Vec::new();
        let frames = self.engine.frames(limit)?;
        for (frame, described) in frames.into_iter().enumerate() {
            match described {
                Frame::Host { name } => calls.push(Call {
                    frame,
                    inlined_at: 0,
                    inlined: false,
                    function: format!("[{name}]"),
                    place: None,
                    wasm: None,
                }),
                Frame::Wasm(wasm) => self.expand(frame, wasm, &mut calls),
            }
        }
        Ok(calls)
    }

    /// The calls that one frame stands for.
    fn expand(&self, frame: usize, wasm: WasmFrame, calls: &mut Vec<Call>) {
        let Some(code) = self.code(wasm.pc.module) else { return };
        let described = code.source().map(|source| (source, source.frames_at(look_up(frame, &wasm)))).unzip();
        let (Some(source), Some(frames)) = described else {
            return calls.push(self.plain(frame, wasm));
        };
        if frames.is_empty() {
            return calls.push(self.plain(frame, wasm));
        }
        let last = frames.len() - 1;
        let first = if frame == 0 { self.inlined_at.min(last) } else { 0 };
        for (inlined_at, call) in frames.into_iter().enumerate().skip(first) {
            let qualified = call.function.and_then(|function| source.qualified_name(function));
            let place = call
                .file
                .zip(call.line)
                .and_then(|(file, line)| Some(Place { path: source.path(file)?, line, column: call.column }));
            calls.push(Call {
                frame,
                inlined_at,
                inlined: inlined_at < last,
                function: qualified.unwrap_or_else(|| code.function_name(wasm.function)),
                place,
                wasm: Some(wasm),
            });
        }
    }

    fn plain(&self, frame: usize, wasm: WasmFrame) -> Call {
        let name = self.code(wasm.pc.module).map(|code| code.function_name(wasm.function));
        Call { frame, inlined_at: 0, inlined: false, function: name.unwrap_or_default(), place: None, wasm: Some(wasm) }
    }
}

/// The byte of code that says where a frame is: of a caller one of its call.
pub(crate) fn look_up(frame: usize, wasm: &WasmFrame) -> u32 {
    if frame == 0 { wasm.pc.offset } else { wasm.pc.offset.saturating_sub(1) }
}

/// Where log points write if nobody listens.
pub(crate) fn log_to_stderr(line: String) {
    eprintln!("{line}");
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Line { file, line } => write!(f, "{file}:{line}"),
            Location::Function(name) => f.write_str(name),
            Location::Instruction(address) => write!(f, "*{:#x}", address.offset),
        }
    }
}

//! The commands of every prompt: `mem map`, `mem heap`, … A line is parsed first, then answered from a [`State`]; what
//! needs an engine or a file ([`Command::Watch`], [`Command::Save`]) is handed back to the caller.
//!
//! ```
//! use memviz::commands::{Answer, Command, Context};
//! use memviz::{Program, State};
//!
//! let module = wat::parse_str("(module (memory 1) (data (i32.const 1024) \"hello\"))")?;
//! let program = Program::new(&wasm_binary::Map::parse(&module)?, None);
//! let mut memory = vec![0; 65536];
//! memory[1024..1029].copy_from_slice(b"hello");
//! let context = Context::new(State::new(&program, &memory));
//! let Answer::Text(text) = Command::parse("mem find text:hello")?.answer(&context)? else { unreachable!() };
//! assert_eq!(text, "0x00000400  data segment 0+0x0\n1 hit\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod line;
mod place;

use std::ops::Range;

use wasm_source::Source;

use self::line::{Line, words};
pub use self::place::{Place, Span};
use crate::draw::{self, Charset, Grid, Style};
use crate::find::{Pattern, PatternError};
use crate::heap::BlockState;
use crate::layout::{Layout, State};
use crate::snapshot::Snapshot;
use crate::{Difference, Heat, TypeIndex, count_types, find, leaks, leaks_by_type, overlay};

/// What all commands print for `mem help`.
pub const HELP: &str = "\
mem visualize [RANGE] [--cell BYTES] [--svg]   the memory as a grid, and its legend
mem map [--symbols]                            the parts of the memory, with their bounds
mem heap [--blocks|--live|--free] [--largest N]
                                               each allocator in numbers; its blocks
mem find PATTERN [RANGE] [--align N]           text, \"text\", hex:de ad, u32:7, i64:-1, f64:0.5, …
mem diff                                       what changed since the last stop or the snapshot
mem leaks                                      live blocks that nothing points to, by type
mem types                                      live blocks by type (DWARF)
mem show TYPE ADDRESS                          a structure's fields and padding (DWARF)
mem dump RANGE|ADDRESS                         bytes, characters, owners
mem watch ADDRESS [LENGTH] [--read|--access]   stop where it is written, read, or either
mem save FILE                                  a snapshot
ADDRESS: 0x400, 1024, a variable, $sp, each with +N or -N; *ADDRESS: where the pointer there leads
RANGE: ADDRESS..ADDRESS, ADDRESS LENGTH, a variable, stack, data, heap
with each: --memory N, --limit N, --width N, --ascii, --color, --no-color
";

/// A command that was read from a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The page grid.
    Visualize {
        /// What of the memory; all without it.
        range: Option<Span>,
        /// Bytes of a cell; what fits without it.
        cell_bytes: Option<u64>,
        /// As SVG.
        svg: bool,
        /// The common options.
        options: Options,
    },
    /// The table of bands.
    Map {
        /// With the variables in each.
        symbols: bool,
        /// The common options.
        options: Options,
    },
    /// The heaps.
    Heap {
        /// A list of blocks instead of numbers: all, or those of a state.
        blocks: Option<Option<BlockState>>,
        /// How many of the largest live blocks.
        largest: usize,
        /// The common options.
        options: Options,
    },
    /// Search.
    Find {
        /// For what.
        pattern: Pattern,
        /// Where; everywhere without it.
        range: Option<Span>,
        /// The common options.
        options: Options,
    },
    /// What changed since [`Context::before`].
    Diff {
        /// The common options.
        options: Options,
    },
    /// Leak candidates.
    Leaks {
        /// The common options.
        options: Options,
    },
    /// Live blocks by type.
    Types {
        /// The common options.
        options: Options,
    },
    /// A type laid over an address.
    Show {
        /// The type's name.
        ty: String,
        /// Where.
        address: Place,
        /// The common options.
        options: Options,
    },
    /// A hexdump.
    Dump {
        /// Which part.
        range: Span,
        /// The common options.
        options: Options,
    },
    /// Stop at an access: the caller does it.
    Watch {
        /// From where.
        address: Place,
        /// How many bytes; a variable's size without it.
        length: Option<u64>,
        /// At which accesses.
        access: Access,
        /// The common options.
        options: Options,
    },
    /// Save a snapshot: the caller does it.
    Save {
        /// The file's name.
        file: String,
    },
    /// The list of commands.
    Help,
}

/// Which accesses a watchpoint stops at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Writes.
    Write,
    /// Reads.
    Read,
    /// Both.
    Any,
}

/// What all commands can be told.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Options {
    /// Which memory.
    pub memory: Option<u32>,
    /// How many lines of a list.
    pub limit: Option<usize>,
    /// Columns.
    pub width: Option<usize>,
    /// ASCII only.
    pub ascii: bool,
    /// Colours or none; as the caller likes without it.
    pub color: Option<bool>,
}

/// What a command is answered from.
#[derive(Clone, Copy)]
pub struct Context<'a, 's> {
    /// The memory that is asked about; [`Context::memories`] has the others.
    pub state: State<'a>,
    /// The program's memories by index, for `--memory`.
    pub memories: &'a [&'a dyn crate::MemoryRead],
    /// The program's DWARF.
    pub source: Option<&'a Source<'s>>,
    /// An earlier moment, for `diff`.
    pub before: Option<&'a Snapshot>,
    /// What changed, for `visualize`.
    pub heat: Option<&'a Heat>,
    /// Values that are known to be in use, for `leaks`: locals and operands of all frames.
    pub roots: &'a [u64],
    /// How to draw.
    pub style: Style,
}

/// What a command gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Text to show, with an end of line.
    Text(String),
    /// Set a watchpoint.
    Watch {
        /// Which memory.
        memory: u32,
        /// Which addresses.
        range: Range<u64>,
        /// At which accesses.
        access: Access,
    },
    /// Save a snapshot to this file.
    Save(String),
}

/// Why a command can't be read or answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No such command.
    #[error("no command `mem {0}`; `mem help` lists them")]
    Unknown(String),
    /// An option that the command does not have.
    #[error("`mem {command}` has no option {option}")]
    Option {
        /// The command.
        command: String,
        /// The option.
        option: String,
    },
    /// Something is missing.
    #[error("`mem {command}` needs {what}")]
    Missing {
        /// The command.
        command: String,
        /// What.
        what: &'static str,
    },
    /// A word too much.
    #[error("`mem {command}` does not understand `{word}`")]
    Word {
        /// The command.
        command: String,
        /// The word.
        word: String,
    },
    /// Not a number.
    #[error("`{0}` is no number")]
    Number(String),
    /// A quote without its other half.
    #[error("a quote is not closed")]
    Quote,
    /// A pattern that can't be.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// No such variable.
    #[error("no variable `{0}` at a fixed address is known{1}")]
    Symbol(String, &'static str),
    /// No such memory.
    #[error("the program has no memory {0}")]
    Memory(u32),
    /// The stack pointer is not known.
    #[error("the stack pointer is not known")]
    StackPointer,
    /// No such part.
    #[error("the memory has no {0} that is known")]
    Band(&'static str),
    /// No DWARF.
    #[error(
        "the module has no DWARF: build it with debug information, and keep that (`-g`, no strip, no wasm-opt without -g)"
    )]
    NoDwarf,
    /// No such type.
    #[error("no type `{0}` is known")]
    Type(String),
    /// Nothing to compare with.
    #[error("nothing to compare with yet: there is no earlier stop, and no snapshot was opened")]
    NoBefore,
    /// Outside of the memory.
    #[error("{0:#x} lies outside of the memory")]
    Outside(u64),
}

impl<'a, 's> Context<'a, 's> {
    /// A context with nothing but a memory.
    pub fn new(state: State<'a>) -> Context<'a, 's> {
        Context { state, memories: &[], source: None, before: None, heat: None, roots: &[], style: Style::default() }
    }
}

impl Command {
    /// Reads a command; the word `mem` at the start may be left out.
    ///
    /// # Errors
    /// If it is none, with what is wrong.
    pub fn parse(line: &str) -> Result<Command, CommandError> {
        let mut words = words(line)?;
        if words.first().is_some_and(|word| word == "wasm") {
            words.remove(0);
        }
        if words.first().is_some_and(|word| word == "mem") {
            words.remove(0);
        }
        let Some(name) = words.first().cloned() else { return Ok(Command::Help) };
        // Unambiguous beginnings will do.
        const NAMES: [&str; 12] =
            ["visualize", "map", "heap", "find", "diff", "leaks", "types", "show", "dump", "watch", "save", "help"];
        let matching: Vec<&str> = NAMES.into_iter().filter(|known| known.starts_with(&name)).collect();
        let [command] = matching.as_slice() else { return Err(CommandError::Unknown(name)) };
        let mut line = Line { command, words: words.split_off(1), options: Options::default() };
        line.common()?;
        let parsed = line.command()?;
        match line.words.first() {
            Some(option) if option.starts_with("--") => {
                Err(CommandError::Option { command: command.to_string(), option: option.clone() })
            }
            Some(word) => Err(CommandError::Word { command: command.to_string(), word: word.clone() }),
            None => Ok(parsed),
        }
    }

    fn options(&self) -> Options {
        match self {
            Command::Visualize { options, .. }
            | Command::Map { options, .. }
            | Command::Heap { options, .. }
            | Command::Find { options, .. }
            | Command::Diff { options }
            | Command::Leaks { options }
            | Command::Types { options }
            | Command::Show { options, .. }
            | Command::Dump { options, .. }
            | Command::Watch { options, .. } => options.clone(),
            Command::Save { .. } | Command::Help => Options::default(),
        }
    }

    /// Answers the command.
    ///
    /// # Errors
    /// If what it names is not there.
    pub fn answer(&self, context: &Context<'_, '_>) -> Result<Answer, CommandError> {
        let options = self.options();
        let mut state = context.state;
        if let Some(index) = options.memory.filter(|index| *index != state.index) {
            state.memory = *context.memories.get(index as usize).ok_or(CommandError::Memory(index))?;
            state.index = index;
        }
        let mut style = context.style;
        style.width = options.width.unwrap_or(style.width).clamp(40, 1000);
        style.color = options.color.unwrap_or(style.color);
        if options.ascii {
            style.charset = Charset::Ascii;
        }
        let limit = options.limit.unwrap_or(20);
        let text = match self {
            Command::Help => HELP.to_string(),
            Command::Save { file } => return Ok(Answer::Save(file.clone())),
            Command::Watch { address, length, access, .. } => {
                let start = address.resolve(&state)?;
                let size = length.or_else(|| Some(address.symbol(&state)?.size)).unwrap_or(state.word().bytes());
                let end = start.checked_add(size).filter(|end| *end <= state.memory.len());
                let range = start..end.ok_or(CommandError::Outside(start))?;
                return Ok(Answer::Watch { memory: state.index, range, access: *access });
            }
            Command::Dump { range, .. } => {
                let layout = Layout::of(&state);
                draw::hexdump(&state, &layout, range.resolve(&state, &layout)?, &style)
            }
            Command::Visualize { range, cell_bytes, svg, .. } => {
                let layout = Layout::of(&state);
                let range = match range {
                    Some(span) => span.resolve(&state, &layout)?,
                    None => 0..layout.len,
                };
                let columns = if *svg { 64 } else { draw::columns(style.width) };
                let grid = match cell_bytes {
                    Some(bytes) => Grid::new(&layout, range, *bytes, columns),
                    None => Grid::fitting(&layout, range, columns, if *svg { 48 } else { 24 }),
                };
                let grid = match context.heat {
                    Some(heat) => grid.with_heat(heat),
                    None => grid,
                };
                match svg {
                    true => draw::svg(&layout, &grid),
                    false => draw::visualize(&state, &layout, &grid, &style),
                }
            }
            Command::Map { symbols, .. } => draw::map(&state, &Layout::of(&state), *symbols, &style),
            Command::Heap { blocks, largest, .. } => {
                let layout = Layout::of(&state);
                match blocks {
                    Some(of) => draw::heap_blocks(&layout, *of, options.limit.unwrap_or(100), &style),
                    None => draw::heap(&layout, *largest, &style),
                }
            }
            Command::Find { pattern, range, .. } => {
                let layout = Layout::of(&state);
                let range = match range {
                    Some(span) => span.resolve(&state, &layout)?,
                    None => 0..layout.len,
                };
                let hits = find(state.memory, range, pattern, limit.saturating_add(1));
                draw::find(&state, &layout, &hits, limit)
            }
            Command::Diff { .. } => {
                let snapshot = context.before.ok_or(CommandError::NoBefore)?;
                let before = snapshot.memories.get(state.index as usize).ok_or(CommandError::NoBefore)?;
                let globals = snapshot.globals();
                let old = Layout::of(&State { memory: before, globals: &globals, ..state });
                let new = Layout::of(&state);
                let difference = Difference::between((before, &old), (state.memory, &new));
                draw::diff(&state, &new, &difference, limit, &style)
            }
            Command::Leaks { .. } => {
                let layout = Layout::of(&state);
                let mut found = leaks(&state, &layout, context.roots);
                found.sort_by_key(|leak| (leak.indirect, std::cmp::Reverse(leak.block.size), leak.block.payload));
                let groups = leaks_by_type(context.source, &state, &layout, &found);
                draw::leaks(&found, &groups, limit)
            }
            Command::Types { .. } => {
                let source = context.source.ok_or(CommandError::NoDwarf)?;
                draw::types(&count_types(source, &state, &Layout::of(&state), &[]), limit, &style)
            }
            Command::Show { ty, address, .. } => {
                let source = context.source.ok_or(CommandError::NoDwarf)?;
                let found = TypeIndex::new(source, state.program).get(ty);
                let found = found.ok_or_else(|| CommandError::Type(ty.clone()))?;
                let laid = overlay(source, &state, found, address.resolve(&state)?);
                draw::overlay(&laid.ok_or_else(|| CommandError::Type(ty.clone()))?, &style)
            }
        };
        Ok(Answer::Text(text))
    }
}

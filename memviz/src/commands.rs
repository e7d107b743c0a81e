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

use std::ops::Range;

use wasm_source::Source;

use crate::draw::{self, Charset, Grid, Style};
use crate::find::{Pattern, PatternError};
use crate::heap::BlockState;
use crate::layout::{Layout, State};
use crate::snapshot::Snapshot;
use crate::{Difference, Heat, TypeIndex, count_types, find, leaks, overlay};

/// What all commands print for `mem help`.
pub const HELP: &str = "\
mem visualize [RANGE] [--cell BYTES] [--svg]   the memory as a grid, and its legend
mem map [--symbols]                            the parts of the memory, with their bounds
mem heap [--blocks|--live|--free] [--largest N]
                                               each allocator in numbers; its blocks
mem find PATTERN [RANGE] [--align N]           text, \"text\", hex:de ad, u32:7, i64:-1, f64:0.5, …
mem diff                                       what changed since the last stop or the snapshot
mem leaks                                      live blocks that nothing points to
mem types                                      live blocks by type (DWARF)
mem show TYPE ADDRESS                          a structure's fields and padding (DWARF)
mem dump ADDRESS [LENGTH]                      bytes, characters, owners
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
        /// From where.
        address: Place,
        /// How many bytes.
        length: u64,
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

/// An address as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whether what is meant is where the pointer there leads.
    follow: bool,
    base: Base,
    offset: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    Number(u64),
    StackPointer,
    Symbol(String),
}

/// A range as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// From one address to another.
    Between(Place, Place),
    /// A variable, or what lies at an address: so many bytes.
    At(Place, Option<u64>),
    /// From the first to the last band of a kind: `stack`, `data` or `heap`.
    Bands(&'static str),
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
            Command::Dump { address, length, .. } => {
                let start = address.resolve(&state)?;
                let layout = Layout::of(&state);
                draw::hexdump(&state, &layout, start..start.saturating_add(*length), &style)
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
                draw::leaks(&found, limit)
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

impl Place {
    fn parse(text: &str) -> Option<Place> {
        if let Some(pointer) = text.strip_prefix('*') {
            let place = Place::parse(pointer).filter(|place| !place.follow)?;
            return Some(Place { follow: true, ..place });
        }
        // A sign after the first character starts an offset; `operator+` and the like are no names of variables.
        let split = text.char_indices().skip(1).filter(|(_, c)| matches!(c, '+' | '-')).last();
        let (base, offset) = match split {
            Some((at, sign)) if let Some(offset) = parse_number(&text[at + 1..]) => {
                let offset = i64::try_from(offset).ok()?;
                (&text[..at], if sign == '-' { -offset } else { offset })
            }
            _ => (text, 0),
        };
        let base = base.strip_prefix('&').unwrap_or(base);
        let base = match parse_number(base) {
            Some(number) => Base::Number(number),
            None if base == "$sp" => Base::StackPointer,
            None if base.is_empty() || base.starts_with(|c: char| c.is_ascii_digit() || c == '-') => return None,
            None => Base::Symbol(base.to_string()),
        };
        Some(Place { follow: false, base, offset })
    }

    fn symbol<'a>(&self, state: &State<'a>) -> Option<&'a crate::Symbol> {
        match &self.base {
            Base::Symbol(name) if self.offset == 0 && !self.follow => state.program.symbol_named(name),
            _ => None,
        }
    }

    fn resolve(&self, state: &State<'_>) -> Result<u64, CommandError> {
        let base = match &self.base {
            Base::Number(number) => *number,
            Base::StackPointer => state.stack_pointer().ok_or(CommandError::StackPointer)?,
            Base::Symbol(name) => {
                let why =
                    if state.program.symbols.is_empty() { ": the module has no DWARF and exports none" } else { "" };
                let symbol = state.program.symbol_named(name);
                symbol.ok_or_else(|| CommandError::Symbol(name.clone(), why))?.address
            }
        };
        let address = base.checked_add_signed(self.offset).ok_or(CommandError::Outside(base))?;
        if !self.follow {
            return Ok(address);
        }
        let mut bytes = [0; 8];
        let size = state.word().bytes() as usize;
        match state.memory.read(address, &mut bytes[..size]) {
            true => Ok(u64::from_le_bytes(bytes)),
            false => Err(CommandError::Outside(address)),
        }
    }
}

impl Span {
    fn resolve(&self, state: &State<'_>, layout: &Layout) -> Result<Range<u64>, CommandError> {
        let range = match self {
            Span::Between(start, end) => start.resolve(state)?..end.resolve(state)?,
            Span::At(place, length) => {
                let start = place.resolve(state)?;
                let size = length.or_else(|| Some(place.symbol(state)?.size)).unwrap_or(256);
                start..start.saturating_add(size)
            }
            Span::Bands(name) => {
                let of = |band: &&crate::Band| band.kind.name().ends_with(name);
                let first = layout.bands.iter().find(of).ok_or(CommandError::Band(name))?;
                let last = layout.bands.iter().rfind(of).ok_or(CommandError::Band(name))?;
                first.start..last.end
            }
        };
        match range.start < range.end && range.start < layout.len {
            true => Ok(range.start..range.end.min(layout.len)),
            false => Err(CommandError::Outside(range.start)),
        }
    }
}

/// The words of a line; quotes keep a word together, and stay in it.
fn words(line: &str) -> Result<Vec<String>, CommandError> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else {
            word.push(c);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    if quoted { Err(CommandError::Quote) } else { Ok(words) }
}

fn parse_number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) if !hex.starts_with('+') => u64::from_str_radix(hex, 16).ok(),
        None if text.starts_with(|c: char| c.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

/// A line in the reading.
struct Line<'n> {
    command: &'n str,
    words: Vec<String>,
    options: Options,
}

impl Line<'_> {
    fn common(&mut self) -> Result<(), CommandError> {
        let memory = self.value("--memory")?;
        self.options.memory = memory
            .map(|memory| u32::try_from(memory).map_err(|_| CommandError::Number(memory.to_string())))
            .transpose()?;
        self.options.limit = self.value("--limit")?.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        self.options.width = self.value("--width")?.map(|width| usize::try_from(width).unwrap_or(usize::MAX));
        self.options.ascii = self.flag("--ascii");
        if self.flag("--color") {
            self.options.color = Some(true);
        }
        if self.flag("--no-color") {
            self.options.color = Some(false);
        }
        Ok(())
    }

    fn command(&mut self) -> Result<Command, CommandError> {
        let options = self.options.clone();
        Ok(match self.command {
            "visualize" => {
                let cell_bytes = self.value("--cell")?;
                let svg = self.flag("--svg");
                Command::Visualize { range: self.span()?, cell_bytes, svg, options }
            }
            "map" => Command::Map { symbols: self.flag("--symbols"), options },
            "heap" => {
                let all = self.flag("--blocks").then_some(None);
                let live = self.flag("--live").then_some(Some(BlockState::Live));
                let free = self.flag("--free").then_some(Some(BlockState::Free));
                let largest = self.value("--largest")?.map_or(5, |most| usize::try_from(most).unwrap_or(usize::MAX));
                Command::Heap { blocks: live.or(free).or(all), largest, options }
            }
            "find" => {
                let align = self.value("--align")?;
                let pattern = self.pattern()?;
                let range = self.span()?;
                Command::Find { pattern: Pattern { align: align.unwrap_or(1).max(1), ..pattern }, range, options }
            }
            "diff" => Command::Diff { options },
            "leaks" => Command::Leaks { options },
            "types" => Command::Types { options },
            "show" => {
                // The address is the last word: a type's name may have several.
                let address = self.words.pop().and_then(|word| Place::parse(&word));
                let ty = std::mem::take(&mut self.words).join(" ");
                match address {
                    Some(address) if !ty.is_empty() => {
                        Command::Show { ty: ty.trim_matches('"').to_string(), address, options }
                    }
                    _ => return Err(self.missing("a type and an address")),
                }
            }
            "dump" => {
                let address = self.place()?;
                Command::Dump { address, length: self.number()?.unwrap_or(128), options }
            }
            "watch" => {
                let access = match (self.flag("--read"), self.flag("--access")) {
                    (_, true) => Access::Any,
                    (true, false) => Access::Read,
                    (false, false) => Access::Write,
                };
                let address = self.place()?;
                Command::Watch { address, length: self.number()?, access, options }
            }
            "save" => match self.words.is_empty() {
                true => return Err(self.missing("a file's name")),
                false => {
                    Command::Save { file: std::mem::take(&mut self.words).join(" ").trim_matches('"').to_string() }
                }
            },
            _ => Command::Help,
        })
    }

    /// Whether an option is there; takes it.
    fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// The number after an option, as `--name N` or `--name=N`; takes both.
    fn value(&mut self, name: &str) -> Result<Option<u64>, CommandError> {
        let is_it = |word: &String| word == name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        let Some(at) = self.words.iter().position(is_it) else { return Ok(None) };
        let word = self.words.remove(at);
        let text = match word.split_once('=') {
            Some((_, value)) => value.to_string(),
            None if at < self.words.len() => self.words.remove(at),
            None => return Err(CommandError::Number(word)),
        };
        parse_number(&text).map(Some).ok_or(CommandError::Number(text))
    }

    fn missing(&self, what: &'static str) -> CommandError {
        CommandError::Missing { command: self.command.to_string(), what }
    }

    fn place(&mut self) -> Result<Place, CommandError> {
        let place = self.words.first().and_then(|word| Place::parse(word)).ok_or_else(|| self.missing("an address"))?;
        self.words.remove(0);
        Ok(place)
    }

    fn number(&mut self) -> Result<Option<u64>, CommandError> {
        let Some(word) = self.words.first().filter(|word| !word.starts_with("--")) else { return Ok(None) };
        let number = parse_number(word).ok_or_else(|| CommandError::Number(word.clone()))?;
        self.words.remove(0);
        Ok(Some(number))
    }

    fn span(&mut self) -> Result<Option<Span>, CommandError> {
        let Some(word) = self.words.first().filter(|word| !word.starts_with("--")).cloned() else { return Ok(None) };
        if let Some(name) = ["stack", "data", "heap"].into_iter().find(|name| *name == word) {
            self.words.remove(0);
            return Ok(Some(Span::Bands(name)));
        }
        if let Some((start, end)) = word.split_once("..") {
            let (Some(start), Some(end)) = (Place::parse(start), Place::parse(end)) else {
                return Err(self.missing("addresses on both sides of `..`"));
            };
            self.words.remove(0);
            return Ok(Some(Span::Between(start, end)));
        }
        let place = self.place()?;
        Ok(Some(Span::At(place, self.number()?)))
    }

    /// The first word, and those after it that belong to it: bytes in hexadecimal may be apart.
    fn pattern(&mut self) -> Result<Pattern, CommandError> {
        if self.words.is_empty() {
            return Err(self.missing("what to look for"));
        }
        let mut text = self.words.remove(0);
        if text.starts_with("hex:") {
            let is_byte = |word: &String| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            while self.words.first().is_some_and(is_byte) {
                text += &self.words.remove(0);
            }
        }
        Ok(Pattern::parse(&text)?)
    }
}

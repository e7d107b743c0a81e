//! The debugger's own prompt, for machines without gdb: gdb's commands, their
//! abbreviations, and what they print.

mod breakpoints;
mod data;
mod editor;
mod format;
mod motion;
mod printf;
mod script;
mod stack;
mod vocabulary;

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::rc::Rc;

use crate::engine::{Engine, EngineError};
use crate::expression::Handle;
use crate::session::Session;
use format::Format;
use script::Script;
use vocabulary::Verb;

/// What a prompt is asked to do before it reads from its input.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files of commands, and commands, in their order.
    pub first: Vec<Input>,
    /// Ends after these, without reading on.
    pub batch: bool,
    /// Where source files may be, besides where the debug information says.
    pub directories: Vec<PathBuf>,
    /// Whether output may have colours.
    pub colours: bool,
}

/// Commands that are not typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file of them.
    File(PathBuf),
    /// One.
    Command(String),
}

/// Starts the program anew: an engine like the first one.
pub type Restart<'p> = Box<dyn FnMut() -> Result<Box<dyn Engine>, EngineError> + 'p>;

/// What a command says that did not do what it was asked to.
type Answer<T = ()> = Result<T, String>;

/// A prompt over a session.
pub struct Prompt<'p, 'm, W> {
    session: &'p mut Session<'m>,
    out: W,
    restart: Option<Restart<'p>>,
    directories: Vec<PathBuf>,
    colours: bool,
    /// The selected one of the calls of the back trace.
    selected: usize,
    /// The lines that `list` shows next: file, first line, whether it has
    /// listed any since the program stopped.
    listing: Option<(String, u32, bool)>,
    /// The last function that was shown, so that a step in it shows lines only.
    shown: Option<(String, usize)>,
    displays: Vec<Display>,
    next_display: u32,
    watches: Vec<Watch>,
    /// Source files, by the path that the debug information has.
    sources: BTreeMap<String, Option<Rc<Vec<String>>>>,
    last: String,
    /// Whether the program has been let run.
    is_started: bool,
    script: Script,
}

struct Display {
    number: u32,
    format: Format,
    expression: String,
}

struct Watch {
    /// The session's number.
    number: u32,
    expression: String,
    verb: Verb,
    /// Its place.
    handle: Handle,
    /// Its value as it was shown last.
    value: String,
}

const PROMPT: &str = "(wasm-gdb) ";

impl<'p, 'm, W: Write> Prompt<'p, 'm, W> {
    /// A prompt that prints to `out`.
    pub fn new(session: &'p mut Session<'m>, out: W, options: &Options) -> Self {
        Prompt {
            session,
            out,
            restart: None,
            directories: options.directories.clone(),
            colours: options.colours,
            selected: 0,
            listing: None,
            shown: None,
            displays: Vec::new(),
            next_display: 1,
            watches: Vec::new(),
            sources: BTreeMap::new(),
            last: String::new(),
            is_started: false,
            script: Script::default(),
        }
    }

    /// Lets `run` start a program anew that has run.
    #[must_use]
    pub fn restarting(mut self, restart: Restart<'p>) -> Self {
        self.restart = Some(restart);
        self
    }

    /// Does what it is asked to do first, then what `stdin` says: with an
    /// editor if that is a terminal; else with the lines that it reads shown.
    ///
    /// # Errors
    /// If it cannot print or read.
    pub fn run(&mut self, options: &Options) -> io::Result<()> {
        for notice in self.session.notices() {
            writeln!(self.out, "{notice}")?;
        }
        for input in &options.first {
            let goes_on = match input {
                Input::Command(line) => self.execute(line)?,
                Input::File(path) => match self.source_file(&path.display().to_string()) {
                    Ok(goes_on) => goes_on,
                    Err(message) => {
                        writeln!(self.out, "{message}")?;
                        true
                    }
                },
            };
            if !goes_on {
                return Ok(());
            }
        }
        if options.batch {
            return Ok(());
        }
        if io::stdin().is_terminal() { self.interact() } else { self.read(io::stdin().lock()) }
    }

    /// Executes the lines of an input, which are shown after the prompt.
    ///
    /// # Errors
    /// If it cannot print or read.
    pub fn read(&mut self, input: impl BufRead) -> io::Result<()> {
        for line in input.lines() {
            let line = line?;
            writeln!(self.out, "{}{line}", self.prompt())?;
            if !self.execute(&line)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn interact(&mut self) -> io::Result<()> {
        let mut places: Vec<String> = Vec::new();
        for code in &self.session.code {
            let count = (code.imports.len() + code.bodies.len()) as u32;
            places.extend((code.imports.len() as u32..count).map(|function| code.function_name(function)));
        }
        places.sort();
        places.dedup();
        let places = Rc::new(places);
        let interrupter = self.session.engine.interrupter();
        // Without it an interrupt ends the debugger, as it does elsewhere.
        let _ = ctrlc::set_handler(move || interrupter.interrupt());
        let names = editor::Names { places, variables: Vec::new() };
        let mut editor = editor::open(names).map_err(io::Error::other)?;
        loop {
            let variables = self.variable_names();
            if let Some(names) = editor.helper_mut() {
                names.variables = variables;
            }
            let line = match editor.readline(self.prompt()) {
                Ok(line) => line,
                Err(rustyline::error::ReadlineError::Interrupted) => continue,
                Err(rustyline::error::ReadlineError::Eof) => break,
                Err(error) => return Err(io::Error::other(error)),
            };
            if !line.trim().is_empty() {
                let _ = editor.add_history_entry(&line);
            }
            if !self.execute(&line)? {
                break;
            }
        }
        editor::close(&mut editor);
        Ok(())
    }

    fn variable_names(&mut self) -> Vec<String> {
        let Ok((frame, inlined_at)) = self.selection() else { return Vec::new() };
        let variables = crate::expression::variables(self.session, frame, inlined_at).unwrap_or_default();
        variables.into_iter().map(|variable| variable.name).collect()
    }

    /// Executes a command line; an empty one is the last one again. `false` if
    /// it ends the prompt.
    ///
    /// # Errors
    /// If it cannot print.
    pub fn execute(&mut self, line: &str) -> io::Result<bool> {
        if self.script.is_collecting() {
            self.script.collect(line);
            return Ok(true);
        }
        let line = match line.trim() {
            "" => std::mem::take(&mut self.last),
            line => line.to_string(),
        };
        if line.is_empty() || line.starts_with('#') {
            return Ok(true);
        }
        self.last.clone_from(&line);
        let mut next = Some(line);
        while let Some(line) = next {
            match self.dispatch(&line) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(message) => {
                    writeln!(self.out, "{}", message.trim_end())?;
                    self.script.drop_rest();
                }
            }
            // What belongs to the breakpoint that it has come to.
            next = self.script.next();
        }
        self.out.flush()?;
        Ok(true)
    }

    fn dispatch(&mut self, line: &str) -> Answer<bool> {
        let end = line.find(|character: char| character.is_whitespace() || character == '/').unwrap_or(line.len());
        let (word, rest) = line.split_at(end);
        let command = vocabulary::find(word)?;
        // `print/x a`, `x/4xw b`.
        let (format, rest) = match rest.strip_prefix('/') {
            Some(rest) => {
                let (format, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                (Format::parse(format)?, rest)
            }
            None => (Format::default(), rest),
        };
        let rest = rest.trim();
        use crate::session::Direction::{Forward, Reverse};
        use crate::session::Motion;
        match command.verb {
            Verb::Quit => return Ok(false),
            Verb::Help => {
                let text = vocabulary::help(rest)?;
                self.say(&text)?;
            }
            Verb::Echo => {
                let text = rest.replace("\\n", "\n").replace("\\t", "\t");
                self.say(&text)?;
            }
            Verb::Commands => self.commands(rest)?,
            Verb::PrintFormatted => self.print_formatted(rest)?,
            Verb::Source => return self.source_file(rest),
            Verb::Directory => self.add_directory(rest)?,
            Verb::Wasm | Verb::Memory => {
                let rest = match command.verb {
                    Verb::Memory => line,
                    _ => line.split_once(char::is_whitespace).map_or("", |(_, rest)| rest),
                };
                let text = match self.selected_call() {
                    Ok(call) => crate::commands::run_in(self.session, call.frame, rest),
                    Err(_) => crate::commands::run(self.session, rest),
                };
                self.say(&text)?;
            }
            Verb::Break => self.set_breakpoint(rest, false)?,
            Verb::TemporaryBreak => self.set_breakpoint(rest, true)?,
            Verb::Delete => self.delete(rest)?,
            Verb::Enable => self.enable(rest, true)?,
            Verb::Disable => self.enable(rest, false)?,
            Verb::Condition => self.condition(rest)?,
            Verb::Ignore => self.ignore(rest)?,
            Verb::Watch | Verb::WatchRead | Verb::WatchAccess => self.watch(rest, command.verb)?,
            Verb::Run => self.start(false)?,
            Verb::Start => self.start(true)?,
            Verb::Continue => self.go_on(rest)?,
            Verb::Step => self.steps(rest, &Motion::Line, Forward)?,
            Verb::Next => self.steps(rest, &Motion::LineOver, Forward)?,
            Verb::StepInstruction => self.steps(rest, &Motion::Instruction, Forward)?,
            Verb::NextInstruction => self.steps(rest, &Motion::InstructionOver, Forward)?,
            Verb::ReverseStep => self.steps(rest, &Motion::Line, Reverse)?,
            Verb::ReverseNext => self.steps(rest, &Motion::LineOver, Reverse)?,
            Verb::ReverseStepInstruction => self.steps(rest, &Motion::Instruction, Reverse)?,
            Verb::ReverseNextInstruction => self.steps(rest, &Motion::InstructionOver, Reverse)?,
            Verb::ReverseContinue => self.steps("", &Motion::Continue, Reverse)?,
            Verb::Finish => self.finish(Forward)?,
            Verb::ReverseFinish => self.finish(Reverse)?,
            Verb::Until | Verb::Advance => self.until(rest)?,
            Verb::Backtrace => self.back_trace(rest)?,
            Verb::Frame => self.frame(rest)?,
            Verb::Up => self.climb(rest, true)?,
            Verb::Down => self.climb(rest, false)?,
            Verb::List => self.list(rest)?,
            Verb::Info => self.info(rest)?,
            Verb::Disassemble => self.disassemble(rest)?,
            Verb::Print => self.print(rest, format)?,
            Verb::Call => self.call(rest)?,
            Verb::Set => self.set(rest)?,
            Verb::Examine => self.examine(rest, format)?,
            Verb::Display => self.display(rest, format)?,
            Verb::Undisplay => self.undisplay(rest)?,
            Verb::WhatIs => self.what_is(rest)?,
            Verb::PrintType => self.print_type(rest)?,
        }
        Ok(true)
    }

    /// Prints a text, with a line end after it.
    fn say(&mut self, text: &str) -> Answer {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        write!(self.out, "{text}{end}").map_err(|error| error.to_string())
    }

    /// A text in one of gdb's colours, if colours are wanted.
    fn paint(&self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Function => 33,
            Style::File => 32,
            Style::Address => 34,
        };
        if self.colours { format!("\x1b[{code}m{text}\x1b[m") } else { text.to_string() }
    }

    /// The engine's frame and the inlined call in it that are selected.
    fn selection(&mut self) -> Answer<(usize, usize)> {
        let calls = self.session.back_trace(self.selected + 1).map_err(|_| no_program())?;
        let call = calls.get(self.selected).or_else(|| calls.last()).ok_or_else(no_program)?;
        Ok((call.frame, call.inlined_at))
    }
}

/// What a text is, for its colour.
#[derive(Clone, Copy)]
enum Style {
    Function,
    File,
    Address,
}

fn no_program() -> String {
    "The program is not being run.".to_string()
}

fn count(text: &str) -> Answer<u64> {
    match text {
        "" => Ok(1),
        text => text.parse().map_err(|_| format!("A number was expected, not \"{text}\".")),
    }
}

/// Numbers with blanks between them.
fn numbers(text: &str) -> Answer<Vec<u32>> {
    let number = |word: &str| word.parse().map_err(|_| format!("Bad breakpoint number \"{word}\"."));
    text.split_whitespace().map(number).collect()
}

//! Frames and source: where the program stands.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Answer, Prompt, Style, count, no_program};
use crate::code::Place;
use crate::disassembly::Line;
use crate::engine::Stop;
use crate::expression::{self, Evaluated};
use crate::session::{Call, Location};

/// How many calls `backtrace` shows where no number is given.
const MAX_SHOWN: usize = 1000;
/// How many lines `list` shows.
const LISTED: u32 = 10;
/// How long an argument may be shown in a frame's line, in characters.
const MAX_ARGUMENT: usize = 40;

impl<W: Write> Prompt<'_, '_, W> {
    /// The calls up to a number of them.
    fn calls(&mut self, limit: usize) -> Answer<Vec<Call>> {
        let calls = self.session.back_trace(limit).map_err(|_| no_program())?;
        if calls.is_empty() { Err("No stack.".to_string()) } else { Ok(calls) }
    }

    pub(super) fn back_trace(&mut self, text: &str) -> Answer {
        let limit = match text {
            "" | "full" => MAX_SHOWN,
            text => count(text)? as usize,
        };
        let calls = self.calls(limit.saturating_add(1))?;
        for (number, call) in calls.iter().enumerate().take(limit) {
            let line = self.call_line(number, call, true);
            self.say(&line)?;
            if text == "full" {
                let locals = self.variables_of(call, false)?;
                let indented: String = locals.iter().map(|local| format!("        {local}\n")).collect();
                self.say(if indented.is_empty() { "No locals." } else { &indented })?;
            }
        }
        if calls.len() > limit {
            self.say("(More stack frames follow...)")?;
        }
        Ok(())
    }

    /// A frame's line: `#1  0x1a3 in f (x=3) at a.c:7`.
    pub(super) fn call_line(&mut self, number: usize, call: &Call, with_number: bool) -> String {
        let mut line = if with_number { format!("#{number:<3}") } else { String::new() };
        let Some(wasm) = call.wasm else {
            return line + &call.function;
        };
        // The address where the frame is not at the beginning of a line.
        let at_start = call.frame == 0
            && !call.inlined
            && self.session.code(wasm.pc.module).is_some_and(|code| code.is_row_start(wasm.pc.offset));
        let is_inlined_caller = call.inlined_at > 0;
        let is_innermost_inlined = call.inlined && call.frame == 0;
        let stands_in_line = !(at_start || is_inlined_caller || is_innermost_inlined);
        if call.place.is_none() || stands_in_line {
            line += &format!("{} in ", self.paint(Style::Address, &format!("{:#010x}", wasm.pc.offset)));
        }
        line += &self.paint(Style::Function, &call.function);
        if self.session.code(wasm.pc.module).is_some_and(crate::code::Code::has_lines) && call.place.is_some() {
            line += &format!(" ({})", self.arguments(call));
        } else {
            line += " ()";
        }
        if let Some(place) = &call.place {
            line += &format!(" at {}:{}", self.paint(Style::File, &place.path), place.line);
        }
        line
    }

    fn arguments(&mut self, call: &Call) -> String {
        let variables = expression::variables(self.session, call.frame, call.inlined_at).unwrap_or_default();
        let parameters = variables.into_iter().filter(|variable| variable.is_parameter);
        let shown = parameters.map(|parameter| {
            let value = match &parameter.value {
                Ok(value) => brief(value),
                Err(error) => format!("<{error}>"),
            };
            format!("{}={value}", parameter.name)
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    /// The line of the innermost frame.
    pub(super) fn here_line(&mut self) -> Option<String> {
        let call = self.session.back_trace(1).ok()?.into_iter().next()?;
        Some(self.call_line(0, &call, false))
    }

    /// From here on only lines are shown while this function runs.
    pub(super) fn note_shown(&mut self) {
        let depth = self.session.engine.depth().unwrap_or(0);
        let call = self.session.back_trace(1).ok().and_then(|calls| calls.into_iter().next());
        self.shown = call.map(|call| (call.function, depth));
    }

    /// After a stop: the frame if it is another one, and its line of source.
    pub(super) fn show_here(&mut self) -> Answer {
        let Ok(calls) = self.session.back_trace(1) else { return Ok(()) };
        let Some(call) = calls.into_iter().next() else { return Ok(()) };
        let depth = self.session.engine.depth().unwrap_or(0);
        if self.shown != Some((call.function.clone(), depth)) || call.place.is_none() {
            let line = self.call_line(0, &call, false);
            self.say(&line)?;
            self.note_shown();
        }
        self.show_line(&call)
    }

    /// The line of source of a call.
    fn show_line(&mut self, call: &Call) -> Answer {
        let Some(place) = &call.place else { return Ok(()) };
        let text = self.source_line(place);
        self.say(&text)
    }

    fn source_line(&mut self, place: &Place) -> String {
        let lines = self.source_text(&place.path);
        match lines.as_ref().and_then(|lines| lines.get((place.line as usize).checked_sub(1)?)) {
            Some(text) => format!("{}\t{text}", place.line),
            None => format!("{}\tin {}", place.line, place.path),
        }
    }

    pub(super) fn frame(&mut self, text: &str) -> Answer {
        if !text.is_empty() {
            let wanted = count(text)? as usize;
            if wanted >= self.calls(wanted.saturating_add(1))?.len() {
                return Err("No frame at level ".to_string() + text + ".");
            }
            self.selected = wanted;
        }
        self.show_selected()
    }

    pub(super) fn climb(&mut self, text: &str, up: bool) -> Answer {
        let by = count(text)? as usize;
        let target = if up { self.selected.saturating_add(by) } else { self.selected.saturating_sub(by) };
        let last = self.calls(target.saturating_add(1))?.len() - 1;
        if up && self.selected == last {
            return Err("Initial frame selected; you can't go up.".to_string());
        }
        if !up && self.selected == 0 {
            return Err("Bottom (innermost) frame selected; you can't go down.".to_string());
        }
        self.selected = target.min(last);
        self.show_selected()
    }

    fn show_selected(&mut self) -> Answer {
        let calls = self.calls(self.selected + 1)?;
        let Some(call) = calls.get(self.selected).cloned() else { return Err("No stack.".to_string()) };
        self.listing = None;
        let line = self.call_line(self.selected, &call, true);
        self.say(&line)?;
        self.show_line(&call)
    }

    /// The selected call.
    pub(super) fn selected_call(&mut self) -> Answer<Call> {
        let selected = self.selected;
        self.calls(selected + 1)?.get(selected).cloned().ok_or_else(|| "No frame selected.".to_string())
    }

    /// The file that lines without a file are in.
    pub(super) fn current_file(&mut self) -> Option<String> {
        if let Some((file, ..)) = &self.listing {
            return Some(file.clone());
        }
        // Before the program runs it stands in the start code of a library: the
        // file of its main function is meant.
        let main = self.main_place().filter(|_| *self.session.engine.stop() == Stop::Entry);
        let place = self.selected_call().ok().and_then(|call| call.place).map(|place| place.path);
        main.map(|(path, _)| path).or(place).or_else(|| self.main_place().map(|(path, _)| path))
    }

    pub(super) fn list(&mut self, text: &str) -> Answer {
        let around = |line: u32| line.saturating_sub(LISTED / 2).max(1);
        let (file, first, last) = match text {
            "" => match self.listing.clone() {
                Some((file, next, _)) => (file, next, next + LISTED - 1),
                None => {
                    let place = self.selected_call().ok().and_then(|call| call.place);
                    let place = match place.filter(|_| *self.session.engine.stop() != Stop::Entry) {
                        Some(place) => (place.path, place.line),
                        None => self.main_place().ok_or("No symbol table is loaded: the program has no lines.")?,
                    };
                    let first = around(place.1);
                    (place.0, first, first + LISTED - 1)
                }
            },
            "-" => match self.listing.clone() {
                Some((file, next, _)) => {
                    let first = next.saturating_sub(LISTED * 2).max(1);
                    (file, first, next.saturating_sub(LISTED + 1).max(1))
                }
                None => return Err("Already at the start of the listing.".to_string()),
            },
            text => match text.split_once(',') {
                Some((first, last)) => {
                    let file = self.current_file().ok_or("The program has no lines.")?;
                    let first = count(first.trim())? as u32;
                    let last = match last.trim() {
                        "" => first.saturating_add(LISTED - 1),
                        last => count(last)? as u32,
                    };
                    (file, first, last)
                }
                None => match self.location(text)? {
                    Location::Line { file, line } => (file, around(line), around(line) + LISTED - 1),
                    other => {
                        let addresses = self.session.resolve(&other).map_err(|error| error.to_string())?;
                        let place = addresses.first().and_then(|address| self.place_of(&other, *address));
                        let (file, line) = place.ok_or(format!("\"{text}\" has no lines."))?;
                        (file, around(line), around(line) + LISTED - 1)
                    }
                },
            },
        };
        let file = self.full_path(&file);
        let lines = self.source_text(&file).ok_or(format!("{file}: not found; `directory DIR` says where to look."))?;
        if first as usize > lines.len() {
            return Err(format!("Line number {first} out of range; \"{file}\" has {} lines.", lines.len()));
        }
        let shown = lines.iter().zip(1..).skip(first as usize - 1).take((last.saturating_sub(first) + 1) as usize);
        let text: String = shown.map(|(line, number): (&String, u32)| format!("{number}\t{line}\n")).collect();
        self.listing = Some((file, last.saturating_add(1), true));
        self.say(&text)
    }

    fn main_place(&self) -> Option<(String, u32)> {
        let main = self.main_function()?;
        let addresses = self.session.resolve(&main).ok()?;
        self.place_of(&main, *addresses.first()?)
    }

    /// The path that the debug information has for a file's name.
    fn full_path(&mut self, name: &str) -> String {
        let location = Location::Line { file: name.to_string(), line: 1 };
        let addresses = self.session.resolve(&location).unwrap_or_default();
        let place = addresses.first().and_then(|address| self.place_of(&location, *address));
        place.map_or_else(|| name.to_string(), |(path, _)| path)
    }

    /// The lines of a source file, wherever it is found.
    fn source_text(&mut self, path: &str) -> Option<Rc<Vec<String>>> {
        if let Some(known) = self.sources.get(path) {
            return known.clone();
        }
        let text = self.find_source(path).and_then(|file| std::fs::read(file).ok());
        let lines = text.map(|text| Rc::new(String::from_utf8_lossy(&text).lines().map(str::to_string).collect()));
        self.sources.insert(path.to_string(), lines.clone());
        lines
    }

    /// A source file: where it was compiled, else the longest end of its path
    /// below one of the directories.
    fn find_source(&self, path: &str) -> Option<PathBuf> {
        let original = Path::new(path);
        if original.is_file() {
            return Some(original.to_path_buf());
        }
        let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
        let here = PathBuf::from(".");
        (0..parts.len()).find_map(|skipped| {
            let end: PathBuf = parts.iter().skip(skipped).collect();
            let all = self.directories.iter().chain([&here]);
            all.map(|directory| directory.join(&end)).find(|file| file.is_file())
        })
    }

    pub(super) fn add_directory(&mut self, text: &str) -> Answer {
        if text.is_empty() {
            self.directories.clear();
        } else {
            self.directories.insert(0, PathBuf::from(text));
        }
        self.sources.clear();
        let names: Vec<String> = self.directories.iter().map(|directory| directory.display().to_string()).collect();
        self.say(&format!("Source directories searched: {}", names.join(":")))
    }

    pub(super) fn disassemble(&mut self, text: &str) -> Answer {
        let (module, functions, here) = match text {
            "" => {
                let call = self.selected_call()?;
                let wasm = call.wasm.ok_or("No function contains the host's code.")?;
                (wasm.pc.module, vec![wasm.function], Some(wasm.pc.offset))
            }
            name => {
                let found = self.session.code.iter().zip(0..).find_map(|(code, module)| {
                    let functions = code.functions_named(name);
                    (!functions.is_empty()).then_some((crate::engine::ModuleId(module), functions))
                });
                let (module, functions) = found.ok_or(format!("No symbol \"{name}\" in current context."))?;
                (module, functions, self.session.top().ok().map(|top| top.pc.offset))
            }
        };
        let Some(code) = self.session.code(module) else { return Ok(()) };
        let mut out = String::new();
        for function in functions {
            out += &format!("Dump of assembler code for function {}:\n", code.function_name(function));
            for line in code.disassembly(function) {
                out += &instruction(&line, here.unwrap_or_default());
            }
            out += "End of assembler dump.\n";
        }
        self.say(&out)
    }
}

/// A line of disassembly, marked if the program stands there.
pub(super) fn instruction(line: &Line, here: u32) -> String {
    let mark = if here == line.offset { "=>" } else { "  " };
    format!("{mark} {:#010x}:\t{}\n", line.offset, line.text)
}

/// An argument, in the line of a frame.
fn brief(value: &Evaluated) -> String {
    if value.text.chars().count() <= MAX_ARGUMENT {
        return value.text.clone();
    }
    match value.integer {
        Some(address) => format!("{address:#x}"),
        None => "...".to_string(),
    }
}

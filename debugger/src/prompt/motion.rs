//! Letting the program go, and telling where it stopped.

use std::io::Write;

use super::vocabulary::Verb;
use super::{Answer, Prompt, count, no_program};
use crate::engine::Stop;
use crate::session::{Call, Direction, Halt, Location, Motion};

/// The names of functions that `start` runs to.
const MAINS: &[&str] = &["main", "__original_main", "__main_argc_argv", "__main_void", "_start"];

impl<W: Write> Prompt<'_, '_, W> {
    /// `run` and `start`.
    pub(super) fn start(&mut self, to_main: bool) -> Answer {
        if self.is_started || !matches!(self.session.engine.stop(), Stop::Entry) {
            let Some(restart) = &mut self.restart else {
                return Err("The program has run already, and cannot be started anew here.".to_string());
            };
            let engine = restart().map_err(|error| error.to_string())?;
            self.session.engine = engine;
            self.session.arm_anew().map_err(|error| error.to_string())?;
            let left: Vec<u32> = self.session.watches().iter().map(|watch| watch.number).collect();
            self.watches.retain(|watch| left.contains(&watch.number));
            self.shown = None;
        }
        if to_main {
            let main = self.main_function().ok_or("The program has no function `main`.")?;
            let number = self.session.set_breakpoint(main.clone(), None, true).map_err(|error| error.to_string())?;
            let found = self.session.breakpoints().iter().find(|breakpoint| breakpoint.number == number);
            let address = found.and_then(|breakpoint| breakpoint.addresses.first().copied());
            let place = address.and_then(|address| self.place_of(&main, address));
            let at = place.map(|(path, line)| format!(": file {path}, line {line}.")).unwrap_or_default();
            let offset = address.map_or(0, |address| address.offset);
            self.say(&format!("Temporary breakpoint {number} at {offset:#x}{at}"))?;
        }
        self.go(&Motion::Continue, Direction::Forward)
    }

    /// The function that `main` means.
    pub(super) fn main_function(&self) -> Option<Location> {
        // A Rust program's is `its_crate::main`; `main` without more is the
        // shim that calls it.
        for code in &self.session.code {
            let all = code.functions_named("main").into_iter().map(|function| code.function_name(function));
            if let Some(name) = all.into_iter().find(|name| name.ends_with("::main")) {
                return Some(Location::Function(name));
            }
        }
        let known = |name: &&&str| self.session.code.iter().any(|code| !code.functions_named(name).is_empty());
        MAINS.iter().find(known).map(|name| Location::Function((*name).to_string()))
    }

    pub(super) fn go_on(&mut self, text: &str) -> Answer {
        let times = count(text)?;
        if matches!(self.session.engine.stop(), Stop::Exited(_) | Stop::Dead) {
            return Err(no_program());
        }
        if times > 1 {
            let here = self.session.top().map_err(|_| no_program())?.pc;
            let found = self.session.breakpoints().iter().find(|breakpoint| breakpoint.addresses.contains(&here));
            let number =
                found.map(|breakpoint| breakpoint.number).ok_or("Not stopped at any breakpoint; argument ignored.")?;
            if let Some(breakpoint) = self.session.breakpoint_mut(number) {
                breakpoint.ignore = times - 1;
            }
            self.say(&format!("Will ignore next {} crossings of breakpoint {number}.  Continuing.", times - 1))?;
        } else {
            self.say("Continuing.")?;
        }
        self.go(&Motion::Continue, Direction::Forward)
    }

    pub(super) fn steps(&mut self, text: &str, motion: &Motion, direction: Direction) -> Answer {
        for _ in 1..count(text)? {
            let halt = self.session.go(motion, direction).map_err(|error| self.went_wrong(&error.to_string()))?;
            if halt != Halt::Moved {
                return self.tell(&halt);
            }
        }
        self.go(motion, direction)
    }

    fn go(&mut self, motion: &Motion, direction: Direction) -> Answer {
        let halt = self.session.go(motion, direction).map_err(|error| self.went_wrong(&error.to_string()))?;
        self.tell(&halt)
    }

    /// The words for an error of the engine's.
    fn went_wrong(&mut self, error: &str) -> String {
        match self.session.engine.stop() {
            Stop::Exited(_) | Stop::Dead => no_program(),
            _ => {
                let mut words = error.to_string();
                if !words.ends_with('.') {
                    words.push('.');
                }
                words
            }
        }
    }

    pub(super) fn finish(&mut self, direction: Direction) -> Answer {
        let calls = self.session.back_trace(self.selected + 2).map_err(|_| no_program())?;
        let selected = calls.get(self.selected).ok_or_else(no_program)?.clone();
        let line = self.call_line(self.selected, &selected, true);
        match direction {
            Direction::Forward => self.say(&format!("Run till exit from {line}"))?,
            Direction::Reverse => self.say(&format!("Run back to call of {line}"))?,
        }
        let ty = self.result_type(&selected).filter(|_| direction == Direction::Forward);
        self.shown = None;
        let halt = self.session.finish(selected.frame, selected.inlined_at, direction);
        let halt = halt.map_err(|error| self.went_wrong(&error.to_string()))?;
        let returned = match (&halt, ty) {
            (Halt::Moved, Some(ty)) => crate::expression::returned(self.session, ty),
            _ => None,
        };
        self.tell(&halt)?;
        if let Some(value) = returned {
            let number = crate::expression::remember(self.session, &value);
            self.say(&format!("Value returned is ${number} = {}", value.text))?;
        }
        Ok(())
    }

    /// The type of what a call returns.
    fn result_type(&self, call: &Call) -> Option<wasm_source::TypeId> {
        let wasm = call.wasm.filter(|_| !call.inlined)?;
        let source = self.session.code(wasm.pc.module)?.source()?;
        source.type_of(source.subprogram_at(wasm.pc.offset.saturating_sub(1))?.id)
    }

    pub(super) fn until(&mut self, text: &str) -> Answer {
        if text.is_empty() {
            // Not back to the start of a loop.
            let before = self.session.back_trace(1).map_err(|_| no_program())?.first().cloned();
            let line = before.as_ref().and_then(|call| call.place.as_ref()).map(|place| place.line);
            loop {
                let halt = self.session.go(&Motion::LineOver, Direction::Forward);
                let halt = halt.map_err(|error| self.went_wrong(&error.to_string()))?;
                if halt != Halt::Moved {
                    return self.tell(&halt);
                }
                let now = self.session.back_trace(1).map_err(|_| no_program())?.first().cloned();
                let same = before.as_ref().map(|call| &call.function) == now.as_ref().map(|call| &call.function);
                let now_line = now.and_then(|call| call.place).map(|place| place.line);
                if !same || now_line.is_none() || now_line > line {
                    return self.tell(&Halt::Moved);
                }
            }
        }
        let location = self.location(text)?;
        let addresses = self.session.resolve(&location).map_err(|error| error.to_string())?;
        let halt = self.session.until(&addresses).map_err(|error| self.went_wrong(&error.to_string()))?;
        self.tell(&halt)
    }

    /// Says why and where the program stopped.
    pub(super) fn tell(&mut self, halt: &Halt) -> Answer {
        self.is_started = true;
        self.selected = 0;
        self.listing = None;
        let mut is_stopped = true;
        let numbers = match halt {
            Halt::Breakpoints(numbers) => numbers.clone(),
            Halt::Engine(Stop::Watchpoint(touch)) => {
                self.session.watches().get(touch.watchpoint).map(|watch| watch.number).into_iter().collect()
            }
            _ => Vec::new(),
        };
        if !self.script.stopped_at(&numbers) {
            self.shown = None;
            return Ok(());
        }
        match halt {
            Halt::Moved => {}
            Halt::Unwatched(watch) => {
                self.shown = None;
                self.watches.retain(|own| own.number != watch.number);
                self.say(&format!(
                    "\nWatchpoint {} deleted because the program has left the block in\nwhich its expression is valid.",
                    watch.number
                ))?;
            }
            Halt::Breakpoints(numbers) => {
                self.shown = None;
                let which = numbers.first().copied().unwrap_or_default();
                let temporary = !self.session.breakpoints().iter().any(|breakpoint| breakpoint.number == which);
                let kind = if temporary { "Temporary breakpoint" } else { "Breakpoint" };
                let line = self.here_line();
                self.say(&format!("\n{kind} {which}, {}", line.unwrap_or_default()))?;
                self.note_shown();
            }
            Halt::Engine(stop) => {
                let words = match stop {
                    Stop::Exited(0) => {
                        is_stopped = false;
                        "[Inferior 1 exited normally]".to_string()
                    }
                    Stop::Exited(code) => {
                        is_stopped = false;
                        format!("[Inferior 1 exited with code {code:02o}]")
                    }
                    Stop::Dead => {
                        is_stopped = false;
                        "[Inferior 1 ended by a trap]".to_string()
                    }
                    Stop::Trap(trap) => {
                        let cause = self.session.cause().map(|cause| format!("\n{cause}"));
                        let message = trap.message.trim_end_matches('.');
                        format!("\nProgram trapped: {message}.{}", cause.unwrap_or_default())
                    }
                    Stop::Exception { message } => format!("\nUncaught exception: {message}."),
                    Stop::Interrupt => "\nProgram received signal SIGINT, Interrupt.".to_string(),
                    Stop::HistoryStart => "\nNo more reverse-execution history.".to_string(),
                    Stop::Watchpoint(touch) => self.touched(touch.watchpoint),
                    Stop::Entry | Stop::Step | Stop::Breakpoint => String::new(),
                };
                self.shown = None;
                if !words.is_empty() {
                    self.say(&words)?;
                }
            }
        }
        if !is_stopped {
            return Ok(());
        }
        self.show_here()?;
        self.show_displays()
    }

    /// What a watchpoint saw.
    fn touched(&mut self, index: usize) -> String {
        let Some(watch) = self.session.watches().get(index).cloned() else { return "\nWatchpoint.".to_string() };
        let found = self.watches.iter().position(|own| own.number == watch.number);
        let Some((index, watch)) = found.and_then(|index| Some((index, self.watches.get(index)?))) else {
            // One of `wasm mem watch`.
            let range = &watch.point.range;
            return format!("\nWatchpoint {} of {:#x} to {:#x}.", watch.number, range.start, range.end);
        };
        let (number, expression, verb, old) = (watch.number, watch.expression.clone(), watch.verb, watch.value.clone());
        let handle = watch.handle.clone();
        let new = match crate::expression::again(self.session, &handle) {
            Ok(value) => value.text,
            Err(error) => format!("<{}>", error.message),
        };
        if let Some(watch) = self.watches.get_mut(index) {
            watch.value.clone_from(&new);
        }
        match verb {
            Verb::WatchRead => format!("\nHardware read watchpoint {number}: {expression}\n\nValue = {new}"),
            Verb::WatchAccess if old == new => {
                format!("\nHardware access (read/write) watchpoint {number}: {expression}\n\nValue = {new}")
            }
            _ => format!("\nHardware watchpoint {number}: {expression}\n\nOld value = {old}\nNew value = {new}"),
        }
    }
}

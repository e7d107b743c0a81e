//! Going on: until a breakpoint, by instructions, by lines, out of functions;
//! forward and back.

use std::collections::BTreeSet;

use super::{Direction, Halt, MAX_FRAMES, Motion, Result, Session, SessionError, look_up};
use crate::engine::{CodeAddress, EngineError, Frame, Resume, Stop, WasmFrame};

/// The line that a step by line starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    function: u32,
    path: Option<String>,
    line: u32,
    /// How many inlined calls are around it.
    inlined: usize,
}

impl Session<'_> {
    /// Goes on, and says why it stopped.
    ///
    /// # Errors
    /// If the engine cannot go that way, or a breakpoint's condition cannot be
    /// evaluated: the program is then stopped there.
    pub fn go(&mut self, motion: &Motion, direction: Direction) -> Result<Halt> {
        match motion {
            Motion::Continue => self.run(direction, &[], |_| Ok(false)),
            Motion::Instruction => self.step(direction),
            Motion::InstructionOver => {
                let before = self.depth()?;
                self.step_over(direction, before)
            }
            Motion::Line => self.step_line(direction, false),
            Motion::LineOver => self.step_line(direction, true),
            Motion::Out => self.out(direction),
        }
    }

    /// Runs until a location is reached in this function's call, or that
    /// returns.
    ///
    /// # Errors
    /// As [`go`](Self::go).
    pub fn until(&mut self, addresses: &[CodeAddress]) -> Result<Halt> {
        let depth = self.depth()?;
        let mut stops = addresses.to_vec();
        stops.extend(self.caller()?.map(|caller| caller.pc));
        let wanted: BTreeSet<CodeAddress> = addresses.iter().copied().collect();
        self.run(Direction::Forward, &stops, |session| {
            Ok(wanted.contains(&session.top()?.pc) || session.depth()? < depth)
        })
    }

    fn depth(&mut self) -> Result<usize> {
        Ok(self.engine.depth()?)
    }

    /// The frame of the program that the innermost one returns to.
    fn caller(&mut self) -> Result<Option<WasmFrame>> {
        let frames = self.engine.frames(MAX_FRAMES.min(3))?;
        Ok(frames.into_iter().skip(1).find_map(|frame| match frame {
            Frame::Wasm(frame) => Some(frame),
            Frame::Host { .. } => None,
        }))
    }

    /// Continues, with `more` places to stop at where `done` says so.
    fn run(
        &mut self,
        direction: Direction,
        more: &[CodeAddress],
        mut done: impl FnMut(&mut Session<'_>) -> Result<bool>,
    ) -> Result<Halt> {
        let how = match direction {
            Direction::Forward => Resume::Continue,
            Direction::Reverse => Resume::ReverseContinue,
        };
        self.arm(more)?;
        let halt = loop {
            match self.engine.resume(how) {
                Ok(Stop::Breakpoint) => {}
                Ok(Stop::Watchpoint(touch)) => match self.touched(&touch) {
                    Ok(false) => continue,
                    Ok(true) => break Ok(Halt::Engine(Stop::Watchpoint(touch))),
                    Err(error) => break Err(error),
                },
                Ok(stop) => break Ok(Halt::Engine(stop)),
                Err(error) => break Err(error.into()),
            }
            let top = match self.top() {
                Ok(top) => top,
                Err(error) => break Err(error),
            };
            match self.end_of_scope(top.pc, direction) {
                Ok(None) => {}
                Ok(Some(watch)) => break Ok(Halt::Unwatched(watch)),
                Err(error) => break Err(error),
            }
            match self.arrive(&top) {
                Ok(numbers) if !numbers.is_empty() => break Ok(Halt::Breakpoints(numbers)),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
            if more.contains(&top.pc) {
                match done(self) {
                    Ok(true) => break Ok(Halt::Moved),
                    Ok(false) => {}
                    Err(error) => break Err(error),
                }
            }
        };
        if !more.is_empty() || matches!(halt, Ok(Halt::Breakpoints(_))) {
            self.arm(&[])?;
        }
        halt
    }

    /// The breakpoints that stop the program here: those whose condition holds
    /// and that are not passed by any more.
    fn arrive(&mut self, top: &WasmFrame) -> Result<Vec<u32>> {
        let mut stopping = Vec::new();
        let mut messages = Vec::new();
        for breakpoint in &mut self.breakpoints {
            if !breakpoint.enabled || !breakpoint.addresses.contains(&top.pc) {
                continue;
            }
            let number = breakpoint.number;
            if let Some(condition) = &mut breakpoint.condition {
                let holds = condition.holds(&mut *self.engine, &self.code, top);
                if !holds.map_err(|error| SessionError::Condition { number, reason: error.to_string() })? {
                    continue;
                }
            }
            breakpoint.hits += 1;
            if breakpoint.hit_condition.is_some_and(|condition| !condition.holds(breakpoint.hits)) {
                continue;
            }
            match (breakpoint.ignore, &breakpoint.message) {
                (0, None) => stopping.push(number),
                (0, Some(message)) => messages.push(message.clone()),
                _ => breakpoint.ignore -= 1,
            }
        }
        for message in messages {
            let text = self.message(&message);
            (self.log)(text);
        }
        if !stopping.is_empty() {
            self.breakpoints.retain(|breakpoint| !(breakpoint.temporary && stopping.contains(&breakpoint.number)));
        }
        Ok(stopping)
    }

    /// One instruction.
    fn step(&mut self, direction: Direction) -> Result<Halt> {
        let how = match direction {
            Direction::Forward => Resume::Step,
            Direction::Reverse => Resume::ReverseStep,
        };
        match self.engine.resume(how)? {
            Stop::Step => Ok(Halt::Moved),
            Stop::Watchpoint(touch) if !self.touched(&touch)? => Ok(Halt::Moved),
            Stop::Breakpoint => {
                let top = self.top()?;
                if let Some(watch) = self.end_of_scope(top.pc, direction)? {
                    return Ok(Halt::Unwatched(watch));
                }
                let numbers = self.arrive(&top)?;
                Ok(if numbers.is_empty() { Halt::Moved } else { Halt::Breakpoints(numbers) })
            }
            stop => Ok(Halt::Engine(stop)),
        }
    }

    /// One instruction; if that leads into a call, on until it is back at
    /// `depth`.
    fn step_over(&mut self, direction: Direction, depth: usize) -> Result<Halt> {
        let halt = self.step(direction)?;
        if halt != Halt::Moved || self.depth()? <= depth {
            return Ok(halt);
        }
        match direction {
            Direction::Forward => self.return_to(depth),
            Direction::Reverse => {
                // Back before the call: the call's instruction is what leads
                // to the deeper frame.
                loop {
                    let entry = self.first_instruction()?;
                    let halt = self.run(direction, &[entry], |session| Ok(session.depth()? == depth + 1))?;
                    if halt != Halt::Moved {
                        return Ok(halt);
                    }
                    let halt = self.step(direction)?;
                    if halt != Halt::Moved || self.depth()? <= depth {
                        return Ok(halt);
                    }
                }
            }
        }
    }

    /// Runs until the calls deeper than `depth` have returned.
    fn return_to(&mut self, depth: usize) -> Result<Halt> {
        loop {
            let Some(caller) = self.caller()? else {
                return self.run(Direction::Forward, &[], |_| Ok(false));
            };
            let target = self.depth()? - 1;
            let halt = self.run(Direction::Forward, &[caller.pc], |session| Ok(session.depth()? <= target))?;
            if halt != Halt::Moved || self.depth()? <= depth {
                return Ok(halt);
            }
        }
    }

    /// Where the function of the innermost frame begins.
    fn first_instruction(&mut self) -> Result<CodeAddress> {
        let top = self.top()?;
        let code = self.code(top.pc.module);
        let first = code.and_then(|code| Some(code.instructions(top.function).first()?.0));
        Ok(CodeAddress { module: top.pc.module, offset: first.unwrap_or(top.pc.offset) })
    }

    fn out(&mut self, direction: Direction) -> Result<Halt> {
        let depth = self.depth()?;
        if depth <= 1 {
            return Err(EngineError::Unsupported("this is the outermost frame: nothing to return to".into()).into());
        }
        match direction {
            Direction::Forward => self.return_to(depth - 1),
            Direction::Reverse => {
                let entry = self.first_instruction()?;
                if self.top()?.pc != entry {
                    let halt = self.run(direction, &[entry], |session| Ok(session.depth()? <= depth))?;
                    if halt != Halt::Moved {
                        return Ok(halt);
                    }
                }
                self.step(direction)
            }
        }
    }

    /// The line that the program is in.
    fn line(&mut self) -> Result<Option<Line>> {
        let top = self.top()?;
        let Some(code) = self.code(top.pc.module) else { return Ok(None) };
        let Some(source) = code.source() else { return Ok(None) };
        let frames = source.frames_at(look_up(0, &top));
        let Some(frame) = frames.first() else { return Ok(None) };
        Ok(frame.line.map(|line| Line {
            function: top.function,
            path: frame.file.and_then(|file| source.path(file)),
            line,
            inlined: frames.len(),
        }))
    }

    /// Whether the program is where a line's code begins.
    fn at_line_start(&mut self) -> Result<bool> {
        let top = self.top()?;
        Ok(self.code(top.pc.module).is_none_or(|code| code.is_row_start(top.pc.offset)))
    }

    fn step_line(&mut self, direction: Direction, over: bool) -> Result<Halt> {
        let Some(start) = self.line()? else {
            let depth = self.depth()?;
            return if over { self.step_over(direction, depth) } else { self.step(direction) };
        };
        let depth = self.depth()?;
        loop {
            let halt = if over { self.step_over(direction, depth)? } else { self.step(direction)? };
            if halt != Halt::Moved {
                return Ok(halt);
            }
            let now = self.depth()?;
            if now > depth {
                // Into a function: past its prologue, or out again if nothing
                // is known of its lines.
                match (self.line()?, direction) {
                    (Some(_), Direction::Forward) => return self.skip_prologue(),
                    (Some(_), Direction::Reverse) => return Ok(Halt::Moved),
                    (None, Direction::Forward) => {
                        let halt = self.return_to(depth)?;
                        if halt != Halt::Moved {
                            return Ok(halt);
                        }
                    }
                    (None, Direction::Reverse) => {
                        let halt = self.step_over(direction, depth)?;
                        if halt != Halt::Moved {
                            return Ok(halt);
                        }
                    }
                }
                continue;
            }
            match self.line()? {
                // In the middle of the caller's line after a return: on to the
                // next one.
                Some(line) if line != start && (self.at_line_start()? || now < depth) => {
                    return match direction {
                        Direction::Forward => Ok(Halt::Moved),
                        Direction::Reverse => self.back_to_line_start(&line),
                    };
                }
                _ => {}
            }
        }
    }

    /// After a step back into the end of a line: to its beginning.
    fn back_to_line_start(&mut self, line: &Line) -> Result<Halt> {
        let depth = self.depth()?;
        loop {
            if self.at_line_start()? && self.line()?.as_ref() == Some(line) {
                return Ok(Halt::Moved);
            }
            let halt = self.step_over(Direction::Reverse, depth)?;
            if halt != Halt::Moved {
                return Ok(halt);
            }
            if self.line()?.as_ref() != Some(line) || self.depth()? != depth {
                return self.step(Direction::Forward);
            }
        }
    }

    /// From the first instruction of a function to where its body begins.
    fn skip_prologue(&mut self) -> Result<Halt> {
        let top = self.top()?;
        let entry = self.code(top.pc.module).and_then(|code| code.entry(top.function));
        let Some(offset) = entry.filter(|entry| *entry > top.pc.offset) else { return Ok(Halt::Moved) };
        let depth = self.depth()?;
        let address = CodeAddress { module: top.pc.module, offset };
        self.run(Direction::Forward, &[address], |session| Ok(session.depth()? == depth))
    }
}

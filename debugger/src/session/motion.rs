//! Going on: until a breakpoint, by instructions, by lines, out of functions;
//! forward and back.

use std::collections::BTreeSet;

use super::inlined::Spot;
use super::{Direction, Halt, MAX_FRAMES, Motion, Result, Session, SessionError};
use crate::engine::{CodeAddress, EngineError, Frame, Resume, Stop, WasmFrame};

impl Session<'_> {
    /// Goes on, and says why it stopped.
    ///
    /// # Errors
    /// If the engine cannot go that way, or a breakpoint's condition cannot be
    /// evaluated: the program is then stopped there.
    pub fn go(&mut self, motion: &Motion, direction: Direction) -> Result<Halt> {
        let halt = match motion {
            Motion::Continue => self.run(direction, &[], |_| Ok(false)),
            Motion::Instruction => self.step(direction),
            Motion::InstructionOver => {
                let before = self.depth()?;
                self.step_over(direction, before)
            }
            Motion::Line => self.step_line(direction, false),
            Motion::LineOver => self.step_line(direction, true),
            Motion::Out => return self.finish(0, self.inlined_at, direction),
        }?;
        match halt {
            Halt::Moved if matches!(motion, Motion::Line | Motion::LineOver) => {}
            Halt::Moved => self.inlined_at = 0,
            _ => self.land(&halt)?,
        }
        Ok(halt)
    }

    /// Runs until a call returns, forward; or back to it: of the engine's frame
    /// `frame`, the inlined call `inlined_at` in it.
    ///
    /// # Errors
    /// As [`go`](Self::go), and of the outermost frame, which returns to
    /// nothing.
    pub fn finish(&mut self, frame: usize, inlined_at: usize, direction: Direction) -> Result<Halt> {
        let inlined = self.spot_of(frame, inlined_at)?.filter(Spot::is_inlined);
        let mut halt = Halt::Moved;
        for _ in 0..frame {
            halt = self.out(direction)?;
            if halt != Halt::Moved {
                break;
            }
        }
        if halt == Halt::Moved {
            halt = match inlined {
                Some(spot) => return self.out_of_inlined(&spot, direction),
                None => self.out(direction)?,
            };
        }
        self.land(&halt)?;
        Ok(halt)
    }

    /// Which calls are shown where the program has stopped: not those that
    /// begin there. Where it has come to grief the innermost one has.
    fn land(&mut self, halt: &Halt) -> Result<()> {
        match halt {
            // It was seen to on arrival.
            Halt::Breakpoints(_) => {}
            Halt::Moved | Halt::Unwatched(_) | Halt::Engine(Stop::Watchpoint(_) | Stop::Interrupt) => {
                self.inlined_at = self.here()?.map_or(0, |here| here.begun);
            }
            Halt::Engine(_) => self.inlined_at = 0,
        }
        Ok(())
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
        let halt = self.run(Direction::Forward, &stops, |session| {
            Ok(wanted.contains(&session.top()?.pc) || session.depth()? < depth)
        })?;
        self.land(&halt)?;
        Ok(halt)
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
        let mut shown = Vec::new();
        for breakpoint in &mut self.breakpoints {
            let place = breakpoint.addresses.iter().position(|address| *address == top.pc);
            let Some(place) = place.filter(|_| breakpoint.enabled) else { continue };
            let inlined_at = breakpoint.inlined_at.get(place).copied().unwrap_or_default();
            let number = breakpoint.number;
            if let Some(condition) = &mut breakpoint.condition {
                self.inlined_at = inlined_at;
                let holds = condition.holds(&mut *self.engine, &self.code, top, inlined_at);
                if !holds.map_err(|error| SessionError::Condition { number, reason: error.to_string() })? {
                    continue;
                }
            }
            breakpoint.hits += 1;
            if breakpoint.hit_condition.is_some_and(|condition| !condition.holds(breakpoint.hits)) {
                continue;
            }
            match (breakpoint.ignore, &breakpoint.message) {
                (0, None) => {
                    stopping.push(number);
                    shown.push(inlined_at);
                }
                (0, Some(message)) => messages.push((message.clone(), inlined_at)),
                _ => breakpoint.ignore -= 1,
            }
        }
        for (message, inlined_at) in messages {
            let text = self.message(&message, inlined_at);
            (self.log)(text);
        }
        if let Some(innermost) = shown.into_iter().min() {
            self.inlined_at = innermost;
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

    /// Whether the program is where a line's code begins.
    fn at_line_start(&mut self) -> Result<bool> {
        let top = self.top()?;
        Ok(self.code(top.pc.module).is_none_or(|code| code.is_row_start(top.pc.offset)))
    }

    fn step_line(&mut self, direction: Direction, over: bool) -> Result<Halt> {
        let shown = self.inlined_at;
        if shown > 0 && !over && direction == Direction::Forward {
            // Into the call that begins here: there is no way to go.
            self.inlined_at = shown - 1;
            return Ok(Halt::Moved);
        }
        let depth = self.depth()?;
        let Some(start) = self.here()?.and_then(|here| here.spot(shown)).filter(Spot::has_line) else {
            let halt = if over { self.step_over(direction, depth)? } else { self.step(direction)? };
            self.land(&halt)?;
            return Ok(halt);
        };
        loop {
            let halt = if over { self.step_over(direction, depth)? } else { self.step(direction)? };
            if halt != Halt::Moved {
                return Ok(halt);
            }
            let now = self.depth()?;
            if now > depth {
                // Into a function: past its prologue, or out again if nothing
                // is known of its lines.
                let halt = match (self.here()?.is_some_and(|here| here.has_line()), direction) {
                    (true, Direction::Forward) => return self.skip_prologue(),
                    (true, Direction::Reverse) => {
                        self.land(&Halt::Moved)?;
                        return Ok(Halt::Moved);
                    }
                    (false, Direction::Forward) => self.return_to(depth)?,
                    (false, Direction::Reverse) => self.step_over(direction, depth)?,
                };
                if halt != Halt::Moved {
                    return Ok(halt);
                }
                continue;
            }
            let Some(here) = self.here()? else { continue };
            let Some(spot) = here.spot(here.begun).filter(Spot::has_line) else { continue };
            let is_same_line = spot.is_on_line_of(&start);
            let goes_on = if now < depth || !spot.is_within(&start) {
                // In the middle of the caller's line after a return: on to the
                // next one.
                is_same_line || (now == depth && !self.at_line_start()?)
            } else if !spot.is_call_of(&start) {
                // In a call that was inlined into the line.
                over
            } else if here.begun > 0 {
                // Before such a call: into it if it is the line's.
                if is_same_line && !over && direction == Direction::Forward {
                    self.inlined_at = here.begun - 1;
                    return Ok(Halt::Moved);
                }
                is_same_line
            } else {
                is_same_line || !self.at_line_start()?
            };
            if goes_on {
                continue;
            }
            if direction == Direction::Reverse {
                return self.back_to_line_start(&spot);
            }
            self.inlined_at = here.begun;
            return Ok(Halt::Moved);
        }
    }

    /// After a step back into the end of a line: to its beginning.
    fn back_to_line_start(&mut self, line: &Spot) -> Result<Halt> {
        let depth = self.depth()?;
        loop {
            let here = self.here()?;
            let is_start = here.is_some_and(|here| here.begun == 0 && here.spot(0).as_ref() == Some(line));
            if is_start && self.at_line_start()? {
                self.inlined_at = 0;
                return Ok(Halt::Moved);
            }
            let halt = self.step_over(Direction::Reverse, depth)?;
            if halt != Halt::Moved {
                return Ok(halt);
            }
            let is_left = self.depth()? != depth || self.here()?.is_none_or(|here| !here.is_on(line));
            if is_left {
                let halt = self.step_over(Direction::Forward, depth)?;
                self.land(&halt)?;
                return Ok(halt);
            }
        }
    }

    /// Until an inlined call is left: behind it; going back, before it.
    fn out_of_inlined(&mut self, call: &Spot, direction: Direction) -> Result<Halt> {
        let depth = self.depth()?;
        while self.depth()? == depth && self.here()?.is_some_and(|here| here.is_in(call)) {
            let halt = self.step_over(direction, depth)?;
            if halt != Halt::Moved {
                self.land(&halt)?;
                return Ok(halt);
            }
        }
        let halt = match direction {
            Direction::Forward => Halt::Moved,
            Direction::Reverse => self.step_over(Direction::Forward, depth)?,
        };
        self.land(&halt)?;
        Ok(halt)
    }

    /// From the first instruction of a function to where its body begins.
    fn skip_prologue(&mut self) -> Result<Halt> {
        let top = self.top()?;
        let entry = self.code(top.pc.module).and_then(|code| code.entry(top.function));
        let mut halt = Halt::Moved;
        if let Some(offset) = entry.filter(|entry| *entry > top.pc.offset) {
            let depth = self.depth()?;
            let address = CodeAddress { module: top.pc.module, offset };
            halt = self.run(Direction::Forward, &[address], |session| Ok(session.depth()? == depth))?;
        }
        self.land(&halt)?;
        Ok(halt)
    }
}

//! Calls that were inlined, as gdb shows them: where the program stands at the
//! very first instruction of one, it is still in the caller, and a step by line
//! goes into the call without moving.

use wasm_source::{EntryId, FileId};

use super::{Location, Result, Session, look_up};
use crate::code::{Place, ends_with_name, ends_with_path};
use crate::engine::{CodeAddress, EngineError, Frame};

/// A line of a file.
type Line = (Option<FileId>, u32);

/// The calls that an instruction belongs to.
pub(super) struct Here<'m> {
    function: u32,
    /// Innermost first.
    frames: Vec<wasm_source::Frame<'m>>,
    /// How many of them begin there.
    pub(super) begun: usize,
}

/// A call, inlined or not, and the line that it is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    function: u32,
    /// The call and those around it, outermost first: what is called, and from
    /// which line and column.
    calls: Vec<(Option<EntryId>, Option<Line>, Option<u32>)>,
    line: Option<Line>,
}

impl Here<'_> {
    /// One of the calls, 0 the innermost.
    pub(super) fn spot(&self, inlined_at: usize) -> Option<Spot> {
        let around = self.frames.get(inlined_at..)?;
        let called = |(at, frame): (usize, &wasm_source::Frame<'_>)| {
            let from = around.get(at + 1);
            (frame.function, from.and_then(line), from.and_then(|from| from.column))
        };
        let mut calls: Vec<_> = around.iter().enumerate().map(called).collect();
        calls.reverse();
        Some(Spot { function: self.function, calls, line: line(around.first()?) })
    }

    /// Whether a line is known.
    pub(super) fn has_line(&self) -> bool {
        self.frames.first().is_some_and(|frame| frame.line.is_some())
    }

    /// Whether the instruction is of this call, or of one that it makes.
    pub(super) fn is_in(&self, call: &Spot) -> bool {
        self.spot(0).is_some_and(|spot| spot.is_within(call))
    }

    /// Whether the instruction is of this call while that is at this line.
    pub(super) fn is_on(&self, line: &Spot) -> bool {
        let level = self.frames.len().checked_sub(line.calls.len());
        level.and_then(|level| self.spot(level)).as_ref() == Some(line)
    }
}

impl Spot {
    /// Whether a line is known.
    pub(super) fn has_line(&self) -> bool {
        self.line.is_some()
    }

    /// Whether the call was inlined.
    pub(super) fn is_inlined(&self) -> bool {
        self.calls.len() > 1
    }

    /// Whether it is the other one's call, or one that was inlined into that.
    pub(super) fn is_within(&self, other: &Spot) -> bool {
        self.function == other.function && self.calls.starts_with(&other.calls)
    }

    /// Whether it is the other one's call.
    pub(super) fn is_call_of(&self, other: &Spot) -> bool {
        self.function == other.function && self.calls == other.calls
    }

    /// Whether it is at the other one's line.
    pub(super) fn is_on_line_of(&self, other: &Spot) -> bool {
        self.function == other.function && self.line == other.line
    }
}

fn line(frame: &wasm_source::Frame<'_>) -> Option<Line> {
    Some((frame.file, frame.line?))
}

impl<'m> Session<'m> {
    /// The calls that the program stands in; nothing if nothing is known of
    /// them.
    pub(super) fn here(&mut self) -> Result<Option<Here<'m>>> {
        let top = self.top()?;
        Ok(self.calls_of(0, &top))
    }

    /// A call of the back trace: `inlined_at` of one of the engine's frames.
    pub(super) fn spot_of(&mut self, frame: usize, inlined_at: usize) -> Result<Option<Spot>> {
        match self.engine.frames(frame.saturating_add(1))?.into_iter().nth(frame) {
            Some(Frame::Wasm(wasm)) => Ok(self.calls_of(frame, &wasm).and_then(|here| here.spot(inlined_at))),
            Some(Frame::Host { .. }) => Ok(None),
            None => Err(EngineError::Ended.into()),
        }
    }

    fn calls_of(&self, frame: usize, wasm: &crate::engine::WasmFrame) -> Option<Here<'m>> {
        let source = self.code(wasm.pc.module)?.source()?;
        let offset = look_up(frame, wasm);
        let frames = source.frames_at(offset);
        let begun = source.calls_begun_at(offset).min(frames.len().checked_sub(1)?);
        Some(Here { function: wasm.function, frames, begun })
    }

    /// Which of the calls at an address is shown when a breakpoint there stops
    /// the program: the one that the user has named; else, of those that begin
    /// there, none.
    pub(super) fn shown_at(&self, location: &Location, address: CodeAddress) -> usize {
        let Some(source) = self.code(address.module).and_then(|code| code.source()) else { return 0 };
        let begun = source.calls_begun_at(address.offset);
        let frames = source.frames_at(address.offset);
        let named = match location {
            Location::Instruction(_) => Some(0),
            Location::Line { file, line } => frames.iter().position(|frame| {
                let path = frame.file.and_then(|file| source.path(file));
                frame.line >= Some(*line) && path.is_some_and(|path| ends_with_path(&path, file))
            }),
            Location::Function(name) => frames.iter().position(|frame| {
                let full = frame.function.and_then(|function| source.qualified_name(function));
                full.is_some_and(|full| ends_with_name(&full, name))
            }),
        };
        named.map_or(begun, |named| named.min(begun))
    }

    /// The line of an address that a location has led to, as
    /// [`breakpoints`](Self::breakpoints) there show it.
    pub fn place_at(&self, location: &Location, address: CodeAddress) -> Option<Place> {
        self.code(address.module)?.place_in(address.offset, self.shown_at(location, address))
    }
}

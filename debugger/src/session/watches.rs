//! Watched memory: what is watched, until when, and which touches count.

use super::{Direction, HitCondition, Result, Session, SessionError};
use crate::engine::{Access, CodeAddress, EngineError, Frame, Touch, Watchpoint};
use crate::expression::Condition;

/// How many bytes of a [`Touch`] an engine tells of at the most.
const MAX_TOLD: usize = 16;

/// A range of memory that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Its number, among those of the breakpoints; of one that is not set 0.
    pub number: u32,
    /// The range and the accesses.
    pub point: Watchpoint,
    /// The call whose variable it is: it ends with that.
    pub scope: Option<Scope>,
    /// An expression that must be true for it to stop the program.
    pub condition: Option<Condition>,
    /// Which of the touches count.
    pub hit_condition: Option<HitCondition>,
    /// How often it was touched with its condition true.
    pub hits: u64,
}

/// An active call, as far as its end can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// How many calls are active while it is the innermost one.
    pub depth: usize,
    /// Where its caller goes on.
    pub back: CodeAddress,
}

impl Watch {
    /// All touches of a range.
    pub fn new(point: Watchpoint) -> Watch {
        Watch { number: 0, point, scope: None, condition: None, hit_condition: None, hits: 0 }
    }
}

impl Session<'_> {
    /// The watches, in the order in which they were set.
    pub fn watches(&self) -> &[Watch] {
        &self.watches
    }

    /// A watch, to change it.
    pub fn watch_mut(&mut self, number: u32) -> Option<&mut Watch> {
        self.watches.iter_mut().find(|watch| watch.number == number)
    }

    /// Watches, and gives the watch its number.
    ///
    /// # Errors
    /// If the engine cannot watch.
    pub fn watch(&mut self, watch: Watch) -> Result<u32> {
        let number = self.next_breakpoint;
        self.watches.push(Watch { number, ..watch });
        if let Err(error) = self.arm_watches() {
            self.watches.pop();
            // As many as it had before.
            let _ = self.arm_watches();
            return Err(error);
        }
        self.next_breakpoint += 1;
        Ok(number)
    }

    /// Ends a watch; nothing if there is none with this number.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn unwatch(&mut self, number: u32) -> Result<Option<Watch>> {
        let Some(at) = self.watches.iter().position(|watch| watch.number == number) else { return Ok(None) };
        let watch = self.watches.remove(at);
        self.arm_watches()?;
        Ok(Some(watch))
    }

    /// Sets breakpoints and watches in an engine that starts the program anew.
    /// Watches of calls have ended.
    ///
    /// # Errors
    /// If the engine refuses one.
    pub fn arm_anew(&mut self) -> Result<()> {
        self.watches.retain(|watch| watch.scope.is_none());
        self.inlined_at = 0;
        self.arm_watches()
    }

    /// The call of one of the engine's frames; nothing if the program has no
    /// caller of it.
    ///
    /// # Errors
    /// If the program has ended.
    pub fn scope(&mut self, frame: usize) -> Result<Option<Scope>> {
        let depth = self.engine.depth()?.saturating_sub(frame);
        // A function of the host may be between.
        let frames = self.engine.frames(frame.saturating_add(3))?;
        let caller = frames.into_iter().skip(frame.saturating_add(1)).find_map(|frame| match frame {
            Frame::Wasm(caller) => Some(caller.pc),
            Frame::Host { .. } => None,
        });
        Ok(caller.map(|back| Scope { depth, back }))
    }

    fn arm_watches(&mut self) -> Result<()> {
        let points: Vec<Watchpoint> = self.watches.iter().map(|watch| watch.point.clone()).collect();
        match self.engine.set_watchpoints(&points) {
            // They are for the next run.
            Ok(()) | Err(EngineError::Ended) => {}
            Err(error) => return Err(error.into()),
        }
        self.arm(&[])
    }

    /// Whether a touch stops the program. A write of what was there before
    /// does not, where only writes are watched.
    pub(super) fn touched(&mut self, touch: &Touch) -> Result<bool> {
        let watched = self.watches.get(touch.watchpoint);
        // Of more bytes than the engine tells the others may have changed.
        let is_whole = !touch.old.is_empty() && touch.old.len() < MAX_TOLD;
        if watched.is_some_and(|watch| watch.point.access == Access::Write) && is_whole && touch.old == touch.new {
            return Ok(false);
        }
        let has_condition = self.watches.get(touch.watchpoint).is_some_and(|watch| watch.condition.is_some());
        let top = if has_condition { Some(self.top()?) } else { None };
        let Some(watch) = self.watches.get_mut(touch.watchpoint) else { return Ok(true) };
        if let (Some(condition), Some(top)) = (&mut watch.condition, top) {
            let holds = condition.holds(&mut *self.engine, &self.code, &top, 0);
            let number = watch.number;
            if !holds.map_err(|error| SessionError::Condition { number, reason: error.to_string() })? {
                return Ok(false);
            }
        }
        watch.hits += 1;
        Ok(watch.hit_condition.is_none_or(|condition| condition.holds(watch.hits)))
    }

    /// Ends the first watch whose call has returned to where the program is.
    pub(super) fn end_of_scope(&mut self, pc: CodeAddress, direction: Direction) -> Result<Option<Watch>> {
        let is_back = direction == Direction::Reverse;
        if is_back || self.watches.iter().all(|watch| watch.scope.is_none_or(|scope| scope.back != pc)) {
            return Ok(None);
        }
        let depth = self.engine.depth()?;
        let ended = |watch: &&Watch| watch.scope.is_some_and(|scope| scope.back == pc && depth < scope.depth);
        match self.watches.iter().find(ended).map(|watch| watch.number) {
            Some(number) => self.unwatch(number),
            None => Ok(None),
        }
    }
}

//! An engine that viewers look at: the engine itself, behind a lock, with a
//! count of its turns.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::desk::{Desk, Program};
use crate::engine::{
    Abilities, CodeAddress, Engine, Frame, Instance, InstanceId, Interrupter, LoadedModule, Memory, MemoryId, Object,
    ObjectId, Result, Resume, Stop, Value, Visitor, Watchpoint,
};

/// The engine, for the desk and for a front end.
pub(super) type Shared = Arc<Mutex<Box<dyn Engine>>>;

/// How often a program was let go and came to a stop again, together: odd while
/// it runs. And how often it was changed while it stood still.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Counts>);

#[derive(Default)]
struct Counts {
    turns: AtomicU64,
    edits: AtomicU64,
}

/// A count of turns and edits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Turn {
    turns: u64,
    edits: u64,
}

impl Turns {
    pub(super) fn now(&self) -> Turn {
        let Counts { turns, edits } = &*self.0;
        Turn { turns: turns.load(Ordering::Acquire), edits: edits.load(Ordering::Acquire) }
    }

    fn turn(&self) {
        self.0.turns.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn edit(&self) {
        self.0.edits.fetch_add(1, Ordering::AcqRel);
    }
}

impl Turn {
    pub(super) fn is_running(self) -> bool {
        !self.turns.is_multiple_of(2)
    }

    /// Whether the program has not run between two of them.
    pub(super) fn is_same_stop(self, other: Turn) -> bool {
        self.turns == other.turns && !self.is_running()
    }
}

/// A front end's side of a watched engine.
pub(super) struct Watched {
    engine: Shared,
    modules: Vec<LoadedModule>,
    stop: Stop,
    turns: Turns,
    desk: Arc<Desk>,
}

impl Watched {
    pub(super) fn new(mut engine: Box<dyn Engine>, desk: Arc<Desk>) -> Watched {
        let visitor: Visitor = {
            let desk = desk.clone();
            Arc::new(move |moment| desk.visit(moment))
        };
        engine.admit(visitor);
        let modules = engine.modules().to_vec();
        let stop = engine.stop().clone();
        let interrupter = engine.interrupter();
        let engine = Arc::new(Mutex::new(engine));
        let turns = Turns::default();
        desk.show(Program { engine: engine.clone(), interrupter, turns: turns.clone(), modules: modules.clone() });
        Watched { engine, modules, stop, turns, desk }
    }

    /// Asks the engine. Also looking may tell why it stands still.
    fn ask<R>(&mut self, question: impl FnOnce(&mut dyn Engine) -> R) -> R {
        let mut engine = lock(&self.engine);
        let answer = question(&mut **engine);
        if *engine.stop() != self.stop {
            self.stop = engine.stop().clone();
        }
        answer
    }

    /// Changes something: viewers look again.
    fn change<R>(&mut self, what: impl FnOnce(&mut dyn Engine) -> R) -> R {
        let changed = self.ask(what);
        self.turns.edit();
        changed
    }
}

/// The engine, also after a panic of one who had it.
pub(super) fn lock(engine: &Shared) -> MutexGuard<'_, Box<dyn Engine>> {
    engine.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.desk.take_away(&self.engine);
    }
}

impl Engine for Watched {
    fn abilities(&self) -> Abilities {
        lock(&self.engine).abilities()
    }

    fn modules(&self) -> &[LoadedModule] {
        &self.modules
    }

    fn instances(&mut self) -> Result<Vec<Instance>> {
        self.ask(|engine| engine.instances())
    }

    fn memories(&mut self) -> Result<Vec<Memory>> {
        self.ask(|engine| engine.memories())
    }

    fn stop(&self) -> &Stop {
        &self.stop
    }

    fn resume(&mut self, how: Resume) -> Result<Stop> {
        let had_ended = self.has_ended();
        self.turns.turn();
        let stop = self.ask(|engine| engine.resume(how));
        self.turns.turn();
        match (had_ended, self.has_ended()) {
            (None, Some(code)) => self.desk.end(code),
            // It was taken back.
            (Some(_), None) => self.desk.revive(),
            _ => {}
        }
        stop
    }

    fn interrupter(&self) -> Interrupter {
        lock(&self.engine).interrupter()
    }

    fn admit(&mut self, visitor: Visitor) {
        self.ask(|engine| engine.admit(visitor));
    }

    fn set_breakpoints(&mut self, at: &BTreeSet<CodeAddress>) -> Result<()> {
        self.ask(|engine| engine.set_breakpoints(at))
    }

    fn set_watchpoints(&mut self, watchpoints: &[Watchpoint]) -> Result<()> {
        self.ask(|engine| engine.set_watchpoints(watchpoints))
    }

    fn frames(&mut self, limit: usize) -> Result<Vec<Frame>> {
        self.ask(|engine| engine.frames(limit))
    }

    fn depth(&mut self) -> Result<usize> {
        self.ask(|engine| engine.depth())
    }

    fn locals(&mut self, frame: usize) -> Result<Vec<Value>> {
        self.ask(|engine| engine.locals(frame))
    }

    fn operands(&mut self, frame: usize) -> Result<Vec<Value>> {
        self.ask(|engine| engine.operands(frame))
    }

    fn set_local(&mut self, frame: usize, index: u32, value: Value) -> Result<()> {
        self.change(|engine| engine.set_local(frame, index, value))
    }

    fn global(&mut self, instance: InstanceId, index: u32) -> Result<Value> {
        self.ask(|engine| engine.global(instance, index))
    }

    fn set_global(&mut self, instance: InstanceId, index: u32, value: Value) -> Result<()> {
        self.change(|engine| engine.set_global(instance, index, value))
    }

    fn object(&mut self, object: ObjectId, places: Range<u32>) -> Result<Object> {
        self.ask(|engine| engine.object(object, places))
    }

    fn read_memory(&mut self, memory: MemoryId, address: u64, into: &mut [u8]) -> Result<()> {
        self.ask(|engine| engine.read_memory(memory, address, into))
    }

    fn write_memory(&mut self, memory: MemoryId, address: u64, bytes: &[u8]) -> Result<()> {
        self.change(|engine| engine.write_memory(memory, address, bytes))
    }

    fn call(&mut self, instance: InstanceId, function: u32, arguments: &[Value]) -> Result<Vec<Value>> {
        self.change(|engine| engine.call(instance, function, arguments))
    }

    fn instructions(&self) -> Option<u64> {
        lock(&self.engine).instructions()
    }
}

impl Watched {
    /// The code that the program has ended with, if it has; of a trap that of a
    /// process that is aborted.
    fn has_ended(&self) -> Option<i32> {
        match self.stop {
            Stop::Exited(code) => Some(code),
            Stop::Dead => Some(134),
            _ => None,
        }
    }
}

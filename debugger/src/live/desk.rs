//! Where viewers come with what they want to know, and where it is answered:
//! by a thread of its own while the program stands still, by the program's
//! thread while it runs.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use memviz::MemoryType;
use memviz::protocol::{Answer, Event, Frame, LiveMemory, Request, Server, Target};
use memviz::snapshot::ModuleIdentity;
use wasm_binary::identity::build_id;
use wasm_source::WasmValue;

use super::viewer::Outbox;
use super::watched::{Shared, Turn, Turns};
use crate::engine::{
    Engine, EngineError, Instance, InstanceId, Interrupter, LoadedModule, Memory, MemoryId, ModuleId, Moment, Result,
    Stop, Value,
};

/// How often the desk looks whether the program runs.
const TICK: Duration = Duration::from_millis(20);
/// How many viewers there may be.
const MAX_VIEWERS: usize = 8;
/// How many times as long as a look the program runs until the next one.
const REST: u32 = 9;
/// How long the end waits until it has been told.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A program that viewers look at.
pub(super) struct Program {
    pub(super) engine: Shared,
    pub(super) interrupter: Interrupter,
    pub(super) turns: Turns,
    pub(super) modules: Vec<LoadedModule>,
}

/// The desk.
pub(super) struct Desk {
    state: Mutex<State>,
    /// Someone has come, has asked for something or has been answered.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    program: Option<Program>,
    /// The code that the program has ended with.
    ended: Option<i32>,
    described: HashMap<ModuleId, Described>,
    /// A module that is yet to be described.
    wanted: Option<ModuleId>,
    viewers: Vec<Viewer>,
    next: u64,
    /// The program is not disturbed before.
    rests_until: Option<Instant>,
}

/// What a module's file says that viewers are told.
struct Described {
    identity: ModuleIdentity,
    memories: Vec<MemoryType>,
}

struct Viewer {
    number: u64,
    outbox: Outbox,
    /// Nothing until it has been greeted.
    server: Option<Server>,
    request: Option<Frame<Request>>,
    /// Whether it knows that the program stands still.
    knows_stopped: bool,
    /// The turn at which the last look for it was while the program stood
    /// still.
    looked_at: Option<Turn>,
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.outbox.close();
    }
}

impl Viewer {
    /// Whether it waits for an answer.
    fn asks(&self) -> bool {
        self.server.is_none() || self.request.is_some()
    }

    /// Whether it is to be told of changes now.
    fn is_to_look(&self, now_ms: u64) -> bool {
        let next = self.server.as_ref().and_then(|server| server.next_look_ms(now_ms));
        next == Some(0) && self.outbox.is_empty()
    }
}

impl Desk {
    pub(super) fn open() -> io::Result<Arc<Desk>> {
        let desk = Arc::new(Desk { state: Mutex::default(), changed: Condvar::new() });
        let works = desk.clone();
        std::thread::Builder::new().name("live".to_string()).spawn(move || works.work())?;
        Ok(desk)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>, time: Duration) -> MutexGuard<'s, State> {
        self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Shows a program, instead of the one before.
    pub(super) fn show(&self, program: Program) {
        let mut state = self.lock();
        state.program = Some(program);
        state.ended = None;
        state.described.clear();
        // They know another one.
        state.viewers.clear();
        self.changed.notify_all();
    }

    /// The engine is gone.
    pub(super) fn take_away(&self, engine: &Shared) {
        let mut state = self.lock();
        if state.program.as_ref().is_some_and(|program| Arc::ptr_eq(&program.engine, engine)) {
            state.program = None;
            state.viewers.clear();
        }
    }

    /// Tells that the program has ended, and waits a little until that is
    /// written: the process may end next.
    pub(super) fn end(&self, code: i32) {
        let mut state = self.lock();
        state.ended = Some(code);
        let viewers = std::mem::take(&mut state.viewers);
        drop(state);
        let outboxes: Vec<Outbox> = viewers.iter().map(|viewer| viewer.outbox.clone()).collect();
        outboxes.iter().for_each(|outbox| outbox.put(Event::Exited { code }.into()));
        drop(viewers);
        let began = Instant::now();
        while began.elapsed() < LAST_WORDS && !outboxes.iter().all(Outbox::is_empty) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The program was taken back from its end.
    pub(super) fn revive(&self) {
        self.lock().ended = None;
    }

    /// Takes a viewer in, and gives its number; it is told if it cannot stay.
    pub(super) fn enter(&self, outbox: Outbox) -> Option<u64> {
        let mut state = self.lock();
        let refusal = match (&state.program, state.ended) {
            (_, Some(code)) => Some(format!("the program has ended with code {code}")),
            _ if state.viewers.len() >= MAX_VIEWERS => Some(format!("{MAX_VIEWERS} viewers are attached already")),
            _ => None,
        };
        if let Some(message) = refusal {
            outbox.put(Event::Error { message }.into());
            outbox.close();
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.viewers.push(Viewer {
            number,
            outbox,
            server: None,
            request: None,
            knows_stopped: false,
            looked_at: None,
        });
        self.changed.notify_all();
        Some(number)
    }

    pub(super) fn leave(&self, number: u64) {
        self.lock().viewers.retain(|viewer| viewer.number != number);
    }

    /// Hands a request in, when the one before has been answered and read;
    /// `false` if the viewer is none any more.
    pub(super) fn request(&self, number: u64, request: Frame<Request>) -> bool {
        let mut state = self.lock();
        loop {
            let Some(viewer) = state.viewers.iter_mut().find(|viewer| viewer.number == number) else { return false };
            if viewer.request.is_none() && viewer.outbox.is_read() {
                viewer.request = Some(request);
                self.changed.notify_all();
                return true;
            }
            state = self.wait(state, TICK);
        }
    }

    /// The desk's own thread.
    fn work(&self) {
        let mut last_turn = Turn::default();
        loop {
            let mut state = self.lock();
            while state.viewers.is_empty() || state.ended.is_some() || state.program.is_none() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let turn = state.program.as_ref().map_or(last_turn, |program| program.turns.now());
            // What is stepped through does not stand still.
            let stands_still = turn.is_same_stop(last_turn);
            last_turn = turn;
            self.attend(&mut state, stands_still.then_some(turn));
            if let Some(module) = state.wanted.take() {
                self.describe(state, module);
            } else {
                drop(self.wait(state, TICK));
            }
        }
    }

    /// Looks at the program, or asks it to let someone in. If it stands still,
    /// there is the turn since when it does.
    fn attend(&self, state: &mut State, still: Option<Turn>) {
        if still.is_none() {
            state.tell_resumed();
        }
        let now_ms = now_ms();
        let waits = state.viewers.iter().any(|viewer| match still {
            Some(_) => viewer.asks() || viewer.looked_at != still || !viewer.knows_stopped,
            None => viewer.asks() || viewer.is_to_look(now_ms),
        });
        let Some(program) = state.program.as_ref().filter(|_| waits) else { return };
        let engine = program.engine.clone();
        match engine.try_lock() {
            Ok(mut engine) => self.look(state, &mut **engine, still),
            Err(TryLockError::Poisoned(engine)) => self.look(state, &mut **engine.into_inner(), still),
            Err(TryLockError::WouldBlock) if state.rests() => {}
            Err(TryLockError::WouldBlock) => program.interrupter.knock(),
        }
    }

    /// Looks at an engine that stands still, if only for a moment.
    fn look(&self, state: &mut State, engine: &mut dyn Engine, still: Option<Turn>) {
        let reason = match engine.stop() {
            // To look would mean to run it again.
            Stop::Exited(_) | Stop::Dead => return,
            stop => stop.to_string(),
        };
        match still {
            Some(turn) => state.serve(&mut Still(engine), Some((turn, reason))),
            None => state.serve(&mut Passing(&mut Still(engine)), None),
        }
        self.changed.notify_all();
    }

    /// Looks at a program that runs, on its own thread.
    pub(super) fn visit(&self, moment: &mut dyn Moment) {
        let mut state = self.lock();
        let began = Instant::now();
        if state.rests() {
            return;
        }
        state.serve(&mut Passing(moment), None);
        state.rests_until = Some(Instant::now() + began.elapsed() * REST);
        self.changed.notify_all();
    }

    /// Finds out what a module's file says, while nobody waits for it.
    fn describe(&self, state: MutexGuard<'_, State>, id: ModuleId) {
        let module = state.program.as_ref().and_then(|program| program.modules.get(id.0 as usize)).cloned();
        drop(state);
        let Some(module) = module else { return };
        let map = wasm_binary::Map::parse(&module.bytes).ok();
        let described = Described {
            identity: ModuleIdentity {
                build_id: map.as_ref().map(|map| build_id(map).to_string()).unwrap_or_default(),
                name: Some(module.name.clone()),
            },
            memories: map.map(|map| memviz::Program::new(&map, None).memories).unwrap_or_default(),
        };
        let mut state = self.lock();
        // Another program may be there now.
        let is_it = |known: &LoadedModule| known.bytes.as_ptr() == module.bytes.as_ptr();
        if state.program.as_ref().and_then(|program| program.modules.get(id.0 as usize)).is_some_and(is_it) {
            state.described.insert(id, described);
        }
    }
}

impl State {
    /// Whether the program is not to be disturbed now.
    fn rests(&self) -> bool {
        self.rests_until.is_some_and(|until| Instant::now() < until)
    }

    fn tell_resumed(&mut self) {
        for viewer in &mut self.viewers {
            if viewer.knows_stopped && viewer.outbox.is_read() {
                viewer.outbox.put(Event::Resumed.into());
                viewer.knows_stopped = false;
            }
        }
    }

    /// Answers who waits, and tells what is new. Of a program that stands still
    /// there is since when, and why.
    fn serve(&mut self, program: &mut dyn Open, still: Option<(Turn, String)>) {
        let State { program: Some(shown), described, viewers, wanted, .. } = self else { return };
        let Some((id, instance)) = instance(program.moment()) else { return };
        let Some(known) = described.get(&instance.module) else {
            *wanted = Some(instance.module);
            return;
        };
        let Some(module) = shown.modules.get(instance.module.0 as usize) else { return };
        let sizes = program.moment().memories().unwrap_or_default();
        let target = View {
            program: RefCell::new(program),
            id,
            instance,
            sizes,
            known,
            bytes: &module.bytes,
            turns: &shown.turns,
        };
        let now_ms = now_ms();
        for viewer in viewers {
            let outbox = &viewer.outbox;
            let server = viewer.server.get_or_insert_with(|| {
                let (server, hello) = Server::greet(known.identity.clone(), ENGINE, &target);
                outbox.put(Answer::Event(hello));
                server
            });
            if let Some(request) = viewer.request.take() {
                outbox.put(server.answer(request, &target, now_ms));
            }
            let mut look = |all| {
                let events = server.look(&target, now_ms, all);
                events.into_iter().for_each(|event| outbox.put(Answer::Event(event)));
            };
            match &still {
                None if outbox.is_empty() => look(false),
                Some((turn, reason)) if outbox.is_read() => {
                    if viewer.looked_at.replace(*turn) != Some(*turn) {
                        look(true);
                    }
                    if !std::mem::replace(&mut viewer.knows_stopped, true) {
                        outbox.put(Event::Stopped { reason: reason.clone() }.into());
                    }
                }
                _ => {}
            }
        }
    }
}

/// What runs the program, as viewers are told.
const ENGINE: &str = concat!("wasm-gdb ", env!("CARGO_PKG_VERSION"));

/// The instance whose memories are shown: the first that has one.
fn instance(moment: &mut dyn Moment) -> Option<(InstanceId, Instance)> {
    let all: Vec<Instance> = moment.instances().ok()?;
    let first = all.iter().position(|instance| !instance.memories.is_empty()).unwrap_or(0);
    all.into_iter().nth(first).map(|instance| (InstanceId(first as u32), instance))
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}

/// A program that can be looked at, and written to if it stands still.
trait Open {
    fn moment(&mut self) -> &mut dyn Moment;

    fn write(&mut self, memory: MemoryId, address: u64, bytes: &[u8]) -> Result<()>;
}

/// A program that stands still.
struct Still<'e>(&'e mut dyn Engine);

impl Moment for Still<'_> {
    fn instances(&mut self) -> Result<Vec<Instance>> {
        self.0.instances()
    }

    fn memories(&mut self) -> Result<Vec<Memory>> {
        self.0.memories()
    }

    fn global(&mut self, instance: InstanceId, index: u32) -> Result<Value> {
        self.0.global(instance, index)
    }

    fn read_memory(&mut self, memory: MemoryId, address: u64, into: &mut [u8]) -> Result<()> {
        self.0.read_memory(memory, address, into)
    }
}

impl Open for Still<'_> {
    fn moment(&mut self) -> &mut dyn Moment {
        self
    }

    fn write(&mut self, memory: MemoryId, address: u64, bytes: &[u8]) -> Result<()> {
        self.0.write_memory(memory, address, bytes)
    }
}

/// A program that runs.
struct Passing<'m>(&'m mut dyn Moment);

impl Open for Passing<'_> {
    fn moment(&mut self) -> &mut dyn Moment {
        self.0
    }

    fn write(&mut self, _: MemoryId, _: u64, _: &[u8]) -> Result<()> {
        Err(EngineError::Unsupported("the program runs: memory is written while it stands still".to_string()))
    }
}

/// A program as the protocol sees it.
struct View<'v> {
    program: RefCell<&'v mut dyn Open>,
    id: InstanceId,
    instance: Instance,
    sizes: Vec<Memory>,
    known: &'v Described,
    bytes: &'v Bytes,
    turns: &'v Turns,
}

impl View<'_> {
    fn memory(&self, index: u32) -> Option<MemoryId> {
        self.instance.memories.get(index as usize).copied()
    }
}

impl Target for View<'_> {
    fn memories(&self) -> Vec<LiveMemory> {
        let memories = self.instance.memories.iter().enumerate().map(|(index, id)| LiveMemory {
            ty: self.known.memories.get(index).cloned().unwrap_or_default(),
            bytes: self.sizes.get(id.0 as usize).map_or(0, |memory| memory.bytes),
        });
        memories.collect()
    }

    fn read(&self, memory: u32, address: u64, into: &mut [u8]) -> bool {
        let Some(memory) = self.memory(memory) else { return false };
        self.program.borrow_mut().moment().read_memory(memory, address, into).is_ok()
    }

    fn write(&self, memory: u32, address: u64, bytes: &[u8]) -> Result<(), String> {
        let memory = self.memory(memory).ok_or_else(|| format!("there is no memory {memory}"))?;
        self.program.borrow_mut().write(memory, address, bytes).map_err(|error| error.to_string())?;
        self.turns.edit();
        Ok(())
    }

    fn globals(&self) -> Vec<Option<WasmValue>> {
        let mut program = self.program.borrow_mut();
        let globals = (0..self.instance.globals).map(|index| program.moment().global(self.id, index).ok()?.number());
        globals.collect()
    }

    fn module(&self) -> Vec<u8> {
        self.bytes.to_vec()
    }
}

//! The engine on wasmtime: compiled code with debugging woven in.
//!
//! wasmtime calls a handler on the thread that runs the program, with the
//! store; nothing but that handler may touch the store. So the program has a
//! thread of its own, and each question is a closure that is sent to the
//! handler and answered from there.

mod code;
mod guest;
mod memory;
mod objects;
mod visit;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use bytes::Bytes;
use wasm_host::{Code, Error, Exit, Limits, Options, Program, State};
use wasmtime::{AsContext, AsContextMut, DebugEvent, DebugHandler, FrameHandle, RootScope, StoreContextMut, Val};

use self::guest::Guest;
use self::memory::{AnyMemory, save};
use self::visit::Visit;
use super::{
    Abilities, CodeAddress, Engine, EngineError, Frame, Instance, InstanceId, Interrupter, LoadedModule, Memory,
    MemoryId, Moment, Object, ObjectId, Reference, Result, Resume, Stop, Trap, TrapKind, Value, Visitor, Watchpoint,
};

/// A program in wasmtime, under control.
pub struct Compiled {
    modules: Vec<LoadedModule>,
    stop: Stop,
    breakpoints: BTreeSet<CodeAddress>,
    requests: Option<mpsc::Sender<Request>>,
    events: mpsc::Receiver<Event>,
    interrupter: Interrupter,
    raised: Arc<AtomicBool>,
    visitor: Arc<Mutex<Option<Visitor>>>,
    thread: Option<JoinHandle<()>>,
}

/// A question that the handler answers from the store.
type Question = Box<dyn FnOnce(&Guest, &mut StoreContextMut<'_, State>) + Send>;

/// What the handler is told.
enum Request {
    Do(Question),
    Go,
}

/// What the handler tells.
enum Event {
    Stopped(Stop),
    Ended(std::result::Result<Exit, Error>),
}

#[derive(Clone)]
struct Handler(Arc<Control>);

struct Control {
    guest: Guest,
    requests: Mutex<mpsc::Receiver<Request>>,
    events: mpsc::Sender<Event>,
    /// Someone wants the program to stop.
    raised: Arc<AtomicBool>,
    visitor: Arc<Mutex<Option<Visitor>>>,
    /// The program is entered by the debugger, and nothing stops it.
    calling: AtomicBool,
    /// Nothing has been executed.
    fresh: AtomicBool,
}

impl Compiled {
    /// Compiles a module or component and stops it before its first
    /// instruction, a start function's if it has that.
    ///
    /// # Errors
    /// If it cannot be compiled, or not be instantiated.
    pub fn launch(name: &str, bytes: &[u8], options: Options, limits: Limits) -> Result<Compiled> {
        let program = Program::load_for_debugging(bytes, limits)?;
        let raised = Arc::new(AtomicBool::new(false));
        let interrupter = {
            let engine = program.engine().clone();
            Interrupter::new(raised.clone(), move || engine.increment_epoch())
        };
        let visitor: Arc<Mutex<Option<Visitor>>> = Arc::default();
        let (requests, received) = mpsc::channel();
        let (sent, events) = mpsc::channel();
        let handler = Handler(Arc::new(Control {
            guest: Guest::default(),
            requests: Mutex::new(received),
            events: sent.clone(),
            raised: raised.clone(),
            visitor: visitor.clone(),
            calling: AtomicBool::new(false),
            fresh: AtomicBool::new(true),
        }));
        let control = handler.0.clone();
        let thread = std::thread::Builder::new()
            .name("guest".to_string())
            .spawn(move || {
                let ended = program.run_attached(&options, |store| {
                    store.set_epoch_deadline(1);
                    store.epoch_deadline_async_yield_and_update(1);
                    store.set_debug_handler(handler);
                    match program.code() {
                        Code::Module(module) => store.debug_register_module(module)?,
                        Code::Component(component) => store.debug_register_component(component)?,
                    }
                    let modules = control.guest.modules.set(store.debug_all_modules());
                    modules.map_err(|_| wasmtime::Error::msg("the program is started twice"))?;
                    match store.edit_breakpoints() {
                        Some(mut breakpoints) => breakpoints.single_step(true),
                        None => Err(wasmtime::Error::msg("the program is not compiled for debugging")),
                    }
                });
                // Nobody listens any more if the debugger is gone.
                let _ = sent.send(Event::Ended(ended));
            })
            .map_err(|error| EngineError::Failed(format!("cannot start a thread for the program: {error}")))?;

        let mut engine = Compiled {
            modules: Vec::new(),
            stop: Stop::Entry,
            breakpoints: BTreeSet::new(),
            requests: Some(requests),
            events,
            interrupter,
            raised,
            visitor,
            thread: Some(thread),
        };
        engine.stop = engine.wait()?;
        if engine.requests.is_none() {
            let how = match &engine.stop {
                Stop::Trap(trap) => trap.message.clone(),
                stop => format!("{stop:?}"),
            };
            return Err(EngineError::Failed(format!("the program ended before its first instruction: {how}")));
        }
        let name = name.to_string();
        engine.modules = engine.ask(move |guest, _| {
            let is_one = guest.modules().len() == 1;
            let unnamed = |index: usize| if is_one { name.clone() } else { format!("{name}#{index}") };
            let loaded = guest.modules().iter().enumerate().map(|(index, module)| LoadedModule {
                name: module.name().map_or_else(|| unnamed(index), str::to_string),
                bytes: Bytes::copy_from_slice(module.debug_bytecode().unwrap_or_default()),
            });
            Ok(loaded.collect())
        })?;
        Ok(engine)
    }

    /// Waits until the program stands still.
    fn wait(&mut self) -> Result<Stop> {
        match self.events.recv() {
            Ok(Event::Stopped(stop)) => Ok(stop),
            Ok(Event::Ended(ended)) => {
                self.requests = None;
                match ended {
                    Ok(exit) => Ok(Stop::Exited(exit.code)),
                    // It has been shown where it happened, and was let go.
                    Err(Error::Trap(_)) if matches!(self.stop, Stop::Trap(_) | Stop::Exception { .. }) => {
                        Ok(Stop::Dead)
                    }
                    Err(Error::Trap(trap)) => Ok(Stop::Trap(Trap { kind: TrapKind::Other, message: trap.message })),
                    Err(error) => Err(error.into()),
                }
            }
            Err(mpsc::RecvError) => {
                self.requests = None;
                Err(EngineError::Failed("the program's thread is gone".to_string()))
            }
        }
    }

    /// Asks the stopped program.
    fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&Guest, &mut StoreContextMut<'_, State>) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let (sent, answer) = mpsc::channel();
        let request = Request::Do(Box::new(move |guest, store| {
            let _ = sent.send(question(guest, store));
        }));
        let requests = self.requests.as_ref().ok_or(EngineError::Ended)?;
        requests.send(request).map_err(|_| EngineError::Ended)?;
        answer.recv().map_err(|_| EngineError::Ended)?
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // The handler ends the program when there is nobody to ask it on.
        self.requests = None;
        self.raised.store(true, Ordering::Release);
        self.interrupter.interrupt();
        if let Some(thread) = self.thread.take()
            && thread.is_finished()
        {
            let _ = thread.join();
        }
    }
}

impl DebugHandler for Handler {
    type Data = State;

    async fn handle(&self, mut store: StoreContextMut<'_, State>, event: DebugEvent<'_>) {
        let control = &*self.0;
        if control.calling.load(Ordering::Acquire) {
            return;
        }
        let stop = match &event {
            DebugEvent::Breakpoint if control.fresh.swap(false, Ordering::AcqRel) => Stop::Entry,
            DebugEvent::Breakpoint if store.as_context().is_single_step() => Stop::Step,
            DebugEvent::Breakpoint if control.guest.is_at_breakpoint(&mut store) => Stop::Breakpoint,
            DebugEvent::Breakpoint => return,
            DebugEvent::EpochYield if control.raised.swap(false, Ordering::AcqRel) => Stop::Interrupt,
            DebugEvent::EpochYield => {
                control.receive(&mut store);
                // The epoch of an interrupt that came meanwhile is over.
                match control.raised.swap(false, Ordering::AcqRel) {
                    true => Stop::Interrupt,
                    false => return,
                }
            }
            DebugEvent::Trap(trap) => Stop::Trap(describe(*trap)),
            DebugEvent::HostcallError(error) if error.is::<wasmtime_wasi::I32Exit>() => return,
            DebugEvent::HostcallError(error) => {
                Stop::Trap(Trap { kind: TrapKind::Host, message: error.root_cause().to_string() })
            }
            DebugEvent::Exception(thrown) => match control.guest.uncaught(&mut store, thrown) {
                Some(message) => Stop::Exception { message },
                None => return,
            },
        };
        control.guest.in_host.store(matches!(event, DebugEvent::HostcallError(_)), Ordering::Release);
        if control.events.send(Event::Stopped(stop)).is_err() {
            return;
        }
        let requests = control.requests.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match requests.recv() {
                Ok(Request::Do(question)) => {
                    control.calling.store(true, Ordering::Release);
                    // What is shown and not held may be dropped.
                    let mut shown = RootScope::new(&mut store);
                    question(&control.guest, &mut shown.as_context_mut());
                    drop(shown);
                    control.calling.store(false, Ordering::Release);
                }
                Ok(Request::Go) => return control.guest.objects.release(),
                Err(mpsc::RecvError) => {
                    // The debugger is gone. A thread cannot be ended from
                    // outside; it waits here for the process' end.
                    loop {
                        std::thread::park();
                    }
                }
            }
        }
    }
}

impl Engine for Compiled {
    fn abilities(&self) -> Abilities {
        Abilities { reverse: false, watch: false, set_locals: false, call: true }
    }

    fn modules(&self) -> &[LoadedModule] {
        &self.modules
    }

    fn instances(&mut self) -> Result<Vec<Instance>> {
        self.ask(|guest, store| Visit { guest, store }.instances())
    }

    fn memories(&mut self) -> Result<Vec<Memory>> {
        self.ask(|guest, store| Visit { guest, store }.memories())
    }

    fn stop(&self) -> &Stop {
        &self.stop
    }

    fn resume(&mut self, how: Resume) -> Result<Stop> {
        match self.stop {
            Stop::Exited(_) | Stop::Dead => return Err(EngineError::Ended),
            _ => {}
        }
        let single = match how {
            Resume::Continue => false,
            Resume::Step => true,
            Resume::ReverseStep | Resume::ReverseContinue => {
                return Err(EngineError::Unsupported("compiled code cannot run backwards".to_string()));
            }
        };
        let breakpoints = self.breakpoints.clone();
        self.ask(move |guest, store| {
            if store.as_context().is_single_step() == single {
                return Ok(());
            }
            if let Some(mut breakpoints) = store.as_context_mut().edit_breakpoints() {
                breakpoints.single_step(single).map_err(failed)?;
            }
            guest.set_breakpoints(store, breakpoints)
        })?;
        let requests = self.requests.as_ref().ok_or(EngineError::Ended)?;
        requests.send(Request::Go).map_err(|_| EngineError::Ended)?;
        self.stop = self.wait()?;
        if self.stop == Stop::Step
            && let Some(Frame::Wasm(top)) = self.frames(1)?.first()
            && self.breakpoints.contains(&top.pc)
        {
            self.stop = Stop::Breakpoint;
        }
        Ok(self.stop.clone())
    }

    fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    fn admit(&mut self, visitor: Visitor) {
        *self.visitor.lock().unwrap_or_else(PoisonError::into_inner) = Some(visitor);
    }

    fn set_breakpoints(&mut self, at: &BTreeSet<CodeAddress>) -> Result<()> {
        if let Some(nowhere) = at.iter().find(|address| self.modules.get(address.module.0 as usize).is_none()) {
            return Err(EngineError::NoInstruction(*nowhere));
        }
        let wanted = at.clone();
        self.ask(move |guest, store| guest.set_breakpoints(store, wanted))?;
        self.breakpoints.clone_from(at);
        Ok(())
    }

    fn set_watchpoints(&mut self, watchpoints: &[Watchpoint]) -> Result<()> {
        match watchpoints {
            [] => Ok(()),
            _ => Err(EngineError::Unsupported("compiled code cannot watch memory".to_string())),
        }
    }

    fn frames(&mut self, limit: usize) -> Result<Vec<Frame>> {
        self.ask(move |guest, store| {
            let mut frames = Vec::new();
            let activations: Vec<FrameHandle> = store.debug_exit_frames().collect();
            for (depth, innermost) in activations.into_iter().enumerate() {
                let host = (depth > 0 || guest.in_host.load(Ordering::Acquire)).then_some(frames.len());
                if host.is_some() {
                    frames.push(Frame::Host { name: "host".to_string() });
                }
                let mut frame = Some(innermost);
                while let Some(handle) = frame.take().filter(|_| frames.len() < limit) {
                    let call = guest.frame(store, &handle)?;
                    if let Some((host, caller)) = host.zip(call.as_ref()).filter(|(host, _)| host + 1 == frames.len())
                        && let Some(called) = guest.host_call(caller.pc)
                    {
                        frames[host] = Frame::Host { name: called };
                    }
                    frames.extend(call.map(Frame::Wasm));
                    frame = guest.parent(store, &handle)?;
                }
            }
            frames.truncate(limit);
            Ok(frames)
        })
    }

    fn depth(&mut self) -> Result<usize> {
        Ok(self.frames(usize::MAX)?.len())
    }

    fn locals(&mut self, frame: usize) -> Result<Vec<Value>> {
        self.ask(move |guest, store| {
            let handle = guest.handle(store, frame)?;
            let count = handle.num_locals(&mut *store).map_err(failed)?;
            let unset = guest.frame(store, &handle)?.map_or_else(BTreeSet::new, |frame| {
                let module = guest.modules().get(frame.pc.module.0 as usize);
                let bytes = module.and_then(|module| module.debug_bytecode()).unwrap_or_default();
                code::unset_locals(bytes, frame.pc.offset, count)
            });
            (0..count)
                .map(|index| {
                    // wasmtime panics on what lies there by chance.
                    if unset.contains(&index) {
                        return Ok(Value::Reference(Reference::Unset));
                    }
                    let value = handle.local(&mut *store, index).map_err(failed)?;
                    Ok(guest.value(store, value))
                })
                .collect()
        })
    }

    fn operands(&mut self, frame: usize) -> Result<Vec<Value>> {
        self.ask(move |guest, store| {
            let handle = guest.handle(store, frame)?;
            let count = handle.num_stacks(&mut *store).map_err(failed)?;
            (0..count)
                .map(|index| {
                    let value = handle.stack(&mut *store, index).map_err(failed)?;
                    Ok(guest.value(store, value))
                })
                .collect()
        })
    }

    fn set_local(&mut self, _: usize, _: u32, _: Value) -> Result<()> {
        Err(EngineError::Unsupported("compiled code does not let its locals be set".to_string()))
    }

    fn global(&mut self, instance: InstanceId, index: u32) -> Result<Value> {
        self.ask(move |guest, store| Visit { guest, store }.global(instance, index))
    }

    fn set_global(&mut self, instance: InstanceId, index: u32, value: Value) -> Result<()> {
        self.ask(move |guest, store| {
            let global = guest.global(store, instance, index)?;
            let wanted = guest_value(value)?;
            let ty = global.ty(&*store);
            if !ty.content().matches(&wanted.ty(&*store).map_err(failed)?) {
                let before = global.get(&mut *store);
                return Err(EngineError::Type { wanted: guest.value(store, before).ty(), found: value.ty() });
            }
            global.set(&mut *store, wanted).map_err(|_| EngineError::Unsupported(format!("global {index} is constant")))
        })
    }

    fn table_function(&mut self, instance: InstanceId, index: u32) -> Result<(InstanceId, u32)> {
        self.ask(move |guest, store| Visit { guest, store }.table_function(instance, index))
    }

    fn object(&mut self, object: ObjectId, places: Range<u32>) -> Result<Object> {
        self.ask(move |guest, store| guest.object(store, object, places))
    }

    fn read_memory(&mut self, memory: MemoryId, address: u64, into: &mut [u8]) -> Result<()> {
        let length = into.len();
        let bytes = self.ask(move |guest, store| {
            let mut bytes = vec![0; length];
            Visit { guest, store }.read_memory(memory, address, &mut bytes)?;
            Ok(bytes)
        })?;
        into.copy_from_slice(&bytes);
        Ok(())
    }

    fn write_memory(&mut self, memory: MemoryId, address: u64, bytes: &[u8]) -> Result<()> {
        let bytes = bytes.to_vec();
        self.ask(move |guest, store| {
            let memory = guest.memory(store, memory)?;
            let range = memory.range(store, address, bytes.len())?;
            match &memory {
                AnyMemory::Own(memory) => memory.data_mut(&mut *store)[range].copy_from_slice(&bytes),
                AnyMemory::Shared(memory) => {
                    for (byte, cell) in bytes.iter().zip(&memory.data()[range]) {
                        save(cell, *byte);
                    }
                }
            }
            Ok(())
        })
    }

    fn call(&mut self, instance: InstanceId, function: u32, arguments: &[Value]) -> Result<Vec<Value>> {
        let arguments = arguments.iter().map(|value| guest_value(*value)).collect::<Result<Vec<Val>>>()?;
        self.ask(move |guest, store| {
            let instance = guest.instance(store, instance)?;
            let function = instance
                .debug_function(&mut *store, function)
                .ok_or_else(|| EngineError::NoSuch(format!("function {function}")))?;
            let mut results = vec![Val::I32(0); function.ty(&*store).results().len()];
            pollster::block_on(function.call_async(&mut *store, &arguments, &mut results)).map_err(failed)?;
            Ok(results.into_iter().map(|value| guest.value(store, value)).collect())
        })
    }

    fn instructions(&self) -> Option<u64> {
        None
    }
}

fn guest_value(value: Value) -> Result<Val> {
    Ok(match value {
        Value::I32(bits) => Val::I32(bits as i32),
        Value::I64(bits) => Val::I64(bits as i64),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits.into()),
        Value::Reference(_) => {
            return Err(EngineError::Unsupported("compiled code takes no references from the debugger".to_string()));
        }
    })
}

fn failed(error: wasmtime::Error) -> EngineError {
    EngineError::Failed(error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": "))
}

fn describe(trap: wasmtime::Trap) -> Trap {
    use wasmtime::Trap::{
        AllocationTooLarge, ArrayOutOfBounds, AtomicWaitNonSharedMemory, BadConversionToInteger, BadSignature,
        CastFailure, HeapMisaligned, IndirectCallToNull, IntegerDivisionByZero, IntegerOverflow, MemoryOutOfBounds,
        NullReference, StackOverflow, TableOutOfBounds, UnreachableCodeReached,
    };
    let kind = match trap {
        UnreachableCodeReached => TrapKind::Unreachable,
        MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        TableOutOfBounds | ArrayOutOfBounds => TrapKind::TableOutOfBounds,
        IndirectCallToNull | BadSignature | CastFailure => TrapKind::IndirectCall,
        IntegerDivisionByZero | IntegerOverflow | BadConversionToInteger => TrapKind::Arithmetic,
        HeapMisaligned | AtomicWaitNonSharedMemory => TrapKind::Unaligned,
        NullReference => TrapKind::Null,
        StackOverflow | AllocationTooLarge => TrapKind::StackExhausted,
        _ => TrapKind::Other,
    };
    Trap { kind, message: trap.to_string().trim_start_matches("wasm trap: ").to_string() }
}

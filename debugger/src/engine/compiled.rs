//! The engine on wasmtime: compiled code with debugging woven in.
//!
//! wasmtime calls a handler on the thread that runs the program, with the
//! store; nothing but that handler may touch the store. So the program has a
//! thread of its own, and each question is a closure that is sent to the
//! handler and answered from there.

mod code;
mod objects;
mod visit;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread::JoinHandle;

use bytes::Bytes;
use wasm_host::{Code, Error, Exit, Limits, Options, Program, State};
use wasmtime::{
    AsContext, AsContextMut, DebugEvent, DebugHandler, ExternType, FrameHandle, Global, ModulePC, RootScope,
    StoreContextMut, Val,
};

use self::objects::Objects;
use self::visit::Visit;
use super::{
    Abilities, CodeAddress, Engine, EngineError, Frame, Instance, InstanceId, Interrupter, LoadedModule, Memory,
    MemoryId, ModuleId, Moment, Object, ObjectId, Reference, Result, Resume, Stop, Trap, TrapKind, Value, Visitor,
    WasmFrame, Watchpoint,
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

/// The program's modules, as wasmtime has them, from the beginning of its run
/// on.
#[derive(Default)]
struct Guest {
    modules: OnceLock<Vec<wasmtime::Module>>,
    /// The start functions of the modules.
    starts: OnceLock<Vec<Option<u32>>>,
    breakpoints: Mutex<Breakpoints>,
    /// The program stands in a function of the host that it has called.
    in_host: AtomicBool,
    objects: Objects,
}

/// The breakpoints that are set in the compiled code.
///
/// wasmtime keeps one table for all modules of a component, and looks places up
/// there by their offsets alone: a breakpoint stops other modules, too, and
/// whatever clears one may clear those of others. So a stop is looked at, and
/// all breakpoints are set anew after each change.
#[derive(Default)]
struct Breakpoints {
    wanted: BTreeSet<CodeAddress>,
    /// Where they are: an instruction that compiles to nothing has none, and the
    /// next one has it.
    places: BTreeSet<CodeAddress>,
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

/// A memory of wasmtime, of either kind.
enum AnyMemory {
    Own(wasmtime::Memory),
    Shared(wasmtime::SharedMemory),
}

impl AnyMemory {
    fn describe(&self, store: &mut StoreContextMut<'_, State>) -> Memory {
        let (bytes, ty) = match self {
            AnyMemory::Own(memory) => (memory.data_size(&*store), memory.ty(&*store)),
            AnyMemory::Shared(memory) => (memory.data_size(), memory.ty()),
        };
        Memory {
            bytes: bytes as u64,
            maximum_bytes: ty.maximum().map(|pages| pages.saturating_mul(ty.page_size())),
            memory64: ty.is_64(),
            shared: ty.is_shared(),
        }
    }

    fn range(&self, store: &StoreContextMut<'_, State>, address: u64, length: usize) -> Result<std::ops::Range<usize>> {
        let end = match self {
            AnyMemory::Own(memory) => memory.data_size(store),
            AnyMemory::Shared(memory) => memory.data_size(),
        };
        let outside = || EngineError::OutOfBounds { address, length: length as u64, end: end as u64 };
        let start = usize::try_from(address).map_err(|_| outside())?;
        let stop = start.checked_add(length).filter(|stop| *stop <= end).ok_or_else(outside)?;
        Ok(start..stop)
    }

    fn same(&self, other: &AnyMemory, store: &StoreContextMut<'_, State>) -> bool {
        match (self, other) {
            (AnyMemory::Own(one), AnyMemory::Own(two)) => one.data_ptr(store) == two.data_ptr(store),
            (AnyMemory::Shared(one), AnyMemory::Shared(two)) => std::ptr::eq(one.data(), two.data()),
            _ => false,
        }
    }
}

impl Guest {
    fn modules(&self) -> &[wasmtime::Module] {
        self.modules.get().map_or(&[], Vec::as_slice)
    }

    fn set_breakpoints(&self, store: &mut StoreContextMut<'_, State>, wanted: BTreeSet<CodeAddress>) -> Result<()> {
        let mut breakpoints = self.breakpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut edit) = store.as_context_mut().edit_breakpoints() else {
            return Err(EngineError::Failed("the program is not compiled for debugging".to_string()));
        };
        let module = |address: &CodeAddress| {
            let module = self.modules().get(address.module.0 as usize);
            module.ok_or(EngineError::NoInstruction(*address))
        };
        for address in &breakpoints.wanted {
            edit.remove_breakpoint(module(address)?, ModulePC::new(address.offset)).map_err(failed)?;
        }
        for address in &wanted {
            edit.add_breakpoint(module(address)?, ModulePC::new(address.offset)).map_err(failed)?;
        }
        drop(edit);
        let places = store.as_context().breakpoints().into_iter().flatten().filter_map(|place| {
            let module = self.modules().iter().position(|module| wasmtime::Module::same(module, &place.module))?;
            Some(CodeAddress { module: ModuleId(module as u32), offset: place.pc.raw() })
        });
        *breakpoints = Breakpoints { places: places.collect(), wanted };
        Ok(())
    }

    fn is_at_breakpoint(&self, store: &mut StoreContextMut<'_, State>) -> bool {
        let innermost = store.debug_exit_frames().next();
        let top = innermost.and_then(|frame| self.frame(store, &frame).ok()?);
        let breakpoints = self.breakpoints.lock().unwrap_or_else(PoisonError::into_inner);
        top.is_some_and(|top| breakpoints.places.contains(&top.pc))
    }

    /// The function of the host that is called before an instruction.
    fn host_call(&self, pc: CodeAddress) -> Option<String> {
        code::host_call(self.modules().get(pc.module.0 as usize)?.debug_bytecode()?, pc.offset)
    }

    /// What is thrown, in words, if no call that is active catches it. It leaves
    /// the program with the innermost call from the host.
    fn uncaught(
        &self,
        store: &mut StoreContextMut<'_, State>,
        thrown: &wasmtime::OwnedRooted<wasmtime::ExnRef>,
    ) -> Option<String> {
        let thrown = thrown.to_rooted(&mut *store);
        let thrown_tag = thrown.tag(&mut *store).ok()?;
        let mut frame = store.debug_exit_frames().next();
        let mut is_caller = false;
        while let Some(handle) = frame.take() {
            if let Ok(Some(call)) = self.frame(store, &handle)
                && let Some(bytes) = self.modules()[call.pc.module.0 as usize].debug_bytecode()
                && let Ok(instance) = handle.instance(&mut *store)
            {
                let offset = call.pc.offset.saturating_sub(u32::from(is_caller));
                let catches = |tag: Option<u32>| match tag {
                    Some(index) => instance
                        .debug_tag(&mut *store, index)
                        .is_some_and(|tag| wasmtime::Tag::eq(&tag, &thrown_tag, &*store)),
                    None => true,
                };
                if code::handlers(bytes, offset).into_iter().any(catches) {
                    return None;
                }
                is_caller = true;
            }
            frame = self.parent(store, &handle).ok()?;
        }
        let values: Vec<Val> = thrown.fields(&mut *store).map(Iterator::collect).unwrap_or_default();
        let values: Vec<String> = values.into_iter().map(|value| self.value(store, value).to_string()).collect();
        Some(format!("thrown with ({})", values.join(", ")))
    }

    fn describe(
        &self,
        store: &mut StoreContextMut<'_, State>,
        instance: wasmtime::Instance,
        memories: &mut Vec<AnyMemory>,
    ) -> Result<Instance> {
        let module = self.module_of(store, instance)?;
        let mut own = Vec::new();
        for memory in own_memories(store, instance) {
            let known = memories.iter().position(|known| known.same(&memory, store));
            own.push(MemoryId(known.unwrap_or(memories.len()) as u32));
            if known.is_none() {
                memories.push(memory);
            }
        }
        let globals = (0..).take_while(|index| instance.debug_global(&mut *store, *index).is_some()).count();
        Ok(Instance { module, memories: own, globals: globals as u32 })
    }

    fn module_of(&self, store: &StoreContextMut<'_, State>, instance: wasmtime::Instance) -> Result<ModuleId> {
        let wanted = instance.module(store);
        let known = self.modules().iter().position(|module| wasmtime::Module::same(module, wanted));
        known
            .map(|index| ModuleId(index as u32))
            .ok_or_else(|| EngineError::Failed("an instance of a module that was not loaded".to_string()))
    }

    fn instance(&self, store: &mut StoreContextMut<'_, State>, id: InstanceId) -> Result<wasmtime::Instance> {
        let all = store.as_context_mut().debug_all_instances();
        all.get(id.0 as usize).copied().ok_or_else(|| EngineError::NoSuch(format!("instance {}", id.0)))
    }

    fn global(&self, store: &mut StoreContextMut<'_, State>, instance: InstanceId, index: u32) -> Result<Global> {
        let instance = self.instance(store, instance)?;
        instance.debug_global(&mut *store, index).ok_or_else(|| EngineError::NoSuch(format!("global {index}")))
    }

    /// All memories, in the order of the instances that have them first.
    fn memories(&self, store: &mut StoreContextMut<'_, State>) -> Result<Vec<AnyMemory>> {
        let mut memories = Vec::new();
        for instance in store.as_context_mut().debug_all_instances() {
            self.describe(store, instance, &mut memories)?;
        }
        Ok(memories)
    }

    fn memory(&self, store: &mut StoreContextMut<'_, State>, id: MemoryId) -> Result<AnyMemory> {
        let memories = self.memories(store)?;
        memories.into_iter().nth(id.0 as usize).ok_or_else(|| EngineError::NoSuch(format!("memory {}", id.0)))
    }

    fn frame(&self, store: &mut StoreContextMut<'_, State>, handle: &FrameHandle) -> Result<Option<WasmFrame>> {
        let Some((defined, pc)) = handle.wasm_function_index_and_pc(&mut *store).map_err(failed)? else {
            return Ok(None);
        };
        let wanted = handle.instance(&mut *store).map_err(failed)?;
        let module = self.module_of(store, wanted)?;
        let instance = store.as_context_mut().debug_all_instances().iter().position(|instance| *instance == wanted);
        let imported = self.modules()[module.0 as usize]
            .imports()
            .filter(|import| matches!(import.ty(), ExternType::Func(_)))
            .count();
        Ok(Some(WasmFrame {
            instance: InstanceId(instance.unwrap_or_default() as u32),
            function: imported as u32 + defined.as_u32(),
            pc: CodeAddress { module, offset: pc.raw() },
            locals: handle.num_locals(&mut *store).map_err(failed)?,
            operands: handle.num_stacks(&mut *store).map_err(failed)?,
        }))
    }

    /// The frame outside of one, in the same activation.
    ///
    /// wasmtime calls start functions from code that it takes for the program's,
    /// and fails on: they are the outermost.
    fn parent(&self, store: &mut StoreContextMut<'_, State>, handle: &FrameHandle) -> Result<Option<FrameHandle>> {
        let starts = self.starts.get_or_init(|| {
            let start = |module: &wasmtime::Module| code::start_function(module.debug_bytecode()?);
            self.modules().iter().map(start).collect()
        });
        if starts.iter().any(Option::is_some)
            && let Some(frame) = self.frame(store, handle)?
            && starts.get(frame.pc.module.0 as usize) == Some(&Some(frame.function))
        {
            return Ok(None);
        }
        handle.parent(&mut *store).map_err(failed)
    }

    /// The frame with this index among all.
    fn handle(&self, store: &mut StoreContextMut<'_, State>, wanted: usize) -> Result<FrameHandle> {
        let mut index = 0;
        let activations: Vec<FrameHandle> = store.debug_exit_frames().collect();
        for (depth, innermost) in activations.into_iter().enumerate() {
            index += usize::from(depth > 0 || self.in_host.load(Ordering::Acquire));
            let mut frame = Some(innermost);
            while let Some(handle) = frame.take() {
                if handle.wasm_function_index_and_pc(&mut *store).map_err(failed)?.is_some() {
                    if index == wanted {
                        return Ok(handle);
                    }
                    index += 1;
                }
                frame = self.parent(store, &handle)?;
            }
        }
        Err(EngineError::NoSuch(format!("frame {wanted} of the program")))
    }

    fn value(&self, store: &mut StoreContextMut<'_, State>, value: Val) -> Value {
        match value {
            Val::I32(bits) => Value::I32(bits as u32),
            Val::I64(bits) => Value::I64(bits as u64),
            Val::F32(bits) => Value::F32(bits),
            Val::F64(bits) => Value::F64(bits),
            Val::V128(bits) => Value::V128(bits.as_u128()),
            Val::FuncRef(Some(_)) => Value::Reference(Reference::Function(None)),
            Val::ExternRef(Some(reference)) => Value::Reference(match reference.data(&*store).ok().flatten() {
                Some(data) => Reference::Extern(data.downcast_ref::<u32>().copied().unwrap_or_default()),
                // It is a reference of the program's that went out as the host's.
                None => match wasmtime::AnyRef::convert_extern(&mut *store, reference) {
                    Ok(inner) => self.reference(store, inner),
                    Err(_) => Reference::Object,
                },
            }),
            Val::ExnRef(Some(_)) => Value::Reference(Reference::Exception),
            Val::AnyRef(Some(reference)) => Value::Reference(self.reference(store, reference)),
            Val::ContRef(Some(_)) => Value::Reference(Reference::Object),
            _ => Value::Reference(Reference::Null),
        }
    }
}

fn own_memories(store: &mut StoreContextMut<'_, State>, instance: wasmtime::Instance) -> Vec<AnyMemory> {
    let memory = |index| {
        let own = instance.debug_memory(&mut *store, index).map(AnyMemory::Own);
        own.or_else(|| instance.debug_shared_memory(&mut *store, index).map(AnyMemory::Shared))
    };
    (0..).map_while(memory).collect()
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

/// Reads a byte that threads share.
#[allow(unsafe_code)]
fn load(cell: &std::cell::UnsafeCell<u8>) -> u8 {
    // SAFETY: the byte lives as long as the cell's borrow, is aligned as every
    // byte is, and is only accessed by atomic instructions from here; races with
    // compiled code give one of the values written, as WebAssembly has it.
    unsafe { std::sync::atomic::AtomicU8::from_ptr(cell.get()) }.load(Ordering::Relaxed)
}

/// Writes a byte that threads share.
#[allow(unsafe_code)]
fn save(cell: &std::cell::UnsafeCell<u8>, byte: u8) {
    // SAFETY: as in `load`.
    unsafe { std::sync::atomic::AtomicU8::from_ptr(cell.get()) }.store(byte, Ordering::Relaxed);
}

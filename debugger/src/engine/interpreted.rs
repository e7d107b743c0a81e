//! The engine on the interpreter: nothing to compile, all state open, and time
//! that goes both ways.
//!
//! What the host answers is recorded ([`recording`]), so that the program can
//! be run again from any snapshot ([`history`]) and comes to the same state at
//! the same instruction. Going back is going forward from before. While nothing
//! is to stop it, a program runs at full speed ([`plain`]), and the interpreter
//! follows when someone wants to look ([`follow`]).

mod follow;
mod history;
mod plain;
mod recording;
mod visit;

use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use wasm_host::{Imports, Invoke, Limits, Options, Output};
use wasm_interpreter::{
    Event, ExportKind, FrameView, FunctionId, HostError, Linker, Machine, Module, WatchKind, WatchpointId,
};

use self::follow::Ahead;
use self::history::History;
use self::plain::{Bell, Preparation};
use self::recording::{Journal, Recorder};
use self::visit::Visit;
use super::{
    Abilities, Access, CodeAddress, Engine, EngineError, Frame, Instance, InstanceId, Interrupter, LoadedModule,
    Memory, MemoryId, ModuleId, Moment, Reference, Result, Resume, Stop, Touch, Trap, TrapKind, Value, Visitor,
    WasmFrame, Watchpoint,
};

/// A program in the interpreter, under control.
pub struct Interpreted {
    machine: Machine,
    host: Recorder,
    history: History,
    modules: Vec<LoadedModule>,
    /// What is called one after the other: start function, initialisation,
    /// entry point.
    stages: Vec<Stage>,
    stage: usize,
    /// Where an invoked function's results are printed, until they are.
    results_to: Option<Output>,
    stop: Stop,
    breakpoints: BTreeSet<CodeAddress>,
    watchpoints: Vec<(Watchpoint, WatchpointId)>,
    /// The state was changed by the debugger since the program last ran.
    edited: bool,
    bell: Bell,
    /// The program for runs at full speed.
    plain: Preparation,
    /// The program has been run to its end, and the interpreter is behind.
    ahead: Option<Ahead>,
    visitor: Option<Visitor>,
    /// The interpreter is where the program is, and the visitor may come in.
    receives: bool,
}

/// A function that the host calls.
struct Stage {
    function: FunctionId,
    arguments: Vec<wasm_interpreter::Value>,
}

impl Interpreted {
    /// Takes a core module and stops it before its first instruction.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] if it uses what the interpreter does not
    /// run: wasmtime may. Otherwise if it cannot be loaded.
    pub fn launch(name: &str, bytes: Bytes, options: &Options, limits: &Limits) -> Result<Interpreted> {
        let module = Module::new(bytes.clone()).map_err(|error| match error {
            wasm_interpreter::ModuleError::Unsupported { .. } => EngineError::Unsupported(error.to_string()),
            error => EngineError::Load(wasm_host::Error::Invalid(error.to_string())),
        })?;
        let mut machine_limits = wasm_interpreter::Limits::default();
        if let Some(bytes) = limits.memory_bytes {
            machine_limits.memory_pages = machine_limits.memory_pages.min(bytes as u64 >> 16);
        }
        let mut machine = Machine::new(machine_limits);
        machine.stop_at_uncaught(true);
        let journal = Journal::new(Imports::new(options)?, &module, options.missing_imports_trap)?;
        let host = Recorder::new(journal);
        let mut linker = Linker::new();
        linker.define_host_functions(&mut machine.store, &module);
        let instance = machine.instantiate(&module, &linker).map_err(|error| EngineError::Failed(error.to_string()))?;

        let mut engine = Interpreted {
            stages: stages(&machine, instance, &module, options.invoke.as_ref())?,
            machine,
            host,
            history: History::default(),
            modules: vec![LoadedModule { name: name.to_string(), bytes }],
            stage: 0,
            results_to: options.invoke.as_ref().map(|_| options.stdout.clone()),
            stop: Stop::Entry,
            breakpoints: BTreeSet::new(),
            watchpoints: Vec::new(),
            edited: false,
            bell: Bell::default(),
            plain: Preparation::None,
            ahead: None,
            visitor: None,
            receives: false,
        };
        engine.begin_stage()?;
        engine.remember(true);
        Ok(engine)
    }

    /// Calls the present stage's function.
    fn begin_stage(&mut self) -> Result<()> {
        let Some(stage) = self.stages.get(self.stage) else { return Ok(()) };
        let called = self.machine.call(stage.function, &stage.arguments);
        called.map_err(|error| EngineError::Failed(error.to_string()))
    }

    /// Keeps the present moment.
    fn remember(&mut self, pinned: bool) {
        self.history.keep(self.machine.snapshot(), self.host.position(), self.stage, pinned);
    }

    /// Forgets what came after the present moment: it will not come again.
    fn diverge(&mut self) {
        if std::mem::take(&mut self.edited) {
            self.host.forget_after_now();
            self.history.forget_after(self.machine.instructions());
            self.remember(true);
            // A run from the beginning would not come by here.
            self.plain = Preparation::Never;
        }
    }

    /// What an event means. Nothing if the program goes on.
    fn stop_for(&mut self, event: Event) -> Result<Option<Stop>> {
        Ok(Some(match event {
            Event::Limit | Event::HostCall(_) => return Ok(None),
            Event::Breakpoint => Stop::Breakpoint,
            Event::Watchpoint(hit) => Stop::Watchpoint(self.touch(&hit)),
            Event::Trap(trap) => Stop::Trap(describe(trap)),
            Event::Exception(exception) => {
                let thrown = self.machine.store.exception(exception);
                let values = thrown.map(|(_, values)| values).unwrap_or_default();
                let values: Vec<String> = values.into_iter().map(|value| value_of(value).to_string()).collect();
                Stop::Exception { message: format!("thrown with ({})", values.join(", ")) }
            }
            Event::Host(HostError::Exit(code)) => Stop::Exited(code),
            Event::Host(error) => Stop::Trap(Trap { kind: TrapKind::Host, message: error.to_string() }),
            Event::Invalid(error) => Stop::Trap(Trap { kind: TrapKind::Other, message: error.to_string() }),
            Event::Interrupted if self.bell.answer() => Stop::Interrupt,
            // Someone has knocked, or has been answered while something else ran.
            Event::Interrupted => {
                if let Some(visitor) = self.visitor.as_ref().filter(|_| self.receives) {
                    visitor(&mut Visit(&self.machine));
                }
                return Ok(None);
            }
            Event::Returned(results) => {
                self.stage += 1;
                if self.stage < self.stages.len() {
                    self.begin_stage()?;
                    return Ok(None);
                }
                self.tell(results.iter().map(|result| value_of(*result).to_string()).collect());
                match results.first() {
                    Some(wasm_interpreter::Value::I32(code)) => Stop::Exited(*code),
                    _ => Stop::Exited(0),
                }
            }
            Event::Idle => Stop::Exited(0),
        }))
    }

    /// Prints what the program's function gave back, once.
    fn tell(&mut self, results: Vec<String>) {
        if let Some(output) = self.results_to.take() {
            output.results(results);
        }
    }

    fn touch(&self, hit: &wasm_interpreter::WatchHit) -> Touch {
        let known = self.watchpoints.iter().position(|(_, id)| *id == hit.watchpoint);
        let range = known.map(|index| self.watchpoints[index].0.range.clone()).unwrap_or_default();
        Touch {
            watchpoint: known.unwrap_or_default(),
            write: hit.access == wasm_interpreter::Access::Write,
            address: hit.address.max(range.start),
            old: hit.old.iter().take(16).copied().collect(),
            new: hit.new.iter().take(16).copied().collect(),
        }
    }

    /// Runs until `count` instructions have been executed, at the most. Nothing
    /// if it came so far.
    fn run_until(&mut self, count: u64) -> Result<Option<Stop>> {
        loop {
            let due = self.history.due();
            let event = self.machine.run_until(count.min(due), &mut self.host);
            let limit = event == Event::Limit;
            if let Some(stop) = self.stop_for(event)? {
                return Ok(Some(stop));
            }
            if self.machine.instructions() >= due {
                self.remember(false);
            }
            if limit && self.machine.instructions() >= count {
                return Ok(None);
            }
        }
    }

    fn step(&mut self) -> Result<Stop> {
        let event = self.machine.step(&mut self.host);
        if let Some(stop) = self.stop_for(event)? {
            return Ok(stop);
        }
        if self.machine.instructions() >= self.history.due() {
            self.remember(false);
        }
        Ok(if self.at_breakpoint() { Stop::Breakpoint } else { Stop::Step })
    }

    fn at_breakpoint(&self) -> bool {
        !self.breakpoints.is_empty()
            && self.machine.position().is_some_and(|position| {
                self.breakpoints.contains(&CodeAddress { module: ModuleId(0), offset: position.offset as u32 })
            })
    }

    /// Brings the program to the moment when it had executed `count`
    /// instructions. Nothing stops it on the way.
    fn travel(&mut self, count: u64) -> Result<()> {
        let quiet = self.quiet();
        let travelled = self.travel_quietly(count);
        self.loud(quiet)?;
        travelled
    }

    fn travel_quietly(&mut self, count: u64) -> Result<()> {
        let now = self.machine.instructions();
        let nearest = self.history.before(count).map_or(0, |moment| moment.snapshot.instructions());
        if (nearest..=count).contains(&now) {
            return self.replay(count);
        }
        let moment = self.history.before(count).ok_or_else(|| EngineError::Failed("nothing is recorded".into()))?;
        self.machine.restore(&moment.snapshot).map_err(|error| EngineError::Failed(error.to_string()))?;
        self.host.go_to(moment.calls);
        self.stage = moment.stage;
        // What was changed afterwards, is not.
        self.edited = false;
        // Steps back mostly come in rows: short ways for those that follow.
        for rest in [1 << 16, 1 << 10] {
            let Some(between) = count.checked_sub(rest).filter(|at| *at > self.machine.instructions()) else {
                continue;
            };
            self.replay(between)?;
            self.remember(false);
        }
        self.replay(count)
    }

    fn replay(&mut self, count: u64) -> Result<()> {
        while self.machine.instructions() < count {
            match self.run_until(count)? {
                None => return Ok(()),
                // A replay is not interrupted: it would end nowhere.
                Some(Stop::Interrupt) => {}
                Some(stop) => return Err(EngineError::Failed(format!("the replay went another way: {stop}"))),
            }
        }
        Ok(())
    }

    /// Takes breakpoints and watchpoints away for a while.
    fn quiet(&mut self) -> (BTreeSet<CodeAddress>, Vec<Watchpoint>) {
        let breakpoints = std::mem::take(&mut self.breakpoints);
        for address in &breakpoints {
            self.each_instance(|machine, instance| {
                machine.remove_breakpoint(instance, u64::from(address.offset));
            });
        }
        let watchpoints = std::mem::take(&mut self.watchpoints);
        for (_, id) in &watchpoints {
            self.machine.remove_watchpoint(*id);
        }
        (breakpoints, watchpoints.into_iter().map(|(watchpoint, _)| watchpoint).collect())
    }

    fn loud(&mut self, (breakpoints, watchpoints): (BTreeSet<CodeAddress>, Vec<Watchpoint>)) -> Result<()> {
        self.set_breakpoints(&breakpoints)?;
        self.set_watchpoints(&watchpoints)
    }

    fn each_instance(&mut self, mut what: impl FnMut(&mut Machine, wasm_interpreter::InstanceId)) {
        for instance in self.machine.store.instances() {
            what(&mut self.machine, instance);
        }
    }

    fn reverse_step(&mut self) -> Result<Stop> {
        let now = self.machine.instructions();
        if now <= self.history.start() {
            return Ok(Stop::HistoryStart);
        }
        self.travel(now - 1)?;
        Ok(if self.at_breakpoint() { Stop::Breakpoint } else { Stop::Step })
    }

    /// Runs the time before now again, the latest part first, and goes to the
    /// last thing that would have stopped the program.
    fn reverse_continue(&mut self) -> Result<Stop> {
        let mut end = self.machine.instructions();
        while end > self.history.start() {
            let Some(moment) = self.history.before(end - 1) else { break };
            let start = moment.snapshot.instructions();
            self.travel(start)?;
            let mut last: Option<(u64, Stop)> = None;
            if self.at_breakpoint() {
                last = Some((start, Stop::Breakpoint));
            }
            while self.machine.instructions() < end {
                let before = self.machine.instructions();
                match self.run_until(end)? {
                    None => break,
                    Some(Stop::Breakpoint) if self.machine.instructions() < end => {
                        last = Some((self.machine.instructions(), Stop::Breakpoint));
                    }
                    // Going back, the program stands before the access.
                    Some(Stop::Watchpoint(touch)) => {
                        let back = Touch { old: touch.new.clone(), new: touch.old.clone(), ..touch };
                        last = Some((self.machine.instructions() - 1, Stop::Watchpoint(back)));
                    }
                    Some(Stop::Interrupt) => {
                        self.travel(end)?;
                        return Ok(Stop::Interrupt);
                    }
                    Some(Stop::Breakpoint) => break,
                    Some(stop) if before == self.machine.instructions() => {
                        return Err(EngineError::Failed(format!("the replay went another way: {stop}")));
                    }
                    Some(_) => {}
                }
            }
            if let Some((at, stop)) = last {
                self.travel(at)?;
                return Ok(stop);
            }
            end = start;
        }
        self.travel(self.history.start())?;
        Ok(Stop::HistoryStart)
    }

    /// Calls a function and runs it to its end: what it returned, or what
    /// happened instead.
    fn run_call(
        &mut self,
        function: FunctionId,
        arguments: &[wasm_interpreter::Value],
    ) -> Result<Result<Vec<wasm_interpreter::Value>, Event>> {
        let called = self.machine.call(function, arguments);
        called.map_err(|error| EngineError::Failed(error.to_string()))?;
        loop {
            match self.machine.run(&mut self.host) {
                Event::Returned(results) => return Ok(Ok(results)),
                // Someone has knocked: nobody is let in now.
                Event::Interrupted if !self.bell.raised.load(Ordering::Acquire) => {}
                event => {
                    self.machine.unwind();
                    return Ok(Err(event));
                }
            }
        }
    }

    /// The machine's depth of a frame: it counts entries, too.
    fn depth_of(&self, frame: usize) -> Result<usize> {
        let frames = self.machine.frames().enumerate();
        let mut shown = frames.filter(|(_, view)| !matches!(view, FrameView::Entry { .. }));
        shown.nth(frame).map(|(depth, _)| depth).ok_or_else(|| EngineError::NoSuch(format!("frame {frame}")))
    }
}

/// What the host calls of a program, in this order.
fn stages(
    machine: &Machine,
    instance: wasm_interpreter::InstanceId,
    module: &Module,
    invoke: Option<&Invoke>,
) -> Result<Vec<Stage>> {
    let exported = |name: &str| machine.store.exported_function(instance, name);
    let start = module.start().and_then(|index| machine.store.item(instance, ExportKind::Function, index));
    let mut functions: Vec<FunctionId> = Vec::new();
    if let Some(wasm_interpreter::Extern::Function(start)) = start {
        functions.push(start);
    }
    functions.extend(exported("_initialize"));
    let entry = match invoke {
        Some(invoke) => exported(&invoke.function),
        None => exported("_start").or_else(|| exported("main")),
    };
    let entry = entry.ok_or_else(|| {
        let functions = module.exports().iter().filter(|export| export.kind == ExportKind::Function);
        wasm_host::Error::NoEntry {
            wanted: match invoke {
                Some(invoke) => format!("function `{}`", invoke.function),
                None => "function `_start` or `main`".to_string(),
            },
            exports: functions.map(|export| format!("`{}`", export.name)).collect(),
        }
    })?;
    let parameters = |function| {
        machine.store.function_type(function).map(|ty| ty.parameters.to_vec()).unwrap_or_default().into_iter()
    };
    let with_zeros = |function: FunctionId| Stage {
        function,
        arguments: parameters(function).map(wasm_interpreter::Value::zero).collect(),
    };
    let mut stages: Vec<Stage> = functions.into_iter().map(with_zeros).collect();
    stages.push(match invoke {
        None => with_zeros(entry),
        Some(invoke) => {
            let types: Vec<String> = parameters(entry).map(|ty| ty.to_string()).collect();
            let values = parameters(entry).zip(invoke.bits(&types)?);
            let arguments = values.map(|(ty, bits)| wasm_interpreter::Value::from_bits(ty, bits.into())).collect();
            Stage { function: entry, arguments }
        }
    });
    Ok(stages)
}

impl Engine for Interpreted {
    fn abilities(&self) -> Abilities {
        Abilities { reverse: true, watch: true, set_locals: true, call: true }
    }

    fn modules(&self) -> &[LoadedModule] {
        &self.modules
    }

    fn instances(&mut self) -> Result<Vec<Instance>> {
        Visit(&self.machine).instances()
    }

    fn memories(&mut self) -> Result<Vec<Memory>> {
        self.catch_up()?;
        Visit(&self.machine).memories()
    }

    fn stop(&self) -> &Stop {
        &self.stop
    }

    fn resume(&mut self, how: Resume) -> Result<Stop> {
        let forward = matches!(how, Resume::Continue | Resume::Step);
        match &self.stop {
            Stop::Exited(_) | Stop::Dead if forward => return Err(EngineError::Ended),
            Stop::Trap(_) | Stop::Exception { .. } if forward => {
                self.stop = Stop::Dead;
                return Ok(Stop::Dead);
            }
            _ => {}
        }
        self.diverge();
        if how == Resume::ReverseContinue && self.breakpoints.is_empty() && self.watchpoints.is_empty() {
            // Nothing is on the way back: the end need not be seen.
            self.ahead = None;
        }
        self.catch_up()?;
        self.stop = match how {
            Resume::Step => self.step()?,
            Resume::Continue => {
                self.receives = true;
                let stop = self.run_on();
                self.receives = false;
                stop?
            }
            Resume::ReverseStep => self.reverse_step()?,
            Resume::ReverseContinue => self.reverse_continue()?,
        };
        if self.stop == Stop::Breakpoint {
            // Also one that was come to going back.
            self.machine.pass_breakpoint();
        }
        Ok(self.stop.clone())
    }

    fn interrupter(&self) -> Interrupter {
        let handle = self.machine.interrupt_handle();
        let bell = self.bell.clone();
        Interrupter::new(bell.raised.clone(), move || {
            handle.interrupt();
            bell.ring();
        })
    }

    fn admit(&mut self, visitor: Visitor) {
        self.visitor = Some(visitor);
    }

    fn set_breakpoints(&mut self, at: &BTreeSet<CodeAddress>) -> Result<()> {
        let gone: Vec<CodeAddress> = self.breakpoints.difference(at).copied().collect();
        let new: Vec<CodeAddress> = at.difference(&self.breakpoints).copied().collect();
        for (done, address) in new.iter().enumerate() {
            let offset = u64::from(address.offset);
            let mut set = address.module == ModuleId(0);
            self.each_instance(|machine, instance| {
                let added = machine.add_breakpoint(instance, offset);
                let exact =
                    added.as_ref().is_ok_and(|position| position.is_some_and(|position| position.offset == offset));
                if let Ok(Some(position)) = added
                    && !exact
                {
                    machine.remove_breakpoint(instance, position.offset);
                }
                set &= exact;
            });
            if !set {
                for address in &new[..done] {
                    self.each_instance(|machine, instance| {
                        machine.remove_breakpoint(instance, u64::from(address.offset));
                    });
                }
                return Err(EngineError::NoInstruction(*address));
            }
        }
        for address in gone {
            self.each_instance(|machine, instance| {
                machine.remove_breakpoint(instance, u64::from(address.offset));
            });
        }
        self.breakpoints.clone_from(at);
        Ok(())
    }

    fn set_watchpoints(&mut self, watchpoints: &[Watchpoint]) -> Result<()> {
        for (_, id) in std::mem::take(&mut self.watchpoints) {
            self.machine.remove_watchpoint(id);
        }
        for watchpoint in watchpoints {
            let kind = match watchpoint.access {
                Access::Read => WatchKind::Read,
                Access::Write => WatchKind::Write,
                Access::Any => WatchKind::Access,
            };
            let memory = wasm_interpreter::MemoryId(watchpoint.memory.0);
            let length = watchpoint.range.end.saturating_sub(watchpoint.range.start);
            let id = self.machine.add_watchpoint(memory, watchpoint.range.start, length, kind);
            let id = id.ok_or_else(|| EngineError::NoSuch(format!("memory {}", watchpoint.memory.0)))?;
            self.watchpoints.push((watchpoint.clone(), id));
        }
        Ok(())
    }

    fn frames(&mut self, limit: usize) -> Result<Vec<Frame>> {
        self.catch_up()?;
        let mut frames = Vec::new();
        for (depth, view) in self.machine.frames().enumerate() {
            if frames.len() == limit {
                break;
            }
            match view {
                FrameView::Entry { .. } => {}
                FrameView::Host { function } => {
                    let function = self.machine.store.as_host_function(function);
                    let name = function.map(|function| format!("{}.{}", function.module, function.name));
                    frames.push(Frame::Host { name: name.unwrap_or_else(|| "host".to_string()) });
                }
                FrameView::Module { position, resumes_at, .. } => frames.push(Frame::Wasm(WasmFrame {
                    instance: InstanceId(position.instance.0),
                    function: position.function,
                    pc: CodeAddress { module: ModuleId(0), offset: resumes_at as u32 },
                    locals: self.machine.locals(depth).map_or(0, |locals| locals.len() as u32),
                    operands: self.machine.operands(depth).map_or(0, |operands| operands.len() as u32),
                })),
            }
        }
        Ok(frames)
    }

    fn depth(&mut self) -> Result<usize> {
        self.catch_up()?;
        Ok(self.machine.frames().filter(|view| !matches!(view, FrameView::Entry { .. })).count())
    }

    fn locals(&mut self, frame: usize) -> Result<Vec<Value>> {
        self.catch_up()?;
        let locals = self.machine.locals(self.depth_of(frame)?);
        Ok(locals.unwrap_or_default().into_iter().map(value_of).collect())
    }

    fn operands(&mut self, frame: usize) -> Result<Vec<Value>> {
        self.catch_up()?;
        let operands = self.machine.operands(self.depth_of(frame)?);
        Ok(operands.unwrap_or_default().into_iter().map(value_of).collect())
    }

    fn set_local(&mut self, frame: usize, index: u32, value: Value) -> Result<()> {
        self.catch_up()?;
        let depth = self.depth_of(frame)?;
        let before = self.machine.local(depth, index).ok_or_else(|| EngineError::NoSuch(format!("local {index}")))?;
        if !self.machine.set_local(depth, index, guest_value(value)?) {
            return Err(EngineError::Type { wanted: value_of(before).ty(), found: value.ty() });
        }
        self.edited = true;
        Ok(())
    }

    fn global(&mut self, instance: InstanceId, index: u32) -> Result<Value> {
        self.catch_up()?;
        Visit(&self.machine).global(instance, index)
    }

    fn table_function(&mut self, instance: InstanceId, index: u32) -> Result<(InstanceId, u32)> {
        self.catch_up()?;
        Visit(&self.machine).table_function(instance, index)
    }

    fn set_global(&mut self, instance: InstanceId, index: u32, value: Value) -> Result<()> {
        self.catch_up()?;
        let before = self.global(instance, index)?;
        let global = visit::global_id(&self.machine, instance, index)?;
        if !self.machine.store.set_global(global, guest_value(value)?) {
            return Err(EngineError::Type { wanted: before.ty(), found: value.ty() });
        }
        self.edited = true;
        Ok(())
    }

    fn read_memory(&mut self, memory: MemoryId, address: u64, into: &mut [u8]) -> Result<()> {
        self.catch_up()?;
        Visit(&self.machine).read_memory(memory, address, into)
    }

    fn write_memory(&mut self, memory: MemoryId, address: u64, bytes: &[u8]) -> Result<()> {
        self.catch_up()?;
        let end = visit::memory(&self.machine, memory)?.bytes().len() as u64;
        let written = self.machine.store.memory_mut(wasm_interpreter::MemoryId(memory.0));
        if !written.is_some_and(|memory| memory.write(address, bytes)) {
            return Err(EngineError::OutOfBounds { address, length: bytes.len() as u64, end });
        }
        self.edited = true;
        Ok(())
    }

    fn call(&mut self, instance: InstanceId, function: u32, arguments: &[Value]) -> Result<Vec<Value>> {
        self.catch_up()?;
        let instance = wasm_interpreter::InstanceId(instance.0);
        let Some(wasm_interpreter::Extern::Function(function)) =
            self.machine.store.item(instance, ExportKind::Function, function)
        else {
            return Err(EngineError::NoSuch(format!("function {function}")));
        };
        let arguments = arguments.iter().map(|value| guest_value(*value)).collect::<Result<Vec<_>>>()?;
        // What the host is asked now is not what it was asked then.
        self.edited = true;
        self.host.forget_after_now();
        self.history.forget_after(self.machine.instructions());
        // Of an interrupt that came before.
        self.bell.answer();
        let before = self.machine.snapshot();
        let asked = self.host.position();
        let quiet = self.quiet();
        let outcome = self.run_call(function, &arguments);
        self.loud(quiet)?;
        // It is no part of the program's run, which is gone back in without it.
        self.machine.set_instructions(before.instructions());
        self.host.go_to(asked);
        self.host.forget_after_now();
        if self.stop == Stop::Breakpoint {
            self.machine.pass_breakpoint();
        }
        match outcome? {
            Ok(results) => Ok(results.into_iter().map(value_of).collect()),
            Err(event) => {
                self.machine.restore(&before).map_err(|error| EngineError::Failed(error.to_string()))?;
                let stop = self.stop_for(event)?;
                Err(EngineError::Failed(format!(
                    "the call ended otherwise than by returning: {}",
                    stop.map_or_else(String::new, |stop| stop.to_string())
                )))
            }
        }
    }

    fn instructions(&self) -> Option<u64> {
        self.ahead.is_none().then(|| self.machine.instructions())
    }
}

impl Interpreted {
    /// Takes the program to the moment when it has executed `count`
    /// instructions, back or forward. Nothing stops it on the way but its end.
    ///
    /// # Errors
    /// If it ends before.
    pub fn go_to(&mut self, count: u64) -> Result<()> {
        self.diverge();
        self.ahead = None;
        self.travel(count)?;
        self.stop = Stop::Step;
        Ok(())
    }

    /// A hash of all state: equal states have equal ones.
    ///
    /// # Errors
    /// If the interpreter cannot come to where the program is.
    pub fn state_hash(&mut self) -> Result<u64> {
        self.catch_up()?;
        Ok(self.machine.state_hash())
    }

    /// Bytes that going back costs now: snapshots, and what the host answered.
    pub fn bytes_recorded(&self) -> usize {
        self.history.bytes() + self.host.bytes()
    }
}

fn value_of(value: wasm_interpreter::Value) -> Value {
    use wasm_interpreter::Value as Guest;
    match value {
        Guest::I32(bits) => Value::I32(bits as u32),
        Guest::I64(bits) => Value::I64(bits as u64),
        Guest::F32(bits) => Value::F32(bits),
        Guest::F64(bits) => Value::F64(bits),
        Guest::V128(bits) => Value::V128(bits),
        Guest::FuncRef(Some(_)) => Value::Reference(Reference::Function(None)),
        Guest::ExternRef(Some(number)) => Value::Reference(Reference::Extern(number)),
        Guest::ExnRef(Some(_)) => Value::Reference(Reference::Exception),
        Guest::FuncRef(None) | Guest::ExternRef(None) | Guest::ExnRef(None) => Value::Reference(Reference::Null),
    }
}

fn guest_value(value: Value) -> Result<wasm_interpreter::Value> {
    use wasm_interpreter::Value as Guest;
    Ok(match value {
        Value::I32(bits) => Guest::I32(bits as i32),
        Value::I64(bits) => Guest::I64(bits as i64),
        Value::F32(bits) => Guest::F32(bits),
        Value::F64(bits) => Guest::F64(bits),
        Value::V128(bits) => Guest::V128(bits),
        Value::Reference(_) => {
            return Err(EngineError::Unsupported("references cannot be set from the debugger".to_string()));
        }
    })
}

fn describe(trap: wasm_interpreter::Trap) -> Trap {
    use wasm_interpreter::Trap as Guest;
    let kind = match trap {
        Guest::Unreachable => TrapKind::Unreachable,
        Guest::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        Guest::TableOutOfBounds => TrapKind::TableOutOfBounds,
        Guest::UndefinedElement | Guest::UninitializedElement | Guest::IndirectCallTypeMismatch => {
            TrapKind::IndirectCall
        }
        Guest::DivideByZero | Guest::IntegerOverflow | Guest::InvalidConversion => TrapKind::Arithmetic,
        Guest::CallStackExhausted => TrapKind::StackExhausted,
        Guest::UnalignedAtomic => TrapKind::Unaligned,
        Guest::NullExceptionReference => TrapKind::Null,
        _ => TrapKind::Other,
    };
    Trap { kind, message: trap.to_string() }
}

//! The machine: a store and a call stack, run until an event.

pub(crate) mod frame;
mod leb;
pub(crate) mod run;
mod throw;

use crate::host::{Action, Host, HostCall, HostError, Resumed};
use crate::module::Module;
use crate::store::{ExceptionId, FunctionId, FunctionKind, InstanceId, Limits, Store, has_types, values_from_slots};
use crate::watch::WatchHit;
use crate::{InstantiateError, Linker, MemoryId, ModuleError, Position, Trap, Value};
use frame::{Frame, FrameKind};
use run::{Activation, Exit, SLOTS, Stack, execute};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use thiserror::Error;

/// Operators between two looks at the interrupt flag.
const POLL: u64 = 1 << 16;

/// Why the machine stopped. The operator that [`Machine::position`] names has not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// As many operators have run as were asked for.
    Limit,
    /// The next operator has a breakpoint.
    Breakpoint,
    /// An operator touched a watched range; it has run.
    Watchpoint(Box<WatchHit>),
    /// The next operator calls a host function ([`Machine::stop_at_host_calls`]).
    HostCall(FunctionId),
    /// The next operator traps.
    Trap(Trap),
    /// The next operator throws an exception that nobody in this activation catches.
    Exception(ExceptionId),
    /// The next operator calls a host function that failed.
    Host(HostError),
    /// The next operator calls a function whose body does not validate.
    Invalid(ModuleError),
    /// Somebody used the machine's [`Interrupt`].
    Interrupted,
    /// The activation's function has returned; the activation before it is on top.
    Returned(Vec<Value>),
    /// There is nothing to run.
    Idle,
}

/// Why a function could not be called.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CallError {
    /// The store has no such function.
    #[error("no such function")]
    NoFunction,
    /// Arguments do not have the types of the parameters.
    #[error("the arguments do not have the types of the parameters")]
    Arguments,
    /// The function's body does not validate.
    #[error(transparent)]
    Invalid(#[from] ModuleError),
    /// No room on the stack.
    #[error("call stack exhausted")]
    StackExhausted,
}

/// What ends a run beside its count.
#[derive(Clone, Copy)]
struct Stops {
    breakpoints: bool,
    host_calls: bool,
    interrupts: bool,
}

/// Stops a running machine from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Makes the machine stop soon (within some ten thousand operators).
    pub fn interrupt(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A store, a call stack, and what a debugger wants of them.
#[derive(Debug)]
pub struct Machine {
    /// Instances and what they are made of.
    pub store: Store,
    pub(crate) stack: Box<Stack>,
    pub(crate) sp: usize,
    pub(crate) frames: Vec<Frame>,
    pub(crate) instructions: u64,
    pub(crate) watchpoints: crate::breakpoints::Watchpoints,
    interrupt: Interrupt,
    stop_at_host_calls: bool,
    stop_at_uncaught: bool,
    /// Operators that had run when a breakpoint or a host call was last reported:
    /// going on from there passes it.
    passed_breakpoint: Option<u64>,
    passed_host_call: Option<u64>,
}

impl Default for Machine {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Machine {
    /// An empty machine.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let limits = Limits { stack_slots: limits.stack_slots.min(SLOTS), ..limits };
        let slots: Box<[u64]> = vec![0; SLOTS].into();
        Self {
            store: Store::new(limits),
            // The length is right by construction; an empty array cannot come of it.
            stack: slots.try_into().unwrap_or_else(|_| Box::new([0; SLOTS])),
            sp: 0,
            frames: Vec::new(),
            instructions: 0,
            watchpoints: Default::default(),
            interrupt: Interrupt::default(),
            stop_at_host_calls: false,
            stop_at_uncaught: false,
            passed_breakpoint: None,
            passed_host_call: None,
        }
    }

    /// As [`Store::instantiate`].
    ///
    /// # Errors
    /// As there.
    pub fn instantiate(&mut self, module: &Module, linker: &Linker) -> Result<InstanceId, InstantiateError> {
        self.store.instantiate(module, linker)
    }

    /// A handle that stops [`Self::run`] from another thread or a signal handler.
    #[must_use]
    pub fn interrupt_handle(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// Whether [`Self::run`] stops before each call of a host function.
    pub fn stop_at_host_calls(&mut self, stop: bool) {
        self.stop_at_host_calls = stop;
    }

    /// Whether an exception that nobody catches ends a run where it is thrown,
    /// although handlers on its way would clean up and throw it again; if not,
    /// it does where the last of them throws it.
    pub fn stop_at_uncaught(&mut self, stop: bool) {
        self.stop_at_uncaught = stop;
    }

    /// Operators that have run since the machine was made.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        self.instructions
    }

    /// Lets the count go on from here: what a debugger calls in between is not
    /// the program's.
    pub fn set_instructions(&mut self, count: u64) {
        self.instructions = count;
    }

    /// Begins an activation: the next [`Self::run`] or [`Self::step`] runs this
    /// function from its first operator. Whatever was there before stays as it
    /// is, and is on top again after [`Event::Returned`] or [`Self::unwind`].
    ///
    /// # Errors
    /// If the function or arguments do not fit.
    pub fn call(&mut self, function: FunctionId, arguments: &[Value]) -> Result<(), CallError> {
        let ty = self.store.function_type(function).ok_or(CallError::NoFunction)?;
        if !has_types(arguments, &ty.parameters) {
            return Err(CallError::Arguments);
        }
        let passed = self.passed_breakpoint == Some(self.instructions);
        self.begin(function, arguments)?;
        let entry = self.frames.len() - 2;
        self.frames[entry].token = passed.into();
        self.passed_breakpoint = None;
        self.passed_host_call = None;
        Ok(())
    }

    fn begin(&mut self, function: FunctionId, arguments: &[Value]) -> Result<(), CallError> {
        let ty = &self.store.types[self.store.functions[function.0 as usize].ty as usize];
        let parameters = crate::value::slot_count(&ty.parameters) as usize;
        let results = crate::value::slot_count(&ty.results) as usize;
        let base = self.sp;
        let (kind, locals, slots) = match &self.store.functions[function.0 as usize].kind {
            FunctionKind::Module(callee) => {
                let body = self.store.body(callee)?;
                (FrameKind::Module, body.frame_locals, body.frame_slots)
            }
            FunctionKind::Host(_) => (FrameKind::HostStart, parameters, parameters.max(results)),
        };
        if base + slots > self.store.limits.stack_slots || self.frames.len() + 2 > self.store.limits.frames {
            return Err(CallError::StackExhausted);
        }
        self.stack[base..base + locals].fill(0);
        arguments.iter().try_fold(base, |at, value| value.write_slots(&mut self.stack[..], at));
        self.sp = base + locals;
        self.frames.push(Frame::new(FrameKind::Entry, function.0, base));
        self.frames.push(Frame::new(kind, function.0, base));
        Ok(())
    }

    /// Drops the activation on top, wherever it stands; `false` if there is none.
    pub fn unwind(&mut self) -> bool {
        let entry = self.frames.iter().rposition(|frame| frame.kind == FrameKind::Entry);
        let Some(entry) = entry else { return false };
        self.sp = self.frames[entry].base as usize;
        self.come_back_to(self.frames[entry]);
        self.frames.truncate(entry);
        // A host function that waited for it goes, too.
        if self.frames.last().is_some_and(|frame| frame.kind.is_host()) {
            return self.unwind();
        }
        true
    }

    /// Runs until something happens.
    pub fn run(&mut self, host: &mut dyn Host) -> Event {
        self.run_until(u64::MAX, host)
    }

    /// Runs until something happens, or until [`Self::instructions`] reaches `count`.
    ///
    /// A breakpoint on the next operator stops at once, unless it was just
    /// reported or [`Self::step`] came to it. An interrupt from before does, too.
    pub fn run_until(&mut self, count: u64, host: &mut dyn Host) -> Event {
        let mut stops = Stops { breakpoints: true, host_calls: self.stop_at_host_calls, interrupts: true };
        let mut event = Event::Limit;
        // The operator whose breakpoint was reported runs before breakpoints count again.
        let passed = self.passed_breakpoint == Some(self.instructions) && count > self.instructions;
        if passed && self.has_breakpoint_here() {
            stops.breakpoints = false;
            event = self.drive(self.instructions + 1, host, stops);
            stops.breakpoints = true;
        }
        if event == Event::Limit {
            event = self.drive(count, host, stops);
        }
        match event {
            Event::Breakpoint => self.passed_breakpoint = Some(self.instructions),
            Event::HostCall(_) => self.passed_host_call = Some(self.instructions),
            _ => {}
        }
        event
    }

    /// Runs one operator, without regard to breakpoints and interrupts.
    pub fn step(&mut self, host: &mut dyn Host) -> Event {
        let stops = Stops { breakpoints: false, host_calls: false, interrupts: false };
        let event = self.drive(self.instructions.saturating_add(1), host, stops);
        self.passed_breakpoint = Some(self.instructions);
        event
    }

    /// Counts a breakpoint on the next operator as reported: going on passes it.
    pub fn pass_breakpoint(&mut self) {
        self.passed_breakpoint = Some(self.instructions);
    }

    /// Calls a function and runs it to its end; an activation that does not
    /// return is dropped.
    ///
    /// # Errors
    /// What happened instead.
    pub fn invoke(
        &mut self,
        function: FunctionId,
        arguments: &[Value],
        host: &mut dyn Host,
    ) -> Result<Vec<Value>, Event> {
        self.call(function, arguments).map_err(|error| match error {
            CallError::Invalid(error) => Event::Invalid(error),
            CallError::StackExhausted => Event::Trap(Trap::CallStackExhausted),
            error => Event::Host(HostError::Trap(error.to_string())),
        })?;
        match self.run(host) {
            Event::Returned(values) => Ok(values),
            event => {
                self.unwind();
                Err(event)
            }
        }
    }

    /// Runs until the count is reached or something happens.
    fn drive(&mut self, count: u64, host: &mut dyn Host, stops: Stops) -> Event {
        let reads = self.watchpoints.any_reads();
        let mut poll = self.instructions;
        loop {
            match self.frames.last().map(|frame| frame.kind) {
                None => return Event::Idle,
                Some(FrameKind::Entry) => {
                    if let Some(event) = self.finish_entry() {
                        return event;
                    }
                    continue;
                }
                Some(FrameKind::Module) => {}
                Some(_) => {
                    if let Err(event) = self.call_host(host) {
                        return event;
                    }
                    if let Some(hit) = self.take_hit() {
                        return Event::Watchpoint(Box::new(hit));
                    }
                    continue;
                }
            }
            let left = count.saturating_sub(self.instructions);
            if left == 0 {
                return Event::Limit;
            }
            if stops.interrupts && self.instructions >= poll {
                if self.interrupt.0.load(Ordering::Relaxed) && self.interrupt.0.swap(false, Ordering::Relaxed) {
                    return Event::Interrupted;
                }
                poll = self.instructions + POLL;
            }
            let fuel = left.min(POLL);
            let activation = Activation {
                stack: &mut self.stack,
                frames: &mut self.frames,
                sp: &mut self.sp,
                slots: self.store.limits.stack_slots,
                depth: self.store.limits.frames,
            };
            let (exit, rest) = if reads {
                execute::<true>(&mut self.store, activation, fuel, stops.breakpoints)
            } else {
                execute::<false>(&mut self.store, activation, fuel, stops.breakpoints)
            };
            self.instructions += fuel - rest;
            match exit {
                Exit::Limit | Exit::Returned => {}
                Exit::Breakpoint => return Event::Breakpoint,
                Exit::Watched => {
                    if let Some(hit) = self.take_hit() {
                        return Event::Watchpoint(Box::new(hit));
                    }
                }
                Exit::Trap(trap) => return Event::Trap(trap),
                Exit::Invalid(error) => return Event::Invalid(error),
                Exit::Host { function, popped, tail } => {
                    let passed = self.passed_host_call == Some(self.instructions - 1);
                    if stops.host_calls && !passed {
                        self.take_back();
                        return Event::HostCall(FunctionId(function));
                    }
                    if let Some(event) = self.enter_host(function, popped, tail, host) {
                        return event;
                    }
                    if let Some(hit) = self.take_hit() {
                        return Event::Watchpoint(Box::new(hit));
                    }
                }
                Exit::Throw { tag } => {
                    let exception = self.new_exception(tag);
                    if let Some(event) = self.throw_from_operator(exception) {
                        return event;
                    }
                }
                Exit::ThrowRef(reference) => {
                    let exception = crate::value::referent(reference).unwrap_or(u32::MAX);
                    if let Some(event) = self.throw_from_operator(ExceptionId(exception)) {
                        return event;
                    }
                }
            }
        }
    }

    /// Below an entry is the activation before it: a breakpoint that was
    /// reported there is still so.
    fn come_back_to(&mut self, entry: Frame) {
        self.passed_breakpoint = (entry.token != 0).then_some(self.instructions);
    }

    /// Makes the current operator one that has not run.
    fn take_back(&mut self) {
        if let Some(top) = self.frames.last_mut() {
            top.pc = top.op;
        }
        self.instructions -= 1;
    }

    /// The function of the activation on top has returned.
    fn finish_entry(&mut self) -> Option<Event> {
        let entry = self.frames.pop()?;
        let waiting = self.frames.last_mut().filter(|frame| frame.kind == FrameKind::HostWaiting);
        if let Some(waiting) = waiting {
            waiting.kind = FrameKind::HostReturned;
            return None;
        }
        self.sp = entry.base as usize;
        self.come_back_to(entry);
        let ty = self.store.function_type(FunctionId(entry.function))?;
        let values = values_from_slots(&ty.results, &self.stack[self.sp..]).unwrap_or_default();
        Some(Event::Returned(values))
    }

    fn enter_host(&mut self, function: u32, popped: usize, tail: bool, host: &mut dyn Host) -> Option<Event> {
        let ty = &self.store.types[self.store.functions[function as usize].ty as usize];
        let base = self.sp - popped - crate::value::slot_count(&ty.parameters) as usize;
        let results = crate::value::slot_count(&ty.results) as usize;
        if self.frames.len() >= self.store.limits.frames || base + results > self.store.limits.stack_slots {
            self.take_back();
            return Some(Event::Trap(Trap::CallStackExhausted));
        }
        let sp = self.sp;
        self.sp -= popped;
        self.frames.push(Frame { tail, ..Frame::new(FrameKind::HostStart, function, base) });
        let event = self.call_host(host).err()?;
        if let Event::Host(_) | Event::Exception(_) = event
            && self.frames.last().is_some_and(|frame| frame.kind == FrameKind::HostStart)
        {
            // The call has not happened.
            self.frames.pop();
            self.sp = sp;
            self.take_back();
        }
        Some(event)
    }

    /// Calls the host function on top, or calls it again with what it waited for.
    fn call_host(&mut self, host: &mut dyn Host) -> Result<(), Event> {
        let Some(frame) = self.frames.last().copied() else { return Ok(()) };
        let function = FunctionId(frame.function);
        let FunctionKind::Host(host_function) = &self.store.functions[frame.function as usize].kind else {
            return Err(Event::Idle);
        };
        let host_function = Arc::clone(host_function);
        let ty = &host_function.ty;
        let base = frame.base as usize;
        let arguments = values_from_slots(&ty.parameters, &self.stack[base..]).unwrap_or_default();
        let above = base + crate::value::slot_count(&ty.parameters) as usize;
        let resumed = match frame.kind {
            FrameKind::HostReturned => {
                let results =
                    self.store.function_type(FunctionId(frame.stp)).map(|ty| ty.results.clone()).unwrap_or_default();
                let values = values_from_slots(&results, &self.stack[above..]).unwrap_or_default();
                Some(Resumed { token: frame.token, outcome: Ok(values) })
            }
            FrameKind::HostThrew => {
                let exception = crate::value::referent(self.stack[above]).unwrap_or(u32::MAX);
                Some(Resumed { token: frame.token, outcome: Err(ExceptionId(exception)) })
            }
            _ => None,
        };
        let below = self.frames.iter().rev().nth(1).filter(|frame| frame.kind == FrameKind::Module);
        let caller = below.and_then(|frame| self.store.function_origin(FunctionId(frame.function)));
        let mut call = HostCall {
            store: &mut self.store,
            function,
            host_function: Arc::clone(&host_function),
            caller: caller.map(|(instance, _)| instance),
            arguments: &arguments,
            resumed: resumed.as_ref(),
            changes: Vec::new(),
            watched: Vec::new(),
        };
        let outcome = host.call(&mut call);
        let watched = call.watched;
        let caller = self.frames.iter().rev().nth(1).filter(|frame| frame.kind == FrameKind::Module);
        let position = caller.and_then(|frame| self.position_in(frame, frame.op));
        for (memory, mut hit) in watched {
            hit.position = position;
            if let Some(memory) = self.store.memory_mut(memory) {
                memory.after_update(Some(hit));
            }
        }
        match outcome {
            Ok(Action::Return(values)) => {
                if !has_types(&values, &ty.results) {
                    let message = "the host function returned values of other types than its own";
                    return Err(Event::Host(HostError::Trap(message.into())));
                }
                self.frames.pop();
                let end = values.iter().try_fold(base, |at, value| value.write_slots(&mut self.stack[..], at));
                self.sp = end.unwrap_or(base);
                if frame.tail {
                    self.return_results(base);
                }
                Ok(())
            }
            Ok(Action::Call { function: callee, arguments, token }) => {
                let fits = self.store.function_type(callee).is_some_and(|ty| has_types(&arguments, &ty.parameters));
                if !fits {
                    return Err(Event::Host(HostError::Trap("the host called with arguments of other types".into())));
                }
                self.sp = above;
                let began = self.begin(callee, &arguments);
                if let Err(error) = began {
                    return Err(match error {
                        CallError::StackExhausted => Event::Trap(Trap::CallStackExhausted),
                        CallError::Invalid(error) => Event::Invalid(error),
                        error => Event::Host(HostError::Trap(error.to_string())),
                    });
                }
                let index = self.frames.len() - 3;
                let waiting = &mut self.frames[index];
                waiting.kind = FrameKind::HostWaiting;
                waiting.token = token;
                waiting.stp = callee.0;
                Ok(())
            }
            Err(HostError::Throw(exception)) => match self.throw_from_host(exception) {
                Some(event) => Err(event),
                None => Ok(()),
            },
            Err(error) => Err(Event::Host(error)),
        }
    }

    /// Returns from the module's function on top with what lies from `results` up.
    fn return_results(&mut self, results: usize) {
        let Some(frame) = self.frames.pop() else { return };
        let len = self.sp - results;
        self.stack.copy_within(results..self.sp, frame.base as usize);
        self.sp = frame.base as usize + len;
    }

    /// The access to a watched range that was seen last. The top frame's
    /// `op` is still the operator that made it.
    fn take_hit(&mut self) -> Option<WatchHit> {
        let hits = self.store.memories.iter_mut().enumerate();
        let (index, hit) = { hits }.find_map(|(index, memory)| Some((index, memory.hit.take()?)))?;
        let frame = self.frames.iter().rev().find(|frame| frame.kind == FrameKind::Module)?;
        Some(WatchHit {
            watchpoint: hit.watchpoint,
            memory: MemoryId(index as u32),
            access: hit.access,
            address: hit.address,
            old: hit.old,
            new: hit.new,
            position: hit.position.or_else(|| self.position_in(frame, frame.op))?,
        })
    }

    /// Where an operator of a frame lies.
    pub(crate) fn position_in(&self, frame: &Frame, op: u32) -> Option<Position> {
        let FunctionKind::Module(function) = &self.store.functions.get(frame.function as usize)?.kind else {
            return None;
        };
        let start = function.body.get()?.start as u64;
        Some(Position {
            instance: InstanceId(function.instance),
            function: function.index,
            offset: start + u64::from(op),
        })
    }

    /// The next operator; `None` if there is nothing to run.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let top = self.frames.last().filter(|frame| frame.kind == FrameKind::Module)?;
        self.position_in(top, top.pc)
    }

    pub(crate) fn forget_stops(&mut self) {
        self.passed_breakpoint = None;
        self.passed_host_call = None;
    }
}

//! A client and a program: requests, motion, and what is told of it.

use std::path::PathBuf;

use dap_types::events::{
    Breakpoint as BreakpointChanged, Capabilities as CapabilitiesChanged, Exited, Output, Process, Stopped, Terminated,
};
use dap_types::{
    BreakpointEvent, BreakpointEventReason, Capabilities, CapabilitiesEvent, ContinueResponse, DisconnectArguments,
    ExceptionBreakMode, ExceptionDetails, ExceptionInfoResponse, ExitedEvent, NextArguments, OutputEventCategory,
    ProcessEvent, ProcessEventStartMethod, SourceArguments, StepBackArguments, StepInArguments, StepOutArguments,
    SteppingGranularity, StoppedEvent, StoppedEventReason, TerminatedEvent, Thread, ThreadsResponse,
};
use serde::Deserialize;
use serde_json::Value;

use super::breakpoints::{Breakpoints, EXCEPTIONS, Hit, TRAPS};
use super::launch::Launch;
use super::streams::{Forwarder, Streams, output};
use super::values::Reference;
use super::wire::{Incoming, Request, body_of};
use super::{Client, Left, Refusal, arguments};
use crate::engine::{Stop, Touch, TrapKind};
use crate::session::{Call, Direction, Halt, Motion, Session};

/// The one thread that there is.
pub(super) const THREAD: u64 = 1;
/// What a shell says of a program that was ended by SIGABRT, and wasmtime of
/// one that trapped.
const TRAPPED: u64 = 134;

/// How an adapter ended.
pub(super) enum End {
    /// The client wants the program anew, perhaps by another configuration.
    Restart(Option<Box<Launch>>),
    /// The client is gone.
    Left(Left),
}

/// The program, for people.
pub(super) struct Program {
    pub(super) name: String,
    pub(super) path: Option<PathBuf>,
    /// What it writes, if that goes to the client.
    pub(super) streams: Option<Streams>,
    /// What of its debug information was not found.
    pub(super) problems: Vec<String>,
}

/// What the program does.
#[derive(Clone, Debug, PartialEq)]
enum State {
    /// It waits for the client's configuration.
    Configuring,
    Stopped,
    /// It goes on as soon as there is nothing to answer.
    Running(Motion, Direction),
    Ended,
}

/// A client that debugs a program.
pub(super) struct Adapter<'a, 'm> {
    pub(super) client: &'a mut Client,
    pub(super) session: &'a mut Session<'m>,
    pub(super) breakpoints: &'a mut Breakpoints,
    pub(super) program: Program,
    pub(super) no_debug: bool,
    stop_on_entry: bool,
    state: State,
    /// The back trace of this stop, as far as it was read.
    pub(super) trace: Vec<Call>,
    /// What the numbers mean that the client has of this stop's values.
    pub(super) references: Vec<Reference>,
    /// How many there were at stops before: a number is never given twice.
    pub(super) references_before: u64,
    forwarder: Option<Forwarder>,
    end: Option<End>,
}

impl<'a, 'm> Adapter<'a, 'm> {
    pub(super) fn new(
        client: &'a mut Client,
        session: &'a mut Session<'m>,
        breakpoints: &'a mut Breakpoints,
        launch: &Launch,
        program: Program,
    ) -> std::io::Result<Self> {
        client.paths.set_map(&launch.source_map);
        client.control.set_interrupter(Some(session.engine.interrupter()));
        let out = client.out.clone();
        session.log = Box::new(move |line| out.event::<Output>(output(OutputEventCategory::Console, line + "\n")));
        // Of an attached program whoever started it knows.
        if let Some(streams) = &program.streams {
            session.stderr = Some(streams.said.clone());
        }
        let forwarder = program.streams.as_ref().map(|streams| Forwarder::start(streams, &client.out));
        Ok(Adapter {
            forwarder: forwarder.transpose()?,
            client,
            session,
            breakpoints,
            program,
            no_debug: launch.no_debug,
            stop_on_entry: launch.stop_on_entry && !launch.no_debug,
            state: State::Configuring,
            trace: Vec::new(),
            references: Vec::new(),
            references_before: 0,
            end: None,
        })
    }

    /// Answers the request that has brought the program here.
    pub(super) fn launched(&mut self, request: &Request) {
        self.client.out.answer(request, Ok(Value::Null));
        let attached = self.program.streams.is_none();
        self.client.out.event::<Process>(ProcessEvent {
            name: self.program.name.clone(),
            system_process_id: None,
            is_local_process: Some(true),
            start_method: Some(match attached {
                true => ProcessEventStartMethod::Attach,
                false => ProcessEventStartMethod::Launch,
            }),
            pointer_size: Some(32),
        });
        let abilities = self.session.engine.abilities();
        if !abilities.reverse || !abilities.watch {
            let capabilities = Capabilities {
                supports_step_back: Some(abilities.reverse),
                supports_data_breakpoints: Some(abilities.watch),
                ..Capabilities::default()
            };
            self.client.out.event::<CapabilitiesChanged>(CapabilitiesEvent { capabilities });
        }
        for notice in self.program.problems.drain(..).chain(self.session.notices()) {
            self.client.out.event::<Output>(output(OutputEventCategory::Console, notice + "\n"));
        }
        self.client.ready();
    }

    /// Starts the program anew, as the client had configured it.
    pub(super) fn restarted(&mut self) {
        if !self.no_debug {
            self.breakpoints.set_again(self.session);
            self.breakpoints_moved();
        }
        self.begin();
    }

    /// Answers and runs until the client leaves or wants a new start.
    pub(super) fn run(mut self) -> End {
        loop {
            if let Some(end) = self.end.take() {
                self.client.control.set_interrupter(None);
                return end;
            }
            let State::Running(motion, direction) = self.state.clone() else {
                let incoming = self.client.next();
                self.serve(incoming);
                continue;
            };
            // What comes from here on interrupts the program.
            self.client.control.run(motion != Motion::Continue);
            if let Some(incoming) = self.client.next_if_any() {
                self.client.control.rest();
                self.serve(incoming);
                continue;
            }
            let halt = self.session.go(&motion, direction);
            self.client.control.rest();
            match halt {
                // Whoever interrupted it has sent something; else it goes on.
                Ok(Halt::Engine(Stop::Interrupt)) => {}
                Ok(halt) => self.halted(&halt),
                Err(error) => {
                    let text = format!("{error}\n");
                    self.client.out.event::<Output>(output(OutputEventCategory::Important, text));
                    self.stopped(StoppedEventReason::Pause, Some(error.to_string()), Vec::new());
                }
            }
        }
    }

    fn serve(&mut self, incoming: Incoming) {
        let request = match incoming {
            Incoming::Request(request) => request,
            Incoming::Malformed(what) => return self.client.complain(&what),
            Incoming::Ended(problem) => {
                self.client.ended(problem);
                self.end = Some(End::Left(self.left(Left::Detached)));
                return;
            }
        };
        let result = self.answer(&request);
        self.client.out.answer(&request, result.map_err(|refusal| refusal.0));
        self.answered(&request.command);
    }

    /// What a client that leaves leaves behind.
    fn left(&self, otherwise: Left) -> Left {
        if self.state == State::Ended { Left::Ended } else { otherwise }
    }

    fn answer(&mut self, request: &Request) -> Result<Value, Refusal> {
        let done = Ok(Value::Null);
        match request.command.as_str() {
            "initialize" => Err("`initialize` comes only once".into()),
            "launch" | "attach" => Err("there is a program already".into()),
            "configurationDone" | "cancel" => done,
            "threads" => {
                let thread = Thread { id: THREAD, name: self.program.name.clone() };
                Ok(body_of(&ThreadsResponse { threads: vec![thread] }))
            }
            "setBreakpoints" => self.set_breakpoints(request),
            "setFunctionBreakpoints" => self.set_function_breakpoints(request),
            "setInstructionBreakpoints" => self.set_instruction_breakpoints(request),
            "setDataBreakpoints" => self.set_data_breakpoints(request),
            "setExceptionBreakpoints" => self.set_exception_breakpoints(request),
            "dataBreakpointInfo" => self.stopped_only()?.data_breakpoint_info(request),
            "continue" => {
                self.depart(Motion::Continue, Direction::Forward)?;
                Ok(body_of(&ContinueResponse { all_threads_continued: Some(true) }))
            }
            "reverseContinue" => self.depart(Motion::Continue, Direction::Reverse),
            "next" => {
                let asked: NextArguments = arguments(request)?;
                self.depart(by(asked.granularity, Motion::LineOver, Motion::InstructionOver), Direction::Forward)
            }
            "stepIn" => {
                let asked: StepInArguments = arguments(request)?;
                self.depart(by(asked.granularity, Motion::Line, Motion::Instruction), Direction::Forward)
            }
            "stepBack" => {
                let asked: StepBackArguments = arguments(request)?;
                self.depart(by(asked.granularity, Motion::LineOver, Motion::InstructionOver), Direction::Reverse)
            }
            "stepOut" => {
                let _: StepOutArguments = arguments(request)?;
                self.depart(Motion::Out, Direction::Forward)
            }
            "pause" => match self.state {
                State::Running(..) | State::Stopped => done,
                State::Configuring | State::Ended => Err("the program does not run".into()),
            },
            "stackTrace" => self.stopped_only()?.stack_trace(request),
            "scopes" => self.stopped_only()?.scopes(request),
            "variables" => self.stopped_only()?.variables(request),
            "setVariable" => self.stopped_only()?.set_variable(request),
            "setExpression" => self.stopped_only()?.set_expression(request),
            "evaluate" => self.evaluate(request),
            "exceptionInfo" => self.stopped_only()?.exception_info(),
            "readMemory" => self.read_memory(request),
            "writeMemory" => self.write_memory(request),
            "disassemble" => self.disassemble(request),
            "source" => {
                let asked: SourceArguments = arguments(request)?;
                Ok(body_of(&self.client.paths.text(&asked)?))
            }
            "loadedSources" => self.loaded_sources(),
            "modules" => self.modules(request),
            "restart" => {
                #[derive(Deserialize)]
                struct Restart {
                    arguments: Option<Launch>,
                }
                if self.program.streams.is_none() {
                    return Err("the program was not launched here: it cannot be started anew".into());
                }
                let asked: Restart = arguments(request)?;
                self.end = Some(End::Restart(asked.arguments.map(Box::new)));
                done
            }
            "terminate" => done,
            "disconnect" => {
                let asked: DisconnectArguments = arguments(request)?;
                let launched = self.program.streams.is_some();
                let kill = asked.terminate_debuggee.unwrap_or(launched);
                self.end = Some(End::Left(self.left(if kill { Left::Killed } else { Left::Detached })));
                done
            }
            unknown => Err(Refusal(format!("there is no request `{unknown}` here"))),
        }
    }

    /// What follows an answer.
    fn answered(&mut self, command: &str) {
        match command {
            "configurationDone" if self.state == State::Configuring => self.begin(),
            "pause" if matches!(self.state, State::Running(..)) => {
                self.stopped(StoppedEventReason::Pause, None, Vec::new());
            }
            "terminate" if self.state != State::Ended => {
                self.state = State::Ended;
                self.tell_end(None);
                if self.program.streams.is_none() {
                    self.end = Some(End::Left(Left::Killed));
                }
            }
            _ => {}
        }
    }

    /// The client has configured everything: starts the program.
    fn begin(&mut self) {
        match (self.stop_on_entry, self.session.engine.stop().clone()) {
            // As an attached program, or a core dump.
            (_, stop @ (Stop::Exited(_) | Stop::Trap(_) | Stop::Exception { .. })) => self.halted(&Halt::Engine(stop)),
            (true, Stop::Entry) => self.stopped(StoppedEventReason::Entry, None, Vec::new()),
            (true, stop) => self.stopped(StoppedEventReason::Pause, Some(stop.to_string()), Vec::new()),
            (false, _) => self.state = State::Running(Motion::Continue, Direction::Forward),
        }
    }

    /// For what can only be asked of a program that stands still.
    pub(super) fn stopped_only(&mut self) -> Result<&mut Self, Refusal> {
        match self.state {
            State::Stopped => Ok(self),
            State::Running(..) => Err("the program runs".into()),
            State::Configuring => Err("the program has not been started".into()),
            State::Ended => Err("the program has ended".into()),
        }
    }

    fn depart(&mut self, motion: Motion, direction: Direction) -> Result<Value, Refusal> {
        self.stopped_only()?;
        if direction == Direction::Reverse && !self.session.engine.abilities().reverse {
            return Err("this program runs on an engine that does not go back".into());
        }
        self.state = State::Running(motion, direction);
        self.forget();
        Ok(Value::Null)
    }

    /// What the client knows of values and frames is not so any more.
    pub(super) fn forget(&mut self) {
        self.trace.clear();
        self.references_before += self.references.len() as u64;
        self.references.clear();
    }

    fn halted(&mut self, halt: &Halt) {
        match halt {
            Halt::Moved => self.stopped(StoppedEventReason::Step, None, Vec::new()),
            Halt::Unwatched(watch) => {
                if let Some(removed) = self.breakpoints.forget_watch(watch.number) {
                    let reason = BreakpointEventReason::Removed;
                    self.client.out.event::<BreakpointChanged>(BreakpointEvent { reason, breakpoint: removed });
                }
                let text = "the call is over whose variable was watched: the data breakpoint is gone".to_string();
                self.stopped(StoppedEventReason::DataBreakpoint, Some(text), Vec::new());
            }
            Halt::Breakpoints(numbers) => {
                let hits = self.breakpoints.hits(numbers);
                let reason = hits.first().map_or(StoppedEventReason::Breakpoint, |hit| hit.reason.clone());
                let text = (reason == StoppedEventReason::Exception).then(|| "a panic begins".to_string());
                self.stopped(reason, text, hits);
            }
            Halt::Engine(stop) => match stop {
                Stop::Exited(code) => self.exited(u64::from(*code as u32)),
                Stop::Dead => self.exited(TRAPPED),
                Stop::Watchpoint(touch) => {
                    let number = self.session.watches().get(touch.watchpoint).map(|watch| watch.number);
                    let id = number.and_then(|number| self.breakpoints.watch(number));
                    let hits = id.map(|id| Hit { id, reason: StoppedEventReason::DataBreakpoint });
                    let text = Some(describe(touch));
                    self.stopped(StoppedEventReason::DataBreakpoint, text, hits.into_iter().collect());
                }
                Stop::Trap(_) | Stop::Exception { .. } => {
                    let filter = if matches!(stop, Stop::Trap(_)) { TRAPS } else { EXCEPTIONS };
                    if self.no_debug || !self.breakpoints.stops_at(filter) {
                        let text = format!("{stop}\n");
                        self.client.out.event::<Output>(output(OutputEventCategory::Important, text));
                        return self.exited(TRAPPED);
                    }
                    self.stopped(StoppedEventReason::Exception, Some(stop.to_string()), Vec::new());
                }
                Stop::HistoryStart => {
                    self.stopped(StoppedEventReason::Entry, Some(stop.to_string()), Vec::new());
                }
                Stop::Entry => self.stopped(StoppedEventReason::Entry, None, Vec::new()),
                Stop::Step | Stop::Breakpoint => self.stopped(StoppedEventReason::Step, None, Vec::new()),
                Stop::Interrupt => self.stopped(StoppedEventReason::Pause, None, Vec::new()),
            },
        }
    }

    fn stopped(&mut self, reason: StoppedEventReason, text: Option<String>, hits: Vec<Hit>) {
        self.flush();
        self.forget();
        self.state = State::Stopped;
        self.client.out.event::<Stopped>(StoppedEvent {
            reason,
            description: text.clone(),
            thread_id: Some(THREAD),
            preserve_focus_hint: None,
            text,
            all_threads_stopped: Some(true),
            hit_breakpoint_ids: (!hits.is_empty()).then(|| hits.iter().map(|hit| hit.id).collect()),
        });
    }

    fn exited(&mut self, code: u64) {
        self.state = State::Ended;
        self.tell_end(Some(code));
    }

    fn tell_end(&mut self, code: Option<u64>) {
        self.flush();
        self.forget();
        if let Some(exit_code) = code {
            self.client.out.event::<Exited>(ExitedEvent { exit_code });
        }
        self.client.out.event::<Terminated>(TerminatedEvent { restart: None });
    }

    fn flush(&self) {
        if let Some(forwarder) = &self.forwarder {
            forwarder.flush();
        }
    }

    fn exception_info(&mut self) -> Result<Value, Refusal> {
        let (exception_id, description) = match self.session.engine.stop() {
            Stop::Trap(trap) => (trap_name(trap.kind), trap.message.clone()),
            Stop::Exception { message } => ("exception", message.clone()),
            _ => ("panic", "a panic begins".to_string()),
        };
        let panic = self.session.panic();
        let details = panic.clone().map(|message| ExceptionDetails {
            message: Some(message),
            type_name: Some("panic".to_string()),
            full_type_name: None,
            evaluate_name: None,
            stack_trace: None,
            inner_exception: None,
        });
        let description = match panic.or_else(|| self.session.cause()) {
            Some(cause) => format!("{description}: {cause}"),
            None => description,
        };
        Ok(body_of(&ExceptionInfoResponse {
            exception_id: exception_id.to_string(),
            description: Some(description),
            break_mode: ExceptionBreakMode::Always,
            details,
        }))
    }
}

fn by(granularity: Option<SteppingGranularity>, line: Motion, instruction: Motion) -> Motion {
    match granularity {
        Some(SteppingGranularity::Instruction) => instruction,
        _ => line,
    }
}

fn describe(touch: &Touch) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    match touch.write {
        true => format!("wrote {:#x}: {} → {}", touch.address, hex(&touch.old), hex(&touch.new)),
        false => format!("read {:#x}: {}", touch.address, hex(&touch.new)),
    }
}

/// The kind of a trap, in the words of the specification's tests.
fn trap_name(kind: TrapKind) -> &'static str {
    match kind {
        TrapKind::Unreachable => "unreachable",
        TrapKind::MemoryOutOfBounds => "out of bounds memory access",
        TrapKind::TableOutOfBounds => "out of bounds table access",
        TrapKind::IndirectCall => "indirect call",
        TrapKind::Arithmetic => "arithmetic",
        TrapKind::Unaligned => "unaligned atomic",
        TrapKind::Null => "null reference",
        TrapKind::StackExhausted => "call stack exhausted",
        TrapKind::Host => "host",
        TrapKind::Other => "trap",
    }
}

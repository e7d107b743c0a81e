//! The Debug Adapter Protocol: VS Code, and every other editor that speaks it.
//!
//! An adapter first has no program; `launch` loads one, and a [`Session`] over
//! it answers until the client leaves or starts anew. On the port of a program
//! that is being debugged already, `attach` takes that one. Specification:
//! <https://microsoft.github.io/debug-adapter-protocol/specification>.

mod adapter;
mod breakpoints;
mod instructions;
mod launch;
mod places;
mod stack;
mod streams;
mod values;
mod wire;

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};

use dap_types::events::{Initialized, Output};
use dap_types::{
    Capabilities, ExceptionBreakpointsFilter, InitializeRequestArguments, InitializeRequestArgumentsPathFormat,
    OutputEventCategory,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::adapter::{Adapter, End, Program};
use self::breakpoints::Breakpoints;
use self::launch::Launch;
use self::places::Paths;
use self::streams::output;
use self::wire::{Control, Incoming, Outbox, Request, body_of};
use crate::engine::{EngineError, LoadedModule};
use crate::expression::ExpressionError;
use crate::live::Live;
use crate::session::{Session, SessionError, log_to_stderr};

/// How a client left a program that it had attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It is gone, and the program stands where it was.
    Detached,
    /// It wanted the program to end.
    Killed,
    /// The program has ended.
    Ended,
}

/// Serves a client until it leaves: it launches programs.
///
/// # Errors
/// If no thread can be started.
pub fn serve(input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> io::Result<()> {
    serve_live(input, output, None)
}

/// Serves a client until it leaves; viewers may look at the memory of the
/// programs that it launches.
///
/// # Errors
/// If no thread can be started.
pub fn serve_live(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    live: Option<&Live>,
) -> io::Result<()> {
    let mut client = Client::start(input, output)?;
    let mut breakpoints = Breakpoints::default();
    while let Some((request, mut launch)) = client.wait_for_launch() {
        let mut request = Some(request);
        // Once more for each restart.
        loop {
            let launched = match launch.load() {
                Ok(launched) => launched,
                Err(refusal) => {
                    match request {
                        Some(request) => client.out.answer(&request, Err(refusal.0)),
                        None => client.give_up(&refusal.0),
                    }
                    break;
                }
            };
            let engine = match live {
                Some(live) => live.watch(launched.engine),
                None => launched.engine,
            };
            let modules: Vec<LoadedModule> = engine.modules().to_vec();
            let mut session = Session::new(engine, &modules);
            let program = Program {
                name: launch.name(),
                path: launch.path(),
                streams: Some(launched.streams),
                problems: launched.problems,
            };
            let mut adapter = Adapter::new(&mut client, &mut session, &mut breakpoints, &launch, program)?;
            match request.take() {
                Some(request) => adapter.launched(&request),
                None => adapter.restarted(),
            }
            match adapter.run() {
                End::Restart(again) => launch = again.map_or(launch, |again| *again),
                End::Left(_) => return Ok(()),
            }
        }
    }
    Ok(())
}

/// Serves a client of a program that is being debugged already: it attaches.
///
/// # Errors
/// If no thread can be started.
pub fn serve_session(session: &mut Session<'_>, stream: TcpStream) -> io::Result<Left> {
    stream.set_nodelay(true)?;
    let closing = stream.try_clone()?;
    let mut client = Client::start(stream.try_clone()?, stream)?;
    let mut breakpoints = Breakpoints::default();
    let left = loop {
        let Some(request) = client.wait_for("attach", "this port has a program already: use \"request\": \"attach\"")
        else {
            break Left::Detached;
        };
        let launch = match arguments::<Launch>(&request) {
            Ok(launch) => launch.attached(),
            Err(refusal) => {
                client.out.answer(&request, Err(refusal.0));
                continue;
            }
        };
        let name = session.engine.modules().first().map_or_else(String::new, |module| module.name.clone());
        let program = Program { name, path: None, streams: None, problems: Vec::new() };
        let mut adapter = Adapter::new(&mut client, session, &mut breakpoints, &launch, program)?;
        adapter.launched(&request);
        break match adapter.run() {
            End::Left(left) => left,
            End::Restart(_) => Left::Detached,
        };
    };
    // What was set for this client goes with it.
    breakpoints.clear(session);
    session.log = Box::new(log_to_stderr);
    client.control.set_interrupter(None);
    // Ends the thread that reads, too.
    let _ = closing.shutdown(std::net::Shutdown::Both);
    Ok(left)
}

/// Serves clients on a port, each by a thread of its own, or only the first.
///
/// # Errors
/// If a connection cannot be accepted.
pub fn serve_port(listener: &TcpListener, once: bool, live: Option<&Live>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let closing = stream.try_clone()?;
        let live = live.cloned();
        let serve = move || -> io::Result<()> {
            let served = serve_live(stream.try_clone()?, stream, live.as_ref());
            // Ends the thread that reads, too; the client may have done so.
            let _ = closing.shutdown(std::net::Shutdown::Both);
            served
        };
        if once {
            return serve();
        }
        std::thread::Builder::new().name("dap".to_string()).spawn(move || {
            if let Err(error) = serve() {
                eprintln!("wasm-gdb: {error}");
            }
        })?;
    }
}

/// Why a request is not done, in words.
#[derive(Debug)]
struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Refusal {
        Refusal(reason)
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Refusal {
        Refusal(reason.to_string())
    }
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Refusal {
        Refusal(error.to_string())
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Refusal {
        Refusal(error.to_string())
    }
}

impl From<ExpressionError> for Refusal {
    fn from(error: ExpressionError) -> Refusal {
        Refusal(error.to_string())
    }
}

/// The arguments of a request.
fn arguments<T: DeserializeOwned>(request: &Request) -> Result<T, Refusal> {
    let given = match &request.arguments {
        Value::Null => Value::Object(serde_json::Map::new()),
        given => given.clone(),
    };
    serde_json::from_value(given).map_err(|error| Refusal(format!("the arguments of `{}`: {error}", request.command)))
}

/// A client's connection, and what it said of itself.
struct Client {
    inbox: mpsc::Receiver<Incoming>,
    out: Outbox,
    control: Arc<Control>,
    /// The number of the first line, and of the first column.
    first_line: u64,
    first_column: u64,
    paths: Paths,
    initialized: bool,
}

impl Client {
    fn start(input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> io::Result<Client> {
        let control = Arc::<Control>::default();
        Ok(Client {
            inbox: wire::listen(input, control.clone())?,
            out: Outbox::new(output),
            control,
            first_line: 1,
            first_column: 1,
            paths: Paths::default(),
            initialized: false,
        })
    }

    /// What came next; waits for it.
    fn next(&mut self) -> Incoming {
        self.inbox.recv().unwrap_or(Incoming::Ended(None))
    }

    /// What has come already.
    fn next_if_any(&mut self) -> Option<Incoming> {
        match self.inbox.try_recv() {
            Ok(incoming) => Some(incoming),
            Err(mpsc::TryRecvError::Empty) => None,
            Err(mpsc::TryRecvError::Disconnected) => Some(Incoming::Ended(None)),
        }
    }

    /// Answers until there is a configuration to launch; nothing if the client
    /// leaves before.
    fn wait_for_launch(&mut self) -> Option<(Request, Launch)> {
        let hint = "nothing runs here to attach to: use \"request\": \"launch\", or attach to the port of `wasm-gdb \
                    app.wasm --port N`";
        loop {
            let request = self.wait_for("launch", hint)?;
            match arguments::<Launch>(&request) {
                Ok(launch) => return Some((request, launch)),
                Err(refusal) => self.out.answer(&request, Err(refusal.0)),
            }
        }
    }

    /// Answers until a request of this command comes; `hint` is for who wants
    /// the other way to begin.
    fn wait_for(&mut self, command: &str, hint: &str) -> Option<Request> {
        loop {
            let request = match self.next() {
                Incoming::Request(request) => request,
                Incoming::Malformed(what) => {
                    self.complain(&what);
                    continue;
                }
                Incoming::Ended(problem) => {
                    self.ended(problem);
                    return None;
                }
            };
            match request.command.as_str() {
                "initialize" => self.initialize(&request),
                wanted if wanted == command && self.initialized => return Some(request),
                "launch" | "attach" if self.initialized => self.out.answer(&request, Err(hint.to_string())),
                "disconnect" | "terminate" => {
                    self.out.answer(&request, Ok(Value::Null));
                    return None;
                }
                "cancel" => self.out.answer(&request, Ok(Value::Null)),
                _ => {
                    let missing = if self.initialized { "no program was launched" } else { "`initialize` comes first" };
                    self.out.answer(&request, Err(format!("`{}`: {missing}", request.command)));
                }
            }
        }
    }

    fn initialize(&mut self, request: &Request) {
        if self.initialized {
            return self.out.answer(request, Err("`initialize` comes only once".to_string()));
        }
        let said = match arguments::<InitializeRequestArguments>(request) {
            Ok(said) => said,
            Err(refusal) => return self.out.answer(request, Err(refusal.0)),
        };
        if said.path_format.is_some_and(|format| format != InitializeRequestArgumentsPathFormat::Path) {
            return self.out.answer(request, Err("paths are given as paths here, not as URIs".to_string()));
        }
        self.first_line = u64::from(said.lines_start_at1 != Some(false));
        self.first_column = u64::from(said.columns_start_at1 != Some(false));
        self.initialized = true;
        self.out.answer(request, Ok(body_of(&capabilities())));
    }

    fn ready(&self) {
        self.out.event::<Initialized>(());
    }

    fn complain(&self, what: &str) {
        let text = format!("wasm-gdb does not understand the client: {what}\n");
        self.out.event::<Output>(output(OutputEventCategory::Console, text));
    }

    fn ended(&self, problem: Option<String>) {
        if let Some(problem) = problem {
            self.complain(&problem);
        }
    }

    /// A program that was there cannot be loaded again.
    fn give_up(&self, why: &str) {
        self.out.event::<Output>(output(OutputEventCategory::Important, format!("{why}\n")));
        self.out.event::<dap_types::events::Terminated>(dap_types::TerminatedEvent { restart: None });
    }

    /// A line of a source as the client counts.
    fn line(&self, line: u32) -> u64 {
        (u64::from(line) + self.first_line).saturating_sub(1)
    }

    fn column(&self, column: Option<u32>) -> u64 {
        (u64::from(column.unwrap_or(1)) + self.first_column).saturating_sub(1)
    }

    /// The line that a client means, counted from 1.
    fn line_meant(&self, line: u64) -> u32 {
        u32::try_from(line.saturating_add(1 - self.first_line)).unwrap_or(u32::MAX)
    }
}

fn capabilities() -> Capabilities {
    let filters = breakpoints::FILTERS.iter().map(|filter| ExceptionBreakpointsFilter {
        filter: filter.name.to_string(),
        label: filter.label.to_string(),
        description: Some(filter.description.to_string()),
        default: Some(filter.default),
        supports_condition: None,
        condition_description: None,
    });
    Capabilities {
        supports_configuration_done_request: Some(true),
        supports_function_breakpoints: Some(true),
        supports_conditional_breakpoints: Some(true),
        supports_hit_conditional_breakpoints: Some(true),
        supports_evaluate_for_hovers: Some(true),
        exception_breakpoint_filters: Some(filters.collect()),
        supports_step_back: Some(true),
        supports_set_variable: Some(true),
        supports_modules_request: Some(true),
        supports_restart_request: Some(true),
        supports_exception_info_request: Some(true),
        support_terminate_debuggee: Some(true),
        supports_delayed_stack_trace_loading: Some(true),
        supports_loaded_sources_request: Some(true),
        supports_log_points: Some(true),
        supports_set_expression: Some(true),
        supports_terminate_request: Some(true),
        supports_data_breakpoints: Some(true),
        supports_read_memory_request: Some(true),
        supports_write_memory_request: Some(true),
        supports_disassemble_request: Some(true),
        supports_cancel_request: Some(true),
        supports_clipboard_context: Some(true),
        supports_stepping_granularity: Some(true),
        supports_instruction_breakpoints: Some(true),
        ..Capabilities::default()
    }
}

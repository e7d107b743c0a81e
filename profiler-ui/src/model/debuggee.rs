//! A program under control of the debugger: what is known of it at this stop, what was asked, what it wrote.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use dap_types::{
    Breakpoint as Placed, BreakpointEvent, Capabilities, CapabilitiesEvent, DataBreakpointInfoResponse,
    DisassembledInstruction, EvaluateResponse, ExitedEvent, OutputEvent, OutputEventCategory, Scope, StackFrame,
    StoppedEvent, Variable,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::debugging::{Breakpoint, Debugging, Place};
use super::live::Run;
use crate::dap::{Connection, Message};
use crate::live::Link;
use crate::strings::{Text, Wording};

/// The one thread that there is.
const THREAD: u64 = 1;
/// Frames that are asked for.
const MAX_FRAMES: u64 = 1000;
/// Variables of one place that are asked for.
const MAX_VARIABLES: u64 = 500;
/// Lines that a program wrote and that are kept.
const MAX_OUTPUT: usize = 10_000;
/// Instructions before and behind the current one that are shown where there is no source.
const INSTRUCTIONS_AROUND: i64 = 40;

/// How to begin.
#[derive(Clone, Debug)]
pub enum Begin {
    /// Load a program.
    Launch {
        /// Its file.
        program: PathBuf,
        /// The function where it stops first; without one, before its first instruction.
        main: Option<String>,
    },
    /// Take the one that the debugger has.
    Attach,
}

/// How to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Until something stops it.
    Continue,
    /// To the next line, and over calls.
    Over,
    /// To the next line, also in a function that is called.
    In,
    /// Until the function returns.
    Out,
    /// Back to the line before.
    Back,
    /// Back until something stops it.
    ReverseContinue,
}

impl Motion {
    fn request(self) -> &'static str {
        match self {
            Motion::Continue => "continue",
            Motion::Over => "next",
            Motion::In => "stepIn",
            Motion::Out => "stepOut",
            Motion::Back => "stepBack",
            Motion::ReverseContinue => "reverseContinue",
        }
    }

    /// Whether it goes back.
    pub fn is_reverse(self) -> bool {
        matches!(self, Motion::Back | Motion::ReverseContinue)
    }
}

/// Something that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked<T> {
    /// It is on its way.
    Waiting,
    /// It is there.
    Here(T),
    /// It can't be had, and why.
    Failed(String),
}

/// A piece of what the program, the debugger or the user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Who wrote it.
    pub writer: Writer,
    /// A line.
    pub text: String,
}

/// Who wrote something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// The program, on its standard output.
    Stdout,
    /// The program, on its standard error.
    Stderr,
    /// The debugger.
    Debugger,
    /// The user, who asked for a value.
    User,
}

/// What the app has to know.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// The program stands still somewhere else.
    Moved,
    /// Something failed.
    Failed(Wording),
    /// Nothing more will come.
    Lost(Wording),
}

/// What a request was for.
enum Purpose {
    Initialize,
    Begin,
    Breakpoints(Vec<Place>),
    Ready,
    Frames,
    Scopes,
    Children(u64),
    Watch(String),
    Evaluate,
    Set,
    WatchInfo,
    Instructions,
    Motion,
    Other,
}

/// A program under control.
pub struct Debuggee {
    connection: Connection,
    purposes: HashMap<u64, Purpose>,
    begin: Begin,
    settings: Debugging,
    source_map: Vec<(String, String)>,
    capabilities: Capabilities,
    is_configured: bool,
    sent_files: BTreeSet<String>,
    verdicts: HashMap<Place, Placed>,
    /// What it does; nothing until it was loaded.
    pub run: Option<Run>,
    /// The calls that are active, the innermost first.
    pub frames: Vec<StackFrame>,
    /// Which of them is looked at.
    pub frame: usize,
    /// Groups of its variables.
    pub scopes: Vec<Scope>,
    children: HashMap<u64, Asked<Vec<Variable>>>,
    watches: BTreeMap<String, Asked<EvaluateResponse>>,
    instructions: Option<Asked<Vec<DisassembledInstruction>>>,
    data_breakpoints: Vec<(String, String)>,
    /// A function to stop at once.
    passing: Option<String>,
    output: Vec<Output>,
    news: Vec<News>,
}

impl Debuggee {
    /// A program that is to be loaded, or taken over, behind a link that speaks the Debug Adapter Protocol.
    pub fn new(link: Box<dyn Link>, begin: Begin, settings: &Debugging, source_map: &[(String, String)]) -> Debuggee {
        let mut debuggee = Debuggee {
            connection: Connection::new(link),
            purposes: HashMap::new(),
            begin,
            settings: settings.clone(),
            source_map: source_map.to_vec(),
            capabilities: Capabilities::default(),
            is_configured: false,
            sent_files: BTreeSet::new(),
            verdicts: HashMap::new(),
            run: None,
            frames: Vec::new(),
            frame: 0,
            scopes: Vec::new(),
            children: HashMap::new(),
            watches: BTreeMap::new(),
            instructions: None,
            data_breakpoints: Vec::new(),
            passing: None,
            output: Vec::new(),
            news: Vec::new(),
        };
        let client = json!({
            "adapterID": "wasm-gdb",
            "clientID": "profiler-ui",
            "linesStartAt1": true,
            "columnsStartAt1": true,
            "pathFormat": "path",
            "supportsVariableType": true,
            "supportsMemoryReferences": true,
        });
        debuggee.ask(Purpose::Initialize, "initialize", &client);
        debuggee
    }

    fn ask(&mut self, purpose: Purpose, command: &str, arguments: &Value) {
        let number = self.connection.request(command, arguments);
        self.purposes.insert(number, purpose);
    }

    /// Whether the debugger can go back.
    pub fn can_go_back(&self) -> bool {
        self.capabilities.supports_step_back == Some(true)
    }

    /// Whether the debugger stops a program when memory changes.
    pub fn can_watch(&self) -> bool {
        self.capabilities.supports_data_breakpoints == Some(true)
    }

    /// Whether the program can be started anew: whoever launched it can.
    pub fn can_restart(&self) -> bool {
        matches!(self.begin, Begin::Launch { .. })
    }

    /// Whether the program stands still, so that it can be looked at and told to go on.
    pub fn is_stopped(&self) -> bool {
        matches!(self.run, Some(Run::Stopped(_)))
    }

    /// Whether nothing more can be asked of it.
    pub fn is_over(&self) -> bool {
        matches!(self.run, Some(Run::Lost(_)))
    }

    /// Whether answers are on their way, of a program that stands still.
    pub fn is_busy(&self) -> bool {
        !self.is_over() && !self.purposes.is_empty()
    }

    /// The call that is looked at.
    pub fn current(&self) -> Option<&StackFrame> {
        self.frames.get(self.frame)
    }

    /// What was written, in lines.
    pub fn output(&self) -> &[Output] {
        &self.output
    }

    /// What the debugger made of a breakpoint.
    pub fn verdict(&self, at: &Place) -> Option<&Placed> {
        self.verdicts.get(at)
    }

    /// What is watched for a change, and what it is called.
    pub fn data_breakpoints(&self) -> impl Iterator<Item = &str> {
        self.data_breakpoints.iter().map(|(_, description)| description.as_str())
    }

    /// The value of a watched expression at this stop.
    pub fn watch(&self, expression: &str) -> Option<&Asked<EvaluateResponse>> {
        self.watches.get(expression)
    }

    /// What a value consists of, if that was asked for.
    pub fn known_children(&self, reference: u64) -> &[Variable] {
        match self.children.get(&reference) {
            Some(Asked::Here(children)) => children,
            _ => &[],
        }
    }

    /// What a value consists of; it is asked for when it is first wanted.
    pub fn children(&mut self, reference: u64) -> Asked<Vec<Variable>> {
        if let Some(known) = self.children.get(&reference) {
            return known.clone();
        }
        if self.is_stopped() {
            let arguments = json!({ "variablesReference": reference, "start": 0, "count": MAX_VARIABLES });
            self.ask(Purpose::Children(reference), "variables", &arguments);
            self.children.insert(reference, Asked::Waiting);
        }
        Asked::Waiting
    }

    /// The instructions around the place of the current call; they are asked for when they are first wanted.
    pub fn instructions(&mut self) -> Asked<Vec<DisassembledInstruction>> {
        if let Some(known) = &self.instructions {
            return known.clone();
        }
        let Some(at) = self.current().and_then(|frame| frame.instruction_pointer_reference.clone()) else {
            return Asked::Here(Vec::new());
        };
        if self.is_stopped() {
            let arguments = json!({
                "memoryReference": at,
                "instructionOffset": -INSTRUCTIONS_AROUND,
                "instructionCount": 2 * INSTRUCTIONS_AROUND,
            });
            self.ask(Purpose::Instructions, "disassemble", &arguments);
            self.instructions = Some(Asked::Waiting);
        }
        Asked::Waiting
    }

    /// Where the current call is in the file, if that is a single module.
    pub fn offset(&self) -> Option<u32> {
        offset_of(self.current()?.instruction_pointer_reference.as_deref()?)
    }

    /// Goes on.
    pub fn go(&mut self, motion: Motion) {
        if self.is_stopped() {
            self.ask(Purpose::Motion, motion.request(), &json!({ "threadId": THREAD }));
            self.run = Some(Run::Running);
        }
    }

    /// Goes on until a function is entered, or something else stops the program.
    pub fn run_to(&mut self, function: &str) {
        if self.is_stopped() {
            self.passing = Some(function.to_string());
            self.send_breakpoints();
            self.go(Motion::Continue);
        }
    }

    /// Stops the program where it is.
    pub fn pause(&mut self) {
        if self.run == Some(Run::Running) {
            self.ask(Purpose::Other, "pause", &json!({ "threadId": THREAD }));
        }
    }

    /// Starts the program anew.
    pub fn restart(&mut self) {
        self.forget_stop();
        self.run = Some(Run::Running);
        if let Begin::Launch { main: Some(main), .. } = &self.begin {
            self.passing = Some(main.clone());
            self.send_breakpoints();
        }
        self.ask(Purpose::Other, "restart", &json!({}));
    }

    /// Looks at another call.
    pub fn choose_frame(&mut self, frame: usize) {
        if frame < self.frames.len() && frame != self.frame {
            self.frame = frame;
            self.instructions = None;
            self.news.push(News::Moved);
            self.ask_for_frame();
        }
    }

    /// Takes what the user has set, if it is not what was set before.
    pub fn set(&mut self, settings: &Debugging) {
        let has_breakpoints = self.settings.breakpoints != settings.breakpoints;
        let has_watches = self.settings.watches != settings.watches;
        if !has_breakpoints && !has_watches {
            return;
        }
        self.settings = settings.clone();
        if has_breakpoints && self.is_configured && !self.is_over() {
            self.send_breakpoints();
        }
        if has_watches {
            self.watches.retain(|expression, _| settings.watches.contains(expression));
            self.ask_for_watches();
        }
    }

    /// Evaluates an expression or a `wasm` command, for the output.
    pub fn evaluate(&mut self, expression: &str) {
        self.write(Writer::User, expression);
        let frame = self.current().map(|frame| frame.id);
        let arguments = json!({ "expression": expression, "frameId": frame, "context": "repl" });
        self.ask(Purpose::Evaluate, "evaluate", &arguments);
    }

    /// Gives a variable another value.
    pub fn set_variable(&mut self, container: u64, name: &str, value: &str) {
        let arguments = json!({ "variablesReference": container, "name": name, "value": value });
        self.ask(Purpose::Set, "setVariable", &arguments);
    }

    /// Stops the program when a variable changes.
    pub fn watch_for_change(&mut self, container: u64, name: &str) {
        let arguments = json!({ "variablesReference": container, "name": name });
        self.ask(Purpose::WatchInfo, "dataBreakpointInfo", &arguments);
    }

    /// Ends watching for a change.
    pub fn unwatch(&mut self, index: usize) {
        if index < self.data_breakpoints.len() {
            self.data_breakpoints.remove(index);
            self.send_data_breakpoints();
        }
    }

    /// Leaves the program: one that was launched here ends.
    pub fn leave(&mut self) {
        if !self.is_over() {
            self.ask(Purpose::Other, "disconnect", &json!({}));
        }
    }

    /// Takes in what came, and gives the next of what the app has to know.
    pub fn poll(&mut self) -> Option<News> {
        while !self.is_over() {
            match self.connection.poll() {
                Ok(None) => break,
                Ok(Some(Message::Answer { request, body })) => self.answered(request, body),
                Ok(Some(Message::Event { event, body })) => self.happened(&event, body),
                Err(reason) => {
                    self.forget_stop();
                    self.purposes.clear();
                    self.lose(reason);
                }
            }
        }
        (!self.news.is_empty()).then(|| self.news.remove(0))
    }

    fn answered(&mut self, request: u64, body: Result<Value, String>) {
        let Some(purpose) = self.purposes.remove(&request) else { return };
        match purpose {
            Purpose::Initialize => match self.understood::<Capabilities>(body) {
                Some(capabilities) => {
                    self.capabilities = capabilities;
                    self.ask_to_begin();
                }
                None => self.run = Some(Run::Lost(Text::ClientRefused.into())),
            },
            Purpose::Begin => {
                if let Err(reason) = body {
                    self.lose(reason.into());
                }
            }
            Purpose::Breakpoints(places) => {
                let answer = self.understood::<Value>(body).unwrap_or_default();
                let placed: Vec<Placed> = serde_json::from_value(answer["breakpoints"].clone()).unwrap_or_default();
                self.verdicts.extend(places.into_iter().zip(placed));
            }
            Purpose::Frames => {
                let answer = self.understood::<Value>(body).unwrap_or_default();
                self.frames = serde_json::from_value(answer["stackFrames"].clone()).unwrap_or_default();
                // What is of interest is the innermost call of the program.
                self.frame = 0;
                self.news.push(News::Moved);
                self.ask_for_frame();
            }
            Purpose::Scopes => {
                let answer = self.understood::<Value>(body).unwrap_or_default();
                self.scopes = serde_json::from_value(answer["scopes"].clone()).unwrap_or_default();
            }
            Purpose::Children(reference) => {
                let children = match body {
                    Ok(body) => match serde_json::from_value(body["variables"].clone()) {
                        Ok(variables) => Asked::Here(variables),
                        Err(error) => Asked::Failed(error.to_string()),
                    },
                    Err(reason) => Asked::Failed(reason),
                };
                // One of a stop that is over is not wanted any more.
                if let Some(known) = self.children.get_mut(&reference) {
                    *known = children;
                }
            }
            Purpose::Watch(expression) => {
                let value = match body {
                    Ok(body) => serde_json::from_value(body).map_or_else(|e| Asked::Failed(e.to_string()), Asked::Here),
                    Err(reason) => Asked::Failed(reason),
                };
                if let Some(known) = self.watches.get_mut(&expression) {
                    *known = value;
                }
            }
            Purpose::Evaluate => match body {
                Ok(body) => self.write(Writer::Debugger, body["result"].as_str().unwrap_or_default()),
                Err(reason) => self.write(Writer::Debugger, &reason),
            },
            Purpose::Set => {
                if let Err(reason) = body {
                    self.news.push(News::Failed(reason.into()));
                }
                // One value may show in several places.
                self.ask_for_frame();
            }
            Purpose::WatchInfo => {
                let Some(info) = self.understood::<DataBreakpointInfoResponse>(body) else { return };
                match info.data_id {
                    Some(id) => {
                        self.data_breakpoints.push((id, info.description));
                        self.send_data_breakpoints();
                    }
                    None => self.news.push(News::Failed(info.description.into())),
                }
            }
            Purpose::Instructions => {
                let answer = self.understood::<Value>(body).unwrap_or_default();
                let all: Vec<DisassembledInstruction> =
                    serde_json::from_value(answer["instructions"].clone()).unwrap_or_default();
                self.instructions = Some(Asked::Here(all));
            }
            Purpose::Motion => {
                if let Err(reason) = body {
                    self.run = Some(Run::Stopped(reason.clone()));
                    self.news.push(News::Failed(reason.into()));
                }
            }
            Purpose::Ready | Purpose::Other => {
                self.understood::<Value>(body);
            }
        }
    }

    /// What an answer says; why there is none goes to the user.
    fn understood<T: DeserializeOwned>(&mut self, body: Result<Value, String>) -> Option<T> {
        let read = body.and_then(|body| serde_json::from_value(body).map_err(|error| error.to_string()));
        read.map_err(|reason| self.news.push(News::Failed(reason.into()))).ok()
    }

    fn happened(&mut self, event: &str, body: Value) {
        match event {
            "initialized" => {
                self.send_breakpoints();
                self.ask(Purpose::Ready, "configurationDone", &json!({}));
                self.is_configured = true;
            }
            "capabilities" => {
                if let Some(CapabilitiesEvent { capabilities }) = self.understood(Ok(body)) {
                    let own = &mut self.capabilities;
                    own.supports_step_back = capabilities.supports_step_back.or(own.supports_step_back);
                    own.supports_data_breakpoints =
                        capabilities.supports_data_breakpoints.or(own.supports_data_breakpoints);
                }
            }
            "stopped" => {
                if let Some(stopped) = self.understood::<StoppedEvent>(Ok(body)) {
                    self.forget_stop();
                    let reason = stopped.text.or(stopped.description);
                    let reason = reason.unwrap_or_else(|| json!(stopped.reason).as_str().unwrap_or("").to_string());
                    self.run = Some(Run::Stopped(reason));
                    if self.passing.take().is_some() {
                        self.send_breakpoints();
                    }
                    let arguments = json!({ "threadId": THREAD, "startFrame": 0, "levels": MAX_FRAMES });
                    self.ask(Purpose::Frames, "stackTrace", &arguments);
                }
            }
            "continued" => self.run = Some(Run::Running),
            "output" => {
                if let Some(output) = self.understood::<OutputEvent>(Ok(body)) {
                    let writer = match output.category {
                        Some(OutputEventCategory::Stdout) => Writer::Stdout,
                        Some(OutputEventCategory::Stderr) => Writer::Stderr,
                        _ => Writer::Debugger,
                    };
                    self.write(writer, &output.output);
                }
            }
            "breakpoint" => {
                if let Some(BreakpointEvent { breakpoint, .. }) = self.understood(Ok(body)) {
                    let known = self.verdicts.values_mut().find(|placed| placed.id == breakpoint.id);
                    if let Some(known) = known.filter(|_| breakpoint.id.is_some()) {
                        *known = breakpoint;
                    }
                }
            }
            "exited" => {
                if let Some(ExitedEvent { exit_code }) = self.understood(Ok(body)) {
                    self.forget_stop();
                    self.run = Some(Run::Exited(exit_code as u32 as i32));
                    self.news.push(News::Moved);
                }
            }
            // It was ended, or could not be started anew: what was written says why.
            "terminated" if !matches!(self.run, Some(Run::Exited(_))) => {
                self.forget_stop();
                self.purposes.clear();
                self.lose(Text::ProgramEnded.into());
            }
            _ => {}
        }
    }

    fn ask_to_begin(&mut self) {
        let source_map: serde_json::Map<String, Value> =
            self.source_map.iter().map(|(from, to)| (from.clone(), json!(to))).collect();
        match self.begin.clone() {
            Begin::Launch { program, main } => {
                let is_called = !self.settings.function.trim().is_empty();
                self.passing = main.filter(|_| !is_called && !self.settings.stops_at_entry);
                let (Some(args), Some(dirs)) =
                    (shlex::split(&self.settings.arguments), shlex::split(&self.settings.folders))
                else {
                    self.lose(Text::QuoteNotClosed.into());
                    return;
                };
                let given = |text: &str| Some(text.trim().to_string()).filter(|text| !text.is_empty());
                let arguments = json!({
                    "program": program,
                    "args": args,
                    "stdin": given(&self.settings.input),
                    "invoke": given(&self.settings.function),
                    "dirs": dirs,
                    "stopOnEntry": self.passing.is_none(),
                    "sourceMap": source_map,
                });
                self.ask(Purpose::Begin, "launch", &arguments);
            }
            Begin::Attach => self.ask(Purpose::Begin, "attach", &json!({ "sourceMap": source_map })),
        }
    }

    /// Tells the debugger of all breakpoints; a file that has none any more too.
    fn send_breakpoints(&mut self) {
        let mut files: BTreeMap<String, Vec<Breakpoint>> =
            std::mem::take(&mut self.sent_files).into_iter().map(|file| (file, Vec::new())).collect();
        let mut functions = Vec::new();
        for breakpoint in &self.settings.breakpoints {
            match &breakpoint.at {
                Place::Line { file, .. } => files.entry(file.clone()).or_default().push(breakpoint.clone()),
                Place::Function(_) => functions.push(breakpoint.clone()),
            }
        }
        let condition = |breakpoint: &Breakpoint| Some(&breakpoint.condition).filter(|c| !c.is_empty()).cloned();
        self.verdicts.clear();
        for (file, breakpoints) in files {
            let lines: Vec<Value> = breakpoints
                .iter()
                .filter_map(|breakpoint| match &breakpoint.at {
                    Place::Line { line, .. } => Some(json!({ "line": line, "condition": condition(breakpoint) })),
                    Place::Function(_) => None,
                })
                .collect();
            let arguments = json!({ "source": { "path": file }, "breakpoints": lines });
            if !breakpoints.is_empty() {
                self.sent_files.insert(file);
            }
            let places = breakpoints.into_iter().map(|breakpoint| breakpoint.at).collect();
            self.ask(Purpose::Breakpoints(places), "setBreakpoints", &arguments);
        }
        let named = functions
            .iter()
            .map(|breakpoint| json!({ "name": breakpoint.at.to_string(), "condition": condition(breakpoint) }));
        let named: Vec<Value> = named.chain(self.passing.iter().map(|name| json!({ "name": name }))).collect();
        let places = functions.into_iter().map(|breakpoint| breakpoint.at).collect();
        self.ask(Purpose::Breakpoints(places), "setFunctionBreakpoints", &json!({ "breakpoints": named }));
    }

    fn send_data_breakpoints(&mut self) {
        let all: Vec<Value> =
            self.data_breakpoints.iter().map(|(id, _)| json!({ "dataId": id, "accessType": "write" })).collect();
        self.ask(Purpose::Other, "setDataBreakpoints", &json!({ "breakpoints": all }));
    }

    /// Asks for what the current call has.
    fn ask_for_frame(&mut self) {
        self.scopes.clear();
        self.children.clear();
        self.watches.clear();
        if let Some(frame) = self.current().map(|frame| frame.id).filter(|_| self.is_stopped()) {
            self.ask(Purpose::Scopes, "scopes", &json!({ "frameId": frame }));
            self.ask_for_watches();
        }
    }

    fn ask_for_watches(&mut self) {
        let Some(frame) = self.current().map(|frame| frame.id).filter(|_| self.is_stopped()) else { return };
        for expression in self.settings.watches.clone() {
            if !self.watches.contains_key(&expression) {
                let arguments = json!({ "expression": expression, "frameId": frame, "context": "watch" });
                self.ask(Purpose::Watch(expression.clone()), "evaluate", &arguments);
                self.watches.insert(expression, Asked::Waiting);
            }
        }
    }

    /// Nothing more will come.
    fn lose(&mut self, reason: Wording) {
        self.run = Some(Run::Lost(reason.clone()));
        self.news.push(News::Lost(reason));
    }

    fn forget_stop(&mut self) {
        self.frames.clear();
        self.frame = 0;
        self.scopes.clear();
        self.children.clear();
        self.watches.clear();
        self.instructions = None;
    }

    fn write(&mut self, writer: Writer, text: &str) {
        // A line that has not ended goes on.
        let goes_on = self.output.last().is_some_and(|last| last.writer == writer && !last.text.ends_with('\n'));
        let is_stream = matches!(writer, Writer::Stdout | Writer::Stderr);
        for (at, line) in text.split_inclusive('\n').enumerate() {
            match self.output.last_mut().filter(|_| at == 0 && goes_on && is_stream) {
                Some(last) => last.text.push_str(line),
                None => self.output.push(Output { writer, text: line.to_string() }),
            }
        }
        let excess = self.output.len().saturating_sub(MAX_OUTPUT);
        self.output.drain(..excess);
    }
}

impl Drop for Debuggee {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The offset that a reference to an instruction means, if that is in the first module: the number's upper half is the
/// module's.
fn offset_of(reference: &str) -> Option<u32> {
    let number = u64::from_str_radix(reference.strip_prefix("0x")?, 16).ok()?;
    u32::try_from(number).ok()
}

/// The memory and the address that a reference to memory means: the upper 16 bits are the memory's index.
pub fn address_of(reference: &str) -> Option<(u32, u64)> {
    let number = u64::from_str_radix(reference.strip_prefix("0x")?, 16).ok()?;
    Some(((number >> 48) as u32, number & ((1 << 48) - 1)))
}

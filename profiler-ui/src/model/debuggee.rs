//! A program under control of the debugger: what is known of it at this stop, what was asked, what it wrote.

mod incoming;
mod requests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use dap_types::{
    Breakpoint as Placed, Capabilities, DisassembledInstruction, EvaluateResponse, Scope, StackFrame, Variable,
};
use serde_json::{Value, json};

use super::debugging::{Debugging, Place};
use super::live::Run;
use crate::dap::{Connection, Message};
use crate::live::Link;
use crate::strings::Wording;

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
        self.output.clear();
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

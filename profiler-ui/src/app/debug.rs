//! The program that is debugged: begun, told to go on, left; what it tells goes to the other views.

use std::net::SocketAddr;
use std::path::PathBuf;

use wasm_gdb::live::Live;

use super::App;
use crate::attach::Stream;
use crate::command::Command;
use crate::live::{Link, Remote};
use crate::model::{Begin, Binary, Debuggee, Motion, News, Run, Selection};
use crate::notices::Severity;
use crate::strings::Text;
use crate::views::ViewId;

/// News that are taken in one frame.
const MAX_NEWS: usize = 256;

/// The program that is debugged.
#[derive(Default)]
pub(super) struct Debugging {
    pub(super) debuggee: Option<Debuggee>,
    /// Where a program is that is no file of this machine: the debugger reads files.
    written: Option<tempfile::TempDir>,
    /// The module whose instructions are the debugger's: only in that one a place means something.
    build_id: Option<String>,
    begins_when_open: bool,
    /// Where the memory view looks at programs that were started here.
    live: Option<Live>,
}

impl Debugging {
    pub(super) fn is_busy(&self) -> bool {
        self.debuggee.as_ref().is_some_and(Debuggee::is_busy)
    }
}

impl App {
    /// Starts the module that is open under the debugger, stopped at its main function; without one, before its first
    /// instruction.
    pub fn debug(&mut self, ctx: &egui::Context) {
        let Some(binary) = self.documents.binary.clone() else {
            let text = Text::NoBinary.in_language(self.state.language);
            self.notices.add(Severity::Warning, text);
            return;
        };
        match self.launch(ctx, &binary) {
            Ok((program, stream)) => {
                self.debugging.build_id = Some(binary.build_id().to_string());
                let main = binary.main_function();
                self.begin_debugging(Box::new(stream), Begin::Launch { program, main });
            }
            Err(error) => self.notices.add(Severity::Error, format!("{}: {error}", binary.name())),
        }
    }

    /// The same, as soon as the module has been read.
    pub fn debug_when_open(&mut self) {
        self.debugging.begins_when_open = true;
    }

    /// Takes over the program of a `wasm-gdb` that listens on this machine.
    pub fn debug_at(&mut self, ctx: &egui::Context, address: SocketAddr) {
        self.state.debugging.address = address.to_string();
        match Stream::connect(address, ctx) {
            Ok(stream) => {
                // Whether it is the module that is open nobody says.
                self.debugging.live = None;
                self.debugging.build_id = self.documents.binary.as_ref().map(|binary| binary.build_id().to_string());
                self.begin_debugging(Box::new(stream), Begin::Attach);
            }
            Err(reason) => self.notices.add(Severity::Error, reason.in_language(self.state.language)),
        }
    }

    fn begin_debugging(&mut self, link: Box<dyn Link>, begin: Begin) {
        let (settings, source_map) = (&self.state.debugging, &self.state.code.source_map);
        self.debugging.debuggee = Some(Debuggee::new(link, begin, settings, source_map));
        self.show(ViewId::Debugger);
    }

    /// The debugger for a module, and where it finds that.
    fn launch(&mut self, ctx: &egui::Context, binary: &Binary) -> std::io::Result<(PathBuf, Stream)> {
        let program = self.program_file(binary)?;
        let live = match self.debugging.live.take() {
            Some(live) => live,
            None => Live::listen(0).map_err(std::io::Error::other)?,
        };
        self.debugging.live = Some(live.clone());
        // What another program told is not of this one.
        (self.source, self.documents.live) = (None, None);
        Ok((program, Stream::debugger(ctx, live)?))
    }

    /// A file with the module's bytes.
    fn program_file(&mut self, binary: &Binary) -> std::io::Result<PathBuf> {
        if let Some(path) = binary.path().filter(|path| path.is_file()) {
            return Ok(path.to_path_buf());
        }
        let folder = tempfile::tempdir()?;
        let name = std::path::Path::new(binary.name()).file_name().unwrap_or("program.wasm".as_ref());
        let file = folder.path().join(name);
        std::fs::write(&file, binary.bytes())?;
        self.debugging.written = Some(folder);
        Ok(file)
    }

    /// Carries out what is for the debugger.
    pub(super) fn run_debugger(&mut self, ctx: &egui::Context, command: Command) {
        match command {
            Command::Debug => return self.debug(ctx),
            Command::AttachDebugger => {
                return match self.state.debugging.address.trim().parse() {
                    Ok(address) => self.debug_at(ctx, address),
                    Err(_) => {
                        let text = Text::AddressHint.in_language(self.state.language);
                        self.notices.add(Severity::Warning, text);
                        self.show(ViewId::Debugger);
                    }
                };
            }
            Command::LeaveProgram => {
                self.debugging.debuggee = None;
                if self.debugging.live.is_some() {
                    // Its memory goes with it: that is no surprise to be told of.
                    self.detach();
                }
                return;
            }
            Command::ToggleBreakpoint => {
                let (views, _, mut context) = self.parts();
                views.get(ViewId::Debugger).command(&mut context, command);
                return;
            }
            _ => {}
        }
        let main = || self.documents.binary.as_ref().and_then(|binary| binary.main_function());
        let Some(debuggee) = self.debugging.debuggee.as_mut() else {
            if command == Command::Continue {
                self.debug(ctx);
            }
            return;
        };
        let motion = match command {
            Command::Continue => Motion::Continue,
            Command::StepOver => Motion::Over,
            Command::StepIn => Motion::In,
            Command::StepOut => Motion::Out,
            Command::StepBack => Motion::Back,
            Command::ReverseContinue => Motion::ReverseContinue,
            Command::Pause => return debuggee.pause(),
            Command::RunToMain => {
                match main() {
                    Some(main) => debuggee.run_to(&main),
                    None => {
                        let text = Text::NoMain.in_language(self.state.language);
                        self.notices.add(Severity::Warning, text);
                    }
                }
                return;
            }
            Command::RestartProgram if debuggee.can_restart() => return debuggee.restart(),
            _ => return,
        };
        if motion.is_reverse() && !debuggee.can_go_back() {
            let text = Text::GoesNotBack.in_language(self.state.language);
            self.notices.add(Severity::Warning, text);
            return;
        }
        debuggee.go(motion);
    }

    /// Takes in what the debugger told, and tells it what the user has set.
    pub(super) fn take_debug_news(&mut self, ctx: &egui::Context) {
        if self.documents.binary.is_some() && std::mem::take(&mut self.debugging.begins_when_open) {
            self.debug(ctx);
        }
        let Some(debuggee) = self.debugging.debuggee.as_mut() else { return };
        debuggee.set(&self.state.debugging);
        let was_reached = debuggee.run.is_some();
        for _ in 0..MAX_NEWS {
            let Some(news) = self.debugging.debuggee.as_mut().and_then(Debuggee::poll) else { return };
            match news {
                News::Moved => {
                    self.follow();
                    self.look_at_memory(ctx);
                }
                News::Failed(reason) => self.notices.add(Severity::Warning, reason.in_language(self.state.language)),
                News::Lost(reason) => {
                    let text = if was_reached { Text::DebuggerLost } else { Text::DebuggerUnreached };
                    let text = text.with("reason", reason).in_language(self.state.language);
                    self.notices.add(Severity::Error, text);
                }
            }
        }
        ctx.request_repaint();
    }

    /// Lets the memory view follow, once there is a program: a viewer that comes earlier is sent away.
    fn look_at_memory(&mut self, ctx: &egui::Context) {
        let is_stopped = self.debugging.debuggee.as_ref().is_some_and(|debuggee| debuggee.is_stopped());
        let Some(live) = self.debugging.live.as_ref().filter(|_| is_stopped && self.source.is_none()) else { return };
        if let Ok(stream) = Stream::connect(live.address(), ctx) {
            self.attach(Box::new(Remote::new(stream)));
        }
    }

    /// Chooses the instruction where the program stands, for all views.
    fn follow(&mut self) {
        let Some(debuggee) = &self.debugging.debuggee else { return };
        let Some(binary) = &self.documents.binary else { return };
        let is_same = self.debugging.build_id.as_deref() == Some(binary.build_id());
        // In a component offsets count from its modules' own beginnings.
        let is_module = binary.bytes().get(4..8) == Some(&[1, 0, 0, 0]);
        if let Some(offset) = debuggee.offset().filter(|_| is_same && is_module) {
            self.state.location.selection = Selection::Bytes(offset..offset.saturating_add(1));
        }
    }

    /// What is known of the program that is debugged, for tests that drive the app from outside.
    pub(super) fn debugged(&self) -> Option<serde_json::Value> {
        let debuggee = self.debugging.debuggee.as_ref()?;
        let (status, why) = match debuggee.run.as_ref() {
            None => ("loading", None),
            Some(Run::Running) => ("running", None),
            Some(Run::Stopped(reason)) => ("stopped", Some(reason.clone())),
            Some(Run::Exited(code)) => ("exited", Some(code.to_string())),
            Some(Run::Lost(reason)) => ("lost", Some(reason.in_language(self.state.language))),
        };
        let calls = debuggee.frames.iter().map(|frame| {
            let file = frame.source.as_ref().and_then(|source| source.name.clone());
            serde_json::json!({ "function": frame.name, "file": file, "line": frame.line })
        });
        Some(serde_json::json!({
            "status": status,
            "why": why,
            "calls": calls.collect::<Vec<_>>(),
            "output": debuggee.output().iter().map(|output| output.text.as_str()).collect::<Vec<_>>().concat(),
        }))
    }
}

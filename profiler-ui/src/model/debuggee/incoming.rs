//! What comes from the debugger: answers and events.

use dap_types::{
    Breakpoint as Placed, BreakpointEvent, Capabilities, CapabilitiesEvent, DataBreakpointInfoResponse,
    DisassembledInstruction, ExitedEvent, OutputEvent, OutputEventCategory, StoppedEvent,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Asked, Debuggee, MAX_FRAMES, News, Purpose, THREAD, Writer};
use crate::model::live::Run;
use crate::strings::Text;

impl Debuggee {
    pub(super) fn answered(&mut self, request: u64, body: Result<Value, String>) {
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

    pub(super) fn happened(&mut self, event: &str, body: Value) {
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
}

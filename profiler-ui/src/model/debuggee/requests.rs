//! What the debugger is asked and told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Asked, Begin, Debuggee, Purpose};
use crate::model::debugging::{Breakpoint, Place};
use crate::strings::Text;

impl Debuggee {
    pub(super) fn ask_to_begin(&mut self) {
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
    pub(super) fn send_breakpoints(&mut self) {
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

    pub(super) fn send_data_breakpoints(&mut self) {
        let all: Vec<Value> =
            self.data_breakpoints.iter().map(|(id, _)| json!({ "dataId": id, "accessType": "write" })).collect();
        self.ask(Purpose::Other, "setDataBreakpoints", &json!({ "breakpoints": all }));
    }

    /// Asks for what the current call has.
    pub(super) fn ask_for_frame(&mut self) {
        self.scopes.clear();
        self.children.clear();
        self.watches.clear();
        if let Some(frame) = self.current().map(|frame| frame.id).filter(|_| self.is_stopped()) {
            self.ask(Purpose::Scopes, "scopes", &json!({ "frameId": frame }));
            self.ask_for_watches();
        }
    }

    pub(super) fn ask_for_watches(&mut self) {
        let Some(frame) = self.current().map(|frame| frame.id).filter(|_| self.is_stopped()) else { return };
        for expression in self.settings.watches.clone() {
            if !self.watches.contains_key(&expression) {
                let arguments = json!({ "expression": expression, "frameId": frame, "context": "watch" });
                self.ask(Purpose::Watch(expression.clone()), "evaluate", &arguments);
                self.watches.insert(expression, Asked::Waiting);
            }
        }
    }
}

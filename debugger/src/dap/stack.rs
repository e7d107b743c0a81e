//! Frames, modules and sources.

use std::collections::BTreeSet;

use dap_types::{
    LoadedSourcesResponse, Module, ModuleId, ModulesArguments, ModulesResponse, StackFrame, StackFramePresentationHint,
    StackTraceArguments, StackTraceResponse,
};
use serde_json::Value;

use super::adapter::Adapter;
use super::instructions::code_reference;
use super::wire::{Request, body_of};
use super::{Refusal, arguments};
use crate::session::{Call, MAX_FRAMES};

impl Adapter<'_, '_> {
    pub(super) fn stack_trace(&mut self, request: &Request) -> Result<Value, Refusal> {
        let asked: StackTraceArguments = arguments(request)?;
        let start = asked.start_frame.map_or(0, |start| usize::try_from(start).unwrap_or(MAX_FRAMES).min(MAX_FRAMES));
        let levels = asked.levels.filter(|levels| *levels > 0);
        let levels = levels.map_or(MAX_FRAMES, |levels| usize::try_from(levels).unwrap_or(MAX_FRAMES));
        let end = start.saturating_add(levels).min(MAX_FRAMES);
        let is_whole = self.read_trace(end)?;
        let calls: Vec<Call> = self.trace.iter().take(end).skip(start).cloned().collect();
        let frames = (start as u64 + 1..).zip(calls).map(|(id, call)| self.stack_frame(id, call)).collect();
        let total = is_whole.then_some(self.trace.len() as u64);
        Ok(body_of(&StackTraceResponse { stack_frames: frames, total_frames: total }))
    }

    /// Reads so many calls; whether these are all.
    fn read_trace(&mut self, calls: usize) -> Result<bool, Refusal> {
        let depth = self.session.engine.depth()?;
        let known = self.trace.last().map_or(0, |call| call.frame + 1);
        if self.trace.len() < calls && known < depth {
            self.trace = self.session.back_trace(calls)?;
        }
        Ok(self.trace.last().map_or(0, |call| call.frame + 1) >= depth)
    }

    /// The call that a client means by a frame's number; the innermost if it
    /// names none.
    pub(super) fn call(&mut self, id: Option<u64>) -> Result<Call, Refusal> {
        let index = match id {
            None => 0,
            Some(id) => id.checked_sub(1).and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX),
        };
        self.read_trace(index.saturating_add(1).min(MAX_FRAMES))?;
        Ok(self.trace.get(index).ok_or("there is no such frame")?.clone())
    }

    fn stack_frame(&mut self, id: u64, call: Call) -> StackFrame {
        let subtle = call.place.is_none();
        let (source, line, column) = match &call.place {
            Some(place) => {
                let source = self.client.paths.source(&place.path);
                (Some(source), self.client.line(place.line), self.client.column(place.column))
            }
            None => (None, 0, 0),
        };
        StackFrame {
            id,
            name: if call.inlined { format!("{} [inlined]", call.function) } else { call.function },
            source,
            line,
            column,
            end_line: None,
            end_column: None,
            can_restart: Some(false),
            instruction_pointer_reference: call.wasm.map(|wasm| code_reference(wasm.pc)),
            module_id: call.wasm.map(|wasm| ModuleId::Number(wasm.pc.module.0)),
            presentation_hint: subtle.then_some(StackFramePresentationHint::Subtle),
        }
    }

    pub(super) fn modules(&mut self, request: &Request) -> Result<Value, Refusal> {
        let asked: ModulesArguments = arguments(request)?;
        let total = self.session.code.len();
        let start = asked.start_module.map_or(0, |start| usize::try_from(start).unwrap_or(total));
        let count = asked.module_count.filter(|count| *count > 0);
        let count = count.map_or(total, |count| usize::try_from(count).unwrap_or(total));
        let all = self.session.engine.modules().iter().zip(&self.session.code).zip(0..);
        let modules = all.skip(start).take(count).map(|((module, code), id)| Module {
            id: ModuleId::Number(id),
            name: module.name.rsplit(['/', '\\']).next().unwrap_or(&module.name).to_string(),
            path: self.program.path.as_ref().map(|path| path.display().to_string()),
            is_optimized: None,
            is_user_code: None,
            version: Some(code.build_id()).filter(|id| !id.is_empty()),
            symbol_status: Some(match code.source_or_error() {
                Ok(_) if code.has_lines() => "with lines of source".to_string(),
                Ok(_) => "no debug information".to_string(),
                Err(error) => format!("damaged debug information: {error}"),
            }),
            symbol_file_path: None,
            date_time_stamp: None,
            address_range: None,
        });
        Ok(body_of(&ModulesResponse { modules: modules.collect(), total_modules: Some(total as u64) }))
    }

    pub(super) fn loaded_sources(&mut self) -> Result<Value, Refusal> {
        let mut paths = BTreeSet::new();
        for source in self.session.code.iter().filter_map(|code| code.source()) {
            let files: BTreeSet<_> = source.line_ranges().filter_map(|row| row.file).collect();
            paths.extend(files.into_iter().filter_map(|file| source.path(file)));
        }
        let sources = paths.iter().map(|path| self.client.paths.source(path)).collect();
        Ok(body_of(&LoadedSourcesResponse { sources }))
    }
}

//! Exceptions: the search for a handler, unwinding to it, and the end of
//! exceptions that nothing refers to any more.

use super::frame::{Frame, FrameKind};
use super::{Event, Machine};
use crate::side_table::{Action, Body, Clause, Reference};
use crate::store::{Exception, ExceptionId, FunctionKind};
use crate::value::{ValueType, reference};
use std::sync::Arc;
use wasmparser::{BinaryReader, Operator, OperatorsReader};

/// Where an exception goes.
enum Target {
    Clause {
        frame: usize,
        clause: Clause,
    },
    /// The host function that called what threw.
    Host {
        frame: usize,
    },
}

impl Machine {
    /// Makes the exception of a `throw` whose values lie on the stack.
    pub(super) fn new_exception(&mut self, tag: u32) -> ExceptionId {
        let ty = self.store.tags.get(tag as usize).and_then(|ty| self.store.types.get(*ty as usize));
        let count = ty.map_or(0, |ty| crate::value::slot_count(&ty.parameters) as usize);
        let slots = self.stack[self.sp - count..self.sp].into();
        if self.store.exceptions.is_full() {
            self.collect_exceptions();
        }
        Arc::make_mut(&mut self.store.exceptions).add(Exception { tag, slots })
    }

    /// Throws from the current operator; an event if nobody catches, and then nothing changes.
    pub(super) fn throw_from_operator(&mut self, exception: ExceptionId) -> Option<Event> {
        let Some(target) = self.target(exception, self.frames.len()) else {
            self.take_back();
            return Some(Event::Exception(exception));
        };
        self.unwind_to(target, exception);
        None
    }

    /// Throws from the host function on top.
    pub(super) fn throw_from_host(&mut self, exception: ExceptionId) -> Option<Event> {
        let Some(target) = self.target(exception, self.frames.len() - 1) else {
            return Some(Event::Exception(exception));
        };
        self.unwind_to(target, exception);
        None
    }

    /// Where an exception that the first `count` frames throw goes; nowhere, if
    /// nobody catches it and that is to be seen where it is thrown.
    fn target(&self, exception: ExceptionId, count: usize) -> Option<Target> {
        let is_lost = self.stop_at_uncaught && self.handler(exception, count, true).is_none();
        if is_lost { None } else { self.handler(exception, count, false) }
    }

    /// The handler among the first `count` frames, up to where the activation
    /// began; with `catches`, the first that does more than clean up.
    fn handler(&self, exception: ExceptionId, count: usize, catches: bool) -> Option<Target> {
        let tag = self.store.exceptions.get(exception.0)?.tag;
        for (index, frame) in self.frames[..count].iter().enumerate().rev() {
            match frame.kind {
                FrameKind::Module => {
                    if let Some(clause) = self.clause(frame, tag, catches) {
                        return Some(Target::Clause { frame: index, clause });
                    }
                }
                FrameKind::Entry => {
                    let below = index.checked_sub(1)?;
                    let waits = self.frames[below].kind == FrameKind::HostWaiting;
                    return waits.then_some(Target::Host { frame: below });
                }
                // Another activation's, which was left before it was called back.
                _ => {}
            }
        }
        None
    }

    /// The clause of a frame that catches a tag at its current operator.
    fn clause(&self, frame: &Frame, tag: u32, catches: bool) -> Option<Clause> {
        let FunctionKind::Module(function) = &self.store.functions[frame.function as usize].kind else { return None };
        let body = function.body.get()?;
        let instance = &self.store.instances[function.instance as usize];
        let mut position = frame.op;
        for handler in &body.handlers {
            if !(handler.start..handler.end).contains(&position) {
                continue;
            }
            match &handler.action {
                Action::Catch(clauses) => {
                    let matches = |clause: &&Clause| {
                        clause.tag.is_none_or(|index| instance.tags.get(index as usize) == Some(&tag))
                    };
                    match clauses.iter().find(matches) {
                        // From there it is thrown again.
                        Some(clause) if catches && body.only_cleans_up(clause.branch.pc as usize) => {
                            position = clause.branch.pc;
                        }
                        Some(clause) => return Some(*clause),
                        None => {}
                    }
                }
                // Handlers come innermost first: those between are passed over.
                Action::Delegate(to) => position = *to,
            }
        }
        None
    }

    fn unwind_to(&mut self, target: Target, exception: ExceptionId) {
        match target {
            Target::Clause { frame, clause } => {
                self.frames.truncate(frame + 1);
                let thrown = self.store.exceptions.get(exception.0);
                let values = thrown.map(|thrown| thrown.slots.clone()).unwrap_or_default();
                let Some(top) = self.frames.last_mut() else { return };
                let mut sp = top.base as usize + clause.branch.height as usize;
                let mut push = |slot: u64| {
                    if let Some(target) = self.stack.get_mut(sp) {
                        *target = slot;
                        sp += 1;
                    }
                };
                let slot = reference(Some(exception.0));
                if clause.reference == Reference::Hidden {
                    push(slot);
                }
                if clause.tag.is_some() {
                    values.iter().copied().for_each(&mut push);
                }
                if clause.reference == Reference::Above {
                    push(slot);
                }
                self.sp = sp;
                (top.pc, top.op, top.stp) = (clause.branch.pc, clause.branch.pc, clause.branch.stp);
            }
            Target::Host { frame } => {
                self.frames.truncate(frame + 1);
                let Some(top) = self.frames.last_mut() else { return };
                top.kind = FrameKind::HostThrew;
                let ty = &self.store.types[self.store.functions[top.function as usize].ty as usize];
                let above = top.base as usize + crate::value::slot_count(&ty.parameters) as usize;
                self.stack[above] = reference(Some(exception.0));
                self.sp = above + 1;
            }
        }
    }

    /// Forgets exceptions that nothing refers to. Slots have no types, so
    /// that a number may keep an exception; none that is needed is lost.
    fn collect_exceptions(&mut self) {
        let mut used = vec![false; self.store.exceptions.len()];
        let mut pending = Vec::new();
        let mut mark = |slot: u64, pending: &mut Vec<u32>| {
            let index = crate::value::referent(slot);
            if let Some(index) = index
                && let Some(used @ false) = used.get_mut(index as usize)
            {
                *used = true;
                pending.push(index);
            }
        };
        self.stack[..self.sp].iter().for_each(|slot| mark(*slot, &mut pending));
        let globals = self.store.globals.iter().filter(|global| global.ty.value == ValueType::ExnRef);
        globals.for_each(|global| mark(global.bits as u64, &mut pending));
        let tables = self.store.tables.iter().filter(|table| table.ty.element == ValueType::ExnRef);
        tables.flat_map(|table| table.elements.iter()).for_each(|slot| mark(*slot, &mut pending));
        while let Some(index) = pending.pop() {
            if let Some(exception) = self.store.exceptions.get(index) {
                exception.slots.iter().for_each(|slot| mark(*slot, &mut pending));
            }
        }
        Arc::make_mut(&mut self.store.exceptions).retain(&used);
    }
}

impl Body {
    /// Whether a handler that begins at a position throws its exception again
    /// with no other way out, as destructors and the like are called.
    fn only_cleans_up(&self, position: usize) -> bool {
        let code = self.original().get(position..).unwrap_or_default();
        let mut operators = OperatorsReader::new(BinaryReader::new(code, 0));
        let mut depth = 0_u32;
        while let Ok(operator) = operators.read() {
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::Try { .. } => {
                    depth += 1
                }
                // Its clauses count from outside of it.
                Operator::TryTable { try_table } => {
                    let leaves = |catch: &wasmparser::Catch| match *catch {
                        wasmparser::Catch::One { label, .. }
                        | wasmparser::Catch::OneRef { label, .. }
                        | wasmparser::Catch::All { label }
                        | wasmparser::Catch::AllRef { label } => label >= depth,
                    };
                    if try_table.catches.iter().any(leaves) {
                        return false;
                    }
                    depth += 1;
                }
                Operator::Rethrow { .. } | Operator::ThrowRef if depth == 0 => return true,
                Operator::End | Operator::Delegate { .. } => match depth.checked_sub(1) {
                    Some(outer) => depth = outer,
                    None => return false,
                },
                Operator::Br { relative_depth } | Operator::BrIf { relative_depth } if relative_depth >= depth => {
                    return false;
                }
                Operator::BrTable { targets } => {
                    let mut all = targets.targets().chain([Ok(targets.default())]);
                    if all.any(|target| target.is_ok_and(|target| target >= depth)) {
                        return false;
                    }
                }
                Operator::Else | Operator::Catch { .. } | Operator::CatchAll | Operator::Unreachable if depth == 0 => {
                    return false;
                }
                Operator::Throw { .. } if depth == 0 => return false,
                Operator::Return | Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } => return false,
                _ => {}
            }
        }
        false
    }
}

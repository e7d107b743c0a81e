//! Breakpoints and watchpoints of a machine.
//!
//! A function with breakpoints runs from a copy of its code in which their
//! opcodes are replaced by a reserved one: other functions pay nothing.

use crate::machine::frame::FrameKind;
use crate::side_table::{Body, opcode};
use crate::store::{FunctionKind, InstanceId, MemoryId};
use crate::watch::{WatchKind, Watchpoint, WatchpointId};
use crate::{Machine, ModuleError, Position};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{BinaryReader, OperatorsReader};

/// The watchpoints of all memories.
#[derive(Debug, Default)]
pub(crate) struct Watchpoints {
    all: BTreeMap<WatchpointId, (MemoryId, Watchpoint)>,
    next: u32,
}

impl Watchpoints {
    /// Whether loads have to look.
    pub(crate) fn any_reads(&self) -> bool {
        self.all.values().any(|(_, watch)| watch.kind != WatchKind::Write)
    }
}

impl Body {
    /// The position of the first operator at or after this one.
    pub(crate) fn operator_from(&self, position: usize) -> Option<usize> {
        let mut operators = OperatorsReader::new(BinaryReader::new(self.original(), 0));
        while !operators.eof() {
            let (_, at) = operators.read_with_offset().ok()?;
            if at as usize >= position {
                return Some(at as usize);
            }
        }
        None
    }
}

impl Machine {
    /// Sets a breakpoint on the operator at, or first after, a byte of the
    /// module's file; returns where it is, or `None` if no function is there.
    /// A breakpoint on `loop` stops when the loop is entered, not each time round.
    ///
    /// # Errors
    /// If the function there does not validate.
    pub fn add_breakpoint(&mut self, instance: InstanceId, offset: u64) -> Result<Option<Position>, ModuleError> {
        let Some((function, body)) = self.function_at(instance, offset)? else { return Ok(None) };
        let position = usize::try_from(offset).unwrap_or(usize::MAX).saturating_sub(body.start);
        let Some(position) = body.operator_from(position) else { return Ok(None) };
        let index = self.store.instances[instance.0 as usize].functions[function as usize] as usize;
        if let FunctionKind::Module(target) = &mut self.store.functions[index].kind {
            target.breakpoints.get_or_insert_with(|| body.code().into())[position] = opcode::BREAKPOINT;
        }
        Ok(Some(Position { instance, function, offset: (body.start + position) as u64 }))
    }

    /// Removes the breakpoint at an operator; `false` if there was none.
    pub fn remove_breakpoint(&mut self, instance: InstanceId, offset: u64) -> bool {
        let Ok(Some((function, body))) = self.function_at(instance, offset) else { return false };
        let position = usize::try_from(offset).unwrap_or(usize::MAX).wrapping_sub(body.start);
        let index = self.store.instances[instance.0 as usize].functions[function as usize] as usize;
        let FunctionKind::Module(target) = &mut self.store.functions[index].kind else { return false };
        let Some(code) = &mut target.breakpoints else { return false };
        let Some(opcode @ &mut opcode::BREAKPOINT) = code.get_mut(position) else { return false };
        *opcode = body.code()[position];
        if code[..] == *body.code() {
            target.breakpoints = None;
        }
        true
    }

    /// All breakpoints, in the order of instances and offsets.
    #[must_use]
    pub fn breakpoints(&self) -> Vec<Position> {
        let mut found = BTreeSet::new();
        for function in &self.store.functions {
            if let FunctionKind::Module(function) = &function.kind
                && let (Some(code), Some(body)) = (&function.breakpoints, function.body.get())
            {
                // A byte of an immediate may look like the opcode, but is not changed.
                let changed = code.iter().zip(body.code()).enumerate().filter(|(_, (here, there))| here != there);
                let positions = changed.map(|(position, _)| Position {
                    instance: InstanceId(function.instance),
                    function: function.index,
                    offset: (body.start + position) as u64,
                });
                found.extend(positions);
            }
        }
        found.into_iter().collect()
    }

    /// Whether the next operator has a breakpoint.
    pub(crate) fn has_breakpoint_here(&self) -> bool {
        let Some(top) = self.frames.last().filter(|frame| frame.kind == FrameKind::Module) else { return false };
        let FunctionKind::Module(function) = &self.store.functions[top.function as usize].kind else { return false };
        let code = function.breakpoints.as_ref();
        code.is_some_and(|code| code.get(top.pc as usize) == Some(&opcode::BREAKPOINT))
    }

    fn function_at(
        &self,
        instance: InstanceId,
        offset: u64,
    ) -> Result<Option<(u32, std::sync::Arc<Body>)>, ModuleError> {
        let Some(owner) = self.store.instances.get(instance.0 as usize) else { return Ok(None) };
        let Some(index) = owner.module.function_at(offset) else { return Ok(None) };
        let function = &self.store.functions[owner.functions[index as usize] as usize];
        match &function.kind {
            FunctionKind::Module(function) => Ok(Some((index, self.store.body(function)?))),
            FunctionKind::Host(_) => Ok(None),
        }
    }

    /// Stops the program when it accesses a range of a memory. `None` if there is no such memory.
    pub fn add_watchpoint(
        &mut self,
        memory: MemoryId,
        address: u64,
        len: u64,
        kind: WatchKind,
    ) -> Option<WatchpointId> {
        self.store.memory(memory)?;
        let id = WatchpointId(self.watchpoints.next);
        self.watchpoints.next += 1;
        self.watchpoints.all.insert(id, (memory, Watchpoint { id, kind, address, len }));
        self.apply_watchpoints(memory);
        Some(id)
    }

    /// Removes a watchpoint; `false` if there was none.
    pub fn remove_watchpoint(&mut self, id: WatchpointId) -> bool {
        let Some((memory, _)) = self.watchpoints.all.remove(&id) else { return false };
        self.apply_watchpoints(memory);
        true
    }

    fn apply_watchpoints(&mut self, memory: MemoryId) {
        let of_memory = self.watchpoints.all.values().filter(|(of, _)| *of == memory);
        let watchpoints = of_memory.map(|(_, watch)| *watch).collect();
        if let Some(memory) = self.store.memory_mut(memory) {
            memory.set_watchpoints(watchpoints);
        }
    }
}

//! The call stack, to look at and to change.

use crate::machine::frame::{Frame, FrameKind};
use crate::side_table::Body;
use crate::store::{FunctionId, FunctionKind, InstanceId};
use crate::value::{ValueType, slot_count};
use crate::{Machine, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use wasmparser::{FrameKind as LabelKind, OperatorsReader};

/// A place in the code of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The instance.
    pub instance: InstanceId,
    /// Index in the module's function index space.
    pub function: u32,
    /// Byte offset in the module's file.
    pub offset: u64,
}

/// A frame of the call stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameView {
    /// A function of a module.
    Module {
        /// The function.
        function: FunctionId,
        /// The next operator of the innermost frame; of others the call that
        /// they wait for.
        position: Position,
        /// Where the function goes on: of the innermost frame the same offset
        /// as the position's, of others the operator after the call.
        resumes_at: u64,
    },
    /// A function of the host, which called what is further in.
    Host {
        /// The function.
        function: FunctionId,
    },
    /// Here somebody outside of the program began to call ([`Machine::call`]).
    Entry {
        /// The function that was called.
        function: FunctionId,
    },
}

/// Types of a frame's operands, with the slots where they lie, from the frame's
/// first on.
type Operands = Vec<(ValueType, usize)>;

/// The operands of a function by operator. Slots do not tell types: the
/// validator does, which goes through the function up to the operator. A
/// debugger asks at few places, and often.
#[derive(Debug, Default)]
pub(crate) struct OperandShapes(Mutex<HashMap<usize, Arc<Operands>>>);

/// How many places of a function are kept.
const MAX_SHAPES: usize = 1 << 10;

impl OperandShapes {
    fn at(&self, operator: usize, read: impl FnOnce() -> Option<Operands>) -> Option<Arc<Operands>> {
        let mut shapes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shapes.get(&operator) {
            return Some(Arc::clone(known));
        }
        if shapes.len() >= MAX_SHAPES {
            shapes.clear();
        }
        let shape = Arc::new(read()?);
        shapes.insert(operator, Arc::clone(&shape));
        Some(shape)
    }
}

impl Machine {
    /// The call stack, innermost frame first. A frame's index here is its depth
    /// in the other methods.
    pub fn frames(&self) -> impl Iterator<Item = FrameView> {
        self.frames.iter().rev().enumerate().map(|(depth, frame)| self.view(depth, frame))
    }

    /// Frames on the call stack: a function has returned when there are fewer.
    #[must_use]
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    fn view(&self, depth: usize, frame: &Frame) -> FrameView {
        let function = FunctionId(frame.function);
        match frame.kind {
            FrameKind::Entry => FrameView::Entry { function },
            FrameKind::Module => {
                let op = if depth == 0 { frame.pc } else { frame.op };
                match (self.position_in(frame, op), self.position_in(frame, frame.pc)) {
                    (Some(position), Some(next)) => FrameView::Module { function, position, resumes_at: next.offset },
                    _ => FrameView::Entry { function },
                }
            }
            _ => FrameView::Host { function },
        }
    }

    fn module_frame(&self, depth: usize) -> Option<(&Frame, Arc<Body>)> {
        let frame = self.frames.get(self.frames.len().checked_sub(depth + 1)?)?;
        if frame.kind != FrameKind::Module {
            return None;
        }
        match &self.store.functions.get(frame.function as usize)?.kind {
            FunctionKind::Module(function) => Some((frame, Arc::clone(function.body.get()?))),
            FunctionKind::Host(_) => None,
        }
    }

    /// Parameters and locals of a frame, by index; `None` if it is not a module's.
    #[must_use]
    pub fn locals(&self, depth: usize) -> Option<Vec<Value>> {
        let (frame, body) = self.module_frame(depth)?;
        let base = frame.base as usize;
        let local =
            |(index, ty): (usize, &ValueType)| Value::from_slots(*ty, &self.stack[..], base + body.local_slot(index));
        body.locals.iter().enumerate().map(local).collect()
    }

    /// One local of a frame.
    #[must_use]
    pub fn local(&self, depth: usize, local: u32) -> Option<Value> {
        let (frame, body) = self.module_frame(depth)?;
        let ty = *body.locals.get(local as usize)?;
        Value::from_slots(ty, &self.stack[..], frame.base as usize + body.local_slot(local as usize))
    }

    /// Sets a local of a frame; `false` if there is none or the type differs.
    pub fn set_local(&mut self, depth: usize, local: u32, value: Value) -> bool {
        let Some((frame, body)) = self.module_frame(depth) else { return false };
        if body.locals.get(local as usize) != Some(&value.ty()) {
            return false;
        }
        let slot = frame.base as usize + body.local_slot(local as usize);
        value.write_slots(&mut self.stack[..], slot).is_some()
    }

    /// The operand stack of a frame, bottom first, without the arguments of a
    /// call that it waits for; `None` if it is not a module's.
    #[must_use]
    pub fn operands(&self, depth: usize) -> Option<Vec<Value>> {
        let operands = self.operand_slots(depth)?;
        operands.into_iter().map(|(ty, slot)| Value::from_slots(ty, &self.stack[..], slot)).collect()
    }

    /// Sets an operand of a frame, counted from the bottom; `false` if there is
    /// none or the type differs.
    pub fn set_operand(&mut self, depth: usize, operand: u32, value: Value) -> bool {
        let Some(operands) = self.operand_slots(depth) else { return false };
        match operands.get(operand as usize) {
            Some((ty, slot)) if *ty == value.ty() => value.write_slots(&mut self.stack[..], *slot).is_some(),
            _ => false,
        }
    }

    /// The operands that are there, by their slots on the stack.
    fn operand_slots(&self, depth: usize) -> Option<Operands> {
        let (frame, body) = self.module_frame(depth)?;
        let at = if depth == 0 { frame.pc } else { frame.op } as usize;
        let shape = body.operands.at(at, || self.operand_shape(FunctionId(frame.function), &body, at))?;
        let (base, end) = (frame.base as usize, self.operands_end(depth));
        let there = shape.iter().map(|(ty, slot)| (*ty, base + slot));
        Some(there.take_while(|(ty, slot)| slot + ty.slots() as usize <= end).collect())
    }

    /// The operands before an operator.
    fn operand_shape(&self, function: FunctionId, body: &Body, at: usize) -> Option<Operands> {
        let (instance, index) = self.store.function_origin(function)?;
        let module = self.store.module(instance)?;
        let mut validator = module.0.validator(index)?;
        let mut reader = module.0.function_body(index).get_binary_reader();
        validator.read_locals(&mut reader).ok()?;
        let mut operators = OperatorsReader::new(reader);
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset().ok()?;
            if offset as usize >= body.start + at {
                break;
            }
            validator.op(offset, &operator).ok()?;
        }
        // The older exceptions' `catch` keeps its exception under its operands.
        let labels =
            (0..validator.control_stack_height() as usize).filter_map(|depth| validator.get_control_frame(depth));
        let hidden = labels.filter(|label| matches!(label.kind, LabelKind::LegacyCatch | LabelKind::LegacyCatchAll));
        let hidden: Vec<usize> = hidden.map(|label| label.height).collect();
        let height = validator.operand_stack_height() as usize;
        let mut slot = body.frame_locals;
        let mut operands = Vec::with_capacity(height);
        for operand in 0..height {
            slot += hidden.iter().filter(|at| **at == operand).count();
            let ty = validator.get_operand_type(height - 1 - operand).flatten().and_then(ValueType::from_parser)?;
            operands.push((ty, slot));
            slot += ty.slots() as usize;
        }
        Some(operands)
    }

    /// Where the next frame's slots begin.
    fn operands_end(&self, depth: usize) -> usize {
        match depth.checked_sub(1).and_then(|inner| self.frames.get(self.frames.len() - 1 - inner)) {
            Some(inner) => inner.base as usize,
            None => self.sp,
        }
    }

    /// The arguments of a host function's frame.
    #[must_use]
    pub fn host_arguments(&self, depth: usize) -> Option<Vec<Value>> {
        let frame = self.frames.get(self.frames.len().checked_sub(depth + 1)?).filter(|frame| frame.kind.is_host())?;
        let ty = self.store.function_type(FunctionId(frame.function))?;
        let base = frame.base as usize;
        let slots = self.stack.get(base..base + slot_count(&ty.parameters) as usize)?;
        crate::store::values_from_slots(&ty.parameters, slots)
    }
}

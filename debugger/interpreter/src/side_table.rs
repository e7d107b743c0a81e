//! What a function's first call makes of its body: the body is validated, and
//! a side table tells every branch where it goes.
//!
//! After Titzer, "A fast in-place interpreter for WebAssembly" (OOPSLA 2022):
//! operators that transfer control (`br`, `br_if`, each target of `br_table`,
//! `if`, `else`, and `catch` of the older exceptions) have one entry each, in
//! the order of the code. Beside the operator's position runs a position in
//! the table, so that no search is needed. Ours hold absolute positions and
//! heights, not differences.
//!
//! Four kinds of operators need to know their operand's type, or a hidden
//! operand, which the bytes alone do not tell: `drop` and `select` of a `v128`,
//! accesses to locals in functions with `v128` locals, and the end of the older
//! exceptions' `catch`. Bodies that have them get a copy of the same length
//! in which these opcodes are replaced by reserved ones.

use crate::ModuleError;
use crate::inspect::OperandShapes;
use crate::module::Inner;
use crate::value::{ValueType, slot_count};
use bytes::Bytes;
use wasmparser::{BlockType, Catch, FuncValidator, Operator, OperatorsReader, ValidatorResources};

/// Opcodes that no proposal uses, for patched copies of bodies.
pub(crate) mod opcode {
    pub(crate) const BREAKPOINT: u8 = 0xF0;
    pub(crate) const DROP_V128: u8 = 0xF1;
    pub(crate) const SELECT_V128: u8 = 0xF2;
    pub(crate) const LOCAL_GET_MIXED: u8 = 0xF3;
    pub(crate) const LOCAL_SET_MIXED: u8 = 0xF4;
    pub(crate) const LOCAL_TEE_MIXED: u8 = 0xF5;
    pub(crate) const END_CATCH: u8 = 0xF6;
}

/// Where a branch goes. Positions of code are relative to the first operator.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Branch {
    /// Position of the next operator.
    pub(crate) pc: u32,
    /// Position in the side table that belongs to it.
    pub(crate) stp: u32,
    /// How many slots go along.
    pub(crate) keep: u32,
    /// Slots of the frame below those that go along.
    pub(crate) height: u32,
}

/// A protected range of code and where its exceptions go.
#[derive(Clone, Debug)]
pub(crate) struct Handler {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) action: Action,
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Catch(Vec<Clause>),
    /// Look on as if the exception was thrown at this position; `u32::MAX`: in the caller.
    Delegate(u32),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Clause {
    /// `None` catches all.
    pub(crate) tag: Option<u32>,
    pub(crate) reference: Reference,
    pub(crate) branch: Branch,
}

/// Whether the handler gets the exception itself beside its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    None,
    /// Above the values (`catch_ref`).
    Above,
    /// Below the values, hidden, for `rethrow` (the older exceptions).
    Hidden,
}

/// A function body, ready to run.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Bytes,
    /// Offset of the first operator in the file.
    pub(crate) start: usize,
    end: usize,
    patched: Option<Box<[u8]>>,
    pub(crate) branches: Box<[Branch]>,
    /// Innermost first.
    pub(crate) handlers: Box<[Handler]>,
    /// Types of parameters and declared locals.
    pub(crate) locals: Box<[ValueType]>,
    /// Slot of each local, in functions with `v128` locals.
    pub(crate) local_slots: Box<[u32]>,
    pub(crate) parameter_slots: usize,
    pub(crate) frame_locals: usize,
    pub(crate) result_slots: usize,
    /// Slots that a frame needs at most.
    pub(crate) frame_slots: usize,
    /// What is on the operand stack where it was asked for.
    pub(crate) operands: OperandShapes,
}

impl Body {
    /// The operators, from the first to the final `end`.
    pub(crate) fn code(&self) -> &[u8] {
        self.patched.as_deref().unwrap_or_else(|| self.original())
    }

    /// The operators as the file has them.
    pub(crate) fn original(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// The slot of a local in its frame.
    pub(crate) fn local_slot(&self, local: usize) -> usize {
        self.local_slots.get(local).map_or(local, |slot| *slot as usize)
    }

    /// Validates a function and makes its side table.
    pub(crate) fn prepare(module: &Inner, function: u32) -> Result<Self, ModuleError> {
        let error = |error: wasmparser::Error| match crate::module::invalid(error) {
            ModuleError::Invalid { message, offset } => ModuleError::Body { function, message, offset },
            other => other,
        };
        let missing = || ModuleError::Body { function, message: "not a defined function".into(), offset: 0 };
        let mut validator = module.validator(function).ok_or_else(missing)?;
        let source = module.function_body(function);
        let mut reader = source.get_binary_reader();
        validator.read_locals(&mut reader).map_err(error)?;
        let start = reader.original_position() as usize;
        let end = source.range().end as usize;
        let ty = &module.types[module.functions[function as usize] as usize];
        let locals: Box<[ValueType]> = (0..validator.len_locals())
            .filter_map(|local| validator.get_local_type(local).and_then(ValueType::from_parser))
            .collect();
        if locals.len() != validator.len_locals() as usize {
            return Err(ModuleError::Unsupported { feature: "typed function references", offset: start as u64 });
        }
        let frame_locals = slot_count(&locals);
        let mixed = locals.contains(&ValueType::V128);
        let mut builder = Builder {
            types: module,
            mixed,
            branches: Vec::new(),
            handlers: Vec::new(),
            patches: Vec::new(),
            labels: vec![Label::new(Kind::Block, frame_locals, 0, slot_count(&ty.results), 0)],
            widths: Vec::new(),
            wide: mixed,
            pushed: 0,
            hidden: 0,
            hidden_max: 0,
            height_max: 0,
            frame_locals,
        };
        let mut operators = OperatorsReader::new(reader);
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset().map_err(error)?;
            builder.before(&operator, offset as usize - start, &validator);
            validator.op(offset, &operator).map_err(error)?;
            builder.after(
                &operator,
                offset as usize - start,
                operators.original_position() as usize - start,
                &validator,
            );
        }
        operators.finish().map_err(error)?;

        let patched = (!builder.patches.is_empty()).then(|| {
            let mut code: Box<[u8]> = module.bytes[start..end].into();
            for (position, opcode) in &builder.patches {
                code[*position] = *opcode;
            }
            code
        });
        builder.handlers.retain(|handler| handler.end > handler.start);
        builder.handlers.sort_by_key(|handler| std::cmp::Reverse(handler.start));
        let widest = if builder.wide { 2 } else { 1 };
        let operands = (builder.height_max + builder.hidden_max as usize) * widest;
        let local_slots = locals.iter().scan(0, |next, ty| {
            let slot = *next;
            *next += ty.slots();
            Some(slot)
        });
        Ok(Self {
            start,
            end,
            patched,
            branches: builder.branches.into(),
            handlers: builder.handlers.into(),
            local_slots: if mixed { local_slots.collect() } else { Box::default() },
            parameter_slots: slot_count(&ty.parameters) as usize,
            frame_locals: frame_locals as usize,
            result_slots: slot_count(&ty.results) as usize,
            frame_slots: frame_locals as usize + operands.max(slot_count(&ty.results) as usize),
            locals,
            bytes: module.bytes.clone(),
            operands: OperandShapes::default(),
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Block,
    If,
    Loop,
    /// The older exceptions' `try`.
    Try,
    /// Its `catch` and `catch_all`.
    Catch,
}

/// Something that waits for a label's end to be known.
#[derive(Clone, Copy)]
enum Fixup {
    Branch(usize),
    Clause(usize, usize),
}

struct Label {
    kind: Kind,
    /// Slots of the frame below the block's parameters.
    height: u32,
    parameters: u32,
    results: u32,
    /// Position of its first operator.
    inside: u32,
    /// Where a branch to a loop goes.
    entry_stp: u32,
    fixups: Vec<Fixup>,
    /// The entry of `if`, until `else`.
    otherwise: Option<usize>,
    /// The `try` or `try_table` that waits for its end.
    handler: Option<usize>,
}

impl Label {
    fn new(kind: Kind, height: u32, parameters: u32, results: u32, inside: u32) -> Self {
        let (fixups, entry_stp, otherwise, handler) = (Vec::new(), 0, None, None);
        Self { kind, height, parameters, results, inside, entry_stp, fixups, otherwise, handler }
    }

    /// Slots that a branch to this label takes along.
    fn keep(&self) -> u32 {
        if self.kind == Kind::Loop { self.parameters } else { self.results }
    }
}

struct Builder<'a> {
    types: &'a Inner,
    /// Has `v128` locals.
    mixed: bool,
    branches: Vec<Branch>,
    handlers: Vec<Handler>,
    patches: Vec<(usize, u8)>,
    labels: Vec<Label>,
    /// Slots below each operand, as far as known to be current.
    widths: Vec<u32>,
    /// A `v128` was seen.
    wide: bool,
    /// Operands that the current operator pushes.
    pushed: usize,
    /// Hidden exceptions on the stack.
    hidden: u32,
    hidden_max: u32,
    height_max: usize,
    frame_locals: u32,
}

type Validator = FuncValidator<ValidatorResources>;

impl Builder<'_> {
    /// What must be known of the stack before the operator changes it.
    fn before(&mut self, operator: &Operator<'_>, position: usize, validator: &Validator) {
        let top = || validator.get_operand_type(0).flatten() == Some(wasmparser::ValType::V128);
        let under = || validator.get_operand_type(1).flatten() == Some(wasmparser::ValType::V128);
        let patch = match operator {
            Operator::Drop if top() => Some(opcode::DROP_V128),
            Operator::Select if under() => Some(opcode::SELECT_V128),
            Operator::LocalGet { .. } if self.mixed => Some(opcode::LOCAL_GET_MIXED),
            Operator::LocalSet { .. } if self.mixed => Some(opcode::LOCAL_SET_MIXED),
            Operator::LocalTee { .. } if self.mixed => Some(opcode::LOCAL_TEE_MIXED),
            Operator::End if self.labels.last().is_some_and(|label| label.kind == Kind::Catch) => {
                Some(opcode::END_CATCH)
            }
            _ => None,
        };
        self.patches.extend(patch.map(|opcode| (position, opcode)));
        // What the operator pops is no longer known. Operators that end a block
        // cut the stack down to the block's height, which is handled after them.
        let height = validator.operand_stack_height() as usize;
        let (popped, pushed) = operator.operator_arity(validator).unwrap_or((height as u32, height as u32));
        self.widths.truncate(height.saturating_sub(popped as usize));
        self.pushed = pushed as usize;
    }

    /// Slots of the frame under its current top.
    fn height(&mut self, validator: &Validator) -> u32 {
        let height = validator.operand_stack_height() as usize;
        self.widths.truncate(height);
        while self.widths.len() < height {
            let below = self.widths.last().copied().unwrap_or(0);
            let ty = validator.get_operand_type(height - 1 - self.widths.len()).flatten();
            let v128 = ty == Some(wasmparser::ValType::V128);
            self.widths.push(below + if v128 { 2 } else { 1 });
        }
        self.frame_locals + self.widths.last().copied().unwrap_or(0) + self.hidden
    }

    fn after(&mut self, operator: &Operator<'_>, position: usize, next: usize, validator: &Validator) {
        let height = validator.operand_stack_height() as usize;
        self.height_max = self.height_max.max(height);
        let v128 = |depth| validator.get_operand_type(depth).flatten() == Some(wasmparser::ValType::V128);
        self.wide = self.wide || (0..self.pushed.min(height)).any(v128);
        match operator {
            Operator::Block { blockty } => self.open(Kind::Block, *blockty, next, validator),
            Operator::Loop { blockty } => self.open(Kind::Loop, *blockty, next, validator),
            Operator::If { blockty } => {
                self.open(Kind::If, *blockty, next, validator);
                let entry = self.entry(Branch::default());
                self.label(0).otherwise = Some(entry);
            }
            Operator::Try { blockty } => {
                self.open(Kind::Try, *blockty, next, validator);
                self.protect(next, Vec::new());
            }
            Operator::TryTable { try_table } => {
                // Labels of the clauses count from outside of the block.
                let handler = self.handlers.len();
                let mut clauses = Vec::with_capacity(try_table.catches.len());
                for (index, catch) in try_table.catches.iter().enumerate() {
                    let (tag, reference, label) = match *catch {
                        Catch::One { tag, label } => (Some(tag), Reference::None, label),
                        Catch::OneRef { tag, label } => (Some(tag), Reference::Above, label),
                        Catch::All { label } => (None, Reference::None, label),
                        Catch::AllRef { label } => (None, Reference::Above, label),
                    };
                    let branch = self.branch_to(label, Fixup::Clause(handler, index));
                    clauses.push(Clause { tag, reference, branch });
                }
                self.open(Kind::Block, try_table.ty, next, validator);
                self.protect(next, clauses);
            }
            Operator::Else => {
                let entry = self.jump();
                let label = self.label(0);
                label.inside = next as u32;
                if let Some(otherwise) = label.otherwise.take() {
                    self.branches[otherwise] = Branch { pc: next as u32, stp: entry as u32 + 1, ..Branch::default() };
                }
            }
            Operator::Catch { tag_index } => self.catch(Some(*tag_index), position, next),
            Operator::CatchAll => self.catch(None, position, next),
            Operator::Delegate { relative_depth } => {
                if let Some(handler) = self.label(0).handler.take() {
                    // The label of `delegate` counts from outside of its `try`.
                    let depth = *relative_depth as usize + 1;
                    let to = if depth + 1 == self.labels.len() { u32::MAX } else { self.label(depth).inside };
                    self.handlers[handler].end = position as u32;
                    self.handlers[handler].action = Action::Delegate(to);
                }
                self.close(next);
            }
            Operator::Rethrow { relative_depth } => {
                let height = self.label(*relative_depth as usize).height;
                self.entry(Branch { height, ..Branch::default() });
            }
            Operator::End => self.end(position, next),
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => self.branch(*relative_depth),
            Operator::BrTable { targets } => {
                for target in targets.targets().flatten() {
                    self.branch(target);
                }
                self.branch(targets.default());
            }
            _ => {}
        }
    }

    fn label(&mut self, depth: usize) -> &mut Label {
        let index = self.labels.len().saturating_sub(depth + 1);
        &mut self.labels[index]
    }

    fn entry(&mut self, branch: Branch) -> usize {
        self.branches.push(branch);
        self.branches.len() - 1
    }

    fn open(&mut self, kind: Kind, ty: BlockType, inside: usize, validator: &Validator) {
        let (parameters, results) = match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(ty) => (0, if ty == wasmparser::ValType::V128 { 2 } else { 1 }),
            BlockType::FuncType(index) => {
                let ty = &self.types.types[index as usize];
                (slot_count(&ty.parameters), slot_count(&ty.results))
            }
        };
        // Dead code may have fewer operands than its types say; it never runs.
        let height = self.height(validator).saturating_sub(parameters);
        let mut label = Label::new(kind, height, parameters, results, inside as u32);
        label.entry_stp = self.branches.len() as u32;
        self.labels.push(label);
    }

    fn protect(&mut self, start: usize, clauses: Vec<Clause>) {
        let handler = self.handlers.len();
        self.handlers.push(Handler { start: start as u32, end: start as u32, action: Action::Catch(clauses) });
        self.label(0).handler = Some(handler);
    }

    /// The target of a branch; what is not known yet is filled in at the label's end.
    fn branch_to(&mut self, depth: u32, fixup: Fixup) -> Branch {
        let label = self.label(depth as usize);
        let (keep, height) = (label.keep(), label.height);
        if label.kind == Kind::Loop {
            return Branch { pc: label.inside, stp: label.entry_stp, keep, height };
        }
        label.fixups.push(fixup);
        Branch { pc: 0, stp: 0, keep, height }
    }

    fn branch(&mut self, depth: u32) {
        let entry = self.branches.len();
        let branch = self.branch_to(depth, Fixup::Branch(entry));
        self.entry(branch);
    }

    /// From the end of a part of a block (before `else`, `catch`) to the block's end.
    fn jump(&mut self) -> usize {
        let entry = self.branches.len();
        let label = self.label(0);
        let (keep, height) = (label.results, label.height);
        label.fixups.push(Fixup::Branch(entry));
        self.entry(Branch { pc: 0, stp: 0, keep, height })
    }

    fn catch(&mut self, tag: Option<u32>, position: usize, next: usize) {
        if self.label(0).kind == Kind::Catch {
            self.hidden -= 1;
        }
        self.jump();
        let stp = self.branches.len() as u32;
        let label = self.label(0);
        let branch = Branch { pc: next as u32, stp, keep: 0, height: label.height };
        let first = label.kind == Kind::Try;
        label.kind = Kind::Catch;
        label.inside = next as u32;
        if let Some(handler) = label.handler.map(|handler| &mut self.handlers[handler]) {
            if first {
                handler.end = position as u32;
            }
            if let Action::Catch(clauses) = &mut handler.action {
                clauses.push(Clause { tag, reference: Reference::Hidden, branch });
            }
        }
        self.hidden += 1;
        self.hidden_max = self.hidden_max.max(self.hidden);
    }

    fn end(&mut self, position: usize, next: usize) {
        if self.label(0).kind == Kind::Catch {
            // The hidden exception lies under the results: move them down.
            self.jump();
            self.hidden -= 1;
        } else if let Some(handler) = self.label(0).handler.take()
            && self.label(0).kind != Kind::Try
        {
            self.handlers[handler].end = position as u32;
        }
        // A branch to the outermost label goes to the final `end`, which returns.
        let to = if self.labels.len() == 1 { position } else { next };
        self.close(to);
    }

    fn close(&mut self, to: usize) {
        let Some(mut label) = self.labels.pop() else { return };
        let (pc, stp) = (to as u32, self.branches.len() as u32);
        if let Some(otherwise) = label.otherwise {
            label.fixups.push(Fixup::Branch(otherwise));
        }
        for fixup in label.fixups {
            let branch = match fixup {
                Fixup::Branch(index) => self.branches.get_mut(index),
                Fixup::Clause(handler, clause) => {
                    match self.handlers.get_mut(handler).map(|handler| &mut handler.action) {
                        Some(Action::Catch(clauses)) => clauses.get_mut(clause).map(|clause| &mut clause.branch),
                        _ => None,
                    }
                }
            };
            if let Some(branch) = branch {
                (branch.pc, branch.stp) = (pc, stp);
            }
        }
    }
}

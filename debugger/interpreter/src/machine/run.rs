//! The loop: fetch an opcode, do it, in place on the module's bytes.
//!
//! Positions and stack pointers are local variables, so that the compiler keeps
//! them in registers: nothing here may take a reference to one of them.
//! Operators that can trap change nothing before they know that they will not,
//! so that a trapped operator can be shown, and tried again.

use super::frame::{Frame, FrameKind};
use super::leb;
use crate::memory::{Memory, Stored};
use crate::ops::{atomic, bulk, numeric::*, simd};
use crate::side_table::{Body, opcode};
use crate::store::{Function, FunctionKind, Instance, ModuleFunction, Store};
use crate::{ModuleError, Trap};
use std::sync::Arc;

/// Slots of the value stack: a power of two, so that a masked index needs no check.
pub(crate) const SLOTS: usize = 1 << 20;
const MASK: usize = SLOTS - 1;
pub(crate) type Stack = [u64; SLOTS];

/// Why the loop ended. The frame on top tells where.
#[derive(Debug)]
pub(crate) enum Exit {
    /// As many operators have run as were asked for.
    Limit,
    /// The next operator has a breakpoint.
    Breakpoint,
    /// The current operator has touched a watched range.
    Watched,
    /// The current operator traps.
    Trap(Trap),
    /// The current operator calls a function that does not validate.
    Invalid(ModuleError),
    /// The current operator calls the host: `popped` slots lie above the arguments.
    Host { function: u32, popped: usize, tail: bool },
    /// The current operator throws a new exception.
    Throw { tag: u32 },
    /// The current operator throws the exception of this reference.
    ThrowRef(u64),
    /// The outermost function of the activation has returned.
    Returned,
}

/// What [`execute`] works on beside the store.
pub(crate) struct Activation<'a> {
    pub(crate) stack: &'a mut Stack,
    pub(crate) frames: &'a mut Vec<Frame>,
    pub(crate) sp: &'a mut usize,
    /// Slots and frames that may be used.
    pub(crate) slots: usize,
    pub(crate) depth: usize,
}

#[cold]
#[inline(never)]
fn prepare<'a>(function: &'a ModuleFunction, instances: &[Instance]) -> Result<&'a Body, ModuleError> {
    let module = &instances[function.instance as usize].module;
    let body = Arc::clone(module.0.body(function.index)?);
    Ok(function.body.get_or_init(|| body))
}

#[inline(always)]
fn body_of<'a>(function: &'a ModuleFunction, instances: &[Instance]) -> Result<&'a Body, ModuleError> {
    match function.body.get() {
        Some(body) => Ok(body),
        None => prepare(function, instances),
    }
}

#[inline(always)]
fn code_of<'a>(function: &'a ModuleFunction, body: &'a Body, breakpoints: bool) -> &'a [u8] {
    match &function.breakpoints {
        Some(code) if breakpoints => code,
        _ => body.code(),
    }
}

fn module_function(functions: &[Function], index: u32) -> Option<&ModuleFunction> {
    match &functions.get(index as usize)?.kind {
        FunctionKind::Module(function) => Some(function),
        FunctionKind::Host(_) => None,
    }
}

/// Runs at most `fuel` operators of the activation on top; returns why it ended
/// and how many were left. `READS`: somebody watches reads. Without
/// `breakpoints` none is seen.
pub(crate) fn execute<const READS: bool>(
    store: &mut Store,
    activation: Activation<'_>,
    mut fuel: u64,
    breakpoints: bool,
) -> (Exit, u64) {
    let Store { instances, functions, tables, memories, globals, elements, dropped_data, none, .. } = store;
    let Activation { stack, frames, sp: sp_out, slots, depth } = activation;
    let (instances, functions) = (&instances[..], &functions[..]);
    let Some(top) = frames.last().copied() else { return (Exit::Returned, fuel) };
    let Some(mut function) = module_function(functions, top.function) else { return (Exit::Returned, fuel) };
    let mut body = match body_of(function, instances) {
        Ok(body) => body,
        Err(error) => return (Exit::Invalid(error), fuel),
    };
    let mut instance = &instances[function.instance as usize];
    let mut code = code_of(function, body, breakpoints);
    let mut side = &body.branches[..];
    let mut pc = top.pc as usize;
    let mut stp = top.stp as usize;
    let mut fp = top.base as usize;
    let mut sp = *sp_out;
    let mut mem: &mut Memory = none;
    if let Some(memory) = instance.memories.first() {
        mem = &mut memories[*memory as usize];
    }
    let mut op_pc;

    // Operands count from the top: `at!(1)` is the topmost.
    macro_rules! at {
        ($depth:expr) => {
            stack[(sp - $depth) & MASK]
        };
    }
    macro_rules! push {
        ($value:expr) => {{
            let value: u64 = $value;
            stack[sp & MASK] = value;
            sp += 1;
        }};
    }
    // An unsigned immediate.
    macro_rules! immediate {
        () => {{
            let (value, next) = leb::unsigned(code, pc);
            pc = next;
            value
        }};
    }
    macro_rules! index {
        () => {
            immediate!() as u32 as usize
        };
    }
    macro_rules! local {
        ($index:expr) => {
            stack[(fp + $index) & MASK]
        };
    }
    // Memory 0 is the one that operators reach at once.
    macro_rules! memory_zero {
        () => {
            mem = match instance.memories.first() {
                Some(memory) => &mut memories[*memory as usize],
                None => none,
            }
        };
    }
    let exit = 'run: loop {
        op_pc = pc;
        if fuel == 0 {
            break Exit::Limit;
        }
        fuel -= 1;
        let op = code[pc];
        pc += 1;

        macro_rules! trap {
            ($trap:expr) => {
                break 'run Exit::Trap($trap)
            };
        }
        macro_rules! unary {
            ($operator:expr) => {
                at!(1) = unary(at!(1), $operator)
            };
        }
        macro_rules! binary {
            ($operator:expr) => {{
                let value = binary(at!(2), at!(1), $operator);
                sp -= 1;
                at!(1) = value;
            }};
        }
        macro_rules! try_unary {
            ($operator:expr) => {
                match try_unary(at!(1), $operator) {
                    Ok(value) => at!(1) = value,
                    Err(trap) => trap!(trap),
                }
            };
        }
        macro_rules! try_binary {
            ($operator:expr) => {
                match try_binary(at!(2), at!(1), $operator) {
                    Ok(value) => {
                        sp -= 1;
                        at!(1) = value;
                    }
                    Err(trap) => trap!(trap),
                }
            };
        }
        // Takes the branch of the current side table entry.
        macro_rules! branch {
            () => {{
                let branch = side[stp];
                let (to, keep) = (fp + branch.height as usize, branch.keep as usize);
                match keep {
                    0 => {}
                    1 => stack[to & MASK] = at!(1),
                    _ => stack.copy_within(sp - keep..sp, to),
                }
                sp = to + keep;
                pc = branch.pc as usize;
                stp = branch.stp as usize;
            }};
        }
        // Reads a memory immediate, and has `mem` be its memory; tells whether it is another than 0.
        macro_rules! memory_immediate {
            () => {{
                let flags = immediate!();
                let other = flags & 0x40 != 0;
                if other {
                    let index = index!();
                    mem = &mut memories[instance.memories[index] as usize];
                }
                (other, immediate!())
            }};
        }
        macro_rules! load {
            ($len:literal, |$bytes:ident| $value:expr) => {{
                let (other, offset) = memory_immediate!();
                let address = at!(1).saturating_add(offset);
                if READS {
                    mem.note_read(address, $len);
                }
                match mem.load::<$len>(address) {
                    Some($bytes) => at!(1) = $value,
                    None => trap!(Trap::MemoryOutOfBounds),
                }
                if READS && mem.hit.is_some() {
                    break Exit::Watched;
                }
                if other {
                    memory_zero!();
                }
            }};
        }
        macro_rules! store {
            (|$slot:ident| $bytes:expr) => {{
                let (other, offset) = memory_immediate!();
                let address = at!(2).saturating_add(offset);
                let $slot = at!(1);
                match mem.store(address, $bytes) {
                    Stored::Done => sp -= 2,
                    Stored::Watched => {
                        sp -= 2;
                        break Exit::Watched;
                    }
                    Stored::OutOfBounds => trap!(Trap::MemoryOutOfBounds),
                }
                if other {
                    memory_zero!();
                }
            }};
        }
        // After operators that changed several memories, or through a slow path.
        macro_rules! check_hit {
            () => {
                if mem.hit.is_some() {
                    break Exit::Watched;
                }
            };
        }
        // Switches to a function whose arguments lie under `popped` slots.
        macro_rules! enter {
            ($callee:expr, $next:expr, $arguments:expr) => {{
                let (callee, next, arguments): (&ModuleFunction, &Body, usize) = ($callee, $next, $arguments);
                fp = arguments;
                sp = arguments + next.frame_locals;
                for slot in arguments + next.parameter_slots..sp {
                    stack[slot & MASK] = 0;
                }
                if callee.instance != function.instance {
                    instance = &instances[callee.instance as usize];
                    memory_zero!();
                }
                function = callee;
                body = next;
                code = code_of(callee, next, breakpoints);
                side = &next.branches[..];
                pc = 0;
                stp = 0;
            }};
        }
        macro_rules! call {
            ($address:expr, $popped:expr) => {{
                let (address, popped): (u32, usize) = ($address, $popped);
                match &functions[address as usize].kind {
                    FunctionKind::Module(callee) => {
                        let next = match body_of(callee, instances) {
                            Ok(next) => next,
                            Err(error) => break 'run Exit::Invalid(error),
                        };
                        let arguments = sp - popped - next.parameter_slots;
                        if arguments + next.frame_slots > slots || frames.len() >= depth {
                            trap!(Trap::CallStackExhausted);
                        }
                        if let Some(caller) = frames.last_mut() {
                            (caller.pc, caller.op, caller.stp) = (pc as u32, op_pc as u32, stp as u32);
                        }
                        frames.push(Frame::new(FrameKind::Module, address, arguments));
                        enter!(callee, next, arguments);
                    }
                    FunctionKind::Host(_) => break 'run Exit::Host { function: address, popped, tail: false },
                }
            }};
        }
        macro_rules! tail_call {
            ($address:expr, $popped:expr) => {{
                let (address, popped): (u32, usize) = ($address, $popped);
                match &functions[address as usize].kind {
                    FunctionKind::Module(callee) => {
                        let next = match body_of(callee, instances) {
                            Ok(next) => next,
                            Err(error) => break 'run Exit::Invalid(error),
                        };
                        if fp + next.frame_slots > slots {
                            trap!(Trap::CallStackExhausted);
                        }
                        let end = sp - popped;
                        stack.copy_within(end - next.parameter_slots..end, fp);
                        if let Some(frame) = frames.last_mut() {
                            frame.function = address;
                        }
                        let arguments = fp;
                        enter!(callee, next, arguments);
                    }
                    FunctionKind::Host(_) => break 'run Exit::Host { function: address, popped, tail: true },
                }
            }};
        }
        // The callee of `call_indirect`.
        macro_rules! callee {
            () => {{
                let ty = instance.types[index!()];
                let table = &tables[instance.tables[index!()] as usize];
                let element = usize::try_from(at!(1)).unwrap_or(usize::MAX);
                match table.elements.get(element) {
                    None => trap!(Trap::UndefinedElement),
                    Some(0) => trap!(Trap::UninitializedElement),
                    Some(reference) => {
                        let address = (*reference - 1) as u32;
                        if functions[address as usize].ty != ty {
                            trap!(Trap::IndirectCallTypeMismatch);
                        }
                        address
                    }
                }
            }};
        }
        macro_rules! return_ {
            () => {{
                let results = body.result_slots;
                match results {
                    0 => {}
                    1 => local!(0) = at!(1),
                    _ => stack.copy_within(sp - results..sp, fp),
                }
                sp = fp + results;
                frames.pop();
                let Some(caller) = frames.last().copied() else { break 'run Exit::Returned };
                if caller.kind != FrameKind::Module {
                    break 'run Exit::Returned;
                }
                let Some(next) = module_function(functions, caller.function) else { break 'run Exit::Returned };
                if next.instance != function.instance {
                    instance = &instances[next.instance as usize];
                    memory_zero!();
                }
                function = next;
                body = match body_of(next, instances) {
                    Ok(body) => body,
                    Err(error) => break 'run Exit::Invalid(error),
                };
                code = code_of(next, body, breakpoints);
                side = &body.branches[..];
                pc = caller.pc as usize;
                stp = caller.stp as usize;
                fp = caller.base as usize;
            }};
        }

        match op {
            // Control.
            0x00 => trap!(Trap::Unreachable),
            0x01 => {}
            // block, loop, try (the older exceptions)
            0x02 | 0x03 | 0x06 => pc = leb::skip_type(code, pc),
            // if
            0x04 => {
                pc = leb::skip_type(code, pc);
                sp -= 1;
                if at!(0) as u32 == 0 {
                    let branch = side[stp];
                    pc = branch.pc as usize;
                    stp = branch.stp as usize;
                } else {
                    stp += 1;
                }
            }
            // else: the first part ends here
            0x05 => {
                let branch = side[stp];
                pc = branch.pc as usize;
                stp = branch.stp as usize;
            }
            // catch, catch_all: the part before ends here
            0x07 | 0x19 => branch!(),
            // throw
            0x08 => {
                let tag = instance.tags[index!()];
                break Exit::Throw { tag };
            }
            // rethrow
            0x09 => {
                let hidden = side[stp].height as usize;
                break Exit::ThrowRef(local!(hidden));
            }
            // throw_ref
            0x0A => {
                if at!(1) == 0 {
                    trap!(Trap::NullExceptionReference);
                }
                break Exit::ThrowRef(at!(1));
            }
            // end
            0x0B => {
                if pc == code.len() {
                    return_!();
                }
            }
            // br
            0x0C => branch!(),
            // br_if
            0x0D => {
                sp -= 1;
                if at!(0) as u32 == 0 {
                    stp += 1;
                    pc = leb::unsigned(code, pc).1;
                } else {
                    branch!();
                }
            }
            // br_table
            0x0E => {
                let (targets, _) = leb::unsigned(code, pc);
                sp -= 1;
                stp += u64::from(at!(0) as u32).min(targets) as usize;
                branch!();
            }
            // return
            0x0F => return_!(),
            // call
            0x10 => {
                let address = instance.functions[index!()];
                call!(address, 0);
            }
            // call_indirect
            0x11 => {
                let address = callee!();
                call!(address, 1);
            }
            // return_call
            0x12 => {
                let address = instance.functions[index!()];
                tail_call!(address, 0);
            }
            // return_call_indirect
            0x13 => {
                let address = callee!();
                tail_call!(address, 1);
            }
            // delegate: the `try` ends here
            0x18 => pc = leb::unsigned(code, pc).1,
            // try_table
            0x1F => {
                pc = leb::skip_type(code, pc);
                let clauses = immediate!();
                for _ in 0..clauses {
                    let kind = code[pc];
                    pc = leb::unsigned(code, pc + 1).1;
                    if kind < 2 {
                        pc = leb::unsigned(code, pc).1;
                    }
                }
            }

            // Operands, locals, globals, tables.
            // drop
            0x1A => sp -= 1,
            // select, select t
            0x1B => {
                let condition = at!(1) as u32;
                sp -= 2;
                if condition == 0 {
                    at!(1) = at!(0);
                }
            }
            0x1C => {
                let types = index!();
                let v128 = code[pc] == 0x7B;
                for _ in 0..types {
                    pc = leb::skip_type(code, pc);
                }
                let condition = at!(1) as u32;
                if v128 {
                    sp -= 3;
                    if condition == 0 {
                        stack.copy_within(sp..sp + 2, sp - 2);
                    }
                } else {
                    sp -= 2;
                    if condition == 0 {
                        at!(1) = at!(0);
                    }
                }
            }
            // local.get, local.set, local.tee
            0x20 => {
                let value = local!(index!());
                push!(value);
            }
            0x21 => {
                sp -= 1;
                local!(index!()) = at!(0);
            }
            0x22 => local!(index!()) = at!(1),
            // global.get, global.set
            0x23 => {
                let global = &globals[instance.globals[index!()] as usize];
                let (bits, slots) = (global.bits, global.ty.value.slots());
                push!(bits as u64);
                if slots == 2 {
                    push!((bits >> 64) as u64);
                }
            }
            0x24 => {
                let global = &mut globals[instance.globals[index!()] as usize];
                if global.ty.value.slots() == 2 {
                    sp -= 2;
                    global.bits = u128::from(at!(0)) | (u128::from(stack[(sp + 1) & MASK]) << 64);
                } else {
                    sp -= 1;
                    global.bits = at!(0).into();
                }
            }
            // table.get, table.set
            0x25 => {
                let table = &tables[instance.tables[index!()] as usize];
                let element = usize::try_from(at!(1)).unwrap_or(usize::MAX);
                match table.elements.get(element) {
                    Some(reference) => at!(1) = *reference,
                    None => trap!(Trap::TableOutOfBounds),
                }
            }
            0x26 => {
                let table = &mut tables[instance.tables[index!()] as usize];
                let element = usize::try_from(at!(2)).unwrap_or(usize::MAX);
                if element >= table.elements.len() {
                    trap!(Trap::TableOutOfBounds);
                }
                Arc::make_mut(&mut table.elements)[element] = at!(1);
                sp -= 2;
            }
            // ref.null, ref.is_null, ref.func
            0xD0 => {
                pc = leb::skip_type(code, pc);
                push!(0);
            }
            0xD1 => unary!(|a: u64| a == 0),
            0xD2 => {
                let function = instance.functions[index!()];
                push!(u64::from(function) + 1);
            }

            // Memory.
            // i32.load, f32.load, i64.load32_u
            0x28 | 0x2A | 0x35 => load!(4, |bytes| u64::from(u32::from_le_bytes(bytes))),
            // i64.load, f64.load
            0x29 | 0x2B => load!(8, |bytes| u64::from_le_bytes(bytes)),
            // i32.load8_s
            0x2C => load!(1, |bytes| i32::from(bytes[0] as i8).put()),
            // i32.load8_u, i64.load8_u
            0x2D | 0x31 => load!(1, |bytes| u64::from(bytes[0])),
            // i32.load16_s
            0x2E => load!(2, |bytes| i32::from(i16::from_le_bytes(bytes)).put()),
            // i32.load16_u, i64.load16_u
            0x2F | 0x33 => load!(2, |bytes| u64::from(u16::from_le_bytes(bytes))),
            // i64.load8_s
            0x30 => load!(1, |bytes| i64::from(bytes[0] as i8).put()),
            // i64.load16_s
            0x32 => load!(2, |bytes| i64::from(i16::from_le_bytes(bytes)).put()),
            // i64.load32_s
            0x34 => load!(4, |bytes| i64::from(i32::from_le_bytes(bytes)).put()),
            // i32.store, f32.store, i64.store32
            0x36 | 0x38 | 0x3E => store!(|slot| (slot as u32).to_le_bytes()),
            // i64.store, f64.store
            0x37 | 0x39 => store!(|slot| slot.to_le_bytes()),
            // i32.store8, i64.store8
            0x3A | 0x3C => store!(|slot| [slot as u8]),
            // i32.store16, i64.store16
            0x3B | 0x3D => store!(|slot| (slot as u16).to_le_bytes()),
            // memory.size, memory.grow
            0x3F => {
                let memory = instance.memories[index!()] as usize;
                push!(memories[memory].size());
                memory_zero!();
            }
            0x40 => {
                let memory = instance.memories[index!()] as usize;
                let memory = &mut memories[memory];
                let delta = at!(1);
                let failed = if memory.ty().memory64 { u64::MAX } else { u64::from(u32::MAX) };
                at!(1) = memory.grow(delta).unwrap_or(failed);
                memory_zero!();
            }

            // Numbers.
            // i32.const, i64.const, f32.const, f64.const
            0x41 => {
                let (value, next) = leb::signed(code, pc);
                pc = next;
                push!((value as i32).put());
            }
            0x42 => {
                let (value, next) = leb::signed(code, pc);
                pc = next;
                push!(value.put());
            }
            0x43 => {
                let mut bytes = [0; 4];
                bytes.copy_from_slice(&code[pc..pc + 4]);
                pc += 4;
                push!(u32::from_le_bytes(bytes).put());
            }
            0x44 => {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(&code[pc..pc + 8]);
                pc += 8;
                push!(u64::from_le_bytes(bytes));
            }
            0x45 => unary!(|a: u32| a == 0),                                   // i32.eqz
            0x46 => binary!(|a: u32, b: u32| a == b),                          // i32.eq
            0x47 => binary!(|a: u32, b: u32| a != b),                          // i32.ne
            0x48 => binary!(|a: i32, b: i32| a < b),                           // i32.lt_s
            0x49 => binary!(|a: u32, b: u32| a < b),                           // i32.lt_u
            0x4A => binary!(|a: i32, b: i32| a > b),                           // i32.gt_s
            0x4B => binary!(|a: u32, b: u32| a > b),                           // i32.gt_u
            0x4C => binary!(|a: i32, b: i32| a <= b),                          // i32.le_s
            0x4D => binary!(|a: u32, b: u32| a <= b),                          // i32.le_u
            0x4E => binary!(|a: i32, b: i32| a >= b),                          // i32.ge_s
            0x4F => binary!(|a: u32, b: u32| a >= b),                          // i32.ge_u
            0x50 => unary!(|a: u64| a == 0),                                   // i64.eqz
            0x51 => binary!(|a: u64, b: u64| a == b),                          // i64.eq
            0x52 => binary!(|a: u64, b: u64| a != b),                          // i64.ne
            0x53 => binary!(|a: i64, b: i64| a < b),                           // i64.lt_s
            0x54 => binary!(|a: u64, b: u64| a < b),                           // i64.lt_u
            0x55 => binary!(|a: i64, b: i64| a > b),                           // i64.gt_s
            0x56 => binary!(|a: u64, b: u64| a > b),                           // i64.gt_u
            0x57 => binary!(|a: i64, b: i64| a <= b),                          // i64.le_s
            0x58 => binary!(|a: u64, b: u64| a <= b),                          // i64.le_u
            0x59 => binary!(|a: i64, b: i64| a >= b),                          // i64.ge_s
            0x5A => binary!(|a: u64, b: u64| a >= b),                          // i64.ge_u
            0x5B => binary!(|a: f32, b: f32| a == b),                          // f32.eq
            0x5C => binary!(|a: f32, b: f32| a != b),                          // f32.ne
            0x5D => binary!(|a: f32, b: f32| a < b),                           // f32.lt
            0x5E => binary!(|a: f32, b: f32| a > b),                           // f32.gt
            0x5F => binary!(|a: f32, b: f32| a <= b),                          // f32.le
            0x60 => binary!(|a: f32, b: f32| a >= b),                          // f32.ge
            0x61 => binary!(|a: f64, b: f64| a == b),                          // f64.eq
            0x62 => binary!(|a: f64, b: f64| a != b),                          // f64.ne
            0x63 => binary!(|a: f64, b: f64| a < b),                           // f64.lt
            0x64 => binary!(|a: f64, b: f64| a > b),                           // f64.gt
            0x65 => binary!(|a: f64, b: f64| a <= b),                          // f64.le
            0x66 => binary!(|a: f64, b: f64| a >= b),                          // f64.ge
            0x67 => unary!(|a: u32| a.leading_zeros()),                        // i32.clz
            0x68 => unary!(|a: u32| a.trailing_zeros()),                       // i32.ctz
            0x69 => unary!(|a: u32| a.count_ones()),                           // i32.popcnt
            0x6A => binary!(|a: u32, b: u32| a.wrapping_add(b)),               // i32.add
            0x6B => binary!(|a: u32, b: u32| a.wrapping_sub(b)),               // i32.sub
            0x6C => binary!(|a: u32, b: u32| a.wrapping_mul(b)),               // i32.mul
            0x6D => try_binary!(i32_div_s),                                    // i32.div_s
            0x6E => try_binary!(i32_div_u),                                    // i32.div_u
            0x6F => try_binary!(i32_rem_s),                                    // i32.rem_s
            0x70 => try_binary!(i32_rem_u),                                    // i32.rem_u
            0x71 => binary!(|a: u32, b: u32| a & b),                           // i32.and
            0x72 => binary!(|a: u32, b: u32| a | b),                           // i32.or
            0x73 => binary!(|a: u32, b: u32| a ^ b),                           // i32.xor
            0x74 => binary!(|a: u32, b: u32| a.wrapping_shl(b)),               // i32.shl
            0x75 => binary!(|a: i32, b: i32| a.wrapping_shr(b as u32)),        // i32.shr_s
            0x76 => binary!(|a: u32, b: u32| a.wrapping_shr(b)),               // i32.shr_u
            0x77 => binary!(|a: u32, b: u32| a.rotate_left(b & 31)),           // i32.rotl
            0x78 => binary!(|a: u32, b: u32| a.rotate_right(b & 31)),          // i32.rotr
            0x79 => unary!(|a: u64| u64::from(a.leading_zeros())),             // i64.clz
            0x7A => unary!(|a: u64| u64::from(a.trailing_zeros())),            // i64.ctz
            0x7B => unary!(|a: u64| u64::from(a.count_ones())),                // i64.popcnt
            0x7C => binary!(|a: u64, b: u64| a.wrapping_add(b)),               // i64.add
            0x7D => binary!(|a: u64, b: u64| a.wrapping_sub(b)),               // i64.sub
            0x7E => binary!(|a: u64, b: u64| a.wrapping_mul(b)),               // i64.mul
            0x7F => try_binary!(i64_div_s),                                    // i64.div_s
            0x80 => try_binary!(i64_div_u),                                    // i64.div_u
            0x81 => try_binary!(i64_rem_s),                                    // i64.rem_s
            0x82 => try_binary!(i64_rem_u),                                    // i64.rem_u
            0x83 => binary!(|a: u64, b: u64| a & b),                           // i64.and
            0x84 => binary!(|a: u64, b: u64| a | b),                           // i64.or
            0x85 => binary!(|a: u64, b: u64| a ^ b),                           // i64.xor
            0x86 => binary!(|a: u64, b: u64| a.wrapping_shl(b as u32)),        // i64.shl
            0x87 => binary!(|a: i64, b: i64| a.wrapping_shr(b as u32)),        // i64.shr_s
            0x88 => binary!(|a: u64, b: u64| a.wrapping_shr(b as u32)),        // i64.shr_u
            0x89 => binary!(|a: u64, b: u64| a.rotate_left((b & 63) as u32)),  // i64.rotl
            0x8A => binary!(|a: u64, b: u64| a.rotate_right((b & 63) as u32)), // i64.rotr
            0x8B => unary!(|a: f32| a.abs()),                                  // f32.abs
            0x8C => unary!(|a: f32| -a),                                       // f32.neg
            0x8D => unary!(|a: f32| f32_round(a, f32::ceil)),                  // f32.ceil
            0x8E => unary!(|a: f32| f32_round(a, f32::floor)),                 // f32.floor
            0x8F => unary!(|a: f32| f32_round(a, f32::trunc)),                 // f32.trunc
            0x90 => unary!(|a: f32| f32_round(a, f32::round_ties_even)),       // f32.nearest
            0x91 => unary!(|a: f32| a.sqrt()),                                 // f32.sqrt
            0x92 => binary!(|a: f32, b: f32| a + b),                           // f32.add
            0x93 => binary!(|a: f32, b: f32| a - b),                           // f32.sub
            0x94 => binary!(|a: f32, b: f32| a * b),                           // f32.mul
            0x95 => binary!(|a: f32, b: f32| a / b),                           // f32.div
            0x96 => binary!(f32_min),                                          // f32.min
            0x97 => binary!(f32_max),                                          // f32.max
            0x98 => binary!(|a: f32, b: f32| a.copysign(b)),                   // f32.copysign
            0x99 => unary!(|a: f64| a.abs()),                                  // f64.abs
            0x9A => unary!(|a: f64| -a),                                       // f64.neg
            0x9B => unary!(|a: f64| f64_round(a, f64::ceil)),                  // f64.ceil
            0x9C => unary!(|a: f64| f64_round(a, f64::floor)),                 // f64.floor
            0x9D => unary!(|a: f64| f64_round(a, f64::trunc)),                 // f64.trunc
            0x9E => unary!(|a: f64| f64_round(a, f64::round_ties_even)),       // f64.nearest
            0x9F => unary!(|a: f64| a.sqrt()),                                 // f64.sqrt
            0xA0 => binary!(|a: f64, b: f64| a + b),                           // f64.add
            0xA1 => binary!(|a: f64, b: f64| a - b),                           // f64.sub
            0xA2 => binary!(|a: f64, b: f64| a * b),                           // f64.mul
            0xA3 => binary!(|a: f64, b: f64| a / b),                           // f64.div
            0xA4 => binary!(f64_min),                                          // f64.min
            0xA5 => binary!(f64_max),                                          // f64.max
            0xA6 => binary!(|a: f64, b: f64| a.copysign(b)),                   // f64.copysign
            0xA7 => unary!(|a: u64| a as u32),                                 // i32.wrap_i64
            0xA8 => try_unary!(i32_trunc_f32_s),                               // i32.trunc_f32_s
            0xA9 => try_unary!(i32_trunc_f32_u),                               // i32.trunc_f32_u
            0xAA => try_unary!(i32_trunc_f64_s),                               // i32.trunc_f64_s
            0xAB => try_unary!(i32_trunc_f64_u),                               // i32.trunc_f64_u
            0xAC => unary!(|a: i32| i64::from(a)),                             // i64.extend_i32_s
            0xAD => unary!(|a: u32| u64::from(a)),                             // i64.extend_i32_u
            0xAE => try_unary!(i64_trunc_f32_s),                               // i64.trunc_f32_s
            0xAF => try_unary!(i64_trunc_f32_u),                               // i64.trunc_f32_u
            0xB0 => try_unary!(i64_trunc_f64_s),                               // i64.trunc_f64_s
            0xB1 => try_unary!(i64_trunc_f64_u),                               // i64.trunc_f64_u
            0xB2 => unary!(|a: i32| a as f32),                                 // f32.convert_i32_s
            0xB3 => unary!(|a: u32| a as f32),                                 // f32.convert_i32_u
            0xB4 => unary!(|a: i64| a as f32),                                 // f32.convert_i64_s
            0xB5 => unary!(|a: u64| a as f32),                                 // f32.convert_i64_u
            0xB6 => unary!(|a: f64| a as f32),                                 // f32.demote_f64
            0xB7 => unary!(|a: i32| f64::from(a)),                             // f64.convert_i32_s
            0xB8 => unary!(|a: u32| f64::from(a)),                             // f64.convert_i32_u
            0xB9 => unary!(|a: i64| a as f64),                                 // f64.convert_i64_s
            0xBA => unary!(|a: u64| a as f64),                                 // f64.convert_i64_u
            0xBB => unary!(|a: f32| f64::from(a)),                             // f64.promote_f32
            // Reinterpretations: a slot holds just the bits.
            0xBC..=0xBF => {}
            0xC0 => unary!(|a: i32| i32::from(a as i8)),  // i32.extend8_s
            0xC1 => unary!(|a: i32| i32::from(a as i16)), // i32.extend16_s
            0xC2 => unary!(|a: i64| i64::from(a as i8)),  // i64.extend8_s
            0xC3 => unary!(|a: i64| i64::from(a as i16)), // i64.extend16_s
            0xC4 => unary!(|a: i64| i64::from(a as i32)), // i64.extend32_s

            // Saturating truncation, bulk memory and tables, wide arithmetic.
            0xFC => {
                let operator = index!();
                match operator {
                    0 => unary!(|a: f32| a as i32),
                    1 => unary!(|a: f32| a as u32),
                    2 => unary!(|a: f64| a as i32),
                    3 => unary!(|a: f64| a as u32),
                    4 => unary!(|a: f32| a as i64),
                    5 => unary!(|a: f32| a as u64),
                    6 => unary!(|a: f64| a as i64),
                    7 => unary!(|a: f64| a as u64),
                    // memory.init
                    8 => {
                        let segment = index!();
                        let memory = instance.memories[index!()] as usize;
                        let bytes = if dropped_data[instance.first_data + segment] {
                            &[]
                        } else {
                            let range = instance.module.0.data[segment].range.clone();
                            instance.module.bytes().get(range).unwrap_or_default()
                        };
                        let (target, from, len) = (at!(3), at!(2) as u32, at!(1) as u32);
                        mem = &mut memories[memory];
                        if let Err(trap) = bulk::memory_init(mem, bytes, target, from, len) {
                            trap!(trap);
                        }
                        sp -= 3;
                        check_hit!();
                        memory_zero!();
                    }
                    // data.drop
                    9 => dropped_data[instance.first_data + index!()] = true,
                    // memory.copy
                    10 => {
                        let target = instance.memories[index!()] as usize;
                        let source = instance.memories[index!()] as usize;
                        let (to, from, len) = (at!(3), at!(2), at!(1));
                        if let Err(trap) = bulk::memory_copy::<READS>(memories, target, source, to, from, len) {
                            trap!(trap);
                        }
                        sp -= 3;
                        if READS {
                            mem = &mut memories[source];
                            check_hit!();
                        }
                        mem = &mut memories[target];
                        check_hit!();
                        memory_zero!();
                    }
                    // memory.fill
                    11 => {
                        let memory = instance.memories[index!()] as usize;
                        mem = &mut memories[memory];
                        if let Err(trap) = bulk::memory_fill(mem, at!(3), at!(2) as u8, at!(1)) {
                            trap!(trap);
                        }
                        sp -= 3;
                        check_hit!();
                        memory_zero!();
                    }
                    // table.init
                    12 => {
                        let segment = index!();
                        let table = instance.tables[index!()] as usize;
                        let items = elements[instance.first_element + segment].as_deref().unwrap_or_default();
                        let (to, from, len) = (at!(3), at!(2) as u32, at!(1) as u32);
                        if let Err(trap) = bulk::table_init(&mut tables[table], items, to, from, len) {
                            trap!(trap);
                        }
                        sp -= 3;
                    }
                    // elem.drop
                    13 => elements[instance.first_element + index!()] = None,
                    // table.copy
                    14 => {
                        let target = instance.tables[index!()] as usize;
                        let source = instance.tables[index!()] as usize;
                        if let Err(trap) = bulk::table_copy(tables, target, source, at!(3), at!(2), at!(1)) {
                            trap!(trap);
                        }
                        sp -= 3;
                    }
                    // table.grow, table.size, table.fill
                    15 => {
                        let table = &mut tables[instance.tables[index!()] as usize];
                        let failed = if table.ty.table64 { u64::MAX } else { u64::from(u32::MAX) };
                        at!(2) = table.grow(at!(1), at!(2)).unwrap_or(failed);
                        sp -= 1;
                    }
                    16 => {
                        let size = tables[instance.tables[index!()] as usize].elements.len();
                        push!(size as u64);
                    }
                    17 => {
                        let table = instance.tables[index!()] as usize;
                        if let Err(trap) = bulk::table_fill(&mut tables[table], at!(3), at!(2), at!(1)) {
                            trap!(trap);
                        }
                        sp -= 3;
                    }
                    // i64.add128, i64.sub128, i64.mul_wide_s, i64.mul_wide_u
                    19 | 20 => {
                        let wide = |low: u64, high: u64| u128::from(low) | (u128::from(high) << 64);
                        let (a, b) = (wide(at!(4), at!(3)), wide(at!(2), at!(1)));
                        let value = if operator == 19 { a.wrapping_add(b) } else { a.wrapping_sub(b) };
                        (at!(4), at!(3)) = (value as u64, (value >> 64) as u64);
                        sp -= 2;
                    }
                    21 => {
                        let value = i128::from(at!(2) as i64) * i128::from(at!(1) as i64);
                        (at!(2), at!(1)) = (value as u64, (value >> 64) as u64);
                    }
                    22 => {
                        let value = u128::from(at!(2)) * u128::from(at!(1));
                        (at!(2), at!(1)) = (value as u64, (value >> 64) as u64);
                    }
                    _ => trap!(Trap::Unreachable),
                }
            }
            // Vectors.
            0xFD => {
                let operator = index!() as u32;
                if simd::has_address(operator) {
                    let (other, offset) = memory_immediate!();
                    let outcome = simd::access::<READS>(operator, mem, stack, sp, offset, code.get(pc).copied());
                    pc += usize::from(simd::has_lane(operator));
                    match outcome {
                        Ok(top) => sp = top,
                        Err(trap) => trap!(trap),
                    }
                    check_hit!();
                    if other {
                        memory_zero!();
                    }
                } else {
                    let (top, next) = simd::compute(operator, stack, sp, code, pc);
                    sp = top;
                    pc = next;
                }
            }
            // Atomics.
            0xFE => {
                let operator = index!() as u32;
                if operator == 3 {
                    // atomic.fence
                    pc += 1;
                } else {
                    let (other, offset) = memory_immediate!();
                    match atomic::access::<READS>(operator, mem, stack, sp, offset) {
                        Ok(top) => sp = top,
                        Err(trap) => trap!(trap),
                    }
                    check_hit!();
                    if other {
                        memory_zero!();
                    }
                }
            }

            // Opcodes of patched copies: see the side table.
            opcode::BREAKPOINT => break Exit::Breakpoint,
            opcode::DROP_V128 => sp -= 2,
            opcode::SELECT_V128 => {
                sp -= 3;
                if stack[(sp + 2) & MASK] as u32 == 0 {
                    stack.copy_within(sp..sp + 2, sp - 2);
                }
            }
            opcode::LOCAL_GET_MIXED => {
                let index = index!();
                let slot = body.local_slots[index] as usize;
                push!(local!(slot));
                if body.locals[index].slots() == 2 {
                    push!(local!(slot + 1));
                }
            }
            opcode::LOCAL_SET_MIXED | opcode::LOCAL_TEE_MIXED => {
                let index = index!();
                let slot = body.local_slots[index] as usize;
                let count = body.locals[index].slots() as usize;
                local!(slot) = at!(count);
                if count == 2 {
                    local!(slot + 1) = at!(1);
                }
                if op == opcode::LOCAL_SET_MIXED {
                    sp -= count;
                }
            }
            opcode::END_CATCH => branch!(),
            // The validator lets no other opcode pass.
            _ => trap!(Trap::Unreachable),
        }
    };

    // What did not run is neither counted nor passed.
    match exit {
        Exit::Limit | Exit::Returned | Exit::Watched | Exit::Host { .. } | Exit::Throw { .. } | Exit::ThrowRef(_) => {}
        Exit::Breakpoint | Exit::Trap(_) | Exit::Invalid(_) => {
            pc = op_pc;
            fuel += 1;
        }
    }
    if let Some(top) = frames.last_mut()
        && top.kind == FrameKind::Module
    {
        (top.pc, top.stp) = (pc as u32, stp as u32);
        top.op = op_pc as u32;
    }
    *sp_out = sp;
    (exit, fuel)
}

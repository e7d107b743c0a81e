//! What a function has given back that gdb has waited for (`finish`): gdb looks
//! for it where its architecture's functions leave it.

use wasmparser::Operator;

use super::Gdb;
use super::abi::{self, Passed, Place, Returned};
use super::call::result_bytes;
use crate::code::Code;
use crate::engine::{Frame, InstanceId, Value, WasmFrame};
use crate::remote::wire::Wire;

/// A call that returns to where gdb has a breakpoint.
pub(super) struct Returning {
    /// How many frames there are when it has returned.
    depth: usize,
    /// Where it returns to.
    pc: u64,
    instance: InstanceId,
    name: String,
    /// What it gives.
    passed: Option<Passed>,
    source: Where,
}

/// Where a function of WebAssembly leaves what it gives.
enum Where {
    Operands,
    /// At this address, which was its first argument.
    Memory(u64),
    /// At an address that it has not kept.
    Lost,
}

/// What a call has given.
pub(super) struct Given {
    pub(super) place: Place,
    pub(super) bytes: Vec<u8>,
    /// Where that is, if it is in memory.
    pub(super) address: u64,
}

/// The calls of the stopped program that gdb waits for to return.
pub(super) fn expected(gdb: &mut Gdb<'_, '_>) -> Vec<Returning> {
    if gdb.breakpoints.is_empty() {
        return Vec::new();
    }
    let frames = gdb.space.frames().to_vec();
    let mut found = Vec::new();
    for (index, frame) in frames.iter().enumerate().take(frames.len().saturating_sub(1)) {
        let Frame::Wasm(frame) = frame else { continue };
        let pc = gdb.space.pc(index + 1, &gdb.images);
        if !gdb.breakpoints.contains_key(&pc) {
            continue;
        }
        let Some(code) = gdb.session.code.get(frame.pc.module.0 as usize) else { continue };
        let flavour = gdb.images.layout().flavour();
        let passed = match abi::signature(flavour, code, frame.function).map(|signature| signature.result) {
            Some(Returned::Value(passed)) => Some(passed),
            Some(Returned::Unknown) => None,
            Some(Returned::Nothing) | None => continue,
        };
        let is_in_memory = code.signature(frame.function).is_some_and(|ty| ty.results().is_empty());
        let source = if !is_in_memory {
            Where::Operands
        } else if keeps_first(code, frame) {
            let first = gdb.session.engine.locals(index).ok().and_then(|locals| locals.first().copied());
            match first {
                Some(Value::I32(address)) => Where::Memory(address.into()),
                Some(Value::I64(address)) => Where::Memory(address),
                _ => Where::Lost,
            }
        } else {
            Where::Lost
        };
        let (depth, name) = (frames.len() - index - 1, code.function_name(frame.function));
        found.push(Returning { depth, pc, instance: frame.instance, name, passed, source });
    }
    found
}

/// Whether a function's first local is still its first argument: it has not
/// been set on any way to where the function stands.
fn keeps_first(code: &Code<'_>, frame: &WasmFrame) -> bool {
    let instructions = code.instructions(frame.function);
    let has_loop = instructions.iter().any(|(_, operator)| matches!(operator, Operator::Loop { .. }));
    let sets = |operator: &Operator<'_>| {
        matches!(operator, Operator::LocalSet { local_index: 0 } | Operator::LocalTee { local_index: 0 })
    };
    !instructions.iter().any(|(at, operator)| sets(operator) && (has_loop || *at < frame.pc.offset))
}

/// What has been given by the call that has returned now, if gdb has waited for
/// one. gdb's user is told if that is not known.
pub(super) fn given(gdb: &mut Gdb<'_, '_>, wire: &mut Wire) -> Option<Given> {
    let (depth, pc) = (gdb.space.frames().len(), gdb.pc());
    let at = gdb.returning.iter().position(|call| call.depth == depth && call.pc == pc)?;
    let call = gdb.returning.swap_remove(at);
    let known = call.passed.and_then(|passed| read(gdb, passed, call.instance, &call.source));
    if known.is_none() {
        wire.say(&format!("what `{}` has returned is not known: a value shown for it is none", call.name));
    }
    // Nothing can be read there.
    let nowhere = gdb.images.layout().stack_floor();
    Some(known.unwrap_or(Given { place: Place::Memory, bytes: Vec::new(), address: nowhere }))
}

fn read(gdb: &mut Gdb<'_, '_>, passed: Passed, instance: InstanceId, source: &Where) -> Option<Given> {
    let below = gdb.below_stack();
    let engine = &mut *gdb.session.engine;
    match *source {
        Where::Lost => None,
        Where::Memory(address) => {
            let memory = *engine.instances().ok()?.get(instance.0 as usize)?.memories.first()?;
            let mut bytes = vec![0; passed.bytes.min(64)];
            engine.read_memory(memory, address, &mut bytes).ok()?;
            Some(Given { place: passed.place, bytes, address })
        }
        Where::Operands => {
            // One value: the one on top.
            let bytes = result_bytes(&passed, &[gdb.space.top_operand(engine)?])?;
            let address = (below.end.checked_sub(256 + bytes.len() as u64)? & !15).max(below.start);
            if passed.place == Place::Memory {
                gdb.scratch.extend((address..).zip(bytes.iter().copied()));
            }
            Some(Given { place: passed.place, bytes, address })
        }
    }
}

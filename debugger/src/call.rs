//! Calls of the program's functions while it is stopped.

use crate::code::Code;
use crate::engine::{Engine, InstanceId, Result, Value};

/// How many bytes below the stack pointer belong to the present function (in
/// LLVM `WebAssemblyFrameLowering::RedZoneSize`).
const RED_ZONE: u64 = 128;

/// Calls a function of an instance, with its stack below what the present one
/// uses.
///
/// # Errors
/// If it traps.
pub(crate) fn call(
    engine: &mut dyn Engine,
    code: &Code<'_>,
    instance: InstanceId,
    function: u32,
    arguments: &[Value],
) -> Result<Vec<Value>> {
    let below = below_stack(engine, code, instance, 0);
    call_below(engine, code, instance, function, arguments, below)
}

/// Calls a function of an instance with its stack below an address, where that
/// is known.
///
/// # Errors
/// If it traps.
pub(crate) fn call_below(
    engine: &mut dyn Engine,
    code: &Code<'_>,
    instance: InstanceId,
    function: u32,
    arguments: &[Value],
    below: Option<u64>,
) -> Result<Vec<Value>> {
    let pointer = stack_pointer(code);
    let before = pointer.and_then(|pointer| engine.global(instance, pointer).ok());
    let below = match (before, below) {
        (Some(Value::I32(_)), Some(below)) => Some(Value::I32(below as u32)),
        (Some(Value::I64(_)), Some(below)) => Some(Value::I64(below)),
        _ => None,
    };
    let moved = pointer.zip(below).is_some_and(|(pointer, below)| engine.set_global(instance, pointer, below).is_ok());
    let called = engine.call(instance, function, arguments);
    if let Some((pointer, before)) = pointer.zip(before).filter(|_| moved) {
        engine.set_global(instance, pointer, before)?;
    }
    called
}

/// An address below the stack with room for so many bytes. Where the present
/// function keeps its variables below the stack pointer, as LLVM lets functions
/// do that call no others, they are kept from it.
pub(crate) fn below_stack(engine: &mut dyn Engine, code: &Code<'_>, instance: InstanceId, bytes: u64) -> Option<u64> {
    let address = match engine.global(instance, stack_pointer(code)?).ok()? {
        Value::I32(address) => u64::from(address),
        Value::I64(address) => address,
        _ => return None,
    };
    Some(address.checked_sub(RED_ZONE.checked_add(bytes)?)? & !15)
}

/// The global that is the stack pointer.
pub(crate) fn stack_pointer(code: &Code<'_>) -> Option<u32> {
    Some(code.memory_program()?.linker.stack_pointer?.global)
}

/// Where the stack ends, in linear memory: what the linker says, else the end
/// of the data where the stack lies behind that.
pub(crate) fn stack_low(code: &Code<'_>) -> u64 {
    let Some(program) = code.memory_program() else { return 0 };
    let linker = &program.linker;
    let start = linker.stack_pointer.and_then(|pointer| pointer.initial);
    linker.stack_low.or(linker.data_end.filter(|end| start.is_some_and(|start| *end <= start))).unwrap_or(0)
}

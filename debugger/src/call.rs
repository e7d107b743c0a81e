//! Calls of the program's functions while it is stopped.

use crate::code::Code;
use crate::engine::{Engine, InstanceId, Result, Value};

/// How many bytes below the stack pointer belong to the present function (in
/// LLVM `WebAssemblyFrameLowering::RedZoneSize`).
const RED_ZONE: u32 = 128;

/// Calls a function of an instance. Where the present function keeps its
/// variables below the stack pointer, as LLVM lets functions do that call no
/// others, they are kept from the called one.
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
    let pointer = stack_pointer(code);
    let before = pointer.and_then(|pointer| engine.global(instance, pointer).ok());
    let below = match before {
        Some(Value::I32(address)) => Some(Value::I32(address.saturating_sub(RED_ZONE) & !15)),
        Some(Value::I64(address)) => Some(Value::I64(address.saturating_sub(RED_ZONE.into()) & !15)),
        _ => None,
    };
    let moved = pointer.zip(below).is_some_and(|(pointer, below)| engine.set_global(instance, pointer, below).is_ok());
    let called = engine.call(instance, function, arguments);
    if let Some((pointer, before)) = pointer.zip(before).filter(|_| moved) {
        engine.set_global(instance, pointer, before)?;
    }
    called
}

/// The global that is the stack pointer.
pub(crate) fn stack_pointer(code: &Code<'_>) -> Option<u32> {
    Some(code.memory_program()?.linker.stack_pointer?.global)
}

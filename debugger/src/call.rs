//! Calls of the program's functions while it is stopped, and how compilers for
//! WebAssembly pass what they take and give.
//!
//! Numbers are passed as such; a structure with one number in it, too. Rust
//! passes one with two numbers (a slice, `&str`) as these. Every other one is
//! copied below the stack, and its address is passed; what is returned goes to
//! an address that comes first (tool-conventions, `BasicCABI.md`).

use wasm_source::{Encoding, Source, TypeId, TypeKind};

use crate::code::Code;
use crate::engine::{Engine, InstanceId, Result, Value};

/// How many bytes below the stack pointer belong to the present function (in
/// LLVM `WebAssemblyFrameLowering::RedZoneSize`).
const RED_ZONE: u64 = 128;

/// Calls a function of an instance with its stack below an address, where that
/// is known.
///
/// # Errors
/// If it traps.
pub(crate) fn call(
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

/// How deep numbers are looked for in structures.
const MAX_NESTED: usize = 16;

/// How a value is passed.
#[derive(Debug)]
pub(crate) enum Passing {
    /// Not at all: it has no bytes.
    Nothing,
    /// As numbers.
    Numbers(Vec<Leaf>),
    /// By the address of a copy.
    Memory,
}

/// A number in a value: where, how many bytes, how they are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaf {
    pub(crate) offset: u64,
    pub(crate) size: u64,
    pub(crate) encoding: Encoding,
}

/// What a function takes and gives, by the debug information.
pub(crate) struct Declared {
    pub(crate) parameters: Vec<Option<TypeId>>,
    /// Nothing if it gives nothing.
    pub(crate) result: Option<TypeId>,
}

/// The types of a function's parameters and of its result, if the debug
/// information has it.
pub(crate) fn declared(code: &Code<'_>, function: u32) -> Option<Declared> {
    let source = code.source()?;
    let inside = code.body(function)?.end.checked_sub(1)?;
    let subprogram = source.subprogram_at(inside)?;
    let outermost = source.frames_at(inside).len().checked_sub(1)?;
    let variables = source.variables_at(inside).ok()?;
    let own = variables.into_iter().filter(|variable| variable.is_parameter && variable.frame == outermost);
    Some(Declared { parameters: own.map(|variable| variable.ty).collect(), result: source.type_of(subprogram.id) })
}

/// How a value of a type is passed.
pub(crate) fn passing(source: &Source<'_>, ty: TypeId, is_rust: bool) -> Passing {
    let size = source.size_of(ty);
    if size == Some(0) {
        return Passing::Nothing;
    }
    if size == Some(16) && is_integer(source, ty) {
        let word = |offset| Leaf { offset, size: 8, encoding: Encoding::Unsigned };
        return Passing::Numbers(vec![word(0), word(8)]);
    }
    let mut numbers = Vec::new();
    let is_plain = leaves(source, ty, 0, 0, &mut numbers).is_some();
    let most = if is_rust { 2 } else { 1 };
    match (is_plain, numbers.len(), size) {
        (true, 1.., _) if numbers.len() <= most => Passing::Numbers(numbers),
        // Rust passes what is no larger than an address as an integer.
        (_, _, Some(size)) if is_rust && size <= source.address_size(ty) => {
            Passing::Numbers(vec![Leaf { offset: 0, size, encoding: Encoding::Address }])
        }
        _ => Passing::Memory,
    }
}

fn is_integer(source: &Source<'_>, ty: TypeId) -> bool {
    let kind = source.resolve_alias(ty).ok().flatten().map(|known| known.kind);
    matches!(kind, Some(TypeKind::Base(Encoding::Signed | Encoding::Unsigned)))
}

/// The numbers that a type is made of; nothing if it has other parts.
fn leaves(source: &Source<'_>, ty: TypeId, offset: u64, depth: usize, numbers: &mut Vec<Leaf>) -> Option<()> {
    let known = source.resolve_alias(ty).ok().flatten()?;
    let size = source.size_of(known.id)?;
    let encoding = match &known.kind {
        TypeKind::Base(Encoding::Other(_)) => return None,
        TypeKind::Base(Encoding::Float) if size != 4 && size != 8 => return None,
        TypeKind::Base(encoding) => *encoding,
        TypeKind::Pointer { .. } => Encoding::Address,
        TypeKind::Enumeration { .. } => Encoding::Unsigned,
        TypeKind::Composite(composite) => {
            if composite.variants.is_some() || composite.is_union || depth >= MAX_NESTED {
                return None;
            }
            for member in &composite.members {
                if member.bits.is_some() || numbers.len() > 2 {
                    return None;
                }
                if source.size_of(member.ty?) != Some(0) {
                    leaves(source, member.ty?, offset.checked_add(member.offset)?, depth + 1, numbers)?;
                }
            }
            return Some(());
        }
        _ => return None,
    };
    if size > 8 {
        return None;
    }
    numbers.push(Leaf { offset, size, encoding });
    Some(())
}

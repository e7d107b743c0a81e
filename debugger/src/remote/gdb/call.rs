//! Calls that gdb makes (`print f(1)`): it sets registers and writes below the
//! stack as a caller of its architecture does, and goes on. What it has set up
//! is read here by that architecture's calling convention.

use std::collections::BTreeMap;

use wasm_shadow::Flavour;
use wasmparser::{FuncType, ValType};

use super::registers::{RegisterFile, Registers};
use crate::engine::Value;

const INTEGERS_X86_64: [&str; 6] = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];
const FLOATS_X86_64: [&str; 8] = ["xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7"];
const INTEGERS_AARCH64: [&str; 8] = ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"];
const FLOATS_AARCH64: [&str; 8] = ["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"];

/// Bytes that gdb has written below the stack.
pub(super) type Scratch = BTreeMap<u64, u8>;

/// A call as gdb has set it up.
pub(super) struct Call {
    pub(super) arguments: Vec<Value>,
    /// Where it returns to: gdb has a breakpoint there.
    pub(super) return_address: u64,
    /// The stack pointer afterwards.
    pub(super) stack_pointer: u64,
}

impl Call {
    /// Reads a call of a function of this type; nothing if a parameter has a
    /// type that gdb cannot pass.
    pub(super) fn read(file: &RegisterFile, registers: &Registers, scratch: &Scratch, ty: &FuncType) -> Option<Call> {
        let flavour = file.flavour();
        let word = u64::from(flavour.word_size());
        let load = |address: u64, bytes: u64| {
            (0..bytes).rev().try_fold(0_u64, |number, at| Some(number << 8 | u64::from(*scratch.get(&(address + at))?)))
        };
        let stack_pointer = file.number(registers, flavour.registers().stack_pointer.name);
        let (return_address, mut next, integers, floats): (u64, u64, &[&str], &[&str]) = match flavour {
            Flavour::I386 => (load(stack_pointer, word)?, stack_pointer + word, &[], &[]),
            Flavour::X86_64 => (load(stack_pointer, word)?, stack_pointer + word, &INTEGERS_X86_64, &FLOATS_X86_64),
            Flavour::Aarch64 => (file.number(registers, "x30"), stack_pointer, &INTEGERS_AARCH64, &FLOATS_AARCH64),
        };
        let (mut integers, mut floats) = (integers.iter(), floats.iter());
        let mut arguments = Vec::new();
        for parameter in ty.params() {
            let (registered, bytes) = match parameter {
                ValType::I32 => (integers.next(), 4),
                ValType::I64 => (integers.next(), 8),
                ValType::F32 => (floats.next(), 4),
                ValType::F64 => (floats.next(), 8),
                _ => return None,
            };
            let bits = match registered {
                Some(name) => file.number(registers, name),
                None => {
                    let at = next;
                    next += bytes.max(word);
                    load(at, bytes)?
                }
            };
            arguments.push(match parameter {
                ValType::I32 => Value::I32(bits as u32),
                ValType::I64 => Value::I64(bits),
                ValType::F32 => Value::F32(bits as u32),
                _ => Value::F64(bits),
            });
        }
        let popped = if flavour == Flavour::Aarch64 { 0 } else { word };
        Some(Call { arguments, return_address, stack_pointer: stack_pointer + popped })
    }

    /// The registers after it has returned.
    pub(super) fn returned(&self, file: &RegisterFile, mut registers: Registers, results: &[Value]) -> Registers {
        let names = file.flavour().registers();
        file.set(&mut registers, names.pc.name, &self.return_address.to_le_bytes());
        file.set(&mut registers, names.stack_pointer.name, &self.stack_pointer.to_le_bytes());
        if let Some(result) = results.first() {
            file.set_result(&mut registers, *result);
        }
        registers.pc = self.return_address;
        registers
    }
}

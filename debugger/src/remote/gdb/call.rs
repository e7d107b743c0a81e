//! Calls that gdb makes (`print f(1)`): it sets registers and writes below the
//! stack as a caller of its architecture does, and goes on. What it has set up
//! is read here by that architecture's calling convention, and passed on by
//! WebAssembly's.

use std::collections::BTreeMap;
use std::ops::Range;

use wasm_shadow::Flavour;
use wasm_source::Encoding;
use wasmparser::{FuncType, ValType};

use super::abi::{Class, MAX_PASSED, Part, Passed, Place, Returned, Signature};
use super::registers::{RegisterFile, Registers};
use crate::call::{Leaf, Passing};
use crate::engine::Value;

/// Bytes that gdb has written below the stack.
pub(super) type Scratch = BTreeMap<u64, u8>;

/// A call as gdb has set it up.
pub(super) struct Call {
    /// What is passed in WebAssembly.
    pub(super) arguments: Vec<Argument>,
    /// How many bytes of memory it needs.
    pub(super) area: usize,
    /// Whether the first argument is where to return a value.
    pub(super) returns_in_memory: bool,
    /// Where gdb wants a value to be returned in memory.
    hidden: Option<u64>,
    /// Where it returns to: gdb has a breakpoint there.
    return_address: u64,
    /// The stack pointer afterwards.
    stack_pointer: u64,
}

/// What a function is given.
pub(super) enum Argument {
    Number(Value),
    /// The address of these bytes, so far into the area.
    Copy {
        at: usize,
        bytes: Vec<u8>,
        is_wide: bool,
    },
}

/// What gdb's side of a call is read from.
struct Reader<'r> {
    file: &'r RegisterFile,
    registers: &'r Registers,
    scratch: &'r Scratch,
    integers: &'static [&'static str],
    floats: &'static [&'static str],
    /// The next argument on the stack.
    next: u64,
}

impl Reader<'_> {
    fn load(&self, address: u64, bytes: usize) -> Option<Vec<u8>> {
        (address..address.checked_add(bytes as u64)?).map(|at| self.scratch.get(&at).copied()).collect()
    }

    fn word(&self, address: u64) -> Option<u64> {
        Some(number(&self.load(address, self.file.flavour().word_size().into())?))
    }

    /// The next argument.
    fn take(&mut self, place: &Place, bytes: usize) -> Option<Vec<u8>> {
        let flavour = self.file.flavour();
        match place {
            Place::Registers(parts) if flavour != Flavour::I386 => {
                let count = |class| parts.iter().filter(|part| part.class == class).count();
                let (integers, floats) = (count(Class::Integer), count(Class::Float));
                if integers <= self.integers.len() && floats <= self.floats.len() {
                    return Some(parts.iter().flat_map(|part| self.register(*part)).collect());
                }
                if flavour == Flavour::Aarch64 {
                    // What does not fit closes the registers of its kind.
                    self.integers = if integers > 0 { &[] } else { self.integers };
                    self.floats = if floats > 0 { &[] } else { self.floats };
                }
            }
            Place::Memory if flavour == Flavour::Aarch64 => {
                let address = self.take(&words(8), 8)?;
                return self.load(number(&address), bytes);
            }
            _ => {}
        }
        let at = self.next;
        self.next += (bytes as u64).next_multiple_of(flavour.word_size().into());
        self.load(at, bytes)
    }

    /// Where gdb wants a value, if it passes that: of structures that are
    /// returned in memory, and of those of C++ that may not be copied.
    fn hidden(&mut self, result: &Passed, below: &Range<u64>) -> Result<Option<u64>, String> {
        if !result.is_aggregate {
            return Ok(None);
        }
        let flavour = self.file.flavour();
        let is_in_memory = result.place == Place::Memory;
        if flavour == Flavour::Aarch64 {
            let address = self.file.number(self.registers, "x8");
            return Ok((is_in_memory && below.contains(&address)).then_some(address));
        }
        let address = match self.integers.first() {
            Some(name) => self.file.number(self.registers, name),
            None => self.word(self.next).ok_or("what gdb passes cannot be read")?,
        };
        if !is_in_memory && !below.contains(&address) {
            return Ok(None);
        }
        match self.integers.split_first() {
            Some((_, rest)) => self.integers = rest,
            None => self.next += u64::from(flavour.word_size()),
        }
        Ok(Some(address))
    }

    fn register(&mut self, part: Part) -> Vec<u8> {
        let names = match part.class {
            Class::Integer => &mut self.integers,
            Class::Float => &mut self.floats,
        };
        let Some((name, rest)) = names.split_first() else { return Vec::new() };
        *names = rest;
        let mut bytes = self.file.bytes(self.registers, name).to_vec();
        bytes.resize(part.bytes, 0);
        bytes
    }
}

fn words(bytes: usize) -> Place {
    Place::Registers(vec![Part { class: Class::Integer, bytes }])
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Call {
    /// Reads a call of a function of this type. `below` is where gdb puts what
    /// it passes in memory, which the program does not see.
    pub(super) fn read(
        file: &RegisterFile,
        registers: &Registers,
        scratch: &Scratch,
        ty: &FuncType,
        declared: Option<&Signature>,
        below: &Range<u64>,
    ) -> Result<Call, String> {
        let flavour = file.flavour();
        let convention = super::registers::convention(flavour);
        let (integers, floats) = (convention.integers, convention.floats);
        let stack_pointer = file.number(registers, flavour.registers().stack_pointer.name);
        let mut reader = Reader { file, registers, scratch, integers, floats, next: stack_pointer };
        let unread = || "what gdb passes cannot be read".to_string();
        let popped = if flavour == Flavour::Aarch64 { 0 } else { u64::from(flavour.word_size()) };
        let return_address = match convention.link {
            Some(link) => file.number(registers, link),
            None => reader.word(stack_pointer).ok_or_else(unread)?,
        };
        reader.next += popped;
        let mut call = Call {
            arguments: Vec::new(),
            area: 0,
            returns_in_memory: false,
            hidden: None,
            return_address,
            stack_pointer: stack_pointer + popped,
        };
        let Some(declared) = declared else {
            for parameter in ty.params() {
                let (class, bytes) = match parameter {
                    ValType::I32 => (Class::Integer, 4),
                    ValType::I64 => (Class::Integer, 8),
                    ValType::F32 => (Class::Float, 4),
                    ValType::F64 => (Class::Float, 8),
                    _ => return Err(format!("gdb cannot pass a {parameter}")),
                };
                let bytes = reader.take(&Place::Registers(vec![Part { class, bytes }]), bytes).ok_or_else(unread)?;
                call.arguments
                    .push(Argument::Number(value(&bytes, Encoding::Unsigned, *parameter).ok_or_else(unread)?));
            }
            return Ok(call);
        };
        let mut wanted = ty.params().iter();
        match &declared.result {
            Returned::Nothing => {}
            Returned::Unknown => return Err("the type that it returns is not understood".to_string()),
            Returned::Value(result) => {
                call.hidden = reader.hidden(result, below)?;
                call.returns_in_memory = ty.results().is_empty();
                if call.returns_in_memory {
                    let is_wide = wanted.next().ok_or("it returns nothing")? == &ValType::I64;
                    call.copy(vec![0; result.bytes], is_wide)?;
                }
            }
        }
        for parameter in &declared.parameters {
            let parameter = parameter.as_ref().ok_or("the type of an argument is not understood")?;
            let bytes = reader.take(&parameter.place, parameter.bytes).ok_or_else(unread)?;
            match &parameter.passing {
                Passing::Nothing => {}
                Passing::Memory => {
                    let is_wide = wanted.next().ok_or("it takes fewer arguments")? == &ValType::I64;
                    call.copy(bytes, is_wide)?;
                }
                Passing::Numbers(leaves) => {
                    for leaf in leaves {
                        let wanted = wanted.next().ok_or("it takes fewer arguments")?;
                        let part = part(&bytes, leaf).ok_or_else(unread)?;
                        if leaf.encoding == Encoding::Address && below.contains(&number(part)) {
                            return Err("gdb passes the address of a copy, which is in none of the program's memories"
                                .to_string());
                        }
                        let value = value(part, leaf.encoding, *wanted);
                        call.arguments.push(Argument::Number(value.ok_or("its type is not the declared one")?));
                    }
                }
            }
        }
        if wanted.next().is_some() {
            return Err("it takes more arguments than are declared".to_string());
        }
        Ok(call)
    }

    /// Passes a copy of bytes.
    fn copy(&mut self, bytes: Vec<u8>, is_wide: bool) -> Result<(), String> {
        let at = self.area.next_multiple_of(16);
        self.area = at.saturating_add(bytes.len());
        if self.area > MAX_PASSED {
            return Err("what is passed is too large".to_string());
        }
        self.arguments.push(Argument::Copy { at, bytes, is_wide });
        Ok(())
    }

    /// The registers after it has returned a value, as bytes; nothing if it
    /// has none.
    pub(super) fn returned(
        &self,
        file: &RegisterFile,
        mut registers: Registers,
        scratch: &mut Scratch,
        result: Option<(&Passed, &[u8])>,
    ) -> Registers {
        let names = file.flavour().registers();
        file.set(&mut registers, names.pc.name, &self.return_address.to_le_bytes());
        file.set(&mut registers, names.stack_pointer.name, &self.stack_pointer.to_le_bytes());
        if let Some((passed, bytes)) = result {
            let address = self.hidden.unwrap_or(0);
            if self.hidden.is_some() {
                scratch.extend((address..).zip(bytes.iter().copied()));
            }
            file.set_returned(&mut registers, &passed.place, bytes, address);
        }
        registers.pc = self.return_address;
        registers
    }
}

/// The bytes of a number in a value.
fn part<'b>(bytes: &'b [u8], leaf: &Leaf) -> Option<&'b [u8]> {
    let start = usize::try_from(leaf.offset).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(leaf.size).ok()?)?)
}

/// A number as WebAssembly passes it; small ones are extended.
fn value(bytes: &[u8], encoding: Encoding, wanted: ValType) -> Option<Value> {
    let bits = number(bytes);
    let unused = 64_usize.checked_sub(8 * bytes.len())? as u32;
    let bits = match encoding {
        Encoding::Signed | Encoding::SignedChar if unused < 64 => {
            (bits.cast_signed() << unused >> unused).cast_unsigned()
        }
        _ => bits,
    };
    let is_float = encoding == Encoding::Float || encoding == Encoding::Unsigned;
    Some(match wanted {
        ValType::I32 => Value::I32(bits as u32),
        ValType::I64 => Value::I64(bits),
        ValType::F32 if is_float && bytes.len() == 4 => Value::F32(bits as u32),
        ValType::F64 if is_float && bytes.len() == 8 => Value::F64(bits),
        _ => return None,
    })
}

/// The bytes of a value that a function gave back as numbers; nothing if they
/// are not what its type says.
pub(super) fn result_bytes(passed: &Passed, results: &[Value]) -> Option<Vec<u8>> {
    let Passing::Numbers(leaves) = &passed.passing else { return None };
    if leaves.len() != results.len() {
        return None;
    }
    let mut bytes = vec![0; passed.bytes];
    for (leaf, result) in leaves.iter().zip(results) {
        let start = usize::try_from(leaf.offset).ok()?;
        let number = result.bytes();
        let length = usize::try_from(leaf.size).ok()?.min(number.len());
        bytes.get_mut(start..start.checked_add(length)?)?.copy_from_slice(&number[..length]);
    }
    Some(bytes)
}

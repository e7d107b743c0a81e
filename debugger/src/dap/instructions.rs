//! Memory and instructions, by reference.
//!
//! A reference to memory is an address with the memory's index above, one to an
//! instruction its offset in its module's file with the module's index above.
//! Which of the two is meant, the request tells. The requests here have types of
//! their own, as those of `dap-types` lack the sign of their offsets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dap_types::{
    DisassembleResponse, DisassembledInstruction, DisassembledInstructionPresentationHint, MemoryEvent,
    ReadMemoryResponse, WriteMemoryResponse,
};
use serde::Deserialize;
use serde_json::Value;

use super::adapter::Adapter;
use super::wire::{Request, body_of};
use super::{Refusal, arguments};
use crate::engine::{CodeAddress, EngineError, MemoryId, ModuleId};
use crate::session::Session;

/// Where a memory's index begins in a reference, in bits.
const MEMORY_SHIFT: u32 = 48;
/// Where a module's index begins in a reference, in bits.
const MODULE_SHIFT: u32 = 32;
/// How much memory is read at once, in bytes.
const MAX_READ: u64 = 16 << 20;
/// How many instructions are listed at once, and how far from where they are
/// asked for.
const MAX_INSTRUCTIONS: u64 = 65_536;

/// The arguments of `readMemory`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadMemory {
    memory_reference: String,
    #[serde(default)]
    offset: i64,
    count: u64,
}

/// The arguments of `writeMemory`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WriteMemory {
    memory_reference: String,
    #[serde(default)]
    offset: i64,
    #[serde(default)]
    allow_partial: bool,
    data: String,
}

/// The arguments of `disassemble`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Disassemble {
    memory_reference: String,
    #[serde(default)]
    offset: i64,
    #[serde(default)]
    instruction_offset: i64,
    instruction_count: u64,
}

/// A reference to memory.
pub(super) fn memory_reference(memory: MemoryId, address: u64) -> String {
    format!("{:#x}", u64::from(memory.0) << MEMORY_SHIFT | address)
}

/// A reference to an instruction.
pub(super) fn code_reference(code: CodeAddress) -> String {
    format!("{:#x}", u64::from(code.module.0) << MODULE_SHIFT | u64::from(code.offset))
}

fn parse(reference: &str) -> Result<u64, Refusal> {
    let number = match reference.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => reference.parse(),
    };
    number.map_err(|_| Refusal(format!("`{reference}` is no address")))
}

pub(super) fn parse_code(reference: &str) -> Result<CodeAddress, Refusal> {
    let number = parse(reference)?;
    Ok(CodeAddress { module: ModuleId((number >> MODULE_SHIFT) as u32), offset: number as u32 })
}

/// A memory and an address in it, `offset` bytes from a reference; of an
/// address before the first, how far before.
fn parse_memory(reference: &str, offset: i64) -> Result<(MemoryId, i128), Refusal> {
    let number = parse(reference)?;
    let address = number & ((1 << MEMORY_SHIFT) - 1);
    Ok((MemoryId((number >> MEMORY_SHIFT) as u32), i128::from(address) + i128::from(offset)))
}

impl Adapter<'_, '_> {
    /// The size of a memory in bytes.
    fn memory_bytes(&mut self, memory: MemoryId) -> Result<u64, Refusal> {
        let memories = self.session.engine.memories()?;
        Ok(memories.get(memory.0 as usize).ok_or("there is no such memory")?.bytes)
    }

    pub(super) fn read_memory(&mut self, request: &Request) -> Result<Value, Refusal> {
        let asked: ReadMemory = arguments(request)?;
        let (memory, start) = parse_memory(&asked.memory_reference, asked.offset)?;
        let end = self.memory_bytes(memory)?;
        let count = asked.count.min(MAX_READ);
        let inside = u64::try_from(start).ok().filter(|start| *start < end);
        let Some(start) = inside else {
            let address = u64::try_from(start).unwrap_or(0);
            return Ok(body_of(&ReadMemoryResponse {
                address: memory_reference(memory, address),
                unreadable_bytes: Some(count),
                data: None,
            }));
        };
        let length = count.min(end - start);
        let mut bytes = vec![0; length as usize];
        self.session.engine.read_memory(memory, start, &mut bytes)?;
        let unreadable = asked.count - length;
        Ok(body_of(&ReadMemoryResponse {
            address: memory_reference(memory, start),
            unreadable_bytes: (unreadable > 0).then_some(unreadable),
            data: Some(STANDARD.encode(&bytes)),
        }))
    }

    pub(super) fn write_memory(&mut self, request: &Request) -> Result<Value, Refusal> {
        let asked: WriteMemory = arguments(request)?;
        let (memory, start) = parse_memory(&asked.memory_reference, asked.offset)?;
        let start = u64::try_from(start).map_err(|_| "an address before the first")?;
        let mut bytes = STANDARD.decode(&asked.data).map_err(|error| format!("the data are not base64: {error}"))?;
        let end = self.memory_bytes(memory)?;
        let room = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
        if bytes.len() > room && !asked.allow_partial {
            return Err(EngineError::OutOfBounds { address: start, length: bytes.len() as u64, end }.into());
        }
        bytes.truncate(room);
        self.session.engine.write_memory(memory, start, &bytes)?;
        let count = bytes.len() as u64;
        self.client.out.event::<dap_types::events::Memory>(MemoryEvent {
            memory_reference: memory_reference(memory, start),
            offset: 0,
            count,
        });
        Ok(body_of(&WriteMemoryResponse { offset: None, bytes_written: Some(count) }))
    }

    pub(super) fn disassemble(&mut self, request: &Request) -> Result<Value, Refusal> {
        let asked: Disassemble = arguments(request)?;
        if asked.instruction_count > MAX_INSTRUCTIONS || asked.instruction_offset.unsigned_abs() > MAX_INSTRUCTIONS {
            return Err(Refusal(format!("at most {MAX_INSTRUCTIONS} instructions at once")));
        }
        let base = parse_code(&asked.memory_reference)?;
        let offset = u32::try_from(i64::from(base.offset).saturating_add(asked.offset));
        let start = CodeAddress { offset: offset.unwrap_or(u32::MAX), ..base };
        let count = asked.instruction_count as usize;
        let (listed, before) = listing(self.session, start, asked.instruction_offset, count);
        // The specification wants as many as were asked for: what is outside of
        // the code is there, too, and invalid.
        let mut instructions: Vec<DisassembledInstruction> = Vec::new();
        let mut last = (String::new(), 0);
        for index in 0..count {
            let line = index.checked_sub(before).and_then(|index| listed.get(index));
            let Some(line) = line else {
                let beyond = match listed.last() {
                    Some(last) if index >= before => last.offset.saturating_add((index - before) as u32),
                    _ => start.offset.saturating_sub((before - index.min(before)) as u32),
                };
                instructions.push(invalid(CodeAddress { offset: beyond, ..start }));
                continue;
            };
            let mut described = instruction(CodeAddress { offset: line.offset, ..start }, line);
            let place = self.session.code(start.module).and_then(|code| code.place(line.offset));
            // A line of source is named where it begins.
            if let Some(place) = place.filter(|place| (&place.path, place.line) != (&last.0, last.1)) {
                described.line = Some(self.client.line(place.line));
                described.location = Some(self.client.paths.source(&place.path));
                last = (place.path, place.line);
            }
            instructions.push(described);
        }
        Ok(body_of(&DisassembleResponse { instructions }))
    }
}

/// An instruction, as text.
struct Listed {
    offset: u32,
    text: String,
    bytes: String,
    /// The function that begins here.
    function: Option<String>,
}

/// Instructions from `skip` before or after an address on, and how many are
/// missing before the first one.
fn listing(session: &Session<'_>, start: CodeAddress, skip: i64, count: usize) -> (Vec<Listed>, usize) {
    let Some(code) = session.code(start.module) else { return (Vec::new(), 0) };
    let Some(function) = code.function_at(start.offset) else { return (Vec::new(), 0) };
    let first_defined = code.imports.len() as u32;
    let list = |function: u32| {
        let lines = code.disassembly(function);
        let end = code.body(function).map_or(0, |body| body.end);
        let ends: Vec<u32> = lines.iter().skip(1).map(|line| line.offset).chain([end]).collect();
        let mut listed = Vec::new();
        for (line, end) in lines.into_iter().zip(ends) {
            let bytes = code.bytes.get(line.offset as usize..end as usize).unwrap_or_default();
            let bytes = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
            let function = listed.is_empty().then(|| code.function_name(function));
            listed.push(Listed { offset: line.offset, text: line.text, bytes, function });
        }
        listed
    };
    let mut all = list(function);
    let mut at = all.partition_point(|line| line.offset < start.offset) as i64 + skip;
    let mut previous = function;
    while at < 0 && previous > first_defined {
        previous -= 1;
        let mut more = list(previous);
        at += more.len() as i64;
        more.append(&mut all);
        all = more;
    }
    let mut next = function;
    while (all.len() as i64) < at.saturating_add(count as i64) {
        next += 1;
        if code.body(next).is_none() {
            break;
        }
        all.extend(list(next));
    }
    let missing = usize::try_from(-at).unwrap_or(0);
    let skipped = usize::try_from(at).unwrap_or(0);
    (all.into_iter().skip(skipped).take(count.saturating_sub(missing)).collect(), missing)
}

fn instruction(at: CodeAddress, line: &Listed) -> DisassembledInstruction {
    DisassembledInstruction {
        address: code_reference(at),
        instruction_bytes: Some(line.bytes.clone()),
        instruction: line.text.clone(),
        symbol: line.function.clone(),
        location: None,
        line: None,
        column: None,
        end_line: None,
        end_column: None,
        presentation_hint: None,
    }
}

fn invalid(at: CodeAddress) -> DisassembledInstruction {
    DisassembledInstruction {
        address: code_reference(at),
        instruction_bytes: None,
        instruction: "(no code)".to_string(),
        symbol: None,
        location: None,
        line: None,
        column: None,
        end_line: None,
        end_column: None,
        presentation_hint: Some(DisassembledInstructionPresentationHint::Invalid),
    }
}

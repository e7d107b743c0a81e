//! The address space that gdb is shown: linear memory at its own addresses, and
//! above it code, globals and the synthesised stack of `wasm_shadow::layout`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use wasm_shadow::layout::{FrameShape, Layout, Record, SLOT};

use crate::engine::{CodeAddress, Engine, EngineError, Frame, MemoryId, ModuleId, Result, Value, WasmFrame};
use crate::session::{MAX_FRAMES, Session};

/// A stopped program, as gdb is shown it. Made anew at each stop; values are
/// read when gdb asks for them.
pub(super) struct Space {
    /// The engine's frames, innermost first.
    frames: Vec<Frame>,
    /// Their records, outermost first; some of the innermost may have none.
    records: Vec<Record>,
    /// What has been read: locals and operands by the engine's index.
    values: BTreeMap<usize, (Vec<Value>, Vec<Value>)>,
    /// The words of the records by address.
    saved: BTreeMap<u64, u64>,
    /// gdb's program counter.
    pc: u64,
}

/// Where an address leads to.
enum Place {
    Code(usize, u32),
    Host,
    Global(usize, u32, usize),
    Local { frame: usize, index: u32, at: usize },
    Operand { frame: usize, index: u32, at: usize },
    Saved(u64, usize),
    Memory(MemoryId, u64),
    Nothing,
}

impl Space {
    pub(super) fn read(engine: &mut dyn Engine, layout: &Layout, map: &CodeMap) -> Result<Space> {
        let frames = match engine.frames(MAX_FRAMES) {
            Err(EngineError::Ended) => Vec::new(),
            frames => frames?,
        };
        let shapes: Vec<FrameShape> = frames
            .iter()
            .rev()
            .map(|frame| match frame {
                Frame::Wasm(frame) => FrameShape { locals: frame.locals, operands: frame.operands },
                Frame::Host { .. } => FrameShape::default(),
            })
            .collect();
        let records = layout.stack(&shapes);
        let mut space = Space { frames, records, values: BTreeMap::new(), saved: BTreeMap::new(), pc: 0 };
        let mut outer: Option<Record> = None;
        for (depth, record) in space.records.iter().enumerate() {
            let pc = match depth.checked_sub(1).and_then(|outside| space.frame_at(outside)) {
                Some(frame) => space.pc(frame, layout, map),
                None => layout.modules().first().map_or(0, |module| module.host_entry()),
            };
            space.saved.extend(record.saved(pc, outer.as_ref()));
            outer = Some(*record);
        }
        space.pc = space.top_pc(layout, map);
        Ok(space)
    }

    /// The frame with this depth from the outside.
    fn frame_at(&self, depth: usize) -> Option<&Frame> {
        self.frames.get(self.frames.len().checked_sub(depth + 1)?)
    }

    /// gdb's program counter of a frame.
    fn pc(&self, frame: &Frame, layout: &Layout, map: &CodeMap) -> u64 {
        match frame {
            Frame::Wasm(frame) => map.address(layout, frame.pc).unwrap_or(0),
            Frame::Host { .. } => layout.modules().first().map_or(0, |module| module.host_call()),
        }
    }

    /// The program counter of the innermost frame.
    pub(super) fn top_pc(&self, layout: &Layout, map: &CodeMap) -> u64 {
        self.frames.first().map_or(0, |frame| self.pc(frame, layout, map))
    }

    /// The innermost frame's record.
    pub(super) fn top_record(&self) -> Option<&Record> {
        self.records.last()
    }

    /// The innermost frame, if it is the program's.
    pub(super) fn top(&self) -> Option<&WasmFrame> {
        match self.frames.first()? {
            Frame::Wasm(frame) => Some(frame),
            Frame::Host { .. } => None,
        }
    }

    fn place(&self, engine: &mut dyn Engine, layout: &Layout, address: u64) -> Result<(Place, u64)> {
        if let Some(module) = layout.module_at(address) {
            let placement = &layout.modules()[module];
            return Ok(match placement.code_offset(address) {
                Some(offset) => (Place::Code(module, offset as u32), placement.code_size - offset),
                None => (Place::Host, placement.host_end() - address),
            });
        }
        for (module, placement) in layout.modules().iter().enumerate() {
            if (placement.globals..placement.globals_end()).contains(&address) {
                let offset = address - placement.globals;
                let at = offset % SLOT;
                return Ok((Place::Global(module, (offset / SLOT) as u32, at as usize), SLOT - at));
            }
        }
        if let Some(innermost) = self.records.last()
            && (innermost.stack_pointer()..layout.stack_top()).contains(&address)
        {
            return Ok(self.stack_place(address));
        }
        if (layout.stack_floor()..layout.stack_top()).contains(&address) {
            return Ok((Place::Nothing, 0));
        }
        let memories = engine.memories()?;
        for (memory, index) in memories.iter().skip(1).zip(0..) {
            if let Some(window) = layout.memory_window(index)
                && let Some(offset) = address.checked_sub(window).filter(|offset| *offset < memory.bytes)
            {
                return Ok((Place::Memory(MemoryId(index + 1), offset), memory.bytes - offset));
            }
        }
        match memories.first() {
            Some(memory) if address < memory.bytes => Ok((Place::Memory(MemoryId(0), address), memory.bytes - address)),
            _ => Ok((Place::Nothing, 0)),
        }
    }

    /// What of which record an address is, and how many bytes of it there are.
    fn stack_place(&self, address: u64) -> (Place, u64) {
        let depth = self.records.partition_point(|record| record.stack_pointer() > address);
        let Some(record) = self.records.get(depth) else { return (Place::Nothing, 0) };
        let frame = self.frames.len() - 1 - depth;
        let word = address & !7;
        if self.saved.contains_key(&word) {
            return (Place::Saved(word, (address - word) as usize), word + 8 - address);
        }
        let slot = |first: u64, count: u32| {
            // Slot k begins 16 * k below the first.
            let index = (first + SLOT - 1).checked_sub(address)? / SLOT;
            (index < u64::from(count)).then(|| (index as u32, (address - (first - SLOT * index)) as usize))
        };
        if address < record.operand_base() {
            return match slot(record.operand_slot(0), record.shape.operands) {
                Some((index, at)) => (Place::Operand { frame, index, at }, SLOT - at as u64),
                None => (Place::Nothing, 0),
            };
        }
        match slot(record.local_slot(0), record.shape.locals) {
            Some((index, at)) => (Place::Local { frame, index, at }, SLOT - at as u64),
            // Padding between the words and the locals.
            None => (Place::Host, word + 8 - address),
        }
    }

    fn values(&mut self, engine: &mut dyn Engine, frame: usize) -> Result<&(Vec<Value>, Vec<Value>)> {
        match self.values.entry(frame) {
            Entry::Occupied(read) => Ok(read.into_mut()),
            Entry::Vacant(unread) => Ok(unread.insert((engine.locals(frame)?, engine.operands(frame)?))),
        }
    }

    /// The value on top of the innermost frame's operand stack.
    pub(super) fn top_operand(&mut self, engine: &mut dyn Engine) -> Option<Value> {
        self.top()?;
        self.values(engine, 0).ok()?.1.last().copied()
    }

    /// Reads as much as is there, and says how many bytes.
    pub(super) fn load(
        &mut self,
        engine: &mut dyn Engine,
        layout: &Layout,
        code: &[&[u8]],
        address: u64,
        into: &mut [u8],
    ) -> Result<usize> {
        let mut done = 0;
        while done < into.len() {
            let (place, there) = self.place(engine, layout, address.wrapping_add(done as u64))?;
            let length = usize::try_from(there).unwrap_or(usize::MAX).min(into.len() - done);
            if length == 0 {
                break;
            }
            let part = &mut into[done..done + length];
            let slot = |value: Option<&Value>, at: usize, part: &mut [u8]| {
                let mut bytes = value.map(Value::bytes).unwrap_or_default();
                bytes.resize(SLOT as usize, 0);
                part.copy_from_slice(&bytes[at..at + part.len()]);
            };
            match place {
                Place::Code(module, offset) => {
                    let bytes = code.get(module).and_then(|code| code.get(offset as usize..offset as usize + length));
                    part.copy_from_slice(bytes.unwrap_or(&vec![0; length]));
                    // A `ret` of x86 where the program stands would make gdb
                    // take the frame for one that is left already.
                    let top = self.pc.checked_sub(address + done as u64).and_then(|at| part.get_mut(at as usize));
                    if let Some(byte) = top.filter(|byte| **byte == 0xc3) {
                        *byte = 0x90;
                    }
                }
                Place::Host => part.fill(0),
                Place::Global(module, index, at) => {
                    let instances = engine.instances()?;
                    let instance = instances.iter().position(|instance| instance.module.0 as usize == module);
                    let value =
                        instance.map(|instance| engine.global(crate::engine::InstanceId(instance as u32), index));
                    slot(value.transpose()?.as_ref(), at, part);
                }
                Place::Local { frame, index, at } => {
                    let value = self.values(engine, frame)?.0.get(index as usize).copied();
                    slot(value.as_ref(), at, part);
                }
                Place::Operand { frame, index, at } => {
                    let value = self.values(engine, frame)?.1.get(index as usize).copied();
                    slot(value.as_ref(), at, part);
                }
                Place::Saved(word, at) => {
                    let bytes = self.saved.get(&word).copied().unwrap_or_default().to_le_bytes();
                    part.copy_from_slice(&bytes[at..at + length]);
                }
                Place::Memory(memory, at) => engine.read_memory(memory, at, part)?,
                Place::Nothing => break,
            }
            done += length;
        }
        Ok(done)
    }

    /// Writes memory, globals, and locals where the engine lets them be set.
    pub(super) fn store(&mut self, engine: &mut dyn Engine, layout: &Layout, address: u64, bytes: &[u8]) -> Result<()> {
        let (place, there) = self.place(engine, layout, address)?;
        if there < bytes.len() as u64 {
            return Err(EngineError::Unsupported("not all of it can be written".to_string()));
        }
        match place {
            Place::Memory(memory, at) => engine.write_memory(memory, at, bytes),
            Place::Global(module, index, at) => {
                let instances = engine.instances()?;
                let instance = instances.iter().position(|instance| instance.module.0 as usize == module);
                let instance = crate::engine::InstanceId(instance.unwrap_or_default() as u32);
                let value = engine.global(instance, index)?;
                engine.set_global(instance, index, overwritten(value, at, bytes)?)
            }
            Place::Local { frame, index, at } => {
                let value = self.values(engine, frame)?.0.get(index as usize).copied();
                let value = value.ok_or_else(|| EngineError::NoSuch(format!("local {index}")))?;
                engine.set_local(frame, index, overwritten(value, at, bytes)?)?;
                self.values.remove(&frame);
                Ok(())
            }
            _ => Err(EngineError::Unsupported("this can only be read".to_string())),
        }
    }
}

/// A value with some of its bytes changed.
fn overwritten(value: Value, at: usize, bytes: &[u8]) -> Result<Value> {
    let mut all = value.bytes();
    let place = all.get_mut(at..at + bytes.len());
    place.ok_or_else(|| EngineError::Unsupported("it is smaller than that".to_string()))?.copy_from_slice(bytes);
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let bits = word(&all);
    Ok(match value {
        Value::I32(_) => Value::I32(bits as u32),
        Value::I64(_) => Value::I64(bits as u64),
        Value::F32(_) => Value::F32(bits as u32),
        Value::F64(_) => Value::F64(bits as u64),
        Value::V128(_) => Value::V128(bits),
        Value::Reference(_) => return Err(EngineError::Unsupported("references cannot be set".to_string())),
    })
}

/// Where a program's code is, in its files and as gdb has it.
///
/// DWARF lets a function begin with its declarations of locals, which are no
/// instruction. gdb knows a call's beginning by that address, so the first
/// instruction of a function has it.
pub(super) struct CodeMap {
    modules: Vec<ModuleCode>,
}

struct ModuleCode {
    /// Where the code section's contents begin in the file.
    start: u32,
    /// The first instruction of each function, and where its body begins.
    first: BTreeMap<u32, u32>,
    /// Where each body begins, and its first instruction.
    begins: BTreeMap<u32, u32>,
}

impl CodeMap {
    pub(super) fn new(session: &Session<'_>, starts: impl Iterator<Item = u32>) -> CodeMap {
        let modules = session.code.iter().zip(starts).map(|(code, start)| {
            let first = code.first_instructions();
            let begins = first.iter().map(|(first, begin)| (*begin, *first)).collect();
            ModuleCode { start, first, begins }
        });
        CodeMap { modules: modules.collect() }
    }

    /// gdb's address of an instruction.
    pub(super) fn address(&self, layout: &Layout, code: CodeAddress) -> Option<u64> {
        let module = self.modules.get(code.module.0 as usize)?;
        let shown = module.first.get(&code.offset).copied().unwrap_or(code.offset);
        let offset = shown.checked_sub(module.start)?;
        layout.modules().get(code.module.0 as usize)?.address(u64::from(offset))
    }

    /// What is at gdb's address; it may lie inside of an instruction.
    pub(super) fn code(&self, layout: &Layout, address: u64) -> Option<CodeAddress> {
        let index = layout.module_at(address)?;
        let module = self.modules.get(index)?;
        let offset = module.start + layout.modules()[index].code_offset(address)? as u32;
        let offset = module.begins.get(&offset).copied().unwrap_or(offset);
        Some(CodeAddress { module: ModuleId(index as u32), offset })
    }
}

//! The address space that gdb is shown: linear memory at its own addresses, and
//! above it code, globals and the synthesised stack of `wasm_shadow::layout`.
//!
//! Of several memories, that of the stopped function's instance is the one at
//! its own addresses, where pointers lead to. All have windows, too.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use wasm_shadow::layout::{FrameShape, Record, SLOT};

use super::images::Images;
use crate::engine::{Engine, EngineError, Frame, Instance, InstanceId, MemoryId, Result, Value, WasmFrame};
use crate::session::MAX_FRAMES;

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
    instances: Vec<Instance>,
    /// The memory that is at its own addresses.
    memory: MemoryId,
}

/// Where an address leads to.
enum Place {
    Code(usize, u32),
    Host,
    Global(InstanceId, u32, usize),
    Local { frame: usize, index: u32, at: usize },
    Operand { frame: usize, index: u32, at: usize },
    Saved(u64, usize),
    Memory(MemoryId, u64),
    Nothing,
}

impl Space {
    /// Reads it. Instances that are new get images.
    pub(super) fn read(engine: &mut dyn Engine, images: &mut Images<'_>) -> Result<Space> {
        let instances = match engine.instances() {
            Err(EngineError::Ended) => Vec::new(),
            instances => instances?,
        };
        images.update(&instances);
        let images = &*images;
        let layout = images.layout();
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
        let memory = frames.iter().find_map(|frame| match frame {
            Frame::Wasm(frame) => instances.get(frame.instance.0 as usize)?.memories.first().copied(),
            Frame::Host { .. } => None,
        });
        let memory = memory.unwrap_or(MemoryId(0));
        let (values, saved) = (BTreeMap::new(), BTreeMap::new());
        let mut space = Space { frames, records, values, saved, pc: 0, instances, memory };
        let mut outer: Option<Record> = None;
        for (depth, record) in space.records.iter().enumerate() {
            let pc = match depth.checked_sub(1).and_then(|outside| space.index_at(outside)) {
                Some(frame) => space.pc(frame, images),
                None => layout.modules().first().map_or(0, |module| module.host_entry()),
            };
            space.saved.extend(record.saved(pc, outer.as_ref()));
            outer = Some(*record);
        }
        space.pc = space.top_pc(images);
        Ok(space)
    }

    /// The index of the frame with this depth from the outside.
    fn index_at(&self, depth: usize) -> Option<usize> {
        self.frames.len().checked_sub(depth + 1)
    }

    /// gdb's program counter of a frame.
    pub(super) fn pc(&self, index: usize, images: &Images<'_>) -> u64 {
        match self.frames.get(index) {
            Some(Frame::Wasm(frame)) => images.address(frame.instance, frame.pc).unwrap_or(0),
            Some(Frame::Host { name }) => {
                let caller = self.frames[index..].iter().find_map(|frame| match frame {
                    Frame::Wasm(frame) => Some(frame.instance),
                    Frame::Host { .. } => None,
                });
                images.host_call(caller, name)
            }
            None => 0,
        }
    }

    /// The program counter of the innermost frame.
    pub(super) fn top_pc(&self, images: &Images<'_>) -> u64 {
        self.pc(0, images)
    }

    /// The frames, innermost first.
    pub(super) fn frames(&self) -> &[Frame] {
        &self.frames
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

    fn place(&self, engine: &mut dyn Engine, images: &Images<'_>, address: u64) -> Result<(Place, u64)> {
        let layout = images.layout();
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
                let global = |instance| Place::Global(instance, (offset / SLOT) as u32, at as usize);
                return Ok((images.instance(module).map_or(Place::Host, global), SLOT - at));
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
        let (memory, at) = self.memory_at(images, address);
        let place = match memory.zip(engine.memories()?.get(memory.unwrap_or(self.memory).0 as usize)) {
            Some((id, memory)) if at < memory.bytes => (Place::Memory(id, at), memory.bytes - at),
            _ => (Place::Nothing, 0),
        };
        Ok(place)
    }

    /// The memory that gdb's address is in, if it is in any, and the address
    /// there.
    pub(super) fn memory_at(&self, images: &Images<'_>, address: u64) -> (Option<MemoryId>, u64) {
        let layout = images.layout();
        if let Some((image, at)) = layout.window_at(address) {
            let instance = images.instance(image).and_then(|id| self.instances.get(id.0 as usize));
            return (instance.and_then(|instance| instance.memories.first().copied()), at);
        }
        let window = |index: &u32| {
            layout.memory_window(*index).is_some_and(|window| (window..window + (1 << 40)).contains(&address))
        };
        match (0..64).find(window) {
            Some(index) => (Some(MemoryId(index + 1)), address - layout.memory_window(index).unwrap_or_default()),
            None => (Some(self.memory), address),
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
        images: &Images<'_>,
        address: u64,
        into: &mut [u8],
    ) -> Result<usize> {
        let mut done = 0;
        while done < into.len() {
            let (place, there) = self.place(engine, images, address.wrapping_add(done as u64))?;
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
            // A reference has no bytes; nor has a value that a core dump lacks.
            let known = |value: Option<&Value>| match value {
                Some(Value::Reference(_)) => Err(EngineError::NoSuch("value of it in bytes".to_string())),
                _ => Ok(()),
            };
            match place {
                Place::Code(module, offset) => {
                    let bytes = images.code_bytes(module).get(offset as usize..offset as usize + length);
                    part.copy_from_slice(bytes.unwrap_or(&vec![0; length]));
                    // A `ret` of x86 where the program stands would make gdb
                    // take the frame for one that is left already.
                    let top = self.pc.checked_sub(address + done as u64).and_then(|at| part.get_mut(at as usize));
                    if let Some(byte) = top.filter(|byte| **byte == 0xc3) {
                        *byte = 0x90;
                    }
                }
                Place::Host => part.fill(0),
                Place::Global(instance, index, at) => {
                    let value = engine.global(instance, index)?;
                    known(Some(&value))?;
                    slot(Some(&value), at, part);
                }
                Place::Local { frame, index, at } => {
                    let value = self.values(engine, frame)?.0.get(index as usize).copied();
                    known(value.as_ref())?;
                    slot(value.as_ref(), at, part);
                }
                Place::Operand { frame, index, at } => {
                    let value = self.values(engine, frame)?.1.get(index as usize).copied();
                    known(value.as_ref())?;
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
    pub(super) fn store(
        &mut self,
        engine: &mut dyn Engine,
        images: &Images<'_>,
        address: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let (place, there) = self.place(engine, images, address)?;
        if there < bytes.len() as u64 {
            return Err(EngineError::Unsupported("not all of it can be written".to_string()));
        }
        match place {
            Place::Memory(memory, at) => engine.write_memory(memory, at, bytes),
            Place::Global(instance, index, at) => {
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

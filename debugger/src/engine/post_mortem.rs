//! The engine that does not run: a core dump, to look at.
//!
//! Format: `Coredump.md` of the tool conventions, read and written by
//! [`memviz::coredump`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use memviz::MemoryRead;
use memviz::coredump::{CoreFrame, CoreInstance, CoreThread, Coredump};
use wasm_source::WasmValue;
use wasmparser::{BinaryReader, FunctionBody, Operator};

use super::{
    Abilities, CodeAddress, Engine, EngineError, Frame, Instance, InstanceId, Interrupter, LoadedModule, Memory,
    MemoryId, ModuleId, Reference, Result, Resume, Stop, Trap, TrapKind, Value, Visitor, WasmFrame, Watchpoint,
};
use crate::code::Code;

/// How many bytes of memory a core dump may hold.
const MAX_BYTES: u64 = 4 << 30;

/// How many locals a function may have (JavaScript API, implementation-defined
/// limits).
const MAX_LOCALS: usize = 50_000;

/// A core dump and the program that it is of.
pub struct PostMortem {
    modules: Vec<LoadedModule>,
    dump: Coredump,
    frames: Vec<WasmFrame>,
    stop: Stop,
    /// How many frames the module has no place for.
    misfits: usize,
}

impl PostMortem {
    /// Reads a core dump of a module.
    ///
    /// # Errors
    /// If it is none, or damaged.
    pub fn open(name: &str, bytes: Bytes, dump: &[u8]) -> Result<PostMortem> {
        let failed = |error: &dyn std::fmt::Display| EngineError::Failed(format!("the core dump: {error}"));
        if !Coredump::is_one(dump) {
            return Err(EngineError::Failed("this is no core dump: it has no custom section `core`".to_string()));
        }
        let dump = Coredump::read(dump, MAX_BYTES).map_err(|error| failed(&error))?;
        let code = Code::open(&bytes);
        let frames = dump.threads.first().map(|thread| thread.frames.as_slice()).unwrap_or_default();
        let misfits = frames.iter().filter(|frame| place(&code, frame).is_none()).count();
        let mut ways = BTreeMap::new();
        let frames = frames.iter().enumerate().map(|(index, frame)| {
            let at = offset(&code, frame);
            let goes_on = || after_call(&code, frame.function, at);
            let offset = if index == 0 { at } else { *ways.entry((frame.function, at)).or_insert_with(goes_on) };
            WasmFrame {
                instance: InstanceId(frame.instance),
                function: frame.function,
                pc: CodeAddress { module: ModuleId(0), offset },
                locals: locals_of(&code, frame.function).max(frame.locals.len()) as u32,
                operands: frame.stack.len() as u32,
            }
        });
        let frames = frames.collect();
        let message = "what ended the program is not in its core dump".to_string();
        Ok(PostMortem {
            frames,
            misfits,
            modules: vec![LoadedModule { name: name.to_string(), bytes }],
            dump,
            stop: Stop::Trap(Trap { kind: TrapKind::Other, message }),
        })
    }

    /// What is to be said of a core dump that seems to be of another program.
    pub fn warning(&self) -> Option<String> {
        let count = self.frames.len();
        (self.misfits > 0).then(|| {
            format!(
                "warning: the core dump is of another program, or of another build: {} of its {count} frames are \
                 nowhere in this one",
                self.misfits
            )
        })
    }

    fn frame(&self, frame: usize) -> Result<&CoreFrame> {
        let frames = self.dump.threads.first().map(|thread| &thread.frames);
        frames.and_then(|frames| frames.get(frame)).ok_or_else(|| EngineError::NoSuch(format!("frame {frame}")))
    }

    fn memory(&self, memory: MemoryId) -> Result<&(memviz::MemoryType, memviz::Image)> {
        self.dump.memories.get(memory.0 as usize).ok_or_else(|| EngineError::NoSuch(format!("memory {}", memory.0)))
    }
}

/// Where a frame stands in the module's file. The convention has meant offsets
/// in the code section and in functions, too; those that do not lie in the
/// function as one are taken as the other.
fn offset(code: &Code<'_>, frame: &CoreFrame) -> u32 {
    let body = code.body(frame.function).map(|body| body.start);
    place(code, frame).or(body).unwrap_or(frame.offset)
}

/// Where a frame stands, if an instruction of its function begins or ends there
/// in one of these ways.
fn place(code: &Code<'_>, frame: &CoreFrame) -> Option<u32> {
    let body = code.body(frame.function)?;
    let section = code.section_start.saturating_add(frame.offset);
    let function = body.start.saturating_add(frame.offset);
    let all = [frame.offset, section, function];
    let instructions = code.instructions(frame.function);
    let is_one = |offset: &u32| *offset == body.end || instructions.iter().any(|(start, _)| start == offset);
    all.into_iter().find(is_one)
}

/// How many parameters and locals a function has: a dump may have fewer.
fn locals_of(code: &Code<'_>, function: u32) -> usize {
    let parameters = code.signature(function).map_or(0, |ty| ty.params().len());
    let body = code.body(function).and_then(|body| code.bytes.get(body.start as usize..body.end as usize));
    let locals = body.and_then(|bytes| FunctionBody::new(BinaryReader::new(bytes, 0)).get_locals_reader().ok());
    let locals = locals.into_iter().flatten().map_while(Result::ok).map(|(count, _)| count as usize);
    parameters + locals.sum::<usize>().min(MAX_LOCALS)
}

/// Where a function goes on after the call that it waits for: dumps have the
/// call, an engine what comes after.
fn after_call(code: &Code<'_>, function: u32, offset: u32) -> u32 {
    let instructions = code.instructions(function);
    let Ok(at) = instructions.binary_search_by_key(&offset, |(start, _)| *start) else { return offset };
    let is_call =
        matches!(instructions[at].1, Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. });
    instructions.get(at + 1).filter(|_| is_call).map_or(offset, |(start, _)| *start)
}

/// The call that a function waits for, by where it goes on after it.
fn call_before(code: &Code<'_>, function: u32, offset: u32) -> u32 {
    let instructions = code.instructions(function);
    let at = instructions.partition_point(|(start, _)| *start < offset);
    at.checked_sub(1).and_then(|at| instructions.get(at)).map_or(offset, |(start, _)| *start)
}

/// What a stopped program is, as a core dump. `name` is the program's.
///
/// # Errors
/// If the program has ended, or its memory cannot be read.
pub fn core_dump(engine: &mut dyn Engine, name: &str, limit: usize) -> Result<Vec<u8>> {
    let instances = engine.instances()?;
    let mut dump = Coredump {
        executable: name.to_string(),
        modules: engine.modules().iter().map(|module| module.name.clone()).collect(),
        ..Coredump::default()
    };
    for (instance, id) in instances.iter().zip(0..) {
        let first = dump.globals.len() as u32;
        for index in 0..instance.globals {
            let value = engine.global(InstanceId(id), index).ok().as_ref().and_then(Value::number);
            dump.globals.push((value, true));
        }
        dump.instances.push(CoreInstance {
            module: instance.module.0,
            memories: instance.memories.iter().map(|memory| memory.0).collect(),
            globals: (first..first + instance.globals).collect(),
        });
    }
    let frames = engine.frames(limit)?;
    let modules: Vec<Bytes> = engine.modules().iter().map(|module| module.bytes.clone()).collect();
    let code: Vec<Code<'_>> = modules.iter().map(|bytes| Code::open(bytes)).collect();
    let mut calls = BTreeMap::new();
    let mut thread = CoreThread { name: "main".to_string(), frames: Vec::new() };
    for (index, frame) in frames.iter().enumerate() {
        let Frame::Wasm(frame) = frame else { continue };
        let waits = || match code.get(frame.pc.module.0 as usize) {
            Some(code) if index > 0 => call_before(code, frame.function, frame.pc.offset),
            _ => frame.pc.offset,
        };
        let offset = *calls.entry((frame.pc, index == 0)).or_insert_with(waits);
        thread.frames.push(CoreFrame {
            instance: frame.instance.0,
            function: frame.function,
            offset,
            locals: engine.locals(index)?.iter().map(Value::number).collect(),
            stack: engine.operands(index)?.iter().map(Value::number).collect(),
        });
    }
    dump.threads.push(thread);
    for (memory, id) in engine.memories()?.into_iter().zip(0..) {
        let ty = memviz::MemoryType {
            minimum_bytes: memory.bytes,
            is_64: memory.memory64,
            shared: memory.shared,
            ..memviz::MemoryType::default()
        };
        let copy = Copied { engine: std::cell::RefCell::new(&mut *engine), memory: MemoryId(id), bytes: memory.bytes };
        dump.memories.push((ty, memviz::Image::capture(&copy)));
    }
    Ok(dump.write())
}

/// A memory that is copied into a dump.
struct Copied<'e> {
    engine: std::cell::RefCell<&'e mut dyn Engine>,
    memory: MemoryId,
    bytes: u64,
}

impl MemoryRead for Copied<'_> {
    fn len(&self) -> u64 {
        self.bytes
    }

    fn read(&self, address: u64, into: &mut [u8]) -> bool {
        self.engine.borrow_mut().read_memory(self.memory, address, into).is_ok()
    }
}

fn value(value: Option<WasmValue>) -> Value {
    match value {
        Some(WasmValue::I32(bits)) => Value::I32(bits),
        Some(WasmValue::I64(bits)) => Value::I64(bits),
        Some(WasmValue::F32(bits)) => Value::F32(bits),
        Some(WasmValue::F64(bits)) => Value::F64(bits),
        Some(WasmValue::V128(bits)) => Value::V128(bits),
        None => Value::Reference(Reference::Missing),
    }
}

fn still<T>() -> Result<T> {
    Err(EngineError::Unsupported("a core dump does not run, and does not change".to_string()))
}

impl Engine for PostMortem {
    fn abilities(&self) -> Abilities {
        Abilities::default()
    }

    fn modules(&self) -> &[LoadedModule] {
        &self.modules
    }

    fn instances(&mut self) -> Result<Vec<Instance>> {
        let instances = self.dump.instances.iter().map(|instance| Instance {
            module: ModuleId(0),
            memories: instance.memories.iter().map(|memory| MemoryId(*memory)).collect(),
            globals: instance.globals.len() as u32,
        });
        Ok(instances.collect())
    }

    fn memories(&mut self) -> Result<Vec<Memory>> {
        let memories = self.dump.memories.iter().map(|(ty, image)| Memory {
            bytes: image.len(),
            maximum_bytes: None,
            memory64: ty.is_64,
            shared: ty.shared,
        });
        Ok(memories.collect())
    }

    fn stop(&self) -> &Stop {
        &self.stop
    }

    /// It stays where it is.
    fn resume(&mut self, _: Resume) -> Result<Stop> {
        Ok(self.stop.clone())
    }

    fn interrupter(&self) -> Interrupter {
        Interrupter::new(Arc::new(AtomicBool::new(false)), || {})
    }

    fn admit(&mut self, _: Visitor) {}

    fn set_breakpoints(&mut self, at: &BTreeSet<CodeAddress>) -> Result<()> {
        if at.is_empty() { Ok(()) } else { still() }
    }

    fn set_watchpoints(&mut self, watchpoints: &[Watchpoint]) -> Result<()> {
        if watchpoints.is_empty() { Ok(()) } else { still() }
    }

    fn frames(&mut self, limit: usize) -> Result<Vec<Frame>> {
        Ok(self.frames.iter().take(limit).map(|frame| Frame::Wasm(*frame)).collect())
    }

    fn depth(&mut self) -> Result<usize> {
        Ok(self.frames.len())
    }

    fn locals(&mut self, frame: usize) -> Result<Vec<Value>> {
        let known = self.frame(frame)?.locals.iter().map(|local| value(*local));
        let count = self.frames.get(frame).map_or(0, |frame| frame.locals as usize);
        Ok(known.chain(std::iter::repeat(Value::Reference(Reference::Missing))).take(count).collect())
    }

    fn operands(&mut self, frame: usize) -> Result<Vec<Value>> {
        Ok(self.frame(frame)?.stack.iter().map(|operand| value(*operand)).collect())
    }

    fn set_local(&mut self, _: usize, _: u32, _: Value) -> Result<()> {
        still()
    }

    fn global(&mut self, instance: InstanceId, index: u32) -> Result<Value> {
        let missing = || EngineError::NoSuch(format!("global {index}"));
        let instance = self.dump.instances.get(instance.0 as usize).ok_or_else(missing)?;
        let global = instance.globals.get(index as usize).and_then(|global| self.dump.globals.get(*global as usize));
        Ok(value(global.ok_or_else(missing)?.0))
    }

    fn set_global(&mut self, _: InstanceId, _: u32, _: Value) -> Result<()> {
        still()
    }

    fn read_memory(&mut self, memory: MemoryId, address: u64, into: &mut [u8]) -> Result<()> {
        let (_, image) = self.memory(memory)?;
        let length = into.len() as u64;
        match image.read(address, into) {
            true => Ok(()),
            false => Err(EngineError::OutOfBounds { address, length, end: image.len() }),
        }
    }

    fn write_memory(&mut self, _: MemoryId, _: u64, _: &[u8]) -> Result<()> {
        still()
    }

    fn call(&mut self, _: InstanceId, _: u32, _: &[Value]) -> Result<Vec<Value>> {
        still()
    }

    fn instructions(&self) -> Option<u64> {
        None
    }
}

//! The frame that an expression is evaluated in.

use std::cell::RefCell;

use wasm_source::{Inspector, Machine, WasmValue};

use super::Handle;
use super::syntax::{ExpressionError, Result};
use crate::code::Code;
use crate::engine::{Engine, EngineError, Frame, Instance, InstanceId, MemoryId, Value, WasmFrame};
use crate::session::{Session, look_up};

/// A stopped program, in one of its frames.
pub(super) struct Stopped<'e, 'm> {
    pub(super) engine: RefCell<&'e mut dyn Engine>,
    pub(super) code: &'e Code<'m>,
    /// The code of all modules.
    pub(super) all: &'e [Code<'m>],
    /// The frame's number, and what it is; nothing if the program has ended.
    pub(super) frame: usize,
    pub(super) wasm: Option<WasmFrame>,
    pub(super) instance: InstanceId,
    pub(super) memory: Option<MemoryId>,
    /// Whether addresses are of 64 bits.
    pub(super) memory64: bool,
    /// The byte of code that says which variables there are.
    pub(super) offset: u32,
    pub(super) locals: Vec<Value>,
    operands: Vec<Value>,
    /// The values that were shown, `$1` first.
    history: &'e [Handle],
}

impl<'e, 'm> Stopped<'e, 'm> {
    pub(super) fn of(session: &'e mut Session<'m>, frame: usize) -> Result<Stopped<'e, 'm>> {
        let stopped = Stopped::new(&mut *session.engine, &session.code, frame)?;
        Ok(Stopped { history: &session.history, ..stopped })
    }

    /// A value that was shown before, by its number: `1`, the last one by
    /// nothing, the one before by `$`, those before by `$2`. Nothing if the name
    /// is none of these.
    pub(super) fn shown(&self, name: &str) -> Option<Option<&'e Handle>> {
        let last = self.history.len();
        let place = match (name, name.strip_prefix('$')) {
            ("", _) => last.checked_sub(1),
            (_, Some("")) => last.checked_sub(2),
            (_, Some(back)) => last.checked_sub(back.parse::<usize>().ok()?.checked_add(1)?),
            (number, None) => number.parse::<usize>().ok()?.checked_sub(1),
        };
        Some(place.and_then(|place| self.history.get(place)))
    }

    pub(super) fn new(engine: &'e mut dyn Engine, code: &'e [Code<'m>], frame: usize) -> Result<Stopped<'e, 'm>> {
        let fail = |error: crate::engine::EngineError| ExpressionError::new(1, error);
        let frames = engine.frames(frame + 1).unwrap_or_default();
        let wasm = match frames.get(frame) {
            Some(Frame::Wasm(wasm)) => Some(*wasm),
            Some(Frame::Host { name }) => {
                return Err(ExpressionError::new(1, format!("this frame is the host's: {name}")));
            }
            None if frame == 0 => None,
            None => return Err(ExpressionError::new(1, format!("there is no frame {frame}"))),
        };
        let (locals, operands) = match wasm {
            Some(_) => (engine.locals(frame).map_err(fail)?, engine.operands(frame).map_err(fail)?),
            None => (Vec::new(), Vec::new()),
        };
        let instances: Vec<Instance> = engine.instances().unwrap_or_default();
        let id = wasm.map_or(InstanceId(0), |wasm| wasm.instance);
        let instance = instances.get(id.0 as usize);
        let module = wasm.map(|wasm| wasm.pc.module).or_else(|| Some(instance?.module));
        let all = code;
        let code = all.get(module.map_or(0, |module| module.0 as usize));
        let memory = instance.and_then(|instance| instance.memories.first().copied());
        let memories = memory.and_then(|_| engine.memories().ok()).unwrap_or_default();
        let memory64 = memory.and_then(|id| memories.get(id.0 as usize)).is_some_and(|memory| memory.memory64);
        Ok(Stopped {
            code: code.ok_or_else(|| ExpressionError::new(1, "the program has no module"))?,
            all,
            frame,
            wasm,
            instance: id,
            memory,
            memory64,
            offset: wasm.map_or(0, |wasm| look_up(frame, &wasm)),
            locals,
            operands,
            history: &[],
            engine: RefCell::new(engine),
        })
    }

    /// What reads typed values here, if the module has debug information.
    pub(super) fn inspector<'s>(&'s self) -> Option<Inspector<'s, 'm, Self>> {
        Some(Inspector::new(self.code.source()?, self, self.offset))
    }

    pub(super) fn write(&self, address: u64, bytes: &[u8]) -> std::result::Result<(), String> {
        let memory = self.memory.ok_or("the program has no memory")?;
        self.engine.borrow_mut().write_memory(memory, address, bytes).map_err(|error| error.to_string())
    }

    /// An address below the stack with room for so many bytes.
    pub(super) fn below_stack(&self, bytes: u64) -> Option<u64> {
        crate::call::below_stack(&mut **self.engine.borrow_mut(), self.code, self.instance, bytes)
    }

    /// Calls a function of the program, with these bytes below its stack, and
    /// the stack pointer below them.
    pub(super) fn call(
        &self,
        function: u32,
        arguments: &[Value],
        below: Option<u64>,
        bytes: &[u8],
    ) -> crate::engine::Result<Vec<Value>> {
        let mut engine = self.engine.borrow_mut();
        if let Some(address) = below.filter(|_| !bytes.is_empty()) {
            let memory = self.memory.ok_or_else(|| EngineError::NoSuch("memory".to_string()))?;
            engine.write_memory(memory, address, bytes)?;
        }
        crate::call::call(&mut **engine, self.code, self.instance, function, arguments, below)
    }

    /// The function of this module that a pointer to a function means.
    pub(super) fn table_function(&self, index: u64) -> std::result::Result<u32, String> {
        let index = u32::try_from(index).map_err(|_| format!("there is no function {index:#x}"))?;
        let found = self.engine.borrow_mut().table_function(self.instance, index);
        let (instance, function) = found.map_err(|error| error.to_string())?;
        let is_here = instance == self.instance;
        is_here.then_some(function).ok_or_else(|| "the pointer leads to a function of another module".to_string())
    }

    /// A register: `pc`, `sp`, `local0`, `global0`, `stack0`.
    pub(super) fn register(&self, name: &str) -> Option<Value> {
        let index = |kind: &str| name.strip_prefix(kind)?.parse::<u32>().ok();
        if let Some(index) = index("local") {
            return self.locals.get(index as usize).copied();
        }
        if let Some(index) = index("stack") {
            return self.operands.get(index as usize).copied();
        }
        if let Some(index) = index("global") {
            return self.engine.borrow_mut().global(self.instance, index).ok();
        }
        match name {
            "pc" => Some(Value::I32(self.wasm?.pc.offset)),
            "sp" => {
                let index = crate::call::stack_pointer(self.code)?;
                self.engine.borrow_mut().global(self.instance, index).ok()
            }
            _ => None,
        }
    }
}

impl Machine for Stopped<'_, '_> {
    fn read_memory(&self, address: u64, into: &mut [u8]) -> bool {
        let Some(memory) = self.memory else { return false };
        self.engine.borrow_mut().read_memory(memory, address, into).is_ok()
    }

    fn local(&self, index: u32) -> Option<WasmValue> {
        self.locals.get(index as usize)?.number()
    }

    fn global(&self, index: u32) -> Option<WasmValue> {
        self.engine.borrow_mut().global(self.instance, index).ok()?.number()
    }

    fn stack(&self, index: u32) -> Option<WasmValue> {
        self.operands.get(index as usize)?.number()
    }
}

/// The type of a function.
pub(super) fn function_type(bytes: &[u8], function: u32) -> Option<wasmparser::FuncType> {
    use wasmparser::{Parser, Payload, TypeRef};
    let mut types = Vec::new();
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(bytes).map_while(std::result::Result::ok) {
        match payload {
            Payload::TypeSection(section) => {
                for group in section.into_iter().flatten() {
                    types.extend(group.into_types().map(|ty| match ty.composite_type.inner {
                        wasmparser::CompositeInnerType::Func(function) => Some(function),
                        _ => None,
                    }));
                }
            }
            Payload::ImportSection(section) => {
                functions.extend(section.into_imports().flatten().filter_map(|import| match import.ty {
                    TypeRef::Func(ty) | TypeRef::FuncExact(ty) => Some(ty),
                    _ => None,
                }));
            }
            Payload::FunctionSection(section) => functions.extend(section.into_iter().flatten()),
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    types.get(*functions.get(function as usize)? as usize)?.clone()
}

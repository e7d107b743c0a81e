//! Core dumps in the format of the tool conventions (`Coredump.md`): a module whose custom sections `core`,
//! `coremodules`, `coreinstances` and `corestack` hold threads and frames, and whose memories, globals and data hold the
//! state. wasmtime, wasmedge and others write them.

use wasm_encoder::{
    ConstExpr, CoreDumpInstancesSection, CoreDumpModulesSection, CoreDumpSection, CoreDumpStackSection, CoreDumpValue,
    DataSection, GlobalSection, Ieee32, Ieee64, MemorySection, Module,
};
use wasm_source::WasmValue;
use wasmparser::{BinaryReader, Operator, Parser, Payload};

use crate::image::{IMAGE_PAGE, Image};
use crate::memory::MemoryRead;
use crate::program::MemoryType;

/// A core dump.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coredump {
    /// The program's name.
    pub executable: String,
    /// The modules' names or paths.
    pub modules: Vec<String>,
    /// The instances.
    pub instances: Vec<CoreInstance>,
    /// The threads.
    pub threads: Vec<CoreThread>,
    /// All memories: what kind, and the bytes.
    pub memories: Vec<(MemoryType, Image)>,
    /// All globals: the value, and whether it can change. References are not kept: `None`.
    pub globals: Vec<(Option<WasmValue>, bool)>,
}

/// An instance of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoreInstance {
    /// Which of [`Coredump::modules`].
    pub module: u32,
    /// Which of [`Coredump::memories`] are its memories.
    pub memories: Vec<u32>,
    /// Which of [`Coredump::globals`] are its globals.
    pub globals: Vec<u32>,
}

/// A thread with its frames, the innermost first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CoreThread {
    /// Its name.
    pub name: String,
    /// Its frames.
    pub frames: Vec<CoreFrame>,
}

/// A frame of a stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CoreFrame {
    /// Which of [`Coredump::instances`].
    pub instance: u32,
    /// The function's index in its module.
    pub function: u32,
    /// Where it stands. The convention has moved: from the start of the code section's contents (as DWARF counts), or
    /// of the function, or of the file; wasmtime writes offsets in the file.
    pub offset: u32,
    /// The values of its locals; `None` for one that was optimised out or has no number type.
    pub locals: Vec<Option<WasmValue>>,
    /// The values on its operand stack.
    pub stack: Vec<Option<WasmValue>>,
}

/// Why a core dump can't be read: where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("offset {offset:#x}: {problem}")]
pub struct CoredumpError {
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// What is wrong there.
    pub problem: String,
}

impl From<wasmparser::BinaryReaderError> for CoredumpError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        CoredumpError { offset: error.offset(), problem: error.message().to_string() }
    }
}

impl Coredump {
    /// Whether a file is a core dump: a module with a `core` or `corestack` section.
    pub fn is_one(bytes: &[u8]) -> bool {
        let payloads = Parser::new(0).parse_all(bytes).map_while(Result::ok);
        payloads.into_iter().any(|payload| match payload {
            Payload::CustomSection(section) => matches!(section.name(), "core" | "corestack"),
            _ => false,
        })
    }

    /// Reads a core dump. Of each memory, at most `page_bytes` bytes of pages that are not zero are kept.
    ///
    /// # Errors
    /// If it is no module, or its sections are damaged.
    pub fn read(bytes: &[u8], page_bytes: u64) -> Result<Coredump, CoredumpError> {
        let mut dump = Coredump::default();
        let mut found = false;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { encoding: wasmparser::Encoding::Component, .. } => {
                    return Err(CoredumpError { offset: 0, problem: "a component, not a core dump".to_string() });
                }
                Payload::CustomSection(section) => {
                    let reader = BinaryReader::new(section.data(), section.data_offset());
                    found |= dump.custom(section.name(), reader)?;
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        let ty = crate::program::memory_type(&memory?);
                        let image = Image::zeros(ty.minimum_bytes);
                        dump.memories.push((ty, image));
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        let global = global?;
                        dump.globals.push((crate::program::constant(&global.init_expr), global.ty.mutable));
                    }
                }
                Payload::DataSection(data) => {
                    let mut room = page_bytes;
                    for segment in data {
                        let segment = segment?;
                        let offset = segment.range.start;
                        let fail = |problem: &str| CoredumpError { offset, problem: problem.to_string() };
                        let wasmparser::DataKind::Active { memory_index, offset_expr } = &segment.kind else {
                            continue;
                        };
                        let address = match offset_expr.get_operators_reader().read()? {
                            Operator::I32Const { value } => u64::from(value as u32),
                            Operator::I64Const { value } => value as u64,
                            _ => return Err(fail("a data segment's address is no constant")),
                        };
                        let (_, image) = (dump.memories.get_mut(*memory_index as usize))
                            .ok_or_else(|| fail("a data segment of a memory that is not there"))?;
                        let end = address.checked_add(segment.data.len() as u64).filter(|end| *end <= image.len());
                        end.ok_or_else(|| fail("a data segment lies outside of its memory"))?;
                        room = (room.checked_sub(segment.data.len() as u64))
                            .ok_or_else(|| fail("more data than the limit"))?;
                        image.write(address, segment.data);
                    }
                }
                _ => {}
            }
        }
        if !found {
            let problem = "a module without the sections of a core dump".to_string();
            return Err(CoredumpError { offset: 0, problem });
        }
        Ok(dump)
    }

    fn custom(&mut self, name: &str, reader: BinaryReader<'_>) -> Result<bool, CoredumpError> {
        match name {
            "core" => self.executable = wasmparser::CoreDumpSection::new(reader)?.name.to_string(),
            "coremodules" => {
                let section = wasmparser::CoreDumpModulesSection::new(reader)?;
                self.modules = section.modules.into_iter().map(str::to_string).collect();
            }
            "coreinstances" => {
                let section = wasmparser::CoreDumpInstancesSection::new(reader)?;
                let instances = section.instances.into_iter();
                self.instances = instances
                    .map(|i| CoreInstance { module: i.module_index, memories: i.memories, globals: i.globals })
                    .collect();
            }
            "corestack" => {
                let section = wasmparser::CoreDumpStackSection::new(reader)?;
                let frame = |frame: wasmparser::CoreDumpStackFrame| CoreFrame {
                    instance: frame.instanceidx,
                    function: frame.funcidx,
                    offset: frame.codeoffset,
                    locals: frame.locals.iter().map(read_value).collect(),
                    stack: frame.stack.iter().map(read_value).collect(),
                };
                let frames = section.frames.into_iter().map(frame).collect();
                self.threads.push(CoreThread { name: section.name.to_string(), frames });
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The file's bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut module = Module::new();
        module.section(&CoreDumpSection::new(self.executable.as_str()));
        let mut modules = CoreDumpModulesSection::new();
        self.modules.iter().for_each(|name| {
            modules.module(name);
        });
        module.section(&modules);
        let mut instances = CoreDumpInstancesSection::new();
        for instance in &self.instances {
            let (memories, globals) = (instance.memories.iter().copied(), instance.globals.iter().copied());
            instances.instance(instance.module, memories, globals);
        }
        module.section(&instances);

        let mut memories = MemorySection::new();
        for (ty, image) in &self.memories {
            let pages = image.len().div_ceil(1 << 16);
            memories.memory(wasm_encoder::MemoryType {
                minimum: pages,
                // A shared memory has a maximum.
                maximum: ty.maximum_bytes.map(|bytes| bytes >> 16).or(ty.shared.then_some(pages)),
                memory64: ty.is_64,
                shared: ty.shared,
                page_size_log2: None,
            });
        }
        module.section(&memories);
        let mut globals = GlobalSection::new();
        for (value, mutable) in &self.globals {
            let (val_type, init) = match value {
                Some(WasmValue::I32(bits)) => (wasm_encoder::ValType::I32, ConstExpr::i32_const(*bits as i32)),
                Some(WasmValue::I64(bits)) => (wasm_encoder::ValType::I64, ConstExpr::i64_const(*bits as i64)),
                Some(WasmValue::F32(bits)) => (wasm_encoder::ValType::F32, ConstExpr::f32_const(Ieee32::new(*bits))),
                Some(WasmValue::F64(bits)) => (wasm_encoder::ValType::F64, ConstExpr::f64_const(Ieee64::new(*bits))),
                Some(WasmValue::V128(bits)) => (wasm_encoder::ValType::V128, ConstExpr::v128_const(*bits as i128)),
                None => {
                    let null = ConstExpr::ref_null(wasm_encoder::HeapType::EXTERN);
                    (wasm_encoder::ValType::EXTERNREF, null)
                }
            };
            globals.global(wasm_encoder::GlobalType { val_type, mutable: *mutable, shared: false }, &init);
        }
        module.section(&globals);
        let mut data = DataSection::new();
        for (index, (ty, image)) in self.memories.iter().enumerate() {
            for (first, pages) in image.runs(usize::MAX) {
                let address = first * IMAGE_PAGE;
                let offset = match ty.is_64 {
                    true => ConstExpr::i64_const(address as i64),
                    false => ConstExpr::i32_const(address as u32 as i32),
                };
                let mut bytes = pages.concat();
                bytes.truncate((image.len() - address).min(bytes.len() as u64) as usize);
                data.active(index as u32, &offset, bytes);
            }
        }
        module.section(&data);
        for thread in &self.threads {
            let mut section = CoreDumpStackSection::new(thread.name.as_str());
            for frame in &thread.frames {
                let locals: Vec<_> = frame.locals.iter().map(write_value).collect();
                let stack: Vec<_> = frame.stack.iter().map(write_value).collect();
                section.frame(frame.instance, frame.function, frame.offset, locals, stack);
            }
            module.section(&section);
        }
        module.finish()
    }
}

fn read_value(value: &wasmparser::CoreDumpValue) -> Option<WasmValue> {
    match value {
        wasmparser::CoreDumpValue::Missing => None,
        wasmparser::CoreDumpValue::I32(value) => Some(WasmValue::I32(*value as u32)),
        wasmparser::CoreDumpValue::I64(value) => Some(WasmValue::I64(*value as u64)),
        wasmparser::CoreDumpValue::F32(value) => Some(WasmValue::F32(value.bits())),
        wasmparser::CoreDumpValue::F64(value) => Some(WasmValue::F64(value.bits())),
    }
}

fn write_value(value: &Option<WasmValue>) -> CoreDumpValue {
    match value {
        Some(WasmValue::I32(bits)) => CoreDumpValue::I32(*bits as i32),
        Some(WasmValue::I64(bits)) => CoreDumpValue::I64(*bits as i64),
        Some(WasmValue::F32(bits)) => CoreDumpValue::F32(Ieee32::new(*bits)),
        Some(WasmValue::F64(bits)) => CoreDumpValue::F64(Ieee64::new(*bits)),
        Some(WasmValue::V128(_)) | None => CoreDumpValue::Missing,
    }
}

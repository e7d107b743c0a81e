//! What a module says of its memory: memories, globals, data segments, the linker's symbols, the names of data.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use wasm_binary::{Map, ModuleId, Space, demangle, escape, identity};
use wasm_source::{MemoryBase, Source, TypeId, WasmValue};
use wasmparser::{Operator, TypeRef, ValType};

use crate::memory::Word;

/// What is known of a program before it runs, as far as its memory goes. Owned: it outlives the module's bytes.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The module's build id, in hexadecimal ([`wasm_binary::identity`]).
    pub build_id: String,
    /// The module's own name.
    pub name: Option<String>,
    /// The memories, imported ones first.
    pub memories: Vec<MemoryType>,
    /// The globals, imported ones first.
    pub globals: Vec<GlobalType>,
    /// The data segments.
    pub segments: Vec<Segment>,
    /// Variables at fixed addresses of memory 0, sorted by address.
    pub symbols: Vec<Symbol>,
    /// What the linker laid out.
    pub linker: Linker,
    /// Which allocators the names of functions tell of; empty in a stripped module.
    pub allocator_names: Vec<&'static str>,
}

/// A memory as the module declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryType {
    /// Its name, if the module gives one: export, name section or import.
    pub name: Option<String>,
    /// Module and field, if it is imported.
    pub import: Option<(String, String)>,
    /// Bytes that it starts with.
    pub minimum_bytes: u64,
    /// Bytes that it may have, if that is limited.
    pub maximum_bytes: Option<u64>,
    /// Addressed by 64 bits.
    pub is_64: bool,
    /// Shared between threads.
    pub shared: bool,
}

impl MemoryType {
    /// The size of its addresses.
    pub fn word(&self) -> Word {
        Word::new(self.is_64)
    }
}

/// A global as the module declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalType {
    /// Its name, if the module gives one: export, name section or import.
    pub name: Option<String>,
    /// Whether it can change.
    pub mutable: bool,
    /// Whether it is imported.
    pub imported: bool,
    /// Whether it is an `i32` or `i64`.
    pub is_integer: bool,
    /// Its initial value, where that is a constant.
    pub initial: Option<WasmValue>,
}

/// A data segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its name, or `data segment 3`.
    pub name: String,
    /// The memory that it is written to at the start; `None` for a passive one.
    pub memory: Option<u32>,
    /// Where it is written, if that is a constant: from 0, or from the value of the global in `base`.
    pub address: Option<u64>,
    /// The global that `address` counts from: `__memory_base` of a position-independent module.
    pub base: Option<u32>,
    /// How many bytes it writes.
    pub size: u64,
}

/// A variable at a fixed address of memory 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its demangled name.
    pub name: String,
    /// The first byte.
    pub address: u64,
    /// How many bytes it has.
    pub size: u64,
    /// Its type, where DWARF tells; a type of the [`Source`] that [`Program::new`] was given.
    pub ty: Option<TypeId>,
    /// Who knows.
    pub from: SymbolSource,
}

/// Who knows of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SymbolSource {
    /// An exported global that holds its address.
    Export,
    /// DWARF.
    Dwarf,
}

impl Symbol {
    /// Its addresses.
    pub fn range(&self) -> Range<u64> {
        self.address..self.address.saturating_add(self.size)
    }
}

/// What the linker (`wasm-ld`, tool-conventions `Linking.md`) laid out, as far as the module still tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linker {
    /// The global that is the stack pointer.
    pub stack_pointer: Option<StackPointer>,
    /// `__global_base`: the first byte of static data.
    pub global_base: Option<u64>,
    /// `__data_end`: the end of static data, zeroed data included.
    pub data_end: Option<u64>,
    /// `__heap_base`: where an allocator may start.
    pub heap_base: Option<u64>,
    /// `__heap_end`: the end of the memory at the start.
    pub heap_end: Option<u64>,
    /// `__stack_low`: the lowest byte of the stack.
    pub stack_low: Option<u64>,
    /// `__stack_high`: the end of the stack, where it starts.
    pub stack_high: Option<u64>,
    /// `__tls_base`: the global that holds the start of this thread's variables.
    pub tls_base: Option<u32>,
    /// `__tls_size`: how many bytes these have.
    pub tls_size: Option<u64>,
    /// Of these symbols, those that are given by a global whose value is only known in a running program: the name
    /// and the global. A position-independent module imports them.
    pub dynamic: Vec<(String, u32)>,
}

/// The global that is the stack pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackPointer {
    /// Its index.
    pub global: u32,
    /// Its initial value: the end of the stack. `None` if it is imported.
    pub initial: Option<u64>,
    /// Whether it is a guess: the first mutable integer global with an initial value inside of the memory.
    pub inferred: bool,
}

/// More symbols than that are not kept.
const MAX_SYMBOLS: usize = 1 << 20;

impl Program {
    /// Reads what `map` tells of a core module; with DWARF in `source`, also where its variables are.
    ///
    /// Of a component this is its first core module that has a memory.
    pub fn new(map: &Map<'_>, source: Option<&Source<'_>>) -> Program {
        let has_memory = |id: &ModuleId| !map.module(*id).space(Space::Memory).is_empty();
        let ids = (0..map.modules().len() as u32).map(ModuleId);
        Program::of_module(map, ids.into_iter().find(has_memory).unwrap_or(ModuleId(0)), source)
    }

    /// As [`Program::new`], for one module of a component.
    pub fn of_module(map: &Map<'_>, id: ModuleId, source: Option<&Source<'_>>) -> Program {
        let module = map.module(id);
        let mut program = Program {
            build_id: identity::build_id(map).to_string(),
            name: module.names.module.map(|name| escape(name).into_owned()),
            ..Program::default()
        };
        program.declarations(map, id);
        let name_of = |space, index: u32| -> Option<String> {
            let import = module.import_of(space, index);
            let export = module.export_of(space, index);
            let name = module.names.get(space, index).or(export.map(|e| e.name)).or(import.map(|i| i.name));
            name.map(|name| escape(name).into_owned())
        };
        for (index, memory) in program.memories.iter_mut().enumerate() {
            memory.name = name_of(Space::Memory, index as u32);
        }
        for (index, global) in program.globals.iter_mut().enumerate() {
            global.name = name_of(Space::Global, index as u32);
        }
        let bases = program.bases(map, id);
        program.segments = (module.data.iter().enumerate())
            .map(|(index, data)| {
                let based = bases.get(index).copied().flatten();
                Segment {
                    name: name_of(Space::Data, index as u32).unwrap_or_else(|| format!("data segment {index}")),
                    memory: data.memory,
                    address: data.address.or(based.map(|(_, offset)| offset)),
                    base: based.map(|(global, _)| global).filter(|_| data.address.is_none()),
                    size: data.contents.len() as u64,
                }
            })
            .collect();
        program.linker(module);
        program.symbols(module, source);
        program.allocators(module);
        program
    }

    /// The memory of an index; a plain 32-bit one where the module has none.
    pub fn memory(&self, index: u32) -> MemoryType {
        self.memories.get(index as usize).cloned().unwrap_or_default()
    }

    /// The innermost symbol that an address lies in.
    pub fn symbol_at(&self, address: u64) -> Option<&Symbol> {
        let before = self.symbols.partition_point(|symbol| symbol.address <= address);
        // Members of overlapping ones are near.
        self.symbols[..before].iter().rev().take(16).find(|symbol| symbol.range().contains(&address))
    }

    /// The symbol of a name: the whole one, or the last part of a path.
    pub fn symbol_named(&self, name: &str) -> Option<&Symbol> {
        let whole = self.symbols.iter().find(|symbol| symbol.name == name);
        whole.or_else(|| {
            let mut parts = self.symbols.iter().filter(|s| s.name.rsplit("::").next() == Some(name));
            let first = parts.next()?;
            parts.next().is_none().then_some(first)
        })
    }

    /// Memory types, global types and initial values, which the map does not keep.
    fn declarations(&mut self, map: &Map<'_>, id: ModuleId) {
        for &section in &map.module(id).sections {
            let section = map.section(section);
            let reader = wasmparser::BinaryReader::new(map.section_bytes(section), 0);
            match section.kind {
                "import" => {
                    let Ok(imports) = wasmparser::ImportSectionReader::new(reader) else { continue };
                    for import in imports.into_imports().map_while(Result::ok) {
                        match import.ty {
                            TypeRef::Memory(ty) => self.memories.push(MemoryType {
                                import: Some((import.module.to_string(), import.name.to_string())),
                                ..memory_type(&ty)
                            }),
                            TypeRef::Global(ty) => self.globals.push(global_type(&ty, true, None)),
                            _ => {}
                        }
                    }
                }
                "memory" => {
                    let Ok(memories) = wasmparser::MemorySectionReader::new(reader) else { continue };
                    self.memories.extend(memories.into_iter().map_while(Result::ok).map(|ty| memory_type(&ty)));
                }
                "global" => {
                    let Ok(globals) = wasmparser::GlobalSectionReader::new(reader) else { continue };
                    for global in globals.into_iter().map_while(Result::ok) {
                        self.globals.push(global_type(&global.ty, false, constant(&global.init_expr)));
                    }
                }
                _ => {}
            }
        }
    }

    /// For each data segment whose address is a global's value, or that plus a constant: the global and the constant.
    fn bases(&self, map: &Map<'_>, id: ModuleId) -> Vec<Option<(u32, u64)>> {
        let sections = map.module(id).sections.iter().map(|&section| map.section(section));
        let Some(section) = sections.into_iter().find(|section| section.kind == "data") else { return Vec::new() };
        let reader = wasmparser::BinaryReader::new(map.section_bytes(section), 0);
        let Ok(segments) = wasmparser::DataSectionReader::new(reader) else { return Vec::new() };
        let base = |data: wasmparser::Data<'_>| {
            let wasmparser::DataKind::Active { offset_expr, .. } = data.kind else { return None };
            let mut operators = offset_expr.get_operators_reader();
            let Operator::GlobalGet { global_index } = operators.read().ok()? else { return None };
            let offset = match operators.read().ok()? {
                Operator::End => return Some((global_index, 0)),
                Operator::I32Const { value } => u64::from(value as u32),
                Operator::I64Const { value } => value as u64,
                _ => return None,
            };
            matches!(operators.read().ok()?, Operator::I32Add | Operator::I64Add).then_some((global_index, offset))
        };
        segments.into_iter().map_while(Result::ok).map(base).collect()
    }

    fn linker(&mut self, module: &wasm_binary::Module<'_>) {
        let mut named: HashMap<&str, u32> = HashMap::new();
        for export in module.exports.iter().filter(|export| export.space == Space::Global) {
            named.entry(export.name).or_insert(export.index);
        }
        for index in 0..self.globals.len() as u32 {
            if let Some(name) = module.names.get(Space::Global, index) {
                named.entry(name).or_insert(index);
            }
        }
        for import in module.imports.iter().filter(|import| import.space == Space::Global) {
            named.entry(import.name).or_insert(import.index);
        }
        let constant = |name: &str| -> Option<u64> {
            let global = self.globals.get(*named.get(name)? as usize)?;
            global.initial.filter(|_| !global.mutable).and_then(address)
        };
        let minimum = self.memory(0).minimum_bytes;
        let stack_pointer = match named.get("__stack_pointer") {
            Some(&global) => Some(StackPointer {
                global,
                initial: self.globals.get(global as usize).and_then(|g| address(g.initial?)),
                inferred: false,
            }),
            // In a module that is linked, the stack pointer is the first global that can change.
            None => self
                .globals
                .iter()
                .enumerate()
                .find_map(|(index, global)| {
                    let initial = global.initial.filter(|_| global.mutable && global.is_integer).and_then(address)?;
                    let fits = initial >= 1024 && initial.is_multiple_of(16) && initial <= minimum.max(initial >> 1);
                    Some(fits.then_some(StackPointer { global: index as u32, initial: Some(initial), inferred: true }))
                })
                .flatten(),
        };
        self.linker = Linker {
            stack_pointer,
            global_base: constant("__global_base"),
            data_end: constant("__data_end"),
            heap_base: constant("__heap_base"),
            heap_end: constant("__heap_end"),
            stack_low: constant("__stack_low"),
            stack_high: constant("__stack_high"),
            tls_base: named.get("__tls_base").copied(),
            tls_size: constant("__tls_size"),
            dynamic: Vec::new(),
        };
        for name in ["__heap_base", "__heap_end", "__stack_low", "__stack_high", "__data_end", "__global_base"] {
            if let Some(&global) = named.get(name).filter(|_| constant(name).is_none()) {
                self.linker.dynamic.push((name.to_string(), global));
            }
        }
    }

    fn symbols(&mut self, module: &wasm_binary::Module<'_>, source: Option<&Source<'_>>) {
        if let Some(source) = source {
            let fixed = source.static_variables().filter(|v| v.base == MemoryBase::Zero).take(MAX_SYMBOLS);
            for variable in fixed {
                // What the linker dropped is left at address 0 or at the top.
                let dropped = variable.address == 0 || variable.address >= 0xffff_fffe;
                let Some(size) = variable.size.filter(|size| *size > 0 && !dropped) else { continue };
                let name = source.qualified_name(variable.id).map(|name| escape(&name).into_owned());
                self.symbols.push(Symbol {
                    name: name.unwrap_or_else(|| "string literal".to_string()),
                    address: variable.address,
                    size,
                    ty: variable.ty,
                    from: SymbolSource::Dwarf,
                });
            }
        }
        self.symbols.sort_by(|a, b| (a.address, b.size, &a.name).cmp(&(b.address, a.size, &b.name)));
        self.symbols.dedup_by(|a, b| (a.address, a.size, &a.name) == (b.address, b.size, &b.name));
        // `-Wl,--export=NAME` exports a variable as a global that holds its address, without its size.
        let known: Vec<u64> = self.symbols.iter().map(|symbol| symbol.address).collect();
        let mut exported: Vec<(u64, String)> = Vec::new();
        for export in module.exports.iter().filter(|e| e.space == Space::Global && !e.name.starts_with("__")) {
            let Some(global) = self.globals.get(export.index as usize).filter(|global| !global.mutable) else {
                continue;
            };
            let at = global.initial.and_then(address).filter(|at| known.binary_search(at).is_err());
            exported.extend(at.map(|at| (at, escape(&demangle(export.name)).into_owned())));
        }
        exported.sort();
        let segment_end = |address: u64| {
            let ends = self.segments.iter().filter_map(|segment| {
                let start = segment.address.filter(|_| segment.memory == Some(0) && segment.base.is_none())?;
                let end = start.checked_add(segment.size)?;
                (start <= address && address < end).then_some(end)
            });
            ends.min().or(self.linker.data_end.filter(|end| *end > address))
        };
        let ends: Vec<u64> = exported.iter().skip(1).map(|next| next.0).chain([u64::MAX]).collect();
        for ((at, name), next) in exported.into_iter().zip(ends) {
            let next_known = known.get(known.partition_point(|known| *known <= at)).copied().unwrap_or(u64::MAX);
            let Some(end) = segment_end(at) else { continue };
            let size = end.min(next).min(next_known) - at;
            self.symbols.push(Symbol { name, address: at, size, ty: None, from: SymbolSource::Export });
        }
        self.symbols.sort_by(|a, b| (a.address, b.size, &a.name).cmp(&(b.address, a.size, &b.name)));
    }

    fn allocators(&mut self, module: &wasm_binary::Module<'_>) {
        let functions = module.space(Space::Function).len() as u32;
        for index in 0..functions {
            let Some((name, _)) = module.names.function(wasm_binary::FunctionId(index)) else { continue };
            let family = if name.contains("emmalloc") {
                "emmalloc"
            } else if name.contains("dlmalloc") {
                "dlmalloc"
            } else if name.contains("wasm::allocator") || name.contains("4wasm9allocator") {
                "wasm::Allocator"
            } else {
                continue;
            };
            if !self.allocator_names.contains(&family) {
                self.allocator_names.push(family);
            }
        }
        self.allocator_names.sort_unstable();
    }
}

pub(crate) fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    let page = 1u64.checked_shl(ty.page_size_log2.unwrap_or(16)).unwrap_or(0);
    MemoryType {
        name: None,
        import: None,
        minimum_bytes: ty.initial.saturating_mul(page),
        maximum_bytes: ty.maximum.map(|pages| pages.saturating_mul(page)),
        is_64: ty.memory64,
        shared: ty.shared,
    }
}

fn global_type(ty: &wasmparser::GlobalType, imported: bool, initial: Option<WasmValue>) -> GlobalType {
    GlobalType {
        name: None,
        mutable: ty.mutable,
        imported,
        is_integer: matches!(ty.content_type, ValType::I32 | ValType::I64),
        initial,
    }
}

/// The value of an initialiser that is one constant.
pub(crate) fn constant(expression: &wasmparser::ConstExpr<'_>) -> Option<WasmValue> {
    let mut operators = expression.get_operators_reader();
    let value = match operators.read().ok()? {
        Operator::I32Const { value } => WasmValue::I32(value as u32),
        Operator::I64Const { value } => WasmValue::I64(value as u64),
        Operator::F32Const { value } => WasmValue::F32(value.bits()),
        Operator::F64Const { value } => WasmValue::F64(value.bits()),
        _ => return None,
    };
    matches!(operators.read().ok()?, Operator::End).then_some(value)
}

/// A value as an address.
pub(crate) fn address(value: WasmValue) -> Option<u64> {
    match value {
        WasmValue::I32(bits) => Some(bits.into()),
        WasmValue::I64(bits) => Some(bits),
        _ => None,
    }
}

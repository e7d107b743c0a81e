//! A module: its sections decoded and validated once, its bodies left in
//! place. A body is validated, and its side table made, at its first call.

use crate::ModuleError;
use crate::const_expr::ConstExpr;
use crate::side_table::Body;
use crate::value::{FunctionType, ValueType};
use bytes::Bytes;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use wasmparser::{
    BinaryReader, DataKind, ElementItems, ElementKind, ExternalKind, FuncToValidate, FuncValidatorAllocations,
    FunctionBody, Parser, Payload, TableInit, TypeRef, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

/// Proposals that the engine runs.
const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::THREADS)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXCEPTIONS)
    .union(WasmFeatures::LEGACY_EXCEPTIONS)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::WIDE_ARITHMETIC);

/// Proposals that the engine refuses by name: whoever asked takes another engine.
/// Smaller sets come first, for a module with typed references alone is not one with GC.
const REFUSED: [(WasmFeatures, &str); 8] = [
    (WasmFeatures::FUNCTION_REFERENCES, "typed function references"),
    (WasmFeatures::STACK_SWITCHING.union(WasmFeatures::FUNCTION_REFERENCES), "stack switching"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom page sizes"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything threads"),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
    (WasmFeatures::GC.union(WasmFeatures::FUNCTION_REFERENCES), "garbage collection"),
    (GC_AND_DESCRIPTORS, "custom descriptors"),
    (WasmFeatures::COMPONENT_MODEL, "the component model"),
];

const GC_AND_DESCRIPTORS: WasmFeatures =
    WasmFeatures::GC.union(WasmFeatures::FUNCTION_REFERENCES).union(WasmFeatures::CUSTOM_DESCRIPTORS);

/// A decoded module. Cloning shares it; several machines may run it.
#[derive(Clone, Debug)]
pub struct Module(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) bytes: Bytes,
    /// Of a module that has bodies.
    resources: Option<ValidatorResources>,
    pub(crate) types: Vec<FunctionType>,
    pub(crate) imports: Vec<Import>,
    /// Type index of every function, imports first.
    pub(crate) functions: Vec<u32>,
    pub(crate) imported_functions: u32,
    pub(crate) tables: Vec<(TableType, Option<ConstExpr>)>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) globals: Vec<(GlobalType, ConstExpr)>,
    /// Type index of every tag that the module defines.
    pub(crate) tags: Vec<u32>,
    pub(crate) exports: Vec<Export>,
    pub(crate) start: Option<u32>,
    pub(crate) elements: Vec<Element>,
    pub(crate) data: Vec<Data>,
    code: Vec<Code>,
}

/// Where a body lies in the file, and what is known of it since its first call.
#[derive(Debug)]
struct Code {
    range: Range<u64>,
    body: OnceLock<Result<Arc<Body>, ModuleError>>,
}

/// An import of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Name of the module it comes from.
    pub module: String,
    /// Name of the item.
    pub name: String,
    /// What must be supplied.
    pub ty: ExternType,
}

/// The type of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternType {
    /// A function.
    Function(FunctionType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag.
    Tag(FunctionType),
}

/// An export of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: ExportKind,
    /// Index in the index space of that kind.
    pub index: u32,
}

/// The kinds of exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// A function.
    Function,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// A tag.
    Tag,
}

/// The type of a memory; sizes in pages of 64 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryType {
    /// Initial size.
    pub minimum: u64,
    /// Largest size.
    pub maximum: Option<u64>,
    /// Addresses are `i64`.
    pub memory64: bool,
    /// Declared shared between threads.
    pub shared: bool,
}

/// The type of a table; sizes in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableType {
    /// Type of the elements.
    pub element: ValueType,
    /// Initial size.
    pub minimum: u64,
    /// Largest size.
    pub maximum: Option<u64>,
    /// Indices are `i64`.
    pub table64: bool,
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalType {
    /// Type of its value.
    pub value: ValueType,
    /// Whether the program may change it.
    pub mutable: bool,
}

#[derive(Debug)]
pub(crate) struct Element {
    /// Table and offset of an active segment.
    pub(crate) active: Option<(u32, ConstExpr)>,
    pub(crate) declared: bool,
    pub(crate) items: Vec<ConstExpr>,
}

#[derive(Debug)]
pub(crate) struct Data {
    /// Memory and offset of an active segment.
    pub(crate) active: Option<(u32, ConstExpr)>,
    /// Bytes of the file.
    pub(crate) range: Range<usize>,
}

impl Module {
    /// Decodes and validates everything but the function bodies.
    ///
    /// # Errors
    /// If the module is invalid, or uses a proposal that the engine lacks.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self, ModuleError> {
        let bytes = bytes.into();
        Inner::parse(bytes.clone(), FEATURES).map(|inner| Self(Arc::new(inner))).map_err(|error| explain(&bytes, error))
    }

    /// The module's bytes.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// The imports, in order.
    #[must_use]
    pub fn imports(&self) -> &[Import] {
        &self.0.imports
    }

    /// The exports, in order.
    #[must_use]
    pub fn exports(&self) -> &[Export] {
        &self.0.exports
    }

    /// Functions in the index space, imports included.
    #[must_use]
    pub fn function_count(&self) -> u32 {
        self.0.functions.len() as u32
    }

    /// Functions that are imported; their indices come first.
    #[must_use]
    pub fn imported_function_count(&self) -> u32 {
        self.0.imported_functions
    }

    /// The type of a function.
    #[must_use]
    pub fn function_type(&self, function: u32) -> Option<&FunctionType> {
        self.0.types.get(*self.0.functions.get(function as usize)? as usize)
    }

    /// The start function's index.
    #[must_use]
    pub fn start(&self) -> Option<u32> {
        self.0.start
    }

    /// The defined function whose body holds this byte of the file.
    #[must_use]
    pub fn function_at(&self, offset: u64) -> Option<u32> {
        let code = &self.0.code;
        let index = code.partition_point(|code| code.range.end <= offset);
        let found = code.get(index).is_some_and(|code| code.range.start <= offset);
        found.then(|| index as u32 + self.0.imported_functions)
    }

    /// File offset of a function's first operator.
    ///
    /// # Errors
    /// If the body does not validate.
    pub fn first_operator(&self, function: u32) -> Result<Option<u64>, ModuleError> {
        let defined = function >= self.0.imported_functions && function < self.function_count();
        if defined { Ok(Some(self.0.body(function)?.start as u64)) } else { Ok(None) }
    }

    /// Validates every body now instead of at its first call.
    ///
    /// # Errors
    /// The first body that does not validate.
    pub fn validate_all(&self) -> Result<(), ModuleError> {
        (self.0.imported_functions..self.function_count()).try_for_each(|function| self.0.body(function).map(drop))
    }
}

impl Inner {
    /// The prepared body of a defined function, made at the first request.
    pub(crate) fn body(&self, function: u32) -> Result<&Arc<Body>, ModuleError> {
        let defined = function.checked_sub(self.imported_functions).and_then(|index| self.code.get(index as usize));
        let Some(code) = defined else {
            return Err(ModuleError::Body { function, message: "not a defined function".into(), offset: 0 });
        };
        code.body.get_or_init(|| self.prepare(function, &code.range)).as_ref().map_err(Clone::clone)
    }

    fn prepare(&self, function: u32, range: &Range<u64>) -> Result<Arc<Body>, ModuleError> {
        let mut prepared = Body::prepare(self, function);
        if let Err(error) = &mut prepared {
            let (start, end) = (range.start as usize, range.end as usize);
            let body =
                FunctionBody::new(BinaryReader::new(self.bytes.get(start..end).unwrap_or_default(), range.start));
            for (extra, feature) in REFUSED {
                let validator = self.validator_with(function, FEATURES.union(extra));
                if validator.is_some_and(|mut validator| validator.validate(&body).is_ok()) {
                    *error = ModuleError::Unsupported { feature, offset: error_offset(error) };
                    break;
                }
            }
        }
        prepared.map(Arc::new)
    }

    /// A validator for a defined function.
    pub(crate) fn validator(&self, function: u32) -> Option<wasmparser::FuncValidator<ValidatorResources>> {
        self.validator_with(function, FEATURES)
    }

    fn validator_with(
        &self,
        index: u32,
        features: WasmFeatures,
    ) -> Option<wasmparser::FuncValidator<ValidatorResources>> {
        let ty = *self.functions.get(index as usize)?;
        let function = FuncToValidate { resources: self.resources.clone()?, index, ty, features };
        Some(function.into_validator(FuncValidatorAllocations::default()))
    }

    /// The body of a defined function, to read.
    pub(crate) fn function_body(&self, function: u32) -> FunctionBody<'_> {
        let defined = function.checked_sub(self.imported_functions).and_then(|index| self.code.get(index as usize));
        let range = defined.map_or(0..0, |code| code.range.clone());
        let bytes = self.bytes.get(range.start as usize..range.end as usize).unwrap_or_default();
        FunctionBody::new(BinaryReader::new_features(bytes, range.start, FEATURES))
    }

    fn parse(bytes: Bytes, features: WasmFeatures) -> Result<Self, ModuleError> {
        let mut validator = Validator::new_with_features(features);
        let mut parser = Parser::new(0);
        parser.set_features(features);
        let mut resources = None;
        let mut types = Vec::new();
        let mut imports = Vec::new();
        let mut functions = Vec::new();
        let mut imported_functions = 0;
        let mut tables = Vec::new();
        let mut memories = Vec::new();
        let mut globals = Vec::new();
        let mut tags = Vec::new();
        let mut exports = Vec::new();
        let mut start = None;
        let mut elements = Vec::new();
        let mut data = Vec::new();
        let mut code = Vec::new();
        for payload in parser.parse_all(&bytes) {
            let payload = payload.map_err(invalid)?;
            match validator.payload(&payload).map_err(invalid)? {
                ValidPayload::Func(function, body) => {
                    code.push(Code { range: body.range(), body: OnceLock::new() });
                    resources = Some(function.resources);
                }
                ValidPayload::Parser(_) => return Err(unsupported("the component model", 0)),
                ValidPayload::Ok | ValidPayload::End(_) => {}
            }
            match payload {
                Payload::Version { encoding: wasmparser::Encoding::Component, .. } => {
                    return Err(unsupported("the component model", 0));
                }
                Payload::TypeSection(reader) => {
                    for ty in reader.into_iter_err_on_gc_types() {
                        types.push(function_type(&ty.map_err(invalid)?)?);
                    }
                }
                Payload::ImportSection(reader) => {
                    for import in reader.into_imports() {
                        let import = import.map_err(invalid)?;
                        if let TypeRef::Func(ty) = import.ty {
                            functions.push(ty);
                            imported_functions += 1;
                        }
                        let ty = extern_type(&import.ty, &types)?;
                        imports.push(Import { module: import.module.into(), name: import.name.into(), ty });
                    }
                }
                Payload::FunctionSection(reader) => {
                    for ty in reader {
                        functions.push(ty.map_err(invalid)?);
                    }
                }
                Payload::TableSection(reader) => {
                    for table in reader {
                        let table = table.map_err(invalid)?;
                        let init = match &table.init {
                            TableInit::RefNull => None,
                            TableInit::Expr(expr) => Some(ConstExpr::parse(expr)?),
                        };
                        tables.push((table_type(&table.ty)?, init));
                    }
                }
                Payload::MemorySection(reader) => {
                    for memory in reader {
                        memories.push(memory_type(&memory.map_err(invalid)?));
                    }
                }
                Payload::GlobalSection(reader) => {
                    for global in reader {
                        let global = global.map_err(invalid)?;
                        globals.push((global_type(&global.ty)?, ConstExpr::parse(&global.init_expr)?));
                    }
                }
                Payload::TagSection(reader) => {
                    for tag in reader {
                        tags.push(tag.map_err(invalid)?.func_type_idx);
                    }
                }
                Payload::ExportSection(reader) => {
                    for export in reader {
                        let export = export.map_err(invalid)?;
                        let kind = match export.kind {
                            ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Function,
                            ExternalKind::Table => ExportKind::Table,
                            ExternalKind::Memory => ExportKind::Memory,
                            ExternalKind::Global => ExportKind::Global,
                            ExternalKind::Tag => ExportKind::Tag,
                        };
                        exports.push(Export { name: export.name.into(), kind, index: export.index });
                    }
                }
                Payload::StartSection { func, .. } => start = Some(func),
                Payload::ElementSection(reader) => {
                    for element in reader {
                        elements.push(parse_element(element.map_err(invalid)?)?);
                    }
                }
                Payload::DataSection(reader) => {
                    for segment in reader {
                        let segment = segment.map_err(invalid)?;
                        let active = match &segment.kind {
                            DataKind::Passive => None,
                            DataKind::Active { memory_index, offset_expr } => {
                                Some((*memory_index, ConstExpr::parse(offset_expr)?))
                            }
                        };
                        let end = segment.range.end as usize;
                        data.push(Data { active, range: end - segment.data.len()..end });
                    }
                }
                _ => {}
            }
        }
        Ok(Self {
            bytes,
            resources,
            types,
            imports,
            functions,
            imported_functions,
            tables,
            memories,
            globals,
            tags,
            exports,
            start,
            elements,
            data,
            code,
        })
    }
}

fn parse_element(element: wasmparser::Element<'_>) -> Result<Element, ModuleError> {
    let active = match &element.kind {
        ElementKind::Active { table_index, offset_expr } => {
            Some((table_index.unwrap_or(0), ConstExpr::parse(offset_expr)?))
        }
        ElementKind::Passive | ElementKind::Declared => None,
    };
    let items: Result<Vec<_>, ModuleError> = match element.items {
        ElementItems::Functions(reader) => {
            reader.into_iter().map(|index| Ok(ConstExpr::function(index.map_err(invalid)?))).collect()
        }
        ElementItems::Expressions(_, reader) => {
            reader.into_iter().map(|expr| ConstExpr::parse(&expr.map_err(invalid)?)).collect()
        }
    };
    Ok(Element { active, declared: matches!(element.kind, ElementKind::Declared), items: items? })
}

pub(crate) fn invalid(error: wasmparser::Error) -> ModuleError {
    let named = error.missing_wasm_feature().and_then(|missing| REFUSED.iter().find(|(set, _)| set.contains(missing)));
    match named {
        Some((_, feature)) => unsupported(feature, error.offset()),
        None => ModuleError::Invalid { message: error.message().into(), offset: error.offset() },
    }
}

fn unsupported(feature: &'static str, offset: u64) -> ModuleError {
    ModuleError::Unsupported { feature, offset }
}

fn error_offset(error: &ModuleError) -> u64 {
    match error {
        ModuleError::Invalid { offset, .. }
        | ModuleError::Unsupported { offset, .. }
        | ModuleError::Body { offset, .. } => *offset,
    }
}

/// Names the proposal if one more of the refused ones makes the module valid.
fn explain(bytes: &[u8], error: ModuleError) -> ModuleError {
    if matches!(error, ModuleError::Unsupported { .. }) {
        return error;
    }
    let valid_with = |features| {
        let mut validator = Validator::new_with_features(features);
        let mut parser = Parser::new(0);
        parser.set_features(features);
        parser.parse_all(bytes).all(|payload| payload.is_ok_and(|payload| validator.payload(&payload).is_ok()))
    };
    match REFUSED.iter().find(|(set, _)| valid_with(FEATURES.union(*set))) {
        Some((_, feature)) => unsupported(feature, error_offset(&error)),
        None => error,
    }
}

fn value_type(ty: wasmparser::ValType) -> Result<ValueType, ModuleError> {
    ValueType::from_parser(ty).ok_or_else(|| unsupported("typed function references", 0))
}

fn function_type(ty: &wasmparser::FuncType) -> Result<FunctionType, ModuleError> {
    let types = |types: &[wasmparser::ValType]| types.iter().map(|ty| value_type(*ty)).collect::<Result<Box<_>, _>>();
    Ok(FunctionType { parameters: types(ty.params())?, results: types(ty.results())? })
}

fn table_type(ty: &wasmparser::TableType) -> Result<TableType, ModuleError> {
    let element = value_type(wasmparser::ValType::Ref(ty.element_type))?;
    Ok(TableType { element, minimum: ty.initial, maximum: ty.maximum, table64: ty.table64 })
}

fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType { minimum: ty.initial, maximum: ty.maximum, memory64: ty.memory64, shared: ty.shared }
}

fn global_type(ty: &wasmparser::GlobalType) -> Result<GlobalType, ModuleError> {
    Ok(GlobalType { value: value_type(ty.content_type)?, mutable: ty.mutable })
}

fn extern_type(ty: &TypeRef, types: &[FunctionType]) -> Result<ExternType, ModuleError> {
    let function = |index: u32| types.get(index as usize).cloned().unwrap_or_default();
    Ok(match ty {
        TypeRef::Func(index) | TypeRef::FuncExact(index) => ExternType::Function(function(*index)),
        TypeRef::Table(ty) => ExternType::Table(table_type(ty)?),
        TypeRef::Memory(ty) => ExternType::Memory(memory_type(ty)),
        TypeRef::Global(ty) => ExternType::Global(global_type(ty)?),
        TypeRef::Tag(ty) => ExternType::Tag(function(ty.func_type_idx)),
    })
}

//! The copy of a module that runs at full speed: the same code, with checks
//! by which the debugger gets in.
//!
//! A check reads a word of a memory that the debugger adds, and calls a function
//! of the debugger when that is not zero. There is one in each loop, and one in
//! each function that calls another: whatever runs for long passes by one of
//! them. They cost 0 to 7 % of a run's time, where wasmtime's epochs cost up to
//! 105 %; the hint that the call is unlikely keeps it out of the way. The added
//! memory and function come first, so that the module's own ones move up by one.

use std::collections::BTreeSet;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, BranchHint, BranchHints, CodeSection, Encode, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, ImportSection, Instruction, MemArg, MemArgTarget, MemorySection, MemoryType,
    Module, Section, SectionId, TypeSection, ValType as EncodedType,
};
use wasmparser::{
    CustomSectionReader, ExportSectionReader, FunctionBody, GlobalSectionReader, ImportSectionReader,
    MemorySectionReader, Operator, Parser, TypeRef, TypeSectionReader, ValType,
};

/// The module and field by which the added memory is imported.
const BELL: (&str, &str) = ("wasm-gdb", "bell");

/// The module and field by which the added function is imported.
const DOOR: (&str, &str) = ("wasm-gdb", "door");

/// The added memory's type.
const BELL_TYPE: MemoryType =
    MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: true, page_size_log2: None };

/// The name by which a memory of the module is exported from its copy.
pub(super) fn memory_name(index: u32) -> String {
    format!("wasm-gdb memory {index}")
}

/// The name by which a global that can change is exported from the copy.
pub(super) fn global_name(index: u32) -> String {
    format!("wasm-gdb global {index}")
}

/// The name by which a function is exported from the copy.
pub(super) fn function_name(index: u32) -> String {
    format!("wasm-gdb function {index}")
}

/// The copy of a module.
pub(super) struct Woven {
    pub(super) bytes: Vec<u8>,
    /// How many memories of its own the module has; all are exported.
    pub(super) memories: u32,
    /// The globals that are exported: numbers that can change.
    pub(super) globals: Vec<u32>,
}

/// Makes the copy, and exports these functions.
///
/// # Errors
/// Says what cannot be copied.
pub(super) fn weave(bytes: &[u8], functions: &[u32]) -> Result<Woven, String> {
    let mut copy = Module::new();
    let mut weaver = Weaver {
        functions,
        door_type: None,
        imported: false,
        imported_functions: 0,
        memories: 0,
        imported_globals: 0,
        globals: Vec::new(),
        code_at: 0,
        bodies: 0,
        hints: BranchHints::new(),
    };
    weaver.parse_core_module(&mut copy, Parser::new(0), bytes).map_err(|error| error.to_string())?;
    let mut bytes = copy.finish();
    let mut hints = vec![weaver.hints.id()];
    weaver.hints.encode(&mut hints);
    bytes.splice(weaver.code_at..weaver.code_at, hints);
    Ok(Woven { bytes, memories: weaver.memories, globals: weaver.globals })
}

struct Weaver<'a> {
    functions: &'a [u32],
    /// The type of the added function.
    door_type: Option<u32>,
    /// The added memory and function are there.
    imported: bool,
    imported_functions: u32,
    memories: u32,
    imported_globals: u32,
    globals: Vec<u32>,
    /// Where the code section begins in the copy.
    code_at: usize,
    /// How many bodies were copied.
    bodies: u32,
    /// That the checks mostly find nothing.
    hints: BranchHints,
}

impl Weaver<'_> {
    fn import(&mut self, imports: &mut ImportSection) {
        self.imported = true;
        imports.import(BELL.0, BELL.1, EntityType::Memory(BELL_TYPE));
        if let Some(ty) = self.door_type {
            imports.import(DOOR.0, DOOR.1, EntityType::Function(ty));
        }
    }
}

impl Reencode for Weaver<'_> {
    type Error = std::convert::Infallible;

    fn memory_index(&mut self, memory: u32) -> Result<u32, Error<Self::Error>> {
        Ok(memory + 1)
    }

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        Ok(function + 1)
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_type_section(self, types, section)?;
        self.door_type = Some(types.len());
        types.ty().function([], []);
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), Error<Self::Error>> {
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error<Self::Error>> {
        if !self.imported && !matches!(before, Some(SectionId::Type | SectionId::Import)) {
            let mut imports = ImportSection::new();
            self.import(&mut imports);
            module.section(&imports);
        }
        if before == Some(SectionId::Code) {
            self.code_at = module.as_slice().len();
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        self.import(imports);
        for import in section.clone().into_imports() {
            let ty = import?.ty;
            self.imported_globals += u32::from(matches!(ty, TypeRef::Global(_)));
            self.imported_functions += u32::from(matches!(ty, TypeRef::Func(_)));
        }
        utils::parse_import_section(self, imports, section)
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: MemorySectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        self.memories = section.count();
        utils::parse_memory_section(self, memories, section)
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for (index, global) in (self.imported_globals..).zip(section.clone()) {
            let ty = global?.ty;
            if ty.mutable && !matches!(ty.content_type, ValType::Ref(_)) {
                self.globals.push(index);
            }
        }
        utils::parse_global_section(self, globals, section)
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for index in 0..self.memories {
            exports.export(&memory_name(index), ExportKind::Memory, index + 1);
        }
        for index in BTreeSet::from_iter(self.functions) {
            exports.export(&function_name(*index), ExportKind::Func, *index + 1);
        }
        for index in &self.globals {
            exports.export(&global_name(*index), ExportKind::Global, *index);
        }
        utils::parse_export_section(self, exports, section)
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let mut function = utils::new_function_with_parsed_locals(self, &body)?;
        let mut hints = Vec::new();
        let operators = body.get_operators_reader()?;
        if calls(&body)? {
            hints.push(check(&mut function));
        }
        for operator in operators {
            let operator = operator?;
            let is_loop = matches!(operator, Operator::Loop { .. });
            function.instruction(&self.instruction(operator)?);
            if is_loop {
                hints.push(check(&mut function));
            }
        }
        code.function(&function);
        if !hints.is_empty() {
            self.hints.function_hints(self.imported_functions + 1 + self.bodies, hints);
        }
        self.bodies += 1;
        Ok(())
    }
}

/// Whether a function calls others, itself perhaps.
fn calls(body: &FunctionBody<'_>) -> wasmparser::Result<bool> {
    for operator in body.get_operators_reader()? {
        if let Operator::Call { .. }
        | Operator::CallIndirect { .. }
        | Operator::CallRef { .. }
        | Operator::ReturnCall { .. }
        | Operator::ReturnCallIndirect { .. }
        | Operator::ReturnCallRef { .. } = operator?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Weaves a check in, and tells the compiler that it mostly finds nothing. The
/// load is atomic so that no compiler takes an earlier one's result for it.
fn check(function: &mut Function) -> BranchHint {
    let word = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(0), ordering: None };
    function.instruction(&Instruction::I32Const(0));
    function.instruction(&Instruction::I32AtomicLoad(word));
    let branch_func_offset = function.byte_len() as u32;
    function.instruction(&Instruction::If(BlockType::Empty));
    function.instruction(&Instruction::Call(0));
    function.instruction(&Instruction::End);
    BranchHint { branch_func_offset, branch_hint_value: 0 }
}

/// The name of the function that sets the word which the checks read.
pub(super) const RING: &str = "ring";

/// A module of that function alone, which imports the added memory.
pub(super) fn ringer() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([EncodedType::I32], []);
    let mut imports = ImportSection::new();
    imports.import(BELL.0, BELL.1, EntityType::Memory(BELL_TYPE));
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut exports = ExportSection::new();
    exports.export(RING, ExportKind::Func, 0);
    let mut ring = Function::new([]);
    let word = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(0), ordering: None };
    ring.instruction(&Instruction::I32Const(0));
    ring.instruction(&Instruction::LocalGet(0));
    ring.instruction(&Instruction::I32AtomicStore(word));
    ring.instruction(&Instruction::End);
    let mut code = CodeSection::new();
    code.function(&ring);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

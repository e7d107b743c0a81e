//! The copy of a module that runs at full speed: the same code, with checks
//! that end it when the debugger wants it to stop.
//!
//! A check reads a word of a memory that the debugger adds, and traps when that
//! is not zero. There is one in each loop, and one in each function that calls
//! another: whatever runs for long passes by one of them. They cost 0 to 7 % of
//! a run's time, where wasmtime's epochs cost up to 105 %. The added memory comes
//! first, so that the module's own ones move up by one.

use std::collections::BTreeSet;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    ImportSection, Instruction, MemArg, MemArgTarget, MemorySection, MemoryType, Module, SectionId, TypeSection,
};
use wasmparser::{
    CustomSectionReader, ExportSectionReader, FunctionBody, GlobalSectionReader, ImportSectionReader,
    MemorySectionReader, Operator, Parser, TypeRef, ValType,
};

/// The module and field by which the added memory is imported.
const BELL: (&str, &str) = ("wasm-gdb", "bell");

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
    let mut weaver = Weaver { functions, imported: false, memories: 0, imported_globals: 0, globals: Vec::new() };
    weaver.parse_core_module(&mut copy, Parser::new(0), bytes).map_err(|error| error.to_string())?;
    Ok(Woven { bytes: copy.finish(), memories: weaver.memories, globals: weaver.globals })
}

struct Weaver<'a> {
    functions: &'a [u32],
    /// The added memory is there.
    imported: bool,
    memories: u32,
    imported_globals: u32,
    globals: Vec<u32>,
}

impl Weaver<'_> {
    fn import(&mut self, imports: &mut ImportSection) {
        self.imported = true;
        imports.import(BELL.0, BELL.1, EntityType::Memory(BELL_TYPE));
    }
}

impl Reencode for Weaver<'_> {
    type Error = std::convert::Infallible;

    fn memory_index(&mut self, memory: u32) -> Result<u32, Error<Self::Error>> {
        Ok(memory + 1)
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
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        self.import(imports);
        for import in section.clone().into_imports() {
            self.imported_globals += u32::from(matches!(import?.ty, TypeRef::Global(_)));
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
            exports.export(&function_name(*index), ExportKind::Func, *index);
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
        let operators = body.get_operators_reader()?;
        if calls(&body)? {
            check(&mut function);
        }
        for operator in operators {
            let operator = operator?;
            let is_loop = matches!(operator, Operator::Loop { .. });
            function.instruction(&self.instruction(operator)?);
            if is_loop {
                check(&mut function);
            }
        }
        code.function(&function);
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

/// Weaves a check in. The load is atomic so that no compiler takes an earlier
/// one's result for it.
fn check(function: &mut Function) {
    let word = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(0), ordering: None };
    function.instruction(&Instruction::I32Const(0));
    function.instruction(&Instruction::I32AtomicLoad(word));
    function.instruction(&Instruction::If(BlockType::Empty));
    function.instruction(&Instruction::Unreachable);
    function.instruction(&Instruction::End);
}

/// The name of the function that makes the checks trap.
pub(super) const RING: &str = "ring";

/// A module of that function alone, which imports the added memory.
pub(super) fn ringer() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    imports.import(BELL.0, BELL.1, EntityType::Memory(BELL_TYPE));
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut exports = ExportSection::new();
    exports.export(RING, ExportKind::Func, 0);
    let mut ring = Function::new([]);
    let word = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(0), ordering: None };
    ring.instruction(&Instruction::I32Const(0));
    ring.instruction(&Instruction::I32Const(1));
    ring.instruction(&Instruction::I32AtomicStore(word));
    ring.instruction(&Instruction::End);
    let mut code = CodeSection::new();
    code.function(&ring);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

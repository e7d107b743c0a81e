//! Components of C programs, put together as tools do: of several core modules,
//! of two components, of one module twice.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use wasm_encoder::{
    ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType, ExportKind, ModuleArg, PrimitiveValType,
};

/// A core module of a source in `tests/programs`, without libc; nothing where
/// there is no compiler.
fn core_module(source: &str) -> Option<Vec<u8>> {
    let flags = ["-nostdlib", "-O0", "-Wl,--no-entry", "-ffreestanding"];
    Some(std::fs::read(crate::common::program(source, &flags)?).unwrap())
}

/// `ledger.c` on two instances of `tally.c`, as one component.
pub(crate) fn twice() -> Option<PathBuf> {
    let mut component = ComponentBuilder::default();
    let tally = component.core_module_raw(Some("tally"), &core_module("tally.c")?);
    let ledger = component.core_module_raw(Some("ledger"), &core_module("ledger.c")?);
    let sides =
        ["left", "right"].map(|side| (side, ModuleArg::Instance(component.core_instantiate(Some(side), tally, []))));
    let program = component.core_instantiate(Some("program"), ledger, sides);
    export_run(&mut component, program);
    Some(written("twice", component))
}

/// `ledger.c` as one component, whose imports two instances of the component of
/// `tally.c` are.
pub(crate) fn composed() -> Option<PathBuf> {
    let mut tally = ComponentBuilder::default();
    let module = tally.core_module_raw(Some("tally"), &core_module("tally.c")?);
    let instance = tally.core_instantiate(None, module, []);
    let add = tally.core_alias_export(None, instance, "add", ExportKind::Func);
    let ty = add_type(&mut tally);
    let lifted = tally.lift_func(None, add, ty, []);
    tally.export("add", ComponentExportKind::Func, lifted, None);

    let mut ledger = ComponentBuilder::default();
    let ty = add_type(&mut ledger);
    let sides = ["left", "right"].map(|side| {
        let imported = ledger.import(side, ComponentTypeRef::Func(ty));
        let lowered = ledger.lower_func(None, imported, []);
        let exports = ledger.core_instantiate_exports(None, [("add", ExportKind::Func, lowered)]);
        (side, ModuleArg::Instance(exports))
    });
    let module = ledger.core_module_raw(Some("ledger"), &core_module("ledger.c")?);
    let program = ledger.core_instantiate(None, module, sides);
    export_run(&mut ledger, program);

    let mut all = ComponentBuilder::default();
    let tally = all.component(Some("tally"), tally);
    let ledger = all.component(Some("ledger"), ledger);
    let sides = ["left", "right"].map(|side| {
        let instance = all.instantiate(Some(side), tally, Vec::<(&str, ComponentExportKind, u32)>::new());
        (side, ComponentExportKind::Func, all.alias_export(instance, "add", ComponentExportKind::Func))
    });
    let program = all.instantiate(Some("program"), ledger, sides);
    let run = all.alias_export(program, RUN, ComponentExportKind::Instance);
    all.export(RUN, ComponentExportKind::Instance, run, None);
    Some(written("composed", all))
}

const RUN: &str = "wasi:cli/run@0.2.0";

fn add_type(component: &mut ComponentBuilder) -> u32 {
    let (index, mut ty) = component.type_function(None);
    let number = ComponentValType::Primitive(PrimitiveValType::S32);
    ty.params([("value", number)]).result(Some(number));
    index
}

/// Exports the `run` of a core instance as a command's.
fn export_run(component: &mut ComponentBuilder, instance: u32) {
    let run = component.core_alias_export(None, instance, "run", ExportKind::Func);
    let (result, ty) = component.type_defined(None);
    ty.result(None, None);
    let (function, mut ty) = component.type_function(None);
    ty.params(Vec::<(&str, ComponentValType)>::new()).result(Some(ComponentValType::Type(result)));
    let run = component.lift_func(None, run, function, []);
    let exports = component.instantiate_exports(None, [("run", ComponentExportKind::Func, run)]);
    component.export(RUN, ComponentExportKind::Instance, exports, None);
}

fn written(name: &str, component: ComponentBuilder) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let to = folder.join(format!("{name}.wasm"));
    // Tests run at the same time.
    let mine = tempfile::NamedTempFile::new_in(folder).unwrap();
    std::fs::write(mine.path(), component.finish()).unwrap();
    mine.persist(&to).unwrap();
    to
}

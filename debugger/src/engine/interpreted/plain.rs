//! The run at full speed: while nothing is to stop the program, a copy of it
//! runs as compiled code, without any of wasmtime's debugging.
//!
//! It runs from the beginning; what the host has answered before is answered
//! from the journal, and what it is asked then is added there. So it leaves
//! behind all that the interpreter needs to come to the same place: the engine
//! takes it there when someone wants to look. The copy has checks woven in
//! ([`weave`]) by which it can be interrupted and looked at. Where it was then does not
//! matter: every state of the one run that the program has is as good.

mod visit;
mod weave;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use bytes::Bytes;
use wasm_host::Ended;
use wasm_interpreter::Limits;
use wasmtime::{
    Caller, Config, Engine, Extern, ExternType, Func, Instance, MemoryType, Module, ModuleExport, SharedMemory, Store,
    StoreLimits, StoreLimitsBuilder, TypedFunc, Val,
};
use xxhash_rust::xxh3::Xxh3;

use self::visit::open;
use super::recording::{Journal, lock};
use crate::engine::Visitor;

/// What is called, one after the other: functions by their index, and the bits
/// of their arguments.
pub(super) type Calls = Vec<(u32, Vec<wasm_interpreter::Value>)>;

/// A program as compiled code.
pub(super) struct Plain {
    module: Module,
    ringer: Module,
    /// Its memories and changing globals, as the copy exports them.
    memories: Vec<ModuleExport>,
    globals: Vec<(u32, ModuleExport)>,
    calls: Vec<(ModuleExport, Vec<Val>)>,
    limits: Limits,
}

/// What became of a run.
pub(super) struct Run {
    pub(super) end: End,
    /// What it left behind, where the interpreter must come to the same.
    pub(super) digest: Option<u64>,
    /// What the last function that was called gave back, as it is printed.
    pub(super) results: Vec<String>,
}

/// How a run ended.
pub(super) enum End {
    /// By itself, with this code.
    Exit(i32),
    /// By an interrupt.
    Interrupt,
    /// Otherwise, and the interpreter will see how: by a trap, say.
    Unknown,
}

/// Interrupts a run at full speed from another thread.
#[derive(Clone, Default)]
pub(super) struct Bell {
    /// Someone wants the program to stop.
    pub(super) raised: Arc<AtomicBool>,
    /// What makes the woven checks of the run that is on find something.
    ringer: Arc<Mutex<Option<Ringer>>>,
}

impl Bell {
    /// Makes the run that is on open its door, if there is one.
    pub(super) fn ring(&self) {
        self.set(1);
    }

    fn set(&self, word: i32) {
        if let Some(ringer) = &mut *self.ringer.lock().unwrap_or_else(PoisonError::into_inner) {
            // One store: there is nothing in it that fails.
            let _ = ringer.ring.call(&mut ringer.store, word);
        }
    }

    /// Whether someone wanted the program to stop; that is then forgotten.
    pub(super) fn answer(&self) -> bool {
        self.raised.swap(false, Ordering::AcqRel)
    }

    fn hang(&self, ringer: Option<Ringer>) {
        *self.ringer.lock().unwrap_or_else(PoisonError::into_inner) = ringer;
    }
}

/// A function that writes into the memory that a run's checks read: an instance
/// of its own, as only wasm may write there while wasm runs.
struct Ringer {
    store: Store<()>,
    ring: TypedFunc<i32, ()>,
}

impl Ringer {
    fn new(module: &Module, memory: SharedMemory) -> wasmtime::Result<Ringer> {
        let mut store = Store::new(module.engine(), ());
        let instance = Instance::new(&mut store, module, &[memory.into()])?;
        let ring = instance.get_typed_func(&mut store, weave::RING)?;
        Ok(Ringer { store, ring })
    }
}

/// A program that is compiled while something else runs.
pub(super) enum Preparation {
    /// Nobody has begun.
    None,
    /// It goes on, in a thread.
    Going(mpsc::Receiver<Result<Plain, String>>),
    /// It is there.
    Done(Box<Plain>),
    /// It cannot be had, or not be used any more.
    Never,
}

impl Preparation {
    /// Begins, if nobody has.
    pub(super) fn begin(&mut self, bytes: Bytes, calls: Calls, limits: Limits) {
        if let Preparation::None = self {
            let (sent, received) = mpsc::channel();
            let compile = move || {
                // Nobody may be there any more.
                let _ = sent.send(Plain::compile(&bytes, &calls, limits));
            };
            let started = std::thread::Builder::new().name("compile".to_string()).spawn(compile);
            *self = if started.is_ok() { Preparation::Going(received) } else { Preparation::Never };
        }
    }

    /// Looks whether it is there.
    pub(super) fn look(&mut self) {
        if let Preparation::Going(received) = self {
            match received.try_recv() {
                Err(mpsc::TryRecvError::Empty) => {}
                Ok(Ok(plain)) => *self = Preparation::Done(Box::new(plain)),
                Ok(Err(_)) | Err(mpsc::TryRecvError::Disconnected) => *self = Preparation::Never,
            }
        }
    }

    /// Waits until it is there.
    ///
    /// # Errors
    /// Says why it cannot be had.
    pub(super) fn wait(&mut self) -> Result<(), String> {
        match self {
            Preparation::Done(_) => Ok(()),
            Preparation::None | Preparation::Never => Err("the program cannot run as compiled code".to_string()),
            Preparation::Going(received) => {
                let compiled = received.recv().unwrap_or_else(|_| Err("the compiler has ended".to_string()));
                match compiled {
                    Ok(plain) => {
                        *self = Preparation::Done(Box::new(plain));
                        Ok(())
                    }
                    Err(reason) => {
                        *self = Preparation::Never;
                        Err(reason)
                    }
                }
            }
        }
    }
}

impl Plain {
    fn compile(bytes: &[u8], calls: &Calls, limits: Limits) -> Result<Plain, String> {
        let functions: Vec<u32> = calls.iter().map(|(function, _)| *function).collect();
        let woven = weave::weave(bytes, &functions)?;
        let mut config = Config::new();
        config
            .wasm_backtrace_max_frames(None)
            .generate_address_map(false)
            .relaxed_simd_deterministic(true)
            .shared_memory(true)
            .wasm_exceptions(true)
            .wasm_multi_memory(true)
            .wasm_branch_hinting(true)
            .wasm_memory64(true)
            .wasm_wide_arithmetic(true);
        let engine = Engine::new(&config).map_err(|error| error.to_string())?;
        let module = Module::from_binary(&engine, &woven.bytes).map_err(|error| error.to_string())?;
        let export = |name: String| module.get_export_index(&name).ok_or(format!("{name} is not there"));
        let values = |arguments: &[wasm_interpreter::Value]| {
            let value =
                |value: &wasm_interpreter::Value| value_of(*value).ok_or("an argument is a reference".to_string());
            arguments.iter().map(value).collect::<Result<Vec<_>, _>>()
        };
        Ok(Plain {
            memories: (0..woven.memories).map(|index| export(weave::memory_name(index))).collect::<Result<_, _>>()?,
            globals: { woven.globals.iter() }
                .map(|index| Ok((*index, export(weave::global_name(*index))?)))
                .collect::<Result<_, String>>()?,
            calls: { calls.iter() }
                .map(|(function, arguments)| Ok((export(weave::function_name(*function))?, values(arguments)?)))
                .collect::<Result<_, String>>()?,
            ringer: Module::from_binary(&engine, &weave::ringer()).map_err(|error| error.to_string())?,
            module,
            limits,
        })
    }

    /// The globals whose values are part of a [`Digest`].
    pub(super) fn globals(&self) -> impl Iterator<Item = u32> {
        self.globals.iter().map(|(index, _)| *index)
    }

    /// Runs the program from its beginning. The visitor is let in when the
    /// program has come to where it has been before, as far as the journal tells.
    ///
    /// # Errors
    /// If it cannot even begin.
    pub(super) fn run(
        &self,
        journal: Arc<Mutex<Journal>>,
        bell: &Bell,
        visitor: Option<Visitor>,
    ) -> Result<Run, String> {
        let memory =
            SharedMemory::new(self.module.engine(), MemoryType::shared(1, 1)).map_err(|error| error.to_string())?;
        let known = lock(&journal).len();
        let guest = Guest {
            journal,
            calls: 0,
            known,
            bell: bell.clone(),
            visitor,
            memories: self.memories.clone(),
            globals: self.globals.clone(),
            limits: StoreLimitsBuilder::new()
                .memory_size(usize::try_from(self.limits.memory_pages << 16).unwrap_or(usize::MAX))
                .table_elements(usize::try_from(self.limits.table_elements).unwrap_or(usize::MAX))
                .build(),
        };
        let mut store = Store::new(self.module.engine(), guest);
        store.limiter(|guest| &mut guest.limits);
        let imports = self.imports(&mut store, &memory)?;
        bell.hang(Some(Ringer::new(&self.ringer, memory).map_err(|error| error.to_string())?));
        let ended = self.run_in(&mut store, &imports);
        bell.hang(None);
        ended
    }

    /// What the copy is given: the bell, the door, and the host's functions.
    fn imports(&self, store: &mut Store<Guest>, memory: &SharedMemory) -> Result<Vec<Extern>, String> {
        let imports = self.module.imports().enumerate().map(|(index, import)| match import.ty() {
            ExternType::Memory(_) if index == 0 => Ok(Extern::from(memory.clone())),
            ExternType::Func(ty) if index == 1 => {
                Ok(Func::new(&mut *store, ty, |caller, _, _| open(caller).map_err(wasmtime::Error::new)).into())
            }
            ExternType::Func(ty) => {
                let function = lock(&store.data().journal).function(import.module(), import.name());
                Ok(Func::new(&mut *store, ty, move |caller, arguments, results| {
                    ask(caller, function, arguments, results).map_err(wasmtime::Error::new)
                })
                .into())
            }
            _ => Err(format!("it imports {}.{}", import.module(), import.name())),
        });
        imports.collect()
    }

    fn run_in(&self, store: &mut Store<Guest>, imports: &[Extern]) -> Result<Run, String> {
        // It may have been interrupted before there was a bell.
        if store.data().bell.raised.load(Ordering::Acquire) {
            return Ok(Run { end: End::Interrupt, digest: None, results: Vec::new() });
        }
        let instance = match Instance::new(&mut *store, &self.module, imports) {
            Ok(instance) => instance,
            // Its start function has ended it.
            Err(error) => return Ok(Run { end: end(&error), digest: None, results: Vec::new() }),
        };
        let (mut code, mut texts) = (0, Vec::new());
        for (function, arguments) in &self.calls {
            let Some(Extern::Func(function)) = instance.get_module_export(&mut *store, function) else {
                return Err("a function is not there".to_string());
            };
            let mut results = vec![Val::I32(0); function.ty(&*store).results().len()];
            if let Err(error) = function.call(&mut *store, arguments, &mut results) {
                // How deep calls may go is each engine's own.
                let deep = error.downcast_ref() == Some(&wasmtime::Trap::StackOverflow);
                let digest = (!deep).then(|| self.digest(store, &instance));
                return Ok(Run { end: end(&error), digest, results: Vec::new() });
            }
            code = results.first().and_then(Val::i32).unwrap_or_default();
            texts = results.iter().map(wasm_host::value_text).collect();
        }
        Ok(Run { end: End::Exit(code), digest: Some(self.digest(store, &instance)), results: texts })
    }

    fn digest(&self, store: &mut Store<Guest>, instance: &Instance) -> u64 {
        let mut digest = Digest::default();
        for memory in &self.memories {
            if let Some(Extern::Memory(memory)) = instance.get_module_export(&mut *store, memory) {
                digest.memory(memory.data(&*store));
            }
        }
        for (_, global) in &self.globals {
            if let Some(Extern::Global(global)) = instance.get_module_export(&mut *store, global) {
                digest.bits(bits(&global.get(&mut *store)));
            }
        }
        digest.finish()
    }
}

/// Why a run ended that did not return.
fn end(error: &wasmtime::Error) -> End {
    match error.downcast_ref::<Left>() {
        Some(Left(Some(Ended::Exit(code)))) => End::Exit(*code),
        Some(Left(Some(Ended::Trap(_)))) => End::Unknown,
        Some(Left(None)) => End::Interrupt,
        None => End::Unknown,
    }
}

/// What a run's host functions work on.
struct Guest {
    journal: Arc<Mutex<Journal>>,
    /// How many calls of the host were made, and how many were known before.
    calls: usize,
    known: usize,
    bell: Bell,
    visitor: Option<Visitor>,
    memories: Vec<ModuleExport>,
    globals: Vec<(u32, ModuleExport)>,
    limits: StoreLimits,
}

/// A call of the host that ends the run; without a reason it is interrupted.
#[derive(Debug)]
struct Left(Option<Ended>);

impl std::error::Error for Left {}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl Guest {
    fn ask(&mut self, function: usize, arguments: &[u64], memory: &mut [u8]) -> Result<Option<u32>, Left> {
        let given = lock(&self.journal).call(self.calls, function, arguments, memory);
        self.calls += 1;
        match given {
            Ok(_) if self.bell.raised.load(Ordering::Acquire) => Err(Left(None)),
            Ok(given) => Ok(given.result),
            Err(ended) => Err(Left(Some(ended))),
        }
    }
}

fn ask(mut caller: Caller<'_, Guest>, function: usize, arguments: &[Val], results: &mut [Val]) -> Result<(), Left> {
    let arguments: Vec<u64> = arguments.iter().map(|value| bits(value) as u64).collect();
    let memory = caller.data().memories.first().copied().and_then(|memory| caller.get_module_export(&memory));
    let given = match memory {
        Some(Extern::Memory(memory)) => {
            let (bytes, guest) = memory.data_and_store_mut(&mut caller);
            guest.ask(function, &arguments, bytes)
        }
        _ => caller.data_mut().ask(function, &arguments, &mut []),
    }?;
    if let (Some(result), Some(bits)) = (results.first_mut(), given) {
        *result = Val::I32(bits as i32);
    }
    Ok(())
}

/// What two engines must agree upon: the contents of all memories and of the
/// globals that can change.
#[derive(Default)]
pub(super) struct Digest(Xxh3);

impl Digest {
    pub(super) fn memory(&mut self, bytes: &[u8]) {
        self.0.update(&bytes.len().to_le_bytes());
        self.0.update(bytes);
    }

    pub(super) fn bits(&mut self, bits: u128) {
        self.0.update(&bits.to_le_bytes());
    }

    pub(super) fn finish(self) -> u64 {
        self.0.digest()
    }
}

/// The bits of a number; references have none.
fn bits(value: &Val) -> u128 {
    match value {
        Val::I32(value) => u128::from(*value as u32),
        Val::I64(value) => u128::from(*value as u64),
        Val::F32(bits) => u128::from(*bits),
        Val::F64(bits) => u128::from(*bits),
        Val::V128(value) => value.as_u128(),
        _ => 0,
    }
}

fn value_of(value: wasm_interpreter::Value) -> Option<Val> {
    use wasm_interpreter::Value as Guest;
    Some(match value {
        Guest::I32(value) => Val::I32(value),
        Guest::I64(value) => Val::I64(value),
        Guest::F32(bits) => Val::F32(bits),
        Guest::F64(bits) => Val::F64(bits),
        Guest::V128(bits) => Val::V128(bits.into()),
        _ => return None,
    })
}

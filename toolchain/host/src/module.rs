//! Core modules: WASI preview 1 and what the crate `wasm` imports.

use wasmtime::{Caller, Extern, ExternType, Linker, Module, Store, Val, ValType};
use wasmtime_wasi::p1;

use crate::options::Stream;
use crate::{Error, Options, State};

/// The bits of `wasm::Host` that hold here: WASI is given; this thread may block; vectors,
/// several memories and 64-bit memories are there.
pub(crate) const FEATURES: u32 = 1 << 3 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8;

pub(crate) async fn run(store: &mut Store<State>, module: &Module, options: &Options) -> Result<i32, Error> {
    let mut linker = Linker::new(store.engine());
    p1::add_to_linker_sync(&mut linker, |state: &mut State| &mut state.wasi).map_err(Error::engine)?;
    add_host(&mut linker).map_err(Error::engine)?;
    if options.missing_imports_trap {
        linker.define_unknown_imports_as_traps(module).map_err(Error::engine)?;
    }
    let missing: Vec<String> = module
        .imports()
        .filter(|import| linker.get(&mut *store, import.module(), import.name()).is_err())
        .map(|import| format!("`{}` `{}`", import.module(), name(import.name())))
        .collect();
    if !missing.is_empty() {
        return Err(Error::MissingImports(missing));
    }

    let instance = match linker.instantiate_async(&mut *store, module).await {
        Ok(instance) => instance,
        Err(error) => return Error::ended(error),
    };
    let mut entry = None;
    let invoked = options.invoke.as_ref().map(|invoke| invoke.function.as_str());
    for wanted in invoked.map_or(vec!["_start", "main"], |function| vec![function]) {
        entry = entry.or_else(|| instance.get_func(&mut *store, wanted));
    }
    let entry = entry.ok_or_else(|| Error::NoEntry {
        wanted: invoked.map_or("function `_start` or `main`".into(), |function| format!("function `{function}`")),
        exports: module
            .exports()
            .filter(|export| matches!(export.ty(), ExternType::Func(_)))
            .map(|export| format!("`{}`", name(export.name())))
            .collect(),
    })?;
    if let Some(initialize) = instance.get_func(&mut *store, "_initialize")
        && let Err(error) = initialize.call_async(&mut *store, &[], &mut []).await
    {
        return Error::ended(error);
    }
    let ty = entry.ty(&*store);
    let arguments: Vec<Val> = match &options.invoke {
        // C's `main` takes a count and an array of arguments; these are none.
        None => ty.params().map(|_| Val::I32(0)).collect(),
        Some(invoke) => {
            let types: Vec<String> = ty.params().map(|ty| ty.to_string()).collect();
            let value = |(ty, bits): (ValType, u64)| match ty {
                ValType::I64 => Val::I64(bits as i64),
                ValType::F32 => Val::F32(bits as u32),
                ValType::F64 => Val::F64(bits),
                _ => Val::I32(bits as i32),
            };
            ty.params().zip(invoke.bits(&types)?).map(value).collect()
        }
    };
    let mut results: Vec<Val> = ty.results().map(|_| Val::I32(0)).collect();
    match entry.call_async(&mut *store, &arguments, &mut results).await {
        Ok(()) => {
            if options.invoke.is_some() {
                options.stdout.results(results.iter().map(value_text));
            }
            Ok(results.first().and_then(Val::i32).unwrap_or_default())
        }
        Err(error) => Error::ended(error),
    }
}

/// A value as it is printed.
pub fn value_text(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(bits) => f32::from_bits(*bits).to_string(),
        Val::F64(bits) => f64::from_bits(*bits).to_string(),
        Val::V128(value) => format!("{:#034x}", value.as_u128()),
        _ => "a reference".to_string(),
    }
}

/// The name of a function of the crate `wasm`, without its signature.
fn name(name: &str) -> &str {
    name.split_once(';').map_or(name, |(name, _)| name)
}

/// The imports of the crate `wasm` that need no JavaScript; see
/// `docs/compiler-contract.md`.
fn add_host(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap("wasmrust:host", "features", || FEATURES)?;
    linker.func_wrap(
        "wasmrust:host",
        "print;jS",
        |mut caller: Caller<'_, State>, stream: u32, at: u32, len: u32| {
            let text = read(&mut caller, at, len)?;
            let state = caller.data();
            match stream {
                2 => state.stderr.write(Stream::Error, &text),
                _ => state.stdout.write(Stream::Out, &text),
            }
            Ok(())
        },
    )?;
    // Values that are owned come from a host's function or go to it, and no
    // such function is here. Programs that have them still start.
    linker.func_wrap("wasmrust:host", "take", |_: u32| -> wasmtime::Result<()> {
        Err(wasmtime::Error::msg("the program takes a value that this host has not given"))
    })?;
    linker.func_wrap("wasmrust:host", "give", |_: u32, _: u32| {})?;
    linker.func_wrap("wasmrust:host", "fail", |_: u32, _: u32| {})?;
    Ok(())
}

/// A copy of bytes of the program's memory.
fn read(caller: &mut Caller<'_, State>, at: u32, len: u32) -> wasmtime::Result<Vec<u8>> {
    let outside = || wasmtime::Error::msg("the text to print is outside of the program's memory");
    let span = at as usize..at as usize + len as usize;
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => memory.data(&caller).get(span).map(<[u8]>::to_vec).ok_or_else(outside),
        _ => Err(wasmtime::Error::msg("the program prints but exports no memory named `memory`")),
    }
}

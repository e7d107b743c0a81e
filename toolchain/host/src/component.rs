//! Components: WASI preview 2.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store, StoreLimits};
use wasmtime_wasi::p2::bindings::sync::Command;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::{Error, Limits, Options};

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

pub(crate) fn run(engine: &Engine, component: &Component, limits: &Limits, options: &Options) -> Result<i32, Error> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).map_err(Error::engine)?;
    if options.missing_imports_trap {
        linker.define_unknown_imports_as_traps(component).map_err(Error::engine)?;
    }
    let state =
        State { wasi: options.wasi()?.build(), table: ResourceTable::new(), limits: crate::memory_limits(limits) };
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limits);
    crate::limit(&mut store, limits)?;

    let ty = component.component_type();
    let exports: Vec<String> = ty.exports(engine).map(|(name, _)| format!("`{name}`")).collect();
    if !exports.iter().any(|name| name.starts_with("`wasi:cli/run@")) {
        return Err(Error::NoEntry { wanted: "interface `wasi:cli/run`", exports });
    }
    let missing: Vec<String> = ty
        .imports(engine)
        .filter(|(name, item)| {
            matches!(item.ty, ComponentItem::ComponentInstance(_) | ComponentItem::ComponentFunc(_))
                && !name.starts_with("wasi:")
                && !options.missing_imports_trap
        })
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !missing.is_empty() {
        return Err(Error::MissingImports(missing));
    }

    let command = match Command::instantiate(&mut store, component, &linker) {
        Ok(command) => command,
        Err(error) => return Error::ended(error),
    };
    match command.wasi_cli_run().call_run(&mut store) {
        Ok(ended) => Ok(i32::from(ended.is_err())),
        Err(error) => Error::ended(error),
    }
}

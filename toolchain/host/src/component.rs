//! Components: WASI preview 2.

use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi::p2::bindings::Command;

use crate::{Error, Options, State};

pub(crate) async fn run(store: &mut Store<State>, component: &Component, options: &Options) -> Result<i32, Error> {
    let engine = store.engine().clone();
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).map_err(Error::engine)?;
    if options.missing_imports_trap {
        linker.define_unknown_imports_as_traps(component).map_err(Error::engine)?;
    }

    let ty = component.component_type();
    let exports: Vec<String> = ty.exports(&engine).map(|(name, _)| format!("`{name}`")).collect();
    if !exports.iter().any(|name| name.starts_with("`wasi:cli/run@")) {
        return Err(Error::NoEntry { wanted: "interface `wasi:cli/run`".to_string(), exports });
    }
    let missing: Vec<String> = ty
        .imports(&engine)
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

    let command = match Command::instantiate_async(&mut *store, component, &linker).await {
        Ok(command) => command,
        Err(error) => return Error::ended(error),
    };
    match command.wasi_cli_run().call_run(&mut *store).await {
        Ok(ended) => Ok(i32::from(ended.is_err())),
        Err(error) => Error::ended(error),
    }
}

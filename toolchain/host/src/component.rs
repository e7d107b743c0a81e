//! Components: WASI preview 2.

use wasmtime::Store;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, Linker, Type, Val};
use wasmtime_wasi::p2::bindings::Command;

use crate::{Error, Invoke, Options, State};

pub(crate) async fn run(store: &mut Store<State>, component: &Component, options: &Options) -> Result<i32, Error> {
    let engine = store.engine().clone();
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).map_err(Error::engine)?;
    if options.missing_imports_trap {
        linker.define_unknown_imports_as_traps(component).map_err(Error::engine)?;
    }

    let ty = component.component_type();
    let exports: Vec<String> = ty.exports(&engine).map(|(name, _)| format!("`{name}`")).collect();
    let invoked = match &options.invoke {
        Some(invoke) => Some((invoke, Invoked::find(component, invoke)?)),
        None => None,
    };
    if invoked.is_none() && !exports.iter().any(|name| name.starts_with("`wasi:cli/run@")) {
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

    if let Some((invoke, function)) = invoked {
        let arguments = function.arguments(invoke)?;
        let instance = match linker.instantiate_async(&mut *store, component).await {
            Ok(instance) => instance,
            Err(error) => return Error::ended(error),
        };
        let exported = instance
            .get_func(&mut *store, function.index)
            .ok_or_else(|| Error::NoEntry { wanted: format!("function `{}`", invoke.function), exports })?;
        let mut results = vec![Val::Bool(false); function.ty.results().len()];
        return match exported.call_async(&mut *store, &arguments, &mut results).await {
            Ok(()) => Ok(told(&results, options)),
            Err(error) => Error::ended(error),
        };
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

/// A function that a component exports.
struct Invoked {
    index: ComponentExportIndex,
    ty: ComponentFunc,
}

impl Invoked {
    /// The function that is to be called: exported itself, or by an interface, as `interface#function` where several
    /// have one of that name.
    fn find(component: &Component, invoke: &Invoke) -> Result<Invoked, Error> {
        let engine = component.engine();
        let mut all = Vec::new();
        for (name, item) in component.component_type().exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(ty) => all.push((String::new(), name.to_string(), ty)),
                ComponentItem::ComponentInstance(interface) => {
                    for (function, item) in interface.exports(engine) {
                        if let ComponentItem::ComponentFunc(ty) = item.ty {
                            all.push((name.to_string(), function.to_string(), ty));
                        }
                    }
                }
                _ => {}
            }
        }
        let full = |interface: &str, name: &str| match interface {
            "" => name.to_string(),
            _ => format!("{interface}#{name}"),
        };
        let wanted = &invoke.function;
        let exact = all.iter().position(|(interface, name, _)| full(interface, name) == *wanted);
        let mut by_name = all.iter().enumerate().filter(|(_, (_, name, _))| name == wanted).map(|(at, _)| at);
        let found = exact.or_else(|| by_name.next().filter(|_| by_name.next().is_none()));
        let exports = || all.iter().map(|(interface, name, _)| format!("`{}`", full(interface, name))).collect();
        let none = || Error::NoEntry { wanted: format!("function `{wanted}`"), exports: exports() };
        let (interface, name, ty) = all.get(found.ok_or_else(none)?).ok_or_else(none)?;
        let outer = match interface.as_str() {
            "" => None,
            interface => Some(component.get_export_index(None, interface).ok_or_else(none)?),
        };
        let index = component.get_export_index(outer.as_ref(), name).ok_or_else(none)?;
        Ok(Invoked { index, ty: ty.clone() })
    }

    /// The arguments as values of the parameters' types: in WAVE, the component model's notation of values. Text needs
    /// no quotes where a parameter is text.
    fn arguments(&self, invoke: &Invoke) -> Result<Vec<Val>, Error> {
        let wrong = |reason: String| Error::Invoke { function: invoke.function.clone(), reason };
        let (wanted, given) = (self.ty.params().len(), invoke.arguments.len());
        if wanted != given {
            let names: Vec<&str> = self.ty.params().map(|(name, _)| name).collect();
            return Err(wrong(match wanted {
                0 => format!("it takes no arguments, not {given}"),
                1 => format!("it takes 1 argument ({}), not {given}", names.join(", ")),
                _ => format!("it takes {wanted} arguments ({}), not {given}", names.join(", ")),
            }));
        }
        let value = |((name, ty), text): ((&str, Type), &String)| match ty {
            Type::String if !text.starts_with('"') => Ok(Val::String(text.clone())),
            _ => Val::from_wave(&ty, text).map_err(|error| wrong(format!("{name}: {text:?}: {error}"))),
        };
        self.ty.params().zip(&invoke.arguments).map(value).collect()
    }
}

/// Prints what a function gave back, in WAVE; the exit code is 1 if that is an `err`.
fn told(results: &[Val], options: &Options) -> i32 {
    // Handles of resources have no notation.
    options.stdout.results(results.iter().filter_map(|result| result.to_wave().ok()));
    i32::from(results.iter().any(|result| matches!(result, Val::Result(Err(_)))))
}

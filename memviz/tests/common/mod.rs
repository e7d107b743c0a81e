//! Runs the fixtures in wasmtime.
#![allow(dead_code)]

use std::path::Path;

use memviz::{Layout, Program, State};
use wasm_binary::Map;
use wasm_source::WasmValue;
use wasmtime::{Engine, Instance, Linker, Module, Store, Val};

/// A module of `tests/fixtures`.
pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.wasm"))).unwrap()
}

/// A running module.
pub struct Guest {
    pub program: Program,
    store: Store<()>,
    instance: Instance,
}

impl Guest {
    pub fn start(bytes: &[u8]) -> Guest {
        let engine = Engine::default();
        let module = Module::new(&engine, bytes).unwrap();
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&module).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let program = Program::new(&Map::parse(bytes).unwrap(), None);
        let mut guest = Guest { program, store, instance };
        for name in ["_initialize", "__wasm_call_ctors"] {
            if guest.instance.get_func(&mut guest.store, name).is_some() {
                guest.call(name, &[]);
                break;
            }
        }
        guest
    }

    pub fn call(&mut self, name: &str, arguments: &[u32]) -> u32 {
        let function = self.instance.get_func(&mut self.store, name).unwrap_or_else(|| panic!("no export {name}"));
        let arguments: Vec<Val> = arguments.iter().map(|value| Val::I32(*value as i32)).collect();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function.call(&mut self.store, &arguments, &mut results).unwrap();
        results.first().map_or(0, |value| value.i32().unwrap() as u32)
    }

    /// A copy of the memory.
    pub fn memory(&mut self) -> Vec<u8> {
        self.instance.get_memory(&mut self.store, "memory").unwrap().data(&self.store).to_vec()
    }

    /// The values of the globals that are exported.
    pub fn globals(&mut self) -> Vec<Option<WasmValue>> {
        let names: Vec<_> = self.program.globals.iter().map(|global| global.name.clone()).collect();
        let value = |name: Option<String>| match self.instance.get_global(&mut self.store, &name?)?.get(&mut self.store)
        {
            Val::I32(value) => Some(WasmValue::I32(value as u32)),
            Val::I64(value) => Some(WasmValue::I64(value as u64)),
            _ => None,
        };
        names.into_iter().map(value).collect()
    }

    pub fn layout(&mut self) -> Layout {
        let memory = self.memory();
        self.layout_of(&memory)
    }

    pub fn layout_of(&mut self, memory: &Vec<u8>) -> Layout {
        let globals = self.globals();
        Layout::of(&State { globals: &globals, ..State::new(&self.program, memory) })
    }

    /// What is allocated, as the guest's log says: address and size.
    pub fn log(&mut self) -> Vec<(u64, u64)> {
        let at = self.call("log_address", &[]) as usize;
        let memory = self.memory();
        let word = |bytes: &[u8]| u64::from(u32::from_le_bytes(bytes.try_into().unwrap()));
        let entries = memory[at..at + 4096 * 8].chunks_exact(8);
        entries.map(|entry| (word(&entry[..4]), word(&entry[4..]))).filter(|entry| entry.0 != 0).collect()
    }
}

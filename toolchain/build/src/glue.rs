//! The JavaScript that is written beside a module: what its own names need to be called with JavaScript's values, and
//! nothing else. `docs/compiler-contract.md` is what it is written from, and `crates/wasm/js/loader.mjs`, which reads
//! the same names when it loads, gives the same results.
//!
//! Assumes that the names of a module may hold anything: text of the module enters the script only through
//! [`js::string`], [`js::key`] and [`js::url`].

mod contract;
mod functions;
mod helpers;
mod js;
mod values;

use contract::{Contract, Signature};
use functions::Functions;
use helpers::Helpers;
use std::collections::BTreeMap;
use wasm_binary::{BinaryKind, Export, Map, ModuleId, Space};
use wasmparser::{Parser, Payload, TypeRef};

/// The module that loads whatever was built with the crate `wasm`.
pub(crate) const LOADER: &str = include_str!("../../../crates/wasm/js/loader.mjs");
/// Its half for threads.
pub(crate) const THREADS: &str = include_str!("../../../crates/wasm/js/threads.mjs");

const HEAD: &str = "// Made by cargo wasm\n";

/// The script for a module that is going to be the file `wasm` beside it, or `None` where JavaScript needs none: all
/// its values are numbers already, or somebody else's JavaScript comes with it.
///
/// Its default export is `(imports, source, options) => Promise<{ exports, instance, module, memory }>`. Where regions,
/// an imported memory or threads need more, it hands all three to `loader.mjs`.
pub fn glue(bytes: &[u8], wasm: &str) -> Option<String> {
    let needs = Needs::of(bytes)?;
    Some(if needs.loader { through_loader(wasm) } else { script(&needs, wasm) })
}

/// The files that go beside the output `NAME.wasm`: [`glue`], and the loader where that needs it.
pub(crate) fn files(bytes: &[u8], name: &str) -> Vec<(String, Vec<u8>)> {
    let wasm = format!("{name}.wasm");
    let Some(needs) = Needs::of(bytes) else { return Vec::new() };
    if !needs.loader {
        return vec![(format!("{name}.mjs"), script(&needs, &wasm).into_bytes())];
    }
    let mut files = vec![(format!("{name}.mjs"), through_loader(&wasm).into_bytes())];
    files.push(("loader.mjs".into(), LOADER.into()));
    if needs.shared_memory {
        files.push(("threads.mjs".into(), THREADS.into()));
    }
    files
}

/// What a module says of itself, as far as JavaScript has to know.
struct Needs<'a> {
    /// What is imported, by module and name; `None` for what is passed on as it is.
    imports: BTreeMap<&'a str, BTreeMap<&'a str, Option<Signature<'a>>>>,
    /// The functions that need a wrapper, by their full names.
    exports: BTreeMap<&'a str, Signature<'a>>,
    contract: Contract<'a>,
    /// What else is exported, without the linker's own symbols (`__heap_base`, …).
    plain: Vec<&'a str>,
    /// More than a script of its own can do.
    loader: bool,
    shared_memory: bool,
}

impl<'a> Needs<'a> {
    fn of(bytes: &'a [u8]) -> Option<Needs<'a>> {
        let map = Map::parse(bytes).ok()?;
        let module = map.modules().first().filter(|module| module.kind == BinaryKind::Module)?;
        if wasm_binary::producers(&map).iter().any(|producer| producer.name == "wasm-bindgen") {
            return None;
        }
        let mut imports: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for import in &module.imports {
            let signature = if import.space == Space::Function { Signature::of(import.name) } else { None };
            imports.entry(import.module).or_default().insert(import.name, signature);
        }
        let functions = module.exports.iter().filter(|export| export.space == Space::Function);
        let exports: BTreeMap<_, _> =
            functions.filter_map(|export| Some((export.name, Signature::of(export.name)?))).collect();
        let is_ours = !exports.is_empty()
            || imports.iter().any(|(from, names)| from.starts_with("wasmrust:") || names.values().any(Option::is_some));
        if !is_ours {
            return None;
        }
        let section = map.custom_section(ModuleId(0), "wasmrust.contract");
        let contract = Contract::read(section.map_or(&[], |section| map.section_bytes(section)));
        let memory = imported_memory(bytes);
        let is_plain = |export: &&Export<'_>| {
            let is_linkers = export.space != Space::Function && export.name.starts_with("__");
            !is_linkers && !exports.contains_key(export.name) && !export.name.starts_with("wasmrust:")
        };
        let is_beyond = |from: &&str| from.starts_with("wasmrust:region/") || *from == "wasmrust:thread";
        Some(Needs {
            // Two structs of one name: the loader says so to whoever loads it.
            loader: contract.is_none() || memory.is_some() || imports.keys().any(is_beyond),
            contract: contract.unwrap_or_default(),
            shared_memory: memory == Some(true),
            plain: module.exports.iter().filter(is_plain).map(|export| export.name).collect(),
            imports,
            exports,
        })
    }
}

/// Whether the memory is shared, if one is imported.
fn imported_memory(bytes: &[u8]) -> Option<bool> {
    let payloads = Parser::new(0).parse_all(bytes).map_while(Result::ok);
    let sections = payloads.filter_map(|payload| match payload {
        Payload::ImportSection(section) => Some(section),
        _ => None,
    });
    let mut imports = sections.flat_map(|section| section.into_imports()).map_while(Result::ok);
    imports.find_map(|import| match import.ty {
        TypeRef::Memory(memory) => Some(memory.shared),
        _ => None,
    })
}

fn through_loader(wasm: &str) -> String {
    let url = js::url(wasm);
    format!(
        "{HEAD}import{{load}}from\"./loader.mjs\";\n\
         export default(I,S=new URL({url},import.meta.url),O)=>load(S,I,O);\n"
    )
}

fn script(needs: &Needs<'_>, wasm: &str) -> String {
    let mut functions = Functions::new(&needs.contract);
    // Names as they stand, so that an engine knows each function as a constant; `...X` would be shorter and slower.
    let mut exported = Exported::default();
    for name in &needs.plain {
        exported.add(name, &format!("X{}", js::member(name)));
    }
    let mut taken = Vec::new();
    for (at, (name, signature)) in needs.exports.iter().enumerate() {
        let raw = format!("x{at}");
        exported.add(signature.name, &functions.export(&raw, signature));
        taken.push(format!("{}:{raw}", js::key(name)));
    }
    // What is imported: each module an object with its functions; the crate's own last, which depend on what is used.
    let (own, others): (Vec<_>, Vec<_>) = needs.imports.iter().partition(|(from, _)| from.starts_with("wasmrust:"));
    let mut linked = Vec::new();
    for (from, names) in others.into_iter().chain(own) {
        let group: Vec<_> = names
            .iter()
            .map(|(name, signature)| {
                let value = functions.import(from, name, signature.as_ref());
                format!("{}:{value}", js::key(name))
            })
            .collect();
        linked.push(format!("{}:{{{}}}", js::key(from), group.join(",")));
    }
    let (mut helpers, given, structs) = functions.finish();
    let namespace = if helpers.has(Helpers::WEB_ASSEMBLY) { "W" } else { "WebAssembly" };
    if !given.is_empty() {
        helpers.take(Helpers::LOOKUP);
    }
    let node = if helpers.has(Helpers::NODE) { "Z" } else { "globalThis.process?.versions?.node" };
    let options = if helpers.has(Helpers::PRINT) { ",O={}" } else { "" };
    let refs = if helpers.has(Helpers::REFERENCES) { "refs:{get live(){return V.length-1-F.length}}," } else { "" };
    let missing =
        if given.is_empty() { "" } else { "if($$[0])throw Error(\"the program imports what is not given:\"+$$);\n" };
    let taken = if taken.is_empty() { String::new() } else { format!("let{{{}}}=X;", taken.join(",")) };
    let start = if needs.plain.contains(&"_initialize") { "X._initialize();" } else { "" };
    let url = js::url(wasm);
    let state = ["X", "m=\"instantiate\""].map(String::from).into_iter();
    let declared: Vec<String> = state.chain(helpers.texts().map(String::from)).chain(structs).chain(given).collect();
    format!(
        "{HEAD}export default async(I={{}},S=new URL({url},import.meta.url){options})=>{{\n\
         let {};\n\
         {missing}\
         if(S.trim||S.href)S={node}&&!/^(https?|data|blob):/.test(S)\
         ?(await import(\"node:fs\")).readFileSync(S):await fetch(S);\n\
         if(S.headers){{if(!S.ok)throw Error(S.url+\": \"+S.status);\
         S.headers.get(\"content-type\")==\"application/wasm\"?m+=\"Streaming\":S=await S.arrayBuffer()}}\n\
         let{{module,instance}}=await {namespace}[m](S,{{{}}});\n\
         X=instance.exports;\
         {taken}{start}\
         return{{exports:{{{}}},instance,module,{refs}memory:X.memory}}}};\n",
        declared.join(","),
        linked.join(","),
        exported.text(),
    )
}

/// The properties of `exports`; functions of an interface, `interface#function`, in an object of their own.
#[derive(Default)]
struct Exported<'a> {
    own: Vec<String>,
    interfaces: BTreeMap<&'a str, Vec<String>>,
}

impl<'a> Exported<'a> {
    fn add(&mut self, name: &'a str, value: &str) {
        let (group, name) = match name.split_once('#') {
            Some((interface, function)) => (self.interfaces.entry(interface).or_default(), function),
            None => (&mut self.own, name),
        };
        group.push(format!("{}:{value}", js::key(name)));
    }

    fn text(mut self) -> String {
        let interfaces = self.interfaces.iter().map(|(name, all)| format!("{}:{{{}}}", js::key(name), all.join(",")));
        self.own.extend(interfaces);
        self.own.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let bytes = wat::parse_str(text).expect("well formed");
        files(&bytes, "app").into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn the_loader_comes_with_what_needs_it() {
        assert_eq!(names(r#"(module (func (export "f;>j") (result i32) i32.const 0))"#), ["app.mjs"]);
        let shared = r#"(module (import "env" "memory" (memory 1 2 shared)) (import "wasmrust:thread" "id" (func (result i32))))"#;
        assert_eq!(names(shared), ["app.mjs", "loader.mjs", "threads.mjs"]);
        let region = r#"(module (import "wasmrust:region/A;region=eu;encryption=none;bytes=8" "load8" (func (param i32) (result i32))))"#;
        assert_eq!(names(region), ["app.mjs", "loader.mjs"]);
        assert_eq!(names(r#"(module (func (export "f") (result i32) i32.const 0))"#), [""; 0]);
    }
}

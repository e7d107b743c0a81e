//! A module that stands for the host: LLDB knows a frame by the function that
//! its pc is in, so each function of the host has an empty one here.

use std::collections::BTreeSet;

use wasm_encoder::{CodeSection, Function, FunctionSection, Module, NameMap, NameSection, TypeSection};

use crate::session::Session;

/// The name for frames of the host that are called by none that is known.
const UNKNOWN: &str = "host";

/// The module's bytes, and where its functions are.
pub(super) struct Host {
    pub(super) bytes: Vec<u8>,
    /// Sorted.
    names: Vec<String>,
    /// Where the first function's body begins in the file.
    first: u32,
}

/// Bytes from one body to the next: length, locals, `unreachable`, `end`.
const STRIDE: u32 = 4;

impl Host {
    /// With all functions that the program's modules import.
    pub(super) fn new(session: &Session<'_>) -> Host {
        let imports = session.code.iter().flat_map(|code| &code.imports);
        let mut names: BTreeSet<String> = imports.map(|(module, field)| format!("{module}.{field}")).collect();
        names.insert(UNKNOWN.to_string());
        let names: Vec<String> = names.into_iter().collect();

        let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        let mut shown = NameMap::new();
        types.ty().function([], []);
        for (name, index) in names.iter().zip(0..) {
            functions.function(0);
            let mut body = Function::new([]);
            body.instructions().unreachable().end();
            code.function(&body);
            shown.append(index, &format!("[host] {name}"));
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);
        let end = module.len() as u32;
        let mut section = NameSection::new();
        section.functions(&shown);
        module.section(&section);
        let first = end - STRIDE * names.len() as u32;
        Host { bytes: module.finish(), names, first }
    }

    /// The offset in the file of a frame's pc: after a byte of its function.
    pub(super) fn pc(&self, name: &str) -> u32 {
        let unknown = || self.names.binary_search_by(|known| known.as_str().cmp(UNKNOWN));
        let index = self.names.binary_search_by(|known| known.as_str().cmp(name)).or_else(|_| unknown());
        self.first + STRIDE * index.unwrap_or(0) as u32 + 3
    }
}

//! The symbols of a shadow: functions, the host's stubs, static data.

use crate::dwarf::Debug;
use crate::layout::{Layout, Placement, STUB};
use crate::module::Module;
use std::ops::Range;

/// A symbol.
pub(crate) struct Symbol {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: SymbolKind,
    /// Addresses.
    pub(crate) range: Range<u64>,
}

/// What a symbol stands for, which is the section that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SymbolKind {
    Code,
    Host,
    Data,
}

/// All symbols of a module.
pub(crate) fn all(module: &Module<'_>, layout: &Layout, placement: &Placement, debug: &Debug<'_>) -> Vec<Symbol> {
    let code = |offset: u32| placement.code + u64::from(offset);
    let functions = module.functions().iter().map(|function| {
        let range = code(function.body.start)..code(function.body.end);
        Symbol::new(module.function_name(function.index).as_bytes(), SymbolKind::Code, range)
    });
    let imports = (0..module.imported_functions()).map(|index| format!("[host] {}", module.function_name(index)));
    let host = ["[host]", "[host call]"].into_iter().map(str::to_owned).chain(imports).zip(0..).map(|(name, index)| {
        let start = placement.stub(index);
        Symbol::new(name.as_bytes(), SymbolKind::Host, start..start + STUB)
    });
    let mut symbols: Vec<Symbol> = functions.chain(host).collect();
    symbols.extend(main(&symbols));
    // The variables that DWARF knows, else the segments: beyond the end of a symbol, GDB names no address after it.
    if debug.variables.is_empty() {
        symbols
            .extend(module.data_segments().map(|(range, name)| Symbol::new(name.as_bytes(), SymbolKind::Data, range)));
    } else {
        symbols.extend(debug.variables.iter().map(|variable| {
            let range = variable.address..variable.address.saturating_add(variable.size.max(1));
            Symbol::new(variable.name, SymbolKind::Data, range)
        }));
    }
    // A symbol at 0 would give a name to null.
    symbols.retain(|symbol| {
        symbol.kind != SymbolKind::Data || symbol.range.start > 0 && symbol.range.end <= layout.modules_start()
    });
    for symbol in symbols.iter_mut().filter(|symbol| symbol.kind == SymbolKind::Data) {
        symbol.range.start += placement.data;
        symbol.range.end += placement.data;
    }
    symbols
}

/// `main` by that name, which compilers change for its parameters (tool-conventions, Basic C ABI): what GDB's `start` and
/// `break main` look for.
fn main(symbols: &[Symbol]) -> Option<Symbol> {
    let named = |name: &[u8]| symbols.iter().find(|symbol| symbol.kind == SymbolKind::Code && symbol.name == name);
    if named(b"main").is_some() {
        return None;
    }
    let main = named(b"__main_argc_argv").or_else(|| named(b"__original_main")).or_else(|| named(b"__main_void"))?;
    Some(Symbol::new(b"main", SymbolKind::Code, main.range.clone()))
}

/// From the first symbol of data to the last one's end.
pub(crate) fn data_range(symbols: &[Symbol]) -> Option<Range<u64>> {
    let data = || symbols.iter().filter(|symbol| symbol.kind == SymbolKind::Data);
    let start = data().map(|symbol| symbol.range.start).min()?;
    Some(start..data().map(|symbol| symbol.range.end).max()?)
}

impl Symbol {
    /// Without what ends a string, as names of wasm may hold it.
    fn new(name: &[u8], kind: SymbolKind, range: Range<u64>) -> Symbol {
        let name = name.iter().map(|byte| if *byte == 0 { b'?' } else { *byte }).collect();
        Symbol { name, kind, range }
    }
}

//! Names: where they come from, and how a mangled one is read.

use crate::ids::{FunctionId, Space};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

/// Where a name comes from; the earlier wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameSource {
    /// A name section, or the `linking` symbol table of an object.
    NameSection,
    /// DWARF.
    Dwarf,
    /// A source map.
    SourceMap,
}

/// The names that a module's own sections give, and those added from other sources.
#[derive(Debug, Default)]
pub struct Names<'a> {
    /// The module's or component's own name.
    pub module: Option<&'a str>,
    spaces: [Vec<Option<&'a str>>; Space::COUNT],
    /// Function index and file offsets of its entry in the locals subsection, in file order.
    pub(crate) locals: Vec<(u32, Range<u32>)>,
    added: HashMap<u32, (String, NameSource)>,
}

impl<'a> Names<'a> {
    /// The name of an index as the name section or symbol table writes it.
    pub fn get(&self, space: Space, index: u32) -> Option<&'a str> {
        self.spaces[space as usize].get(index as usize).copied().flatten()
    }

    /// How many indices of a space are named.
    pub fn count(&self, space: Space) -> usize {
        self.spaces[space as usize].iter().flatten().count()
    }

    /// A function's name from any source, raw, and the source.
    pub fn function(&self, id: FunctionId) -> Option<(&str, NameSource)> {
        match self.get(Space::Function, id.0) {
            Some(name) => Some((name, NameSource::NameSection)),
            None => self.added.get(&id.0).map(|(name, source)| (name.as_str(), *source)),
        }
    }

    pub(crate) fn add_functions(&mut self, names: impl IntoIterator<Item = (FunctionId, String)>, source: NameSource) {
        for (id, name) in names {
            let known = self.added.get(&id.0).map(|(_, source)| *source);
            if known.is_none_or(|known| source < known) {
                self.added.insert(id.0, (name, source));
            }
        }
    }

    /// The caller has checked that the index exists, which bounds the table.
    pub(crate) fn set(&mut self, space: Space, index: u32, name: &'a str) {
        let names = &mut self.spaces[space as usize];
        if names.len() <= index as usize {
            names.resize(index as usize + 1, None);
        }
        names[index as usize] = Some(name);
    }

    pub(crate) fn set_if_absent(&mut self, space: Space, index: u32, name: &'a str) {
        if index < 1_000_000 && self.get(space, index).is_none() {
            self.set(space, index, name);
        }
    }
}

/// Reads a mangled name: Rust (legacy and v0) without its hash, Itanium C++; any other as it is.
///
/// ```
/// assert_eq!(wasm_binary::demangle("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
/// assert_eq!(wasm_binary::demangle("_Z3addii"), "add(int, int)");
/// assert_eq!(wasm_binary::demangle("<core[8f3a12bc34de5678]::fmt::Formatter>::pad"), "<core::fmt::Formatter>::pad");
/// assert_eq!(wasm_binary::demangle("main"), "main");
/// ```
pub fn demangle(raw: &str) -> Cow<'_, str> {
    if let Ok(rust) = rustc_demangle::try_demangle(raw) {
        let mut name = Bounded::new(raw);
        return write!(name, "{rust:#}").map_or(Cow::Borrowed(raw), |()| Cow::Owned(name.text));
    }
    if let Some(cpp) = demangle_cpp(raw) {
        return Cow::Owned(cpp);
    }
    without_disambiguators(strip_rust_hash(raw))
}

/// Names longer than this are left mangled.
const MAX_CPP_NAME: usize = 4096;

fn demangle_cpp(raw: &str) -> Option<String> {
    if !raw.starts_with("_Z") || raw.len() > MAX_CPP_NAME {
        return None;
    }
    let symbol = cpp_demangle::Symbol::new(raw).ok()?;
    let mut name = Bounded::new(raw);
    symbol.structured_demangle(&mut name, &cpp_demangle::DemangleOptions::default()).ok()?;
    Some(name.text)
}

/// A demangled name in the making. References back to other parts of a name make it longer than its mangled form, in
/// a hostile one exponentially: one that grows beyond measure is left mangled.
struct Bounded {
    text: String,
    room: usize,
}

/// How many times as long as the mangled name, and how much more.
const MAX_GROWTH: (usize, usize) = (32, 1024);

impl Bounded {
    fn new(raw: &str) -> Bounded {
        Bounded { text: String::new(), room: raw.len() * MAX_GROWTH.0 + MAX_GROWTH.1 }
    }
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.room = self.room.checked_sub(text.len()).ok_or(std::fmt::Error)?;
        self.text.push_str(text);
        Ok(())
    }
}

/// Tools that write v0 names demangled keep the crates' disambiguators: `core[8f3a12bc34de5678]::fmt`.
fn without_disambiguators(name: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
        let follows_name = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let is_disambiguator = follows_name && (8..=16).contains(&digits) && after[digits..].starts_with("]::");
        kept.push_str(before);
        rest = if is_disambiguator {
            &after[digits + 1..]
        } else {
            kept.push('[');
            after
        };
    }
    if kept.is_empty() || kept.len() + rest.len() == name.len() {
        return Cow::Borrowed(name);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// wasm-bindgen and other tools write Rust names demangled, with the hash kept as a last segment.
fn strip_rust_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((path, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => path,
        _ => name,
    }
}

//! What the kinds of advice share: what the file is, who made it, and what its code is made of.

use super::data_objects::DataObjects;
use super::fmt_machinery::is_fmt_implementation;
use super::freed;
use super::scan::Scan;
use crate::analysis::Analysis;
use crate::bodies::Bodies;
use crate::source::Sources;
use crate::symbol::{Language, is_std};
use crate::text::bytes;
use std::ops::Range;
use std::sync::OnceLock;
use wasm_advice::{Advice, Certainty, Evidence, Fix, Gain, Kind, Phrase, Unit};
use wasm_binary::{BinaryKind, Edge, ItemId, ItemKind, Node, Reason, Space, producers};

/// Savings below this many bytes are not worth a line,
const MIN_SAVING: u64 = 100;
/// nor are those below this part of the file.
const MIN_SHARE: u64 = 2_000;
/// Pieces of evidence that an advice lists.
const MAX_EVIDENCE: usize = 10;

/// Who made the file: which settings its user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// rustc.
    Rust,
    /// clang with Emscripten.
    Emscripten,
    /// Go's own compiler.
    Go,
    /// TinyGo.
    TinyGo,
    /// Any other, or not known.
    Other,
}

/// A data segment's bytes that are written to a memory at the start.
#[derive(Clone, Debug)]
pub(super) struct Data<'a> {
    /// File offset of the first byte.
    pub(super) start: u32,
    /// Address of the first byte, if it is known.
    pub(super) address: Option<u64>,
    /// Whether the memory is the module's own, hence zero before.
    pub(super) is_fresh: bool,
    pub(super) bytes: &'a [u8],
}

pub(super) struct Facts<'c, 'a> {
    pub(super) analysis: &'c Analysis<'a>,
    pub(super) sources: Option<&'c Sources<'a>>,
    pub(super) bodies: Bodies,
    pub(super) scan: Scan,
    pub(super) maker: Maker,
    /// Whether another link is to come: what is left over now may go then.
    pub(super) is_final: bool,
    pub(super) data: Vec<Data<'a>>,
    /// Demangled names of Rust's functions, by item.
    names: Vec<Option<String>>,
    objects: OnceLock<DataObjects>,
}

impl<'c, 'a> Facts<'c, 'a> {
    pub(super) fn new(analysis: &'c Analysis<'a>, sources: Option<&'c Sources<'a>>) -> Facts<'c, 'a> {
        let data = data(analysis);
        let maker = maker(analysis, &data);
        let names = match maker {
            Maker::Rust => names(analysis),
            _ => Vec::new(),
        };
        Facts {
            sources: sources.filter(|s| !s.is_empty()),
            bodies: Bodies::new(&analysis.map),
            scan: Scan::new(&analysis.map),
            maker,
            names,
            objects: OnceLock::new(),
            is_final: analysis.map.kind() != BinaryKind::Object,
            data,
            analysis,
        }
    }

    /// Whether a saving is worth a line.
    pub(super) fn is_worth(&self, saving: u64) -> bool {
        saving >= MIN_SAVING && saving >= self.analysis.bytes() / MIN_SHARE
    }

    /// An advice on bytes of the file; `None` if they are not worth it.
    pub(super) fn advice(
        &self,
        kind: Kind,
        (amount, certainty): (u64, Certainty),
        title: Phrase,
        detail: Phrase,
        fix: Fix,
        mut evidence: Vec<Evidence>,
    ) -> Option<Advice> {
        evidence.truncate(MAX_EVIDENCE);
        let gain = Gain { amount, unit: Unit::FileBytes, certainty };
        self.is_worth(amount).then_some(Advice { kind, title, detail, evidence, gain, fix })
    }

    /// The custom sections of final modules whose name `is_meant`: their bytes, and each as evidence.
    pub(super) fn sections(&self, is_meant: impl Fn(&str) -> bool) -> (u64, Vec<Evidence>) {
        let map = &self.analysis.map;
        let sections = map.sections().iter().filter(|s| map.module(s.module).kind != BinaryKind::Object);
        let mut evidence: Vec<Evidence> = sections
            .filter(|section| section.name.is_some_and(&is_meant))
            .map(|section| {
                let size = u64::from(section.range.end - section.range.start);
                self.range(section.label().into(), section.range.clone(), size)
            })
            .collect();
        evidence.sort_by_key(|e| (std::cmp::Reverse(e.amount), e.range.as_ref().map(|r| r.start)));
        (evidence.iter().filter_map(|e| e.amount).sum(), evidence)
    }

    /// An item as evidence.
    pub(super) fn item(&self, id: ItemId, amount: u64) -> Evidence {
        let range = self.analysis.map.item(id).range();
        let label = self.analysis.map.label(id).into();
        Evidence { label, item: Some(id.0), range: Some(range), amount: Some(amount), ..Evidence::default() }
    }

    /// A range of a data segment as evidence.
    pub(super) fn range(&self, label: Phrase, range: Range<u32>, amount: u64) -> Evidence {
        let item = self.analysis.map.item_at(range.start).map(|id| id.0);
        Evidence { label, item, range: Some(range), amount: Some(amount), ..Evidence::default() }
    }

    /// Items as evidence, the largest first.
    pub(super) fn items(&self, ids: &[ItemId]) -> Vec<Evidence> {
        let mut ids = ids.to_vec();
        ids.sort_by_key(|&id| (std::cmp::Reverse(self.size(id)), id));
        ids.iter().take(MAX_EVIDENCE).map(|&id| self.item(id, self.size(id))).collect()
    }

    /// Bytes charged to an item.
    pub(super) fn size(&self, id: ItemId) -> u64 {
        u64::from(self.analysis.map.item(id).size)
    }

    /// Functions defined in the file.
    pub(super) fn functions(&self) -> impl Iterator<Item = ItemId> + '_ {
        self.analysis.map.iter().filter(|(_, item)| item.kind == ItemKind::Function).map(|(id, _)| id)
    }

    /// Objects in the data; found when they are first asked for.
    pub(super) fn objects(&self) -> &DataObjects {
        self.objects.get_or_init(|| DataObjects::new(&self.analysis.map, &self.data))
    }

    /// Bytes of items (sorted by id) that go, and of the data that only they refer to.
    pub(super) fn bytes_with_data(&self, gone: &[ItemId]) -> u64 {
        freed::bytes(self.analysis, gone) + if gone.is_empty() { 0 } else { self.objects().freed(gone) }
    }

    /// Whether an item is a function defined in the file.
    pub(super) fn is_function(&self, id: ItemId) -> bool {
        self.analysis.map.item(id).kind == ItemKind::Function
    }

    /// A function's demangled name, if it is Rust's.
    pub(super) fn rust_name(&self, id: ItemId) -> Option<&str> {
        self.names.get(id.as_usize())?.as_deref()
    }

    /// The same of a node of the graph.
    pub(super) fn node_name(&self, node: Node) -> Option<&str> {
        self.rust_name(self.analysis.graph.item(node)?)
    }

    /// What would not be reached if panics or calls of formatting were gone. What formatting calls through tables counts
    /// as reached only if something else formats: the table alone cannot tell.
    pub(super) fn freed_with_formatting(&self, is_gone: impl Fn(Node, Edge) -> bool) -> Vec<ItemId> {
        let is_member = |edge: Edge| {
            let name = self.analysis.graph.item(edge.target).and_then(|id| self.rust_name(id));
            edge.reason == Reason::TableEntry && name.is_some_and(is_fmt_implementation)
        };
        let gone = freed::freed(self.analysis, |from, edge| is_member(edge) || is_gone(from, edge));
        let is_write = |id: ItemId| self.rust_name(id).is_some_and(|name| name == "core::fmt::write");
        let formats_still = self.functions().any(|id| is_write(id) && gone.binary_search(&id).is_err());
        if formats_still { freed::freed(self.analysis, is_gone) } else { gone }
    }

    /// Whether a function is of a crate outside the standard library and what that is built from. Of those without a
    /// path (`#[no_mangle]`) the exported ones are taken for the user's.
    pub(super) fn is_users(&self, id: ItemId) -> bool {
        if self.maker != Maker::Rust {
            return false;
        }
        let Some(symbol) = self.analysis.symbol(id) else { return false };
        match symbol.crate_name() {
            Some(name) => !is_std(name) && !is_part_of_std(name) && name != "__rustc",
            None => {
                let item = self.analysis.map.item(id);
                self.analysis.map.module(item.module).export_of(Space::Function, item.index).is_some()
            }
        }
    }

    /// `name (src/lib.rs:7)`: a function and where it is in the source, if that is known.
    pub(super) fn place(&self, id: ItemId) -> String {
        let label = self.analysis.map.label(id);
        match self.place_at(self.analysis.map.item(id).start) {
            Some(place) => format!("{label} ({place})"),
            None => label,
        }
    }

    /// Where a byte of code is in the source.
    pub(super) fn place_at(&self, offset: u32) -> Option<String> {
        let places = self.sources?.places(&self.analysis.map, offset);
        // The outermost call is the one written in this function.
        places.last().map(ToString::to_string)
    }

    /// Whether Binaryen has written the file: it leaves no padding, and linkers leave some for each index.
    pub(super) fn is_post_processed(&self) -> bool {
        self.scan.padding == 0
    }
}

/// Demangled on all cores with the feature `parallel`.
fn names(analysis: &Analysis<'_>) -> Vec<Option<String>> {
    let name = |at: usize| analysis.symbol(ItemId(at as u32)).map(|symbol| without_hashes(&symbol.name));
    let items = 0..analysis.map.items().len();
    #[cfg(feature = "parallel")]
    let names = {
        use rayon::prelude::*;
        items.into_par_iter().with_min_len(256).map(name).collect()
    };
    #[cfg(not(feature = "parallel"))]
    let names = items.map(name).collect();
    names
}

/// Demangled names may show the hash of each crate: `core[8f3a29c54b0d1e67]::fmt::write`.
fn without_hashes(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        short.push_str(before);
        let hash = after.find(']').filter(|&end| end >= 8 && after[..end].bytes().all(|b| b.is_ascii_hexdigit()));
        rest = match hash {
            Some(end) => &after[end + 1..],
            None => {
                short.push('[');
                after
            }
        };
    }
    short.push_str(rest);
    short
}

/// Crates of the registry that the standard library itself is built with.
pub(super) fn is_part_of_std(name: &str) -> bool {
    matches!(
        name,
        "addr2line"
            | "adler"
            | "adler2"
            | "dlmalloc"
            | "gimli"
            | "hashbrown"
            | "miniz_oxide"
            | "object"
            | "rustc_demangle"
    )
}

fn data<'a>(analysis: &Analysis<'a>) -> Vec<Data<'a>> {
    let map = &analysis.map;
    let mut all = Vec::new();
    for module in map.modules() {
        for segment in &module.data {
            let range = segment.contents.start as usize..segment.contents.end as usize;
            let Some(bytes) = map.bytes().get(range) else { continue };
            let memory = segment.memory.and_then(|m| module.item_at(Space::Memory, m));
            all.push(Data {
                start: segment.contents.start,
                address: segment.address,
                is_fresh: memory.is_some_and(|m| map.item(m).kind == ItemKind::Memory),
                bytes,
            });
        }
    }
    all
}

fn maker(analysis: &Analysis<'_>, data: &[Data<'_>]) -> Maker {
    let map = &analysis.map;
    let producers = producers(map);
    let says = |word: &str| producers.iter().any(|p| p.name.eq_ignore_ascii_case(word));
    let imports = || map.modules().iter().flat_map(|m| &m.imports);
    if says("tinygo") || imports().any(|i| i.module == "gojs" && i.name.starts_with("runtime.")) && says("clang") {
        Maker::TinyGo
    } else if says("Go") || imports().any(|i| i.module == "gojs" || i.module == "go") {
        Maker::Go
    } else if says("emscripten")
        || imports().any(|i| i.name.starts_with("emscripten_") || i.name == "_emscripten_throw_longjmp")
    {
        Maker::Emscripten
    } else if Language::of(map) == Language::Rust || data.iter().any(|d| has_rust_paths(d.bytes)) {
        if is_mostly_rust(analysis, says("clang")) { Maker::Rust } else { Maker::Other }
    } else {
        Maker::Other
    }
}

/// A program in C or C++ may have Rust in it, and is not built by cargo.
fn is_mostly_rust(analysis: &Analysis<'_>, has_clang: bool) -> bool {
    let (mut rust, mut named) = (0u64, 0u64);
    for (id, item) in analysis.map.iter().filter(|(_, item)| item.kind == ItemKind::Function) {
        if let Some(raw) = analysis.map.raw_name(id) {
            // Mangled by rustc, or a path; demangled C++ names end in their parameters.
            let is_path = raw.contains("::") && !raw.ends_with(')') && !raw.ends_with("const");
            let is_rust = raw.starts_with("_R") || raw.contains("17h") || is_path;
            named += u64::from(item.size);
            rust += if is_rust { u64::from(item.size) } else { 0 };
        }
    }
    if named == 0 { !has_clang } else { rust * 2 > named }
}

/// `one`, or `many` with the number.
pub(super) fn plural(number: usize, one: Phrase, many: impl FnOnce(String) -> Phrase) -> Phrase {
    if number == 1 { one } else { many(bytes(number as u64)) }
}

/// Panic locations of the standard library, which outlive stripping.
fn has_rust_paths(bytes: &[u8]) -> bool {
    contains(bytes, b"/rustc/") || contains(bytes, b"library/core/src/") || contains(bytes, b"library/alloc/src/")
}

/// Whether `bytes` has `part` in it.
pub(super) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    find_all(bytes, part).next().is_some()
}

/// Where `part` occurs in `bytes`.
pub(super) fn find_all<'b>(bytes: &'b [u8], part: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    memchr::memmem::find_iter(bytes, part)
}

//! The module's DWARF, changed to hold in the shadow's address space: sections are copied, addresses and expressions
//! overwritten in place. What does not fit in its place is spliced in, and what refers past it is mended.

mod abbreviations;
mod edits;
mod expression;
mod info;
mod lines;
mod lists;
mod producers;
mod statics;

use crate::layout::{Flavour, Placement};
use crate::module::Module;
use abbreviations::Tables;
use edits::Edits;
use gimli::{Format, Reader};
use producers::Strings;
use statics::Variable;
use std::collections::{HashMap, HashSet};

pub(crate) type Slice<'a> = gimli::EndianSlice<'a, gimli::LittleEndian>;

/// What happened to the DWARF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Units in `.debug_info`.
    pub units: usize,
    /// Expressions that named a local, an operand or a global, and now name its slot.
    pub expressions: usize,
    /// Those of them whose length changed.
    pub resized: usize,
    /// Expressions that GDB cannot evaluate in any form: their variables are shown as optimized out.
    pub lost: usize,
    /// Units and tables that are damaged; the parts of them that cannot be read are as they were.
    pub damaged: usize,
}

/// A section of the shadow.
pub(crate) struct DebugSection<'a> {
    pub(crate) name: &'a str,
    pub(crate) contents: Vec<u8>,
}

/// The debug information of a shadow.
pub(crate) struct Debug<'a> {
    pub(crate) sections: Vec<DebugSection<'a>>,
    /// By address.
    pub(crate) variables: Vec<Variable<'a>>,
    pub(crate) report: Report,
}

/// What is needed to change an address or an expression.
pub(crate) struct Rewriter<'a, 'l> {
    module: &'l Module<'a>,
    flavour: Flavour,
    placement: &'l Placement,
    variables: Vec<Variable<'a>>,
    /// Offsets in `.debug_addr` of addresses of data.
    data_addresses: HashSet<usize>,
    /// How many entries may still be read for sizes of types.
    type_reads: u32,
    report: Report,
}

/// Sections that are left out: GDB does without them, and they hold addresses or offsets that may have moved.
fn is_left_out(name: &str) -> bool {
    matches!(name, ".debug_aranges" | ".debug_names" | ".debug_frame" | ".debug_gdb_scripts")
        || name.starts_with(".debug_pub")
        || name.starts_with(".debug_gnu_pub")
}

/// Has `rust-gdb` load its pretty printers: a script of Python in a file (1), by name.
const RUST_PRINTERS: &[u8] = b"\x01gdb_load_rust_pretty_printers.py\0";

/// The debug information of a module as it is in its shadow.
pub(crate) fn rewrite<'a>(module: &Module<'a>, flavour: Flavour, placement: &Placement) -> Debug<'a> {
    let mut rewriter = Rewriter {
        module,
        flavour,
        placement,
        variables: Vec::new(),
        data_addresses: HashSet::new(),
        type_reads: statics::MAX_TYPE_READS,
        report: Report::default(),
    };
    let original = |name| module.debug_section(name);
    let edits = |name| original(name).map(Edits::new);
    let mut changed: Vec<(&str, Edits<'_>)> = Vec::new();
    let mut has_rust = false;
    let mut lines = edits(".debug_line");
    if let Some(section) = &mut lines {
        rewriter.lines(section);
        section.seal();
    }
    if let (Some(mut info), Some(abbrev)) = (edits(".debug_info"), original(".debug_abbrev")) {
        let (mut loc, mut loclists) = (edits(".debug_loc"), edits(".debug_loclists"));
        let mut strings = Strings::new(module);
        let mut tables = Tables::new(abbrev);
        let mut uses = rewriter.info(&mut info, &mut tables);
        has_rust = uses.has_rust;
        strings.trust(&mut info, &uses.producers);
        info.seal();
        if let Some(section) = &mut loc {
            rewriter.loc(section, &mut uses.loc);
            section.seal();
        }
        if let Some(section) = &mut loclists {
            let bases: HashMap<usize, usize> = uses.loclists_bases.iter().copied().collect();
            let first = uses.loclists_bases.first().map(|(_, addresses)| *addresses);
            rewriter.loclists(section, |base| bases.get(&base).copied().or(first));
        }
        if let Some(mut ranges) = edits(".debug_ranges") {
            rewriter.ranges(&mut ranges, &mut uses.ranges);
            changed.push((".debug_ranges", ranges));
        }
        rewriter.mend_info(&mut info, &mut tables, &uses, [loc.as_ref(), loclists.as_ref(), lines.as_ref()]);
        changed.push((".debug_info", info));
        changed.extend(loc.map(|section| (".debug_loc", section)));
        changed.extend(loclists.map(|section| (".debug_loclists", section)));
        changed.extend(strings.sections());
    }
    if let Some(mut section) = edits(".debug_rnglists") {
        rewriter.rnglists(&mut section);
        changed.push((".debug_rnglists", section));
    }
    changed.extend(lines.map(|section| (".debug_line", section)));
    if let Some(mut section) = edits(".debug_addr") {
        rewriter.addresses(&mut section);
        changed.push((".debug_addr", section));
    }
    let mut changed: HashMap<&str, Vec<u8>> =
        changed.into_iter().map(|(name, section)| (name, section.finish())).collect();
    let kept = module.debug_sections().iter().filter(|(name, _)| !is_left_out(name));
    let sections = kept.map(|(name, contents)| DebugSection {
        name,
        contents: changed.remove(name).unwrap_or_else(|| contents.to_vec()),
    });
    let mut sections: Vec<DebugSection<'_>> = sections.collect();
    if has_rust {
        // rustc leaves it out for wasm.
        sections.push(DebugSection { name: ".debug_gdb_scripts", contents: RUST_PRINTERS.to_vec() });
    }
    let Rewriter { mut variables, report, .. } = rewriter;
    variables.sort_unstable();
    variables.dedup_by_key(|variable| variable.address);
    Debug { sections, variables, report }
}

impl Rewriter<'_, '_> {
    /// Writes an address of code: rebased, or 0, which GDB takes as no code, for what the linker left out.
    fn put_code(&self, section: &mut Edits<'_>, at: usize, size: u8, address: u64) {
        section.put(at, size, self.code(address, size));
    }

    fn code(&self, address: u64, size: u8) -> u64 {
        // No function begins at 0, where the number of functions is written.
        if address == 0 || expression::is_tombstone(address, size) {
            0
        } else {
            self.placement.code.wrapping_add(address)
        }
    }
}

fn max_address(size: u8) -> u64 {
    if size >= 8 { u64::MAX } else { (1 << (8 * size)) - 1 }
}

fn push_uleb(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Reads a section from an offset on; each step is `None` past the end.
struct Cursor<'a> {
    all: Slice<'a>,
    rest: Slice<'a>,
}

impl<'a> Cursor<'a> {
    fn new(bytes: &'a [u8], at: usize) -> Cursor<'a> {
        let all = Slice::new(bytes, gimli::LittleEndian);
        let mut cursor = Cursor { all, rest: all };
        cursor.seek(at);
        cursor
    }

    fn at(&self) -> usize {
        self.rest.offset_from(self.all)
    }

    fn len(&self) -> usize {
        self.all.len()
    }

    fn seek(&mut self, at: usize) {
        self.rest = self.all.range_from(at.min(self.all.len())..);
    }

    fn uint(&mut self, size: u8) -> Option<u64> {
        self.rest.read_uint(size.into()).ok()
    }

    fn uleb(&mut self) -> Option<u64> {
        self.rest.read_uleb128().ok()
    }

    fn sleb(&mut self) -> Option<i64> {
        self.rest.read_sleb128().ok()
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.take(usize::try_from(count).ok()?).map(drop)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        self.rest.split(count).ok().map(|taken| taken.slice())
    }

    /// The length of a unit, and whether it is of 32 or 64 bits.
    fn initial_length(&mut self) -> Option<(Format, u64)> {
        let (length, format) = self.rest.read_initial_length().ok()?;
        Some((format, length as u64))
    }
}

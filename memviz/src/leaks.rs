//! Leak candidates: live blocks that nothing points to.
//!
//! A conservative scan, as garbage collectors for C do it: each aligned word in the static data, the stack in use, the
//! globals and the given roots counts as a pointer if it leads into a live block, and so do the words of blocks that
//! were reached. A number that looks like an address hides a leak; pointers that a program stores in another way
//! (packed, encrypted, in the host) make a candidate of a block that is in use.

use std::collections::BTreeMap;
use std::ops::Range;

use wasm_advice::{Phrase, phrase};
use wasm_source::Source;

use crate::fit::Fits;
use crate::heap::Block;
use crate::layout::{BandKind, Layout, State};
use crate::memory::{Word, for_each_chunk};
use crate::program::address;

/// A live block that no root reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The block.
    pub block: Block,
    /// Whether another leaked block points to it: freeing that one properly would free it, too.
    pub indirect: bool,
}

/// The live blocks that no pointer in static data, stack, globals, other live blocks or `roots` (addresses that are
/// known to be in use: locals, values that the host holds) reaches; by address.
pub fn leaks(state: &State<'_>, layout: &Layout, roots: &[u64]) -> Vec<Leak> {
    let blocks = layout.live();
    let word = state.word();
    let block_of = |pointer: u64| -> Option<usize> {
        let at = blocks.partition_point(|block| block.payload <= pointer).checked_sub(1)?;
        let block = &blocks[at];
        (pointer < block.payload + block.usable.max(1)).then_some(at)
    };
    let mut reached = vec![false; blocks.len()];
    let mut open: Vec<usize> = Vec::new();
    let reach = |pointer: u64, open: &mut Vec<usize>, reached: &mut Vec<bool>| {
        if let Some(at) = block_of(pointer).filter(|at| !reached[*at]) {
            reached[at] = true;
            open.push(at);
        }
    };
    for root in roots.iter().copied() {
        reach(root, &mut open, &mut reached);
    }
    for index in 0..state.program.globals.len() as u32 {
        if let Some(value) = state.global(index).and_then(address) {
            reach(value, &mut open, &mut reached);
        }
    }
    let mut states: Vec<Range<u64>> = layout.heaps.iter().filter_map(|heap| heap.state.clone()).collect();
    states.sort_by_key(|own| own.start);
    for band in &layout.bands {
        let range = match band.kind {
            BandKind::Data | BandKind::ZeroedData | BandKind::Tls => band.range(),
            BandKind::Stack => {
                let pointer = layout.stack.as_ref().and_then(|stack| stack.pointer);
                let thread = state.threads.iter().find(|thread| thread.range.contains(&band.start));
                let pointer = thread.map_or(pointer, |thread| thread.pointer);
                pointer.unwrap_or(band.start).clamp(band.start, band.end)..band.end
            }
            _ => continue,
        };
        // The allocator's own lists lead to the ends of blocks.
        let mut at = range.start;
        for own in states.iter().filter(|own| own.start < range.end && range.start < own.end) {
            for_each_pointer(state, word, at..own.start, |pointer| reach(pointer, &mut open, &mut reached));
            at = own.end;
        }
        for_each_pointer(state, word, at..range.end, |pointer| reach(pointer, &mut open, &mut reached));
    }
    while let Some(at) = open.pop() {
        let range = blocks[at].payload_range();
        for_each_pointer(state, word, range, |pointer| reach(pointer, &mut open, &mut reached));
    }
    let mut indirect = vec![false; blocks.len()];
    for at in (0..blocks.len()).filter(|at| !reached[*at]) {
        for_each_pointer(state, word, blocks[at].payload_range(), |pointer| {
            if let Some(to) = block_of(pointer).filter(|to| *to != at) {
                indirect[to] = true;
            }
        });
    }
    let leaked = blocks.iter().enumerate().filter(|(at, _)| !reached[*at]);
    leaked.map(|(at, block)| Leak { block: *block, indirect: indirect[at] }).collect()
}

/// Leak candidates of one type, or of one size where the type is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeakGroup {
    /// The type: the only one that fits. `None` where that can't be told.
    pub name: Option<String>,
    /// The blocks, by address.
    pub leaks: Vec<Leak>,
    /// Their bytes, headers included.
    pub bytes: u64,
}

impl LeakGroup {
    /// What to call one of them: the type, or how large it is.
    pub fn label(&self) -> Phrase {
        match (&self.name, self.leaks.first()) {
            (Some(name), _) => name.into(),
            (None, Some(leak)) => phrase!("{0} bytes", leak.block.usable),
            (None, None) => Phrase::default(),
        }
    }
}

/// Groups leak candidates by type. No pointer leads to them that could tell it, so the type is found by size and
/// contents, with DWARF in `source`; blocks whose type is not found are grouped by size. The largest group first.
pub fn leaks_by_type(
    source: Option<&Source<'_>>,
    state: &State<'_>,
    layout: &Layout,
    leaks: &[Leak],
) -> Vec<LeakGroup> {
    if leaks.is_empty() {
        return Vec::new();
    }
    let fits = source.map(|source| Fits::new(source, state, layout));
    let mut groups: BTreeMap<(Option<String>, u64), Vec<Leak>> = BTreeMap::new();
    for leak in leaks {
        let name = fits.as_ref().and_then(|fits| fits.name(&leak.block)).map(str::to_string);
        let size = if name.is_some() { 0 } else { leak.block.usable };
        groups.entry((name, size)).or_default().push(*leak);
    }
    let group = |((name, _), leaks): ((Option<String>, u64), Vec<Leak>)| {
        let bytes = leaks.iter().map(|leak| leak.block.size).sum();
        LeakGroup { name, leaks, bytes }
    };
    let mut groups: Vec<LeakGroup> = groups.into_iter().map(group).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.bytes));
    groups
}

/// Calls `each` with every aligned word of a range that is not zero.
fn for_each_pointer(state: &State<'_>, word: Word, range: Range<u64>, mut each: impl FnMut(u64)) {
    let start = range.start.next_multiple_of(word.bytes());
    for_each_chunk(state.memory, start..range.end, |_, bytes| {
        let words = bytes.unwrap_or_default().chunks_exact(word.bytes() as usize);
        words.filter_map(|bytes| word.decode(bytes)).filter(|pointer| *pointer != 0).for_each(&mut each);
        true
    });
}

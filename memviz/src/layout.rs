//! The layout: which byte of a memory belongs to what.

use std::collections::BinaryHeap;
use std::ops::Range;

use wasm_source::WasmValue;

use crate::heap::{BlockState, Heap, find_heaps};
use crate::memory::{MemoryRead, Word};
use crate::program::{Linker, Program, address};

/// A memory at one moment, with what is known of its program.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// The program.
    pub program: &'a Program,
    /// The memory.
    pub memory: &'a dyn MemoryRead,
    /// The memory's index in the module.
    pub index: u32,
    /// The globals' values, as far as they are known; by index.
    pub globals: &'a [Option<WasmValue>],
    /// Stacks of other threads in a shared memory.
    pub threads: &'a [ThreadStack],
}

impl<'a> State<'a> {
    /// Memory 0 of a program, with nothing known of its globals but their initial values.
    pub fn new(program: &'a Program, memory: &'a dyn MemoryRead) -> State<'a> {
        State { program, memory, index: 0, globals: &[], threads: &[] }
    }

    /// The value of a global now; its initial value if that can't have changed.
    pub fn global(&self, index: u32) -> Option<WasmValue> {
        let now = self.globals.get(index as usize).copied().flatten();
        now.or_else(|| {
            let global = self.program.globals.get(index as usize)?;
            global.initial.filter(|_| !global.mutable)
        })
    }

    /// What the linker laid out, with what is only known now.
    pub fn linker(&self) -> Linker {
        let mut linker = self.program.linker.clone();
        for (name, global) in &self.program.linker.dynamic {
            let value = self.global(*global).and_then(address);
            match name.as_str() {
                "__heap_base" => linker.heap_base = value,
                "__heap_end" => linker.heap_end = value,
                "__stack_low" => linker.stack_low = value,
                "__stack_high" => linker.stack_high = value,
                "__data_end" => linker.data_end = value,
                "__global_base" => linker.global_base = value,
                _ => {}
            }
        }
        linker
    }

    /// Where the segments lie that are written to this memory: index of the segment and addresses, without empty ones.
    pub fn segments(&self) -> impl Iterator<Item = (usize, Range<u64>)> {
        let segments = self.program.segments.iter().enumerate();
        segments.filter(|(_, segment)| segment.memory == Some(self.index) && segment.size > 0).filter_map(
            |(at, segment)| {
                let base = match segment.base {
                    Some(global) => self.global(global).and_then(address)?,
                    None => 0,
                };
                let start = base.checked_add(segment.address?)?;
                Some((at, start..start.checked_add(segment.size)?))
            },
        )
    }

    /// The size of an address.
    pub fn word(&self) -> Word {
        self.program.memory(self.index).word()
    }

    /// The stack pointer now.
    pub fn stack_pointer(&self) -> Option<u64> {
        address(self.global(self.program.linker.stack_pointer?.global)?)
    }
}

/// The stack of another thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadStack {
    /// The thread's name or number.
    pub name: String,
    /// All of the stack.
    pub range: Range<u64>,
    /// Where its stack pointer stands, if that is known.
    pub pointer: Option<u64>,
}

/// What a band is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BandKind {
    /// Below all data: a null pointer leads here.
    Reserved,
    /// The stack that the stack pointer walks on.
    Stack,
    /// A data segment.
    Data,
    /// Static data that starts as zero, and gaps between segments.
    ZeroedData,
    /// A thread's own variables.
    Tls,
    /// What an allocator manages.
    Heap,
    /// All of a memory that is a region (`wasm::memory`).
    Region,
    /// Nothing that is known: behind the data and in no heap.
    Unclaimed,
}

impl BandKind {
    /// As shown to users.
    pub fn name(self) -> &'static str {
        match self {
            BandKind::Reserved => "reserved",
            BandKind::Stack => "stack",
            BandKind::Data => "data",
            BandKind::ZeroedData => "zeroed data",
            BandKind::Tls => "tls",
            BandKind::Heap => "heap",
            BandKind::Region => "region",
            BandKind::Unclaimed => "unclaimed",
        }
    }
}

/// How a band's bounds are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The module says so: a segment, a symbol of the linker, an import.
    Stated,
    /// Read from an allocator's records, which were checked.
    Read,
    /// Worked out from what a linker usually does.
    Inferred,
}

impl Certainty {
    /// As shown to users.
    pub fn name(self) -> &'static str {
        match self {
            Certainty::Stated => "stated",
            Certainty::Read => "read",
            Certainty::Inferred => "inferred",
        }
    }
}

/// A part of a memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// The first byte.
    pub start: u64,
    /// Behind the last byte.
    pub end: u64,
    /// What it is.
    pub kind: BandKind,
    /// Its name: a segment's, an allocator's, a region's.
    pub name: String,
    /// How its bounds are known.
    pub certainty: Certainty,
}

impl Band {
    /// Its addresses.
    pub fn range(&self) -> Range<u64> {
        self.start..self.end
    }
}

/// The stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// All of it; it grows down from the end.
    pub range: Range<u64>,
    /// The stack pointer now, if it is known and lies in the stack.
    pub pointer: Option<u64>,
    /// How the bounds are known.
    pub certainty: Certainty,
}

/// What a byte is used for: the finest that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// Below all data.
    Reserved,
    /// Between the stack pointer and the stack's start.
    StackUsed,
    /// Below the stack pointer.
    StackFree,
    /// A data segment.
    Data,
    /// Static data that starts as zero.
    ZeroedData,
    /// A thread's own variables.
    Tls,
    /// A block that is handed out.
    HeapLive,
    /// A free block.
    HeapFree,
    /// The top block: not yet handed out.
    HeapTop,
    /// The allocator's own, and what could not be read of a heap.
    HeapOther,
    /// A region.
    Region,
    /// Nothing that is known.
    Unclaimed,
}

impl Use {
    /// All, in the order of legends.
    pub const ALL: [Use; 12] = [
        Use::Reserved,
        Use::StackUsed,
        Use::StackFree,
        Use::Data,
        Use::ZeroedData,
        Use::Tls,
        Use::HeapLive,
        Use::HeapFree,
        Use::HeapTop,
        Use::HeapOther,
        Use::Region,
        Use::Unclaimed,
    ];

    /// As shown to users.
    pub fn name(self) -> &'static str {
        match self {
            Use::Reserved => "reserved",
            Use::StackUsed => "stack in use",
            Use::StackFree => "stack free",
            Use::Data => "data",
            Use::ZeroedData => "zeroed data",
            Use::Tls => "tls",
            Use::HeapLive => "heap live",
            Use::HeapFree => "heap free",
            Use::HeapTop => "heap top",
            Use::HeapOther => "heap other",
            Use::Region => "region",
            Use::Unclaimed => "unclaimed",
        }
    }
}

/// The bands of a memory: an exact partition of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The memory's index.
    pub memory: u32,
    /// How many bytes it has.
    pub len: u64,
    /// The bands: each begins where the one before it ends, the first at 0, the last at the end.
    pub bands: Vec<Band>,
    /// The stack of the program or main thread.
    pub stack: Option<Stack>,
    /// The heaps with their blocks.
    pub heaps: Vec<Heap>,
}

/// What wants a range of the memory; the higher wins, of equals the later.
struct Claim {
    range: Range<u64>,
    rank: u8,
    kind: BandKind,
    name: String,
    certainty: Certainty,
}

impl Layout {
    /// Works out what a memory is made of.
    pub fn of(state: &State<'_>) -> Layout {
        let len = state.memory.len();
        let mut layout = Layout { memory: state.index, len, bands: Vec::new(), stack: None, heaps: Vec::new() };
        let mut claims = Vec::new();
        let memory = state.program.memory(state.index);
        let region = memory.import.as_ref().and_then(|(module, _)| module.strip_prefix("wasmrust:region/"));
        if let Some(region) = region {
            claims.push(Claim {
                range: 0..len,
                rank: 9,
                kind: BandKind::Region,
                name: region.replace(';', ", "),
                certainty: Certainty::Stated,
            });
        } else {
            layout.heaps = find_heaps(state);
            layout.claim(state, &mut claims);
        }
        layout.bands = partition(len, claims);
        layout.name_unclaimed();
        layout
    }

    fn claim(&mut self, state: &State<'_>, claims: &mut Vec<Claim>) {
        let mut add = |range: Range<u64>, rank, kind, name: &str, certainty| {
            claims.push(Claim { range, rank, kind, name: name.to_string(), certainty });
        };
        let linker = &state.linker();
        let segments: Vec<(&str, Range<u64>)> =
            state.segments().map(|(at, range)| (state.program.segments[at].name.as_str(), range)).collect();
        for (name, range) in &segments {
            add(range.clone(), 3, BandKind::Data, name, Certainty::Stated);
        }
        for heap in &self.heaps {
            for segment in &heap.segments {
                add(segment.clone(), 5, BandKind::Heap, heap.allocator.name(), Certainty::Read);
            }
        }
        for thread in state.threads {
            add(thread.range.clone(), 6, BandKind::Stack, &format!("stack of {}", thread.name), Certainty::Stated);
        }
        if state.index != 0 {
            return;
        }
        if let Some(global) = linker.tls_base
            && let (Some(base), Some(size)) = (state.global(global).and_then(address), linker.tls_size)
        {
            let range = base..base.saturating_add(size);
            add(range, 7, BandKind::Tls, "thread-local variables", Certainty::Stated);
        }

        // An allocator's state is static data, too, where a program has no other that is not zero.
        let states = self.heaps.iter().filter_map(|heap| heap.state.clone());
        let statics: Vec<Range<u64>> = segments.iter().map(|(_, range)| range.clone()).chain(states).collect();
        let data = statics.iter().map(|range| range.start).min().zip(statics.iter().map(|range| range.end).max());
        let heap_start = self.heaps.iter().filter_map(|heap| heap.segments.first()).map(|s| s.start).min();
        self.stack = stack(state, data, linker.heap_base.or(heap_start));
        if let Some(stack) = &self.stack {
            add(stack.range.clone(), 4, BandKind::Stack, "stack", stack.certainty);
        }

        // Zeroed data: in no segment, so it ends where the linker, else the stack, the heap or a variable says.
        let behind = data.map(|(_, end)| end);
        // A stack that lies first ends where the data starts.
        let first_stack = self.stack.as_ref().filter(|stack| stack.range.start == 0).map(|stack| stack.range.end);
        let lowest = segments.iter().map(|(_, range)| range.start);
        let lowest = lowest.chain(state.program.symbols.iter().map(|symbol| symbol.address)).min();
        let start = linker.global_base.or(first_stack).or(lowest).or(data.map(|(start, _)| start));
        let variables = (state.program.symbols.iter())
            .filter(|symbol| symbol.address != 0 && symbol.range().end <= state.program.memory(0).minimum_bytes)
            .map(|symbol| symbol.range().end)
            .max();
        let stack_low = self.stack.as_ref().map(|stack| stack.range.start).filter(|low| *low > 0);
        let (end, certainty) = match linker.data_end {
            Some(end) => (Some(end), Certainty::Stated),
            None => {
                let floor = behind.max(variables).unwrap_or(0);
                let next = [linker.heap_base, stack_low, heap_start].into_iter().flatten();
                (next.filter(|next| *next >= floor).min().or(behind.max(variables)), Certainty::Inferred)
            }
        };
        if let (Some(start), Some(end)) = (start, end)
            && start < end
        {
            add(start..end, 1, BandKind::ZeroedData, "zeroed data", certainty);
        }
    }

    /// What is left: below the data, behind it, between the heaps.
    fn name_unclaimed(&mut self) {
        let first = self.bands.iter().find(|band| band.kind != BandKind::Unclaimed).map(|band| band.start);
        let last_static =
            self.bands.iter().rev().find(|b| !matches!(b.kind, BandKind::Unclaimed | BandKind::Heap)).map(|b| b.end);
        let has_heap = !self.heaps.is_empty();
        for band in self.bands.iter_mut().filter(|band| band.kind == BandKind::Unclaimed) {
            if first.is_some_and(|first| band.end <= first) {
                band.kind = BandKind::Reserved;
                band.name = "below all data".to_string();
                band.certainty = Certainty::Inferred;
            } else if last_static.is_some_and(|last| band.start < last) {
                band.name = "between data".to_string();
            } else if has_heap {
                band.name = "in no known heap".to_string();
            } else {
                band.name = "no allocator found".to_string();
            }
        }
    }

    /// The band that an address lies in; `None` past the end.
    pub fn band_at(&self, address: u64) -> Option<&Band> {
        let at = self.bands.partition_point(|band| band.end <= address);
        self.bands.get(at)
    }

    /// The heap and block that an address lies in.
    pub fn block_at(&self, address: u64) -> Option<(&Heap, &crate::heap::Block)> {
        self.heaps.iter().find_map(|heap| Some((heap, heap.block_at(address)?)))
    }

    /// What each byte is used for: a partition that is finer than the bands, by address.
    pub fn uses(&self) -> Vec<(Range<u64>, Use)> {
        let mut uses: Vec<(Range<u64>, Use)> = Vec::new();
        let mut push = |range: Range<u64>, of: Use| match uses.last_mut() {
            _ if range.is_empty() => {}
            Some((last, known)) if *known == of && last.end == range.start => last.end = range.end,
            _ => uses.push((range, of)),
        };
        for band in &self.bands {
            match band.kind {
                BandKind::Reserved => push(band.range(), Use::Reserved),
                BandKind::Data => push(band.range(), Use::Data),
                BandKind::ZeroedData => push(band.range(), Use::ZeroedData),
                BandKind::Tls => push(band.range(), Use::Tls),
                BandKind::Region => push(band.range(), Use::Region),
                BandKind::Unclaimed => push(band.range(), Use::Unclaimed),
                BandKind::Stack => {
                    let pointer = self.stack.as_ref().and_then(|stack| stack.pointer);
                    let split = pointer.unwrap_or(band.start).clamp(band.start, band.end);
                    push(band.start..split, Use::StackFree);
                    push(split..band.end, Use::StackUsed);
                }
                BandKind::Heap => {
                    let heap = self.heaps.iter().find(|heap| heap.segments.iter().any(|s| s.contains(&band.start)));
                    let blocks = heap.map_or(&[][..], |heap| heap.blocks.as_slice());
                    let mut at = band.start;
                    let first = blocks.partition_point(|block| block.range().end <= band.start);
                    for block in blocks.get(first..).unwrap_or_default() {
                        if at >= band.end || block.start >= band.end {
                            break;
                        }
                        push(at..block.start.max(at), Use::HeapOther);
                        let end = block.range().end.min(band.end);
                        let of = match block.state {
                            BlockState::Live => Use::HeapLive,
                            BlockState::Free => Use::HeapFree,
                            BlockState::Top => Use::HeapTop,
                            BlockState::Own | BlockState::Unknown => Use::HeapOther,
                        };
                        push(block.start.max(at)..end, of);
                        at = end.max(at);
                    }
                    push(at..band.end, Use::HeapOther);
                }
            }
        }
        uses
    }
}

/// The stack's bounds: as the linker's symbols say, else from the stack pointer's initial value and the data.
fn stack(state: &State<'_>, data: Option<(u64, u64)>, heap_start: Option<u64>) -> Option<Stack> {
    let linker = &state.linker();
    let pointer = linker.stack_pointer;
    let high = linker.stack_high.or_else(|| pointer?.initial)?;
    let mut certainty = match (linker.stack_high.is_some(), pointer.is_some_and(|pointer| pointer.inferred)) {
        (false, true) => Certainty::Inferred,
        _ => Certainty::Stated,
    };
    let low = match (linker.stack_low, linker.data_end, data) {
        (Some(low), _, _) => low,
        // The stack lies behind the data: from the data's end, aligned, on.
        (_, Some(end), _) if end <= high => end.next_multiple_of(16),
        // It lies first of all.
        (_, _, Some((start, _))) if start >= high => 0,
        (_, Some(_), None) => 0,
        (_, _, Some((_, end))) if end <= high => {
            // Zeroed data lies between, and its end is not known: the linker's default is a stack of 64 KiB.
            certainty = Certainty::Inferred;
            high.saturating_sub(1 << 16).max(end.next_multiple_of(16))
        }
        _ => {
            certainty = Certainty::Inferred;
            0
        }
    };
    // A stack that ends where the heap starts lies behind the data, all the same.
    let range = low.min(high)..high.min(state.memory.len());
    let overlaps_heap = heap_start.is_some_and(|start| start < range.end && start > range.start);
    if range.is_empty() || overlaps_heap {
        return None;
    }
    let pointer = state.stack_pointer().filter(|pointer| range.start <= *pointer && *pointer <= range.end);
    Some(Stack { range, pointer, certainty })
}

/// An exact partition of `0..len`: each byte goes to the claim of highest rank.
fn partition(len: u64, claims: Vec<Claim>) -> Vec<Band> {
    let mut claims: Vec<Claim> = (claims.into_iter())
        .map(|claim| Claim { range: claim.range.start.min(len)..claim.range.end.min(len), ..claim })
        .filter(|claim| claim.range.start < claim.range.end)
        .collect();
    claims.sort_by_key(|claim| claim.range.start);
    let mut edges: Vec<u64> = claims.iter().flat_map(|claim| [claim.range.start, claim.range.end]).collect();
    edges.extend([0, len]);
    edges.sort_unstable();
    edges.dedup();
    let mut bands: Vec<Band> = Vec::new();
    let mut open: BinaryHeap<(u8, usize)> = BinaryHeap::new();
    let mut next = 0;
    for pair in edges.windows(2) {
        let &[start, end] = pair else { continue };
        while claims.get(next).is_some_and(|claim| claim.range.start <= start) {
            open.push((claims[next].rank, next));
            next += 1;
        }
        while open.peek().is_some_and(|&(_, at)| claims[at].range.end <= start) {
            open.pop();
        }
        let band = match open.peek() {
            Some(&(_, at)) => {
                let Claim { kind, name, certainty, .. } = &claims[at];
                Band { start, end, kind: *kind, name: name.clone(), certainty: *certainty }
            }
            None => {
                let (kind, certainty) = (BandKind::Unclaimed, Certainty::Inferred);
                Band { start, end, kind, name: String::new(), certainty }
            }
        };
        match bands.last_mut() {
            Some(last) if (last.kind, &last.name, last.certainty) == (band.kind, &band.name, band.certainty) => {
                last.end = end;
            }
            _ => bands.push(band),
        }
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [BandKind; 4] = [BandKind::Data, BandKind::Stack, BandKind::Heap, BandKind::ZeroedData];

    proptest! {
        #[test]
        fn bands_are_a_partition_and_the_highest_rank_wins(
            len in 0u64..200,
            ranges in prop::collection::vec((0u64..220, 0u64..60, 0u8..4), 0..20),
        ) {
            let claim = |&(start, size, rank): &(u64, u64, u8)| Claim {
                range: start..start + size,
                rank,
                kind: KINDS[rank as usize],
                name: String::new(),
                certainty: Certainty::Stated,
            };
            let bands = partition(len, ranges.iter().map(claim).collect());
            let mut at = 0;
            for band in &bands {
                prop_assert_eq!(band.start, at);
                prop_assert!(band.end > band.start);
                at = band.end;
            }
            prop_assert_eq!(at, len);
            for address in 0..len {
                let best = ranges.iter().filter(|(s, n, _)| (*s..s + n).contains(&address)).map(|r| r.2).max();
                let band = bands.iter().find(|band| band.range().contains(&address)).map(|band| band.kind);
                prop_assert_eq!(band, Some(best.map_or(BandKind::Unclaimed, |rank| KINDS[rank as usize])));
            }
        }
    }
}

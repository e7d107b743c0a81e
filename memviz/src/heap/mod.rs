//! The heap: an allocator's blocks, read from its own records in the memory.
//!
//! Nothing must be known of the program. The records of an allocator have a shape that other bytes do not have: its
//! lists of free blocks start as pointers to themselves, side by side, and its blocks follow one another without a gap
//! up to the end of what it took. So its state is found in a stripped module as well, and each block is checked
//! against its neighbours on the way.

mod dlmalloc;
mod emmalloc;
mod wasm_crate;

use std::ops::Range;

use wasm_advice::{Phrase, phrase};

use crate::State;
use crate::memory::Words;

/// Which allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Allocator {
    /// Doug Lea's malloc in C: wasi-libc, emscripten.
    Dlmalloc,
    /// Its port to Rust, the crate `dlmalloc`: std on wasm32-unknown-unknown.
    RustDlmalloc,
    /// emscripten's emmalloc.
    Emmalloc,
    /// `wasm::Allocator` of the crate `wasm`.
    WasmAllocator,
}

impl Allocator {
    /// As shown to users.
    pub fn name(self) -> &'static str {
        match self {
            Allocator::Dlmalloc => "dlmalloc (C)",
            Allocator::RustDlmalloc => "dlmalloc (Rust)",
            Allocator::Emmalloc => "emmalloc",
            Allocator::WasmAllocator => "wasm::Allocator",
        }
    }
}

/// How an allocator was found, the surest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// A symbol of this name lies where its state is, and the blocks are consistent.
    Symbol(String),
    /// Its state was found by its shape, and the blocks are consistent with it.
    State,
    /// Its blocks follow one another from the heap's start to its end; no state was found.
    Blocks,
}

impl Evidence {
    /// As shown to users.
    pub fn phrase(&self) -> Phrase {
        match self {
            Evidence::Symbol(name) => phrase!("state at the symbol {0}, blocks checked", name),
            Evidence::State => phrase!("state found by its shape, blocks checked"),
            Evidence::Blocks => phrase!("inferred from the blocks alone; no state found"),
        }
    }
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockState {
    /// Handed out to the program.
    Live,
    /// In a list of free blocks.
    Free,
    /// The rest at the end, from which new blocks are cut.
    Top,
    /// The allocator's own: its records, padding, ends of segments.
    Own,
    /// Behind damage: not known.
    Unknown,
}

impl BlockState {
    /// As shown to users.
    pub fn name(self) -> &'static str {
        match self {
            BlockState::Live => "live",
            BlockState::Free => "free",
            BlockState::Top => "top",
            BlockState::Own => "allocator",
            BlockState::Unknown => "unknown",
        }
    }
}

/// The list of free blocks that a block is in, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bin {
    /// dlmalloc's lists of one size each.
    Small(u32),
    /// dlmalloc's trees of larger blocks.
    Tree(u32),
    /// dlmalloc's block that small requests are cut from first.
    DesignatedVictim,
    /// A list of blocks of a range of sizes: emmalloc, `wasm::Allocator`.
    Bucket(u32),
}

impl std::fmt::Display for Bin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Bin::Small(index) => write!(f, "small bin {index}"),
            Bin::Tree(index) => write!(f, "tree bin {index}"),
            Bin::DesignatedVictim => f.write_str("designated victim"),
            Bin::Bucket(index) => write!(f, "bin {index}"),
        }
    }
}

/// A block of a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its first byte, header included.
    pub start: u64,
    /// All its bytes, header included.
    pub size: u64,
    /// The address that the program has, or would get.
    pub payload: u64,
    /// How many bytes the program may use there: at least what it asked for.
    pub usable: u64,
    /// What it is.
    pub state: BlockState,
    /// For a free block, its list.
    pub bin: Option<Bin>,
}

impl Block {
    /// All its addresses.
    pub fn range(&self) -> Range<u64> {
        self.start..self.start + self.size
    }

    /// The addresses that the program may use.
    pub fn payload_range(&self) -> Range<u64> {
        self.payload..self.payload + self.usable
    }
}

/// A place where an allocator's records contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapDamage {
    /// Where.
    pub address: u64,
    /// What is wrong there.
    pub message: String,
}

impl std::fmt::Display for HeapDamage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#x}: {}", self.address, self.message)
    }
}

/// An allocator with all its blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heap {
    /// Which one.
    pub allocator: Allocator,
    /// How it was found.
    pub evidence: Evidence,
    /// Where its state lies.
    pub state: Option<Range<u64>>,
    /// The memory that it manages: sorted, without overlap, together exactly the blocks.
    pub segments: Vec<Range<u64>>,
    /// The blocks, by address.
    pub blocks: Vec<Block>,
    /// Where its records are damaged.
    pub damage: Vec<HeapDamage>,
}

impl Heap {
    /// The block that an address lies in.
    pub fn block_at(&self, address: u64) -> Option<&Block> {
        let before = self.blocks.partition_point(|block| block.start <= address);
        self.blocks.get(before.checked_sub(1)?).filter(|block| block.range().contains(&address))
    }

    /// The live blocks, by address.
    pub fn live(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| block.state == BlockState::Live)
    }

    /// Counts and sums.
    pub fn summary(&self) -> HeapSummary {
        let mut summary = HeapSummary::default();
        for block in &self.blocks {
            let (count, bytes) = match block.state {
                BlockState::Live => (&mut summary.live_blocks, &mut summary.live_bytes),
                BlockState::Free => (&mut summary.free_blocks, &mut summary.free_bytes),
                BlockState::Top => (&mut summary.top_blocks, &mut summary.top_bytes),
                BlockState::Own | BlockState::Unknown => (&mut summary.other_blocks, &mut summary.other_bytes),
            };
            *count += 1;
            *bytes += block.size;
            match block.state {
                BlockState::Live => summary.usable_bytes += block.usable,
                BlockState::Free => summary.largest_free = summary.largest_free.max(block.size),
                _ => {}
            }
        }
        summary
    }

    /// Live and free blocks by size: each class is a power of two and ends below the next.
    pub fn size_classes(&self) -> Vec<SizeClass> {
        let mut classes: Vec<SizeClass> = Vec::new();
        for block in &self.blocks {
            let (live, free) = match block.state {
                BlockState::Live => (1, 0),
                BlockState::Free => (0, 1),
                _ => continue,
            };
            let from = 1u64 << block.size.max(1).ilog2();
            let at = match classes.binary_search_by_key(&from, |class| class.from) {
                Ok(at) => at,
                Err(at) => {
                    classes.insert(at, SizeClass { from, ..SizeClass::default() });
                    at
                }
            };
            classes[at].live_blocks += live;
            classes[at].live_bytes += live * block.size;
            classes[at].free_blocks += free;
            classes[at].free_bytes += free * block.size;
        }
        classes
    }
}

/// A heap in numbers. Bytes are those of whole blocks, headers included, unless said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapSummary {
    /// Blocks handed out.
    pub live_blocks: u64,
    /// Their bytes.
    pub live_bytes: u64,
    /// Their bytes without headers.
    pub usable_bytes: u64,
    /// Free blocks, the top apart.
    pub free_blocks: u64,
    /// Their bytes.
    pub free_bytes: u64,
    /// The largest free block.
    pub largest_free: u64,
    /// How many tops there are: 0 or 1.
    pub top_blocks: u64,
    /// The bytes of the top.
    pub top_bytes: u64,
    /// Blocks of the allocator, and unknown ones.
    pub other_blocks: u64,
    /// Their bytes.
    pub other_bytes: u64,
}

impl HeapSummary {
    /// Which part of the free bytes (the top apart) is not in the largest free block, from 0 to 1: what can't be had
    /// in one piece.
    pub fn fragmentation(&self) -> f64 {
        if self.free_bytes == 0 { 0.0 } else { 1.0 - self.largest_free as f64 / self.free_bytes as f64 }
    }
}

/// Blocks of at least `from` and less than twice as many bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SizeClass {
    /// The smallest size.
    pub from: u64,
    /// Live blocks.
    pub live_blocks: u64,
    /// Their bytes.
    pub live_bytes: u64,
    /// Free blocks.
    pub free_blocks: u64,
    /// Their bytes.
    pub free_bytes: u64,
}

/// Finds the allocators of a program in memory 0, and their blocks.
pub fn find_heaps(state: &State<'_>) -> Vec<Heap> {
    if state.index != 0 {
        return Vec::new();
    }
    let words = Words::new(state.memory, state.program.memory(0).word());
    let statics = static_range(state);
    let mut heaps = dlmalloc::find(&words, statics.clone());
    heaps.extend(emmalloc::find(&words, statics.clone()));
    if heaps.is_empty() {
        // Without a state, the blocks must speak for themselves, from the heap's start on.
        let known = state.linker().heap_base;
        let start = known.or_else(|| Some(statics.end).filter(|end| *end < words.len()));
        heaps.extend(wasm_crate::find(&words, statics.clone(), start, state.program.memory(0).minimum_bytes));
        if heaps.is_empty() {
            // Where the heap starts is not known: somewhere behind the data, at a multiple of 16.
            let behind = state.segments().map(|(_, range)| range.end).max().unwrap_or(statics.start);
            let starts = known.map_or(behind..statics.end.saturating_add(1), |start| start..start.saturating_add(1));
            heaps.extend(dlmalloc::find_by_blocks(&words, starts));
        }
    }
    for heap in &mut heaps {
        heap.segments.sort_by_key(|segment| segment.start);
        heap.blocks.sort_by_key(|block| block.start);
        if let Some(symbol) = heap.state.as_ref().and_then(|at| state.program.symbol_at(at.start))
            && heap.evidence == Evidence::State
        {
            heap.evidence = Evidence::Symbol(symbol.name.clone());
        }
    }
    // A state that was copied elsewhere describes the same memory: the first has it.
    let mut kept: Vec<Heap> = Vec::new();
    for heap in heaps {
        let overlaps = |a: &Range<u64>, b: &Range<u64>| a.start < b.end && b.start < a.end;
        let known = kept.iter().flat_map(|heap| &heap.segments);
        if !known.into_iter().any(|known| heap.segments.iter().any(|segment| overlaps(known, segment))) {
            kept.push(heap);
        }
    }
    kept.sort_by_key(|heap| heap.segments.first().map(|segment| segment.start));
    kept
}

/// Where static data, and with it an allocator's state, can lie.
fn static_range(state: &State<'_>) -> Range<u64> {
    let linker = state.linker();
    let data_start = state.segments().map(|(_, range)| range.start).min();
    let data_end = state.segments().map(|(_, range)| range.end).max();
    let len = state.memory.len();
    let end = linker.heap_base.or(linker.data_end).unwrap_or_else(|| {
        // Zeroed data is in no segment: up to the end of what the module starts with. A module that imports its
        // memory may state less than its data needs.
        let stated = state.program.memory(0).minimum_bytes;
        stated.max(data_end.map_or(0, |end| end.next_multiple_of(1 << 16)))
    });
    let end = if end == 0 { len } else { end.min(len) };
    let start = linker.global_base.or(data_start).unwrap_or(0).min(end);
    // Zeroed data may lie before the first segment when there is hardly any data.
    start.min(linker.data_end.unwrap_or(start))..end
}

/// Up to how many blocks are read, by the memory that they can lie in: the smallest have 16 bytes.
fn most_blocks(len: u64) -> usize {
    usize::try_from(len / 16 + 64).unwrap_or(usize::MAX)
}

/// The rest of a segment where the walk broke off.
fn unknown(start: u64, end: u64) -> Block {
    own(start, end, BlockState::Unknown)
}

fn own(start: u64, end: u64, state: BlockState) -> Block {
    Block { start, size: end - start, payload: start, usable: 0, state, bin: None }
}

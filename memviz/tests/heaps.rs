//! The blocks that are read from a memory are those that a log of malloc and free has.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::Guest;
use memviz::{Allocator, BlockState, Evidence, Layout};

/// Random mallocs and frees; after each round, the walk against the log.
fn agrees(name: &str, allocator: Allocator) {
    for seed in 1..3 {
        let mut guest = Guest::start(name);
        guest.call("seed", &[seed]);
        for round in 0..9 {
            guest.call("run", &[200]);
            if round % 3 == 2 {
                guest.call("grow", &[1 + round % 2]);
            }
            check(&mut guest, allocator, &format!("{name}, seed {seed}, round {round}"));
        }
        guest.call("free_all", &[]);
        check(&mut guest, allocator, &format!("{name}, seed {seed}, all freed"));
    }
}

fn check(guest: &mut Guest, allocator: Allocator, at: &str) {
    let log = guest.log();
    let layout = guest.layout();
    let [heap] = layout.heaps.as_slice() else { panic!("{at}: {} heaps", layout.heaps.len()) };
    assert_eq!(heap.allocator, allocator, "{at}");
    assert_eq!(heap.damage, [], "{at}");
    assert_ne!(heap.evidence, Evidence::Blocks, "{at}");
    // The same blocks, each at least as large as what was asked for.
    let live: Vec<u64> = heap.live().map(|block| block.payload).collect();
    assert_eq!(live, log.iter().map(|entry| entry.0).collect::<Vec<_>>(), "{at}");
    for (block, (_, size)) in heap.live().zip(&log) {
        assert!(block.usable >= *size, "{at}: {size} bytes in {block:?}");
        assert!(block.usable <= size + 64, "{at}: {size} bytes in {block:?}");
    }
    // The blocks are a partition of the segments, and the free ones are joined.
    let mut blocks = heap.blocks.iter().peekable();
    for segment in &heap.segments {
        let mut end = segment.start;
        while let Some(block) = blocks.next_if(|block| block.start < segment.end) {
            assert_eq!(block.start, end, "{at}");
            end = block.range().end;
            let next_free = blocks.peek().is_some_and(|next| next.state == BlockState::Free && next.start == end);
            assert!(!(block.state == BlockState::Free && next_free), "{at}: two free blocks meet at {end:#x}");
        }
        assert_eq!(end, segment.end, "{at}");
    }
    assert!(blocks.next().is_none());
    partition(&layout);
}

/// Each byte of the memory is in exactly one band, and has exactly one use.
fn partition(layout: &Layout) {
    let mut at = 0;
    for band in &layout.bands {
        assert_eq!(band.start, at);
        at = band.end;
    }
    assert_eq!(at, layout.len);
    let mut at = 0;
    for (range, _) in layout.uses() {
        assert_eq!(range.start, at);
        at = range.end;
    }
    assert_eq!(at, layout.len);
}

macro_rules! heaps {
    ($($name:ident: $allocator:ident;)*) => {
        $(#[test]
        fn $name() {
            agrees(stringify!($name), Allocator::$allocator);
        })*
    };
}

heaps! {
    heap_c_o0: Dlmalloc;
    heap_c_o2: Dlmalloc;
    heap_c_o0_stripped: Dlmalloc;
    heap_c_o2_stripped: Dlmalloc;
    heap_c_o2_stack_last: Dlmalloc;
    heap_rust_o0: RustDlmalloc;
    heap_rust_o2_stripped: RustDlmalloc;
    heap_rust_wasip1_o2_stripped: Dlmalloc;
    heap_wasm_o0: WasmAllocator;
    heap_wasm_o2: WasmAllocator;
}

/// Modules of others, stripped, that export malloc and free: emscripten's dlmalloc, position-independent.
#[test]
fn emscriptens_heap_agrees_with_what_was_allocated() {
    let corpus = std::env::var_os("WASM_CORPUS").map(std::path::PathBuf::from);
    let corpus =
        corpus.unwrap_or_else(|| std::path::Path::new(&std::env::var_os("HOME").unwrap()).join(".cache/wasm-corpus"));
    for name in ["webtreesitter", "webtreesitter_debug"] {
        let path = corpus.join(format!("{name}.wasm"));
        if !path.exists() {
            eprintln!("not run: {} is not here (corpus/fetch)", path.display());
            continue;
        }
        let mut guest = Guest::start_file(&path);
        let mut held: Vec<(u64, u64)> = Vec::new();
        let mut random = 7u32;
        for _ in 0..1500 {
            random = random.wrapping_mul(1664525).wrapping_add(1013904223);
            if held.len() > 300 || random >> 30 == 0 && !held.is_empty() {
                let (address, _) = held.swap_remove((random >> 8) as usize % held.len());
                guest.call("free", &[address as u32]);
            } else {
                let size = if random >> 28 == 9 { random >> 14 & 0xffff } else { random >> 14 & 0xff };
                held.push((guest.call("malloc", &[size]).into(), size.into()));
            }
        }
        held.sort_unstable();
        let layout = guest.layout();
        let [heap] = layout.heaps.as_slice() else { panic!("{name}: {} heaps", layout.heaps.len()) };
        assert_eq!((heap.allocator, heap.damage.as_slice()), (Allocator::Dlmalloc, &[][..]), "{name}");
        let live: Vec<u64> = heap.live().map(|block| block.payload).collect();
        assert_eq!(live, held.iter().map(|block| block.0).collect::<Vec<_>>(), "{name}");
        assert!(heap.live().zip(&held).all(|(block, (_, size))| block.usable >= *size));
        partition(&layout);
    }
}

#[test]
fn without_a_state_the_blocks_are_found_from_the_heaps_start() {
    for name in ["heap_c_o2", "heap_rust_o0"] {
        let mut guest = Guest::start(name);
        guest.call("seed", &[7]);
        guest.call("run", &[300]);
        let log: Vec<u64> = guest.log().iter().map(|entry| entry.0).collect();
        let mut memory = guest.memory();
        let state = guest.layout().heaps[0].state.clone().unwrap();
        memory[state.start as usize..state.end as usize].fill(0);
        let layout = guest.layout_of(&memory);
        let [heap] = layout.heaps.as_slice() else { panic!("{name}: {} heaps", layout.heaps.len()) };
        assert_eq!(heap.evidence, Evidence::Blocks);
        assert_eq!(heap.live().map(|block| block.payload).collect::<Vec<_>>(), log);
    }
}

#[test]
fn damage_is_said_with_its_place_and_the_rest_is_unknown() {
    for name in ["heap_c_o2_stripped", "heap_rust_o2_stripped"] {
        let mut guest = Guest::start(name);
        guest.call("seed", &[3]);
        guest.call("run", &[500]);
        let sound = guest.layout();
        let live: Vec<_> = sound.heaps[0].live().copied().collect();
        // A buffer overrun: the program writes behind a block.
        let victim = live[live.len() / 2];
        let mut memory = guest.memory();
        let end = victim.payload_range().end as usize;
        memory[end..end + 8].fill(0x41);
        let layout = guest.layout_of(&memory);
        let [heap] = layout.heaps.as_slice() else { panic!("{name}: {} heaps", layout.heaps.len()) };
        let [damage] = heap.damage.as_slice() else { panic!("{name}: {:?}", heap.damage) };
        assert_eq!(damage.address, victim.range().end, "{name}: {damage}");
        // What lies before it is read as ever.
        let before = |heap: &memviz::Heap| heap.blocks.iter().filter(|b| b.start < victim.start).count();
        assert_eq!(before(heap), before(&sound.heaps[0]));
        assert!(heap.blocks.iter().any(|block| block.state == BlockState::Unknown && block.start == damage.address));
        partition(&layout);
    }
}

#[test]
fn garbage_is_read_without_harm() {
    let mut guest = Guest::start("heap_c_o2_stripped");
    guest.call("seed", &[5]);
    guest.call("run", &[500]);
    let sound = guest.memory();
    let mut random = 1u32;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        random
    };
    let state = guest.layout().heaps[0].state.clone().unwrap();
    for round in 0..60 {
        let mut memory = sound.clone();
        for _ in 0..1 + round {
            // In the state and in the first pages of the heap.
            let at = if next() % 2 == 0 {
                state.start as usize + next() as usize % (state.end - state.start) as usize
            } else {
                state.end as usize + next() as usize % 100_000
            };
            memory[at] = next() as u8;
        }
        partition(&guest.layout_of(&memory));
    }
}

#![allow(clippy::unwrap_used)]
//! Random use of the heap against a model: blocks do not overlap, are aligned,
//! keep their content, and when all are back the memory is whole again.

extern crate std;

use std::vec::Vec;

use proptest::prelude::*;

use super::*;

const PAGE: usize = 4096;

/// A reservation of which pages are handed out from its start, or, every
/// `hole`th time, after a page that is skipped.
struct Pages {
    memory: Vec<u128>,
    used: usize,
    calls: usize,
    hole: usize,
    given: Vec<(usize, usize)>,
}

impl Pages {
    fn new(pages: usize, hole: usize) -> Self {
        Pages { memory: std::vec![0; pages * PAGE / 16], used: 0, calls: 0, hole, given: Vec::new() }
    }
}

impl Source for Pages {
    fn more(&mut self, len: usize) -> Option<(*mut u8, usize)> {
        self.calls += 1;
        if self.hole > 0 && self.calls.is_multiple_of(self.hole) {
            self.used += PAGE;
        }
        let len = len.next_multiple_of(PAGE);
        let end = self.used.checked_add(len)?;
        if end > self.memory.len() * 16 {
            return None;
        }
        let start = self.memory.as_mut_ptr().cast::<u8>().wrapping_add(self.used);
        self.used = end;
        match self.given.last_mut() {
            Some((s, l)) if *s + *l == start as usize => *l += len,
            _ => self.given.push((start as usize, len)),
        }
        Some((start, len))
    }
}

#[derive(Clone, Debug)]
enum Step {
    Alloc { size: usize, align: u32 },
    Free { which: usize },
    Resize { which: usize, size: usize },
}

fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 1usize..64, 3 => 64usize..1024, 1 => 1024usize..20_000]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (sizes(), 0u32..9).prop_map(|(size, align)| Step::Alloc { size, align }),
        3 => any::<usize>().prop_map(|which| Step::Free { which }),
        2 => (any::<usize>(), sizes()).prop_map(|(which, size)| Step::Resize { which, size }),
    ];
    prop::collection::vec(step, 0..300)
}

struct Live {
    start: *mut u8,
    layout: Layout,
    seed: u8,
}

impl Live {
    fn fill(&self) {
        for i in 0..self.layout.size() {
            // SAFETY: the block is ours.
            unsafe { self.start.add(i).write(self.seed.wrapping_add(i as u8)) }
        }
    }

    fn holds(&self, len: usize) -> bool {
        // SAFETY: the block is ours.
        (0..len).all(|i| unsafe { self.start.add(i).read() } == self.seed.wrapping_add(i as u8))
    }
}

/// Walks all memory, chunk by chunk.
fn check(heap: &Heap<Pages>, live: &[Live]) {
    let mut used = Vec::new();
    let mut free = Vec::new();
    for &(start, len) in &heap.source.given {
        let end = start + len - WORD;
        let mut at = start + WORD;
        let mut before_used = true;
        while at < end {
            let chunk = at as Chunk;
            // SAFETY: within the memory that the source gave.
            let (header, size) = unsafe { (*chunk, size(chunk)) };
            assert!(size >= SMALLEST && size.is_multiple_of(GRANULE) && at + size <= end);
            assert_eq!(header & BEFORE_USED != 0, before_used);
            before_used = header & USED != 0;
            if before_used {
                used.push(at + WORD);
            } else {
                assert!(header & BEFORE_USED != 0, "free neighbours are joined");
                assert_eq!(unsafe { *((at + size - WORD) as *const usize) }, size);
                free.push(at);
            }
            at += size;
        }
        assert_eq!(unsafe { *(end as *const usize) }, USED | if before_used { BEFORE_USED } else { 0 });
    }
    let mut payloads: Vec<_> = live.iter().map(|l| l.start as usize).collect();
    payloads.sort_unstable();
    assert_eq!(used, payloads, "used chunks are those that are alive");
    for block in live {
        assert!(block.layout.size() + WORD <= unsafe { size((block.start as Chunk).sub(1)) });
    }
    let mut listed: Vec<_> = (0..BINS).flat_map(|bin| list(heap, bin)).collect();
    listed.sort_unstable();
    assert_eq!(listed, free, "free chunks are those in the lists");
}

fn list(heap: &Heap<Pages>, at: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut chunk = heap.bins[at];
    let mut previous = null_mut();
    while !chunk.is_null() {
        // SAFETY: chunks in lists are free.
        unsafe {
            assert_eq!((bin(size(chunk)), (*links(chunk))[1]), (at, previous));
            found.push(chunk as usize);
            previous = chunk;
            chunk = (*links(chunk))[0];
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn behaves_as_a_heap(steps in steps(), hole in 0usize..4) {
        let mut heap = Heap::new(Pages::new(64, hole));
        let mut live: Vec<Live> = Vec::new();
        for (n, step) in steps.into_iter().enumerate() {
            match step {
                Step::Alloc { size, align } => {
                    let layout = Layout::from_size_align(size, 1 << align).unwrap();
                    let start = unsafe { heap.alloc(layout) };
                    if !start.is_null() {
                        prop_assert_eq!(start as usize % layout.align(), 0);
                        let block = Live { start, layout, seed: n as u8 };
                        block.fill();
                        live.push(block);
                    }
                }
                Step::Free { which } if !live.is_empty() => {
                    let block = live.swap_remove(which % live.len());
                    prop_assert!(block.holds(block.layout.size()));
                    unsafe { heap.dealloc(block.start) };
                }
                Step::Resize { which, size } if !live.is_empty() => {
                    let which = which % live.len();
                    let block = &mut live[which];
                    let start = unsafe { heap.realloc(block.start, block.layout, size) };
                    if !start.is_null() {
                        let kept = size.min(block.layout.size());
                        block.start = start;
                        block.layout = Layout::from_size_align(size, block.layout.align()).unwrap();
                        prop_assert!(block.holds(kept));
                        prop_assert_eq!(start as usize % block.layout.align(), 0);
                        block.fill();
                    }
                }
                Step::Free { .. } | Step::Resize { .. } => {}
            }
            check(&heap, &live);
        }
        for block in live.drain(..) {
            prop_assert!(block.holds(block.layout.size()));
            unsafe { heap.dealloc(block.start) };
        }
        // All memory is whole again: a chunk for each piece of it.
        check(&heap, &[]);
        let free: usize = (0..BINS).map(|bin| list(&heap, bin).len()).sum();
        prop_assert_eq!(free, heap.source.given.len());
    }
}

#[test]
fn says_when_memory_is_out() {
    let mut heap = Heap::new(Pages::new(2, 0));
    let layout = Layout::from_size_align(PAGE / 2 - GRANULE, 1).unwrap();
    let blocks: Vec<_> = std::iter::from_fn(|| {
        let start = unsafe { heap.alloc(layout) };
        (!start.is_null()).then_some(start)
    })
    .collect();
    assert_eq!(blocks.len(), 3);
    // A failed resize leaves the block as it was.
    assert!(unsafe { heap.realloc(blocks[0], layout, 10 * PAGE) }.is_null());
    unsafe { heap.dealloc(blocks[0]) };
    assert_eq!(unsafe { heap.alloc(layout) }, blocks[0]);
}

#[test]
fn grows_in_place() {
    let mut heap = Heap::new(Pages::new(2, 0));
    let layout = Layout::from_size_align(64, 8).unwrap();
    let start = unsafe { heap.alloc(layout) };
    assert_eq!(unsafe { heap.realloc(start, layout, 1000) }, start);
}

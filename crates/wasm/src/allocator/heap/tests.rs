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

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 1usize..64, 3 => 64usize..1024, 1 => 1024usize..20_000]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (size(), 0u32..9).prop_map(|(size, align)| Step::Alloc { size, align }),
        3 => any::<usize>().prop_map(|which| Step::Free { which }),
        2 => (any::<usize>(), size()).prop_map(|(which, size)| Step::Resize { which, size }),
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

fn check(heap: &Heap<Pages>, live: &[Live]) {
    let mut taken: Vec<_> =
        live.iter().map(|l| (l.start as usize, rounded(l.layout.size()))).chain(heap.free()).collect();
    let free: Vec<_> = heap.free().collect();
    assert!(free.windows(2).all(|w| w[0].0 + w[0].1 < w[1].0), "free blocks rise and do not touch");
    taken.sort_unstable();
    // Live and free blocks together are exactly what the source gave.
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for (start, len) in taken {
        match joined.last_mut() {
            Some((s, l)) if *s + *l == start => *l += len,
            _ => joined.push((start, len)),
        }
    }
    assert_eq!(joined, heap.source.given);
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
                    unsafe { heap.dealloc(block.start, block.layout) };
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
            unsafe { heap.dealloc(block.start, block.layout) };
        }
        let free: Vec<_> = heap.free().collect();
        prop_assert_eq!(free, heap.source.given);
    }
}

#[test]
fn says_when_memory_is_out() {
    let mut heap = Heap::new(Pages::new(2, 0));
    let layout = Layout::from_size_align(PAGE / 2, 1).unwrap();
    let blocks: Vec<_> = std::iter::from_fn(|| {
        let start = unsafe { heap.alloc(layout) };
        (!start.is_null()).then_some(start)
    })
    .collect();
    assert_eq!(blocks.len(), 4);
    // A failed resize leaves the block as it was.
    assert!(unsafe { heap.realloc(blocks[0], layout, 10 * PAGE) }.is_null());
    unsafe { heap.dealloc(blocks[0], layout) };
    assert_eq!(unsafe { heap.alloc(layout) }, blocks[0]);
}

#[test]
fn grows_in_place() {
    let mut heap = Heap::new(Pages::new(2, 0));
    let layout = Layout::from_size_align(64, 8).unwrap();
    let start = unsafe { heap.alloc(layout) };
    assert_eq!(unsafe { heap.realloc(start, layout, 1000) }, start);
}

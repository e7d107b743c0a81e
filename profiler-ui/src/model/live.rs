//! What is known of a program that runs: the bytes that came so far, what changed, whether it stands still.

use std::collections::HashSet;
use std::ops::Range;

use memviz::protocol::LiveMemory;
use memviz::snapshot::{Growth, ModuleIdentity};
use memviz::{Heat, IMAGE_PAGE, Image, MemoryRead};

use super::memory::Moment;
use crate::strings::Wording;

/// What a program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// It runs.
    Running,
    /// It stands still, and why.
    Stopped(String),
    /// It has ended: its exit code.
    Exited(i32),
    /// Nothing is heard of it any more, and why.
    Lost(Wording),
}

/// A program that runs.
#[derive(Debug)]
pub struct Live {
    /// Which build.
    pub module: ModuleIdentity,
    /// The engine, such as `wasmtime 48`.
    pub engine: String,
    /// What it does.
    pub run: Run,
    /// When memories grew.
    pub growth: Vec<Growth>,
    /// Changes with all that is heard.
    pub revision: u64,
    memories: Vec<LiveBytes>,
}

/// A memory, as far as its bytes came.
#[derive(Debug)]
struct LiveBytes {
    image: Image,
    /// Pages of [`IMAGE_PAGE`] bytes that are as they are there.
    fresh: HashSet<u64>,
    /// Pages that were asked for.
    asked: HashSet<u64>,
    heat: Heat,
}

impl Live {
    /// A program of which no byte came yet.
    pub fn new(module: ModuleIdentity, engine: String, memories: &[LiveMemory]) -> Live {
        let bytes = |memory: &LiveMemory| LiveBytes {
            image: Image::zeros(memory.bytes),
            fresh: HashSet::new(),
            asked: HashSet::new(),
            heat: Heat::new(IMAGE_PAGE),
        };
        let memories = memories.iter().map(bytes).collect();
        Live { module, engine, run: Run::Running, growth: Vec::new(), revision: 0, memories }
    }

    /// One of its memories, as far as its bytes came; the rest is zero.
    pub fn memory(&self, index: u32) -> Option<&Image> {
        self.memories.get(index as usize).map(|memory| &memory.image)
    }

    /// All its memories, as far as their bytes came.
    pub fn memories(&self) -> impl Iterator<Item = &Image> {
        self.memories.iter().map(|memory| &memory.image)
    }

    /// What was seen to change.
    pub fn heat(&self, index: u32) -> Option<&Heat> {
        self.memories.get(index as usize).map(|memory| &memory.heat)
    }

    /// Of the pages of a range the first and how many bytes are neither here as they are there nor asked for yet.
    pub fn missing(&self, index: u32, range: &Range<u64>) -> Option<Range<u64>> {
        let memory = self.memories.get(index as usize)?;
        let end = range.end.min(memory.image.len());
        let pages = range.start / IMAGE_PAGE..end.div_ceil(IMAGE_PAGE);
        let mut missing = pages.filter(|page| !memory.fresh.contains(page) && !memory.asked.contains(page));
        let first = missing.next()?;
        let last = missing.next_back().unwrap_or(first);
        Some(first * IMAGE_PAGE..((last + 1) * IMAGE_PAGE).min(memory.image.len()))
    }

    /// Notes that bytes were asked for.
    pub fn note_asked(&mut self, index: u32, range: &Range<u64>) {
        if let Some(memory) = self.memories.get_mut(index as usize) {
            memory.asked.extend(range.start / IMAGE_PAGE..range.end.div_ceil(IMAGE_PAGE));
        }
    }

    /// Takes bytes that came.
    pub fn take_bytes(&mut self, index: u32, address: u64, bytes: &[u8]) {
        self.revision += 1;
        let Some(memory) = self.memories.get_mut(index as usize) else { return };
        memory.image.write(address, bytes);
        let Some(end) = address.checked_add(bytes.len() as u64) else { return };
        let is_end = end >= memory.image.len();
        let pages = address.div_ceil(IMAGE_PAGE)..if is_end { end.div_ceil(IMAGE_PAGE) } else { end / IMAGE_PAGE };
        for page in pages {
            memory.fresh.insert(page);
            memory.asked.remove(&page);
        }
    }

    /// Takes note that parts changed.
    pub fn take_change(&mut self, index: u32, ranges: &[Range<u64>]) {
        self.revision += 1;
        let Some(memory) = self.memories.get_mut(index as usize) else { return };
        let len = memory.image.len();
        for range in ranges {
            memory.heat.mark(range.clone(), len);
            for page in range.start / IMAGE_PAGE..range.end.min(len).div_ceil(IMAGE_PAGE) {
                memory.fresh.remove(&page);
            }
        }
    }

    /// Takes note that a memory grew.
    pub fn take_growth(&mut self, growth: Growth) {
        self.revision += 1;
        if let Some(memory) = self.memories.get_mut(growth.memory as usize) {
            let mut image = Image::zeros(growth.bytes);
            for (number, bytes) in memory.image.pages() {
                image.write(number * IMAGE_PAGE, bytes);
            }
            memory.image = image;
        }
        self.growth.push(growth);
    }

    /// Takes all memories at one moment: everything is as it is there.
    pub fn take_moment(&mut self, moment: &Moment) {
        self.revision += 1;
        for (memory, image) in self.memories.iter_mut().zip(&moment.snapshot.memories) {
            memory.image = image.clone();
            memory.asked.clear();
            memory.fresh = (0..image.len().min(1 << 32).div_ceil(IMAGE_PAGE)).collect();
        }
    }

    /// Takes note of what it does.
    pub fn take_run(&mut self, run: Run) {
        self.revision += 1;
        self.run = run;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use memviz::MemoryType;

    fn live(bytes: u64) -> Live {
        Live::new(ModuleIdentity::default(), "test".into(), &[LiveMemory { ty: MemoryType::default(), bytes }])
    }

    #[test]
    fn only_what_is_missing_is_asked_for() {
        let mut live = live(10_000);
        assert_eq!(live.missing(0, &(100..200)), Some(0..4096));
        live.note_asked(0, &(0..4096));
        assert_eq!(live.missing(0, &(100..200)), None);
        assert_eq!(live.missing(0, &(0..u64::MAX)), Some(4096..10_000));
        live.take_bytes(0, 0, &[7; 4096]);
        live.take_bytes(0, 8192, &[9; 1808]);
        assert_eq!(live.missing(0, &(8192..10_000)), None);
        live.take_change(0, std::slice::from_ref(&(0..1)));
        assert_eq!(live.missing(0, &(0..10_000)), Some(0..8192));
        assert_eq!(live.heat(0).unwrap().changes(0..64), 1);
    }

    #[test]
    fn a_memory_that_grows_keeps_its_bytes() {
        let mut live = live(4096);
        live.take_bytes(0, 0, &[7; 4096]);
        live.take_growth(Growth { memory: 0, bytes: 8192, ..Growth::default() });
        let mut bytes = [0; 2];
        assert!(live.memory(0).unwrap().read(4095, &mut bytes));
        assert_eq!(bytes, [7, 0]);
        live.take_growth(Growth { memory: 9, bytes: 8192, ..Growth::default() });
    }
}

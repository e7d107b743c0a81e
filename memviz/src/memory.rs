//! Reading a linear memory, wherever it is: in this process, in another, in a file.

use std::cell::RefCell;
use std::ops::Range;

/// A linear memory that can be read.
///
/// A slice of bytes is one. An engine, a debugger's target or a page of a browser implements it; nothing here copies a
/// whole memory.
pub trait MemoryRead {
    /// How many bytes there are.
    fn len(&self) -> u64;

    /// Fills `into` with the bytes from `address` on; `false` if they are not all there.
    fn read(&self, address: u64, into: &mut [u8]) -> bool;

    /// Whether the memory has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl MemoryRead for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read(&self, address: u64, into: &mut [u8]) -> bool {
        let from = usize::try_from(address).ok().and_then(|at| self.get(at..at.checked_add(into.len())?));
        from.is_some_and(|from| {
            into.copy_from_slice(from);
            true
        })
    }
}

impl MemoryRead for Vec<u8> {
    fn len(&self) -> u64 {
        MemoryRead::len(self.as_slice())
    }

    fn read(&self, address: u64, into: &mut [u8]) -> bool {
        self.as_slice().read(address, into)
    }
}

impl<M: MemoryRead + ?Sized> MemoryRead for &M {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read(&self, address: u64, into: &mut [u8]) -> bool {
        (**self).read(address, into)
    }
}

/// Size of an address, in bytes: 4, or 8 in a 64-bit memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(u64);

impl Word {
    /// The word of a memory.
    pub fn new(is_64: bool) -> Word {
        Word(if is_64 { 8 } else { 4 })
    }

    /// How many bytes it has.
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// Reads one from the start of `bytes`, little endian.
    pub(crate) fn decode(self, bytes: &[u8]) -> Option<u64> {
        let bytes = bytes.get(..self.0 as usize)?;
        Some(bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }
}

const PAGE: u64 = 4096;
const KEPT: usize = 64;

/// A page's number and bytes.
type KeptPage = (u64, Vec<u8>);

/// A memory read word by word: pages that were read last are kept, so that a remote one is asked once for many words.
pub(crate) struct Words<'m> {
    memory: &'m dyn MemoryRead,
    word: Word,
    len: u64,
    pages: RefCell<Vec<Option<KeptPage>>>,
}

impl<'m> Words<'m> {
    pub(crate) fn new(memory: &'m dyn MemoryRead, word: Word) -> Self {
        Words { memory, word, len: memory.len(), pages: RefCell::new(vec![None; KEPT]) }
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn memory(&self) -> &'m dyn MemoryRead {
        self.memory
    }

    pub(crate) fn size(&self) -> u64 {
        self.word.0
    }

    /// The word at an address, aligned or not.
    pub(crate) fn get(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        let wanted = bytes.get_mut(..self.word.0 as usize)?;
        self.fill(address, wanted)?;
        Some(u64::from_le_bytes(bytes))
    }

    fn fill(&self, address: u64, into: &mut [u8]) -> Option<()> {
        let end = address.checked_add(into.len() as u64)?;
        if end > self.len {
            return None;
        }
        let page = address / PAGE;
        if (end - 1) / PAGE != page {
            return self.memory.read(address, into).then_some(());
        }
        let mut pages = self.pages.borrow_mut();
        let slot = pages.get_mut(page as usize % KEPT)?;
        if slot.as_ref().is_none_or(|(kept, _)| *kept != page) {
            let mut bytes = vec![0; (self.len - page * PAGE).min(PAGE) as usize];
            if !self.memory.read(page * PAGE, &mut bytes) {
                return None;
            }
            *slot = Some((page, bytes));
        }
        let (_, bytes) = slot.as_ref()?;
        let at = (address % PAGE) as usize;
        into.copy_from_slice(bytes.get(at..at + into.len())?);
        Some(())
    }
}

/// How much is read at once.
const CHUNK: u64 = 1 << 18;

/// Calls `each` with the bytes of a range, in order, at most 256 KiB at a time; with `None` for what can't be read.
pub(crate) fn for_each_chunk(
    memory: &dyn MemoryRead,
    range: Range<u64>,
    mut each: impl FnMut(u64, Option<&[u8]>) -> bool,
) {
    let end = range.end.min(memory.len());
    let mut buffer = Vec::new();
    let mut at = range.start;
    while at < end {
        let size = (end - at).min(CHUNK);
        buffer.resize(size as usize, 0);
        let read = memory.read(at, &mut buffer);
        if !each(at, read.then_some(buffer.as_slice())) {
            return;
        }
        at += size;
    }
}

/// Reads up to `limit` bytes of a range; fewer at the memory's end.
pub(crate) fn read_range(memory: &dyn MemoryRead, range: Range<u64>, limit: u64) -> Option<Vec<u8>> {
    let end = range.end.min(memory.len());
    let size = end.saturating_sub(range.start).min(limit);
    let mut bytes = vec![0; size as usize];
    memory.read(range.start, &mut bytes).then_some(bytes)
}

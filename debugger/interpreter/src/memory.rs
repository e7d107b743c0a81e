//! Linear memory: flat, grown lazily, with a state per page of 4 KiB that
//! tells snapshots what changed and lets watchpoints cost nothing elsewhere.

// SAFETY.md lists what the two blocks below rely upon.
#![allow(unsafe_code)]

use crate::module::MemoryType;
use crate::watch::{Access, Hit, Watchpoint};
use std::sync::Arc;

/// Bytes in a page of WebAssembly.
pub const WASM_PAGE: u64 = 65536;

/// Bytes in a page of snapshots and watchpoints, as a power of two.
const PAGE_BITS: u32 = 12;
pub(crate) const PAGE: usize = 1 << PAGE_BITS;
/// Pages in a chunk of an image.
const CHUNK: usize = 256;

/// The page differs from the memory's image; stores need no more bookkeeping.
const CHANGED: u8 = 1;
/// A watchpoint lies on the page.
const WATCHED: u8 = 2;

pub(crate) type Page = Arc<[u8; PAGE]>;

/// What a memory held at some time: pages that were ever written, shared with
/// the images before and after it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    chunks: Vec<Option<Arc<[Option<Page>; CHUNK]>>>,
    len: usize,
}

impl Image {
    fn page(&self, index: usize) -> Option<&Page> {
        self.chunks.get(index / CHUNK)?.as_ref()?[index % CHUNK].as_ref()
    }

    fn set_page(&mut self, index: usize, page: Option<Page>) {
        if self.chunks.len() <= index / CHUNK {
            self.chunks.resize(index / CHUNK + 1, None);
        }
        let chunk = self.chunks[index / CHUNK].get_or_insert_with(|| Arc::new([const { None }; CHUNK]));
        Arc::make_mut(chunk)[index % CHUNK] = page;
    }

    /// Calls `visit` with the address and size of all that images share; returns
    /// the bytes that this one has for itself.
    pub(crate) fn visit_allocations(&self, visit: &mut impl FnMut(usize, usize)) -> usize {
        for chunk in self.chunks.iter().flatten() {
            visit(Arc::as_ptr(chunk).addr(), size_of::<[Option<Page>; CHUNK]>());
            for page in chunk.iter().flatten() {
                visit(Arc::as_ptr(page).addr(), PAGE);
            }
        }
        size_of_val(&self.chunks[..])
    }
}

/// A linear memory.
#[derive(Debug)]
pub struct Memory {
    pub(crate) bytes: Vec<u8>,
    pages: Vec<u8>,
    ty: MemoryType,
    /// Largest size in pages that the machine's limits allow.
    limit: u64,
    image: Image,
    watchpoints: Vec<Watchpoint>,
    /// What the current operator did to a watched range.
    pub(crate) hit: Option<Hit>,
}

/// What became of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Done,
    Watched,
    OutOfBounds,
}

/// `len` zero bytes in a vector of that capacity that the host need not touch yet.
fn zeroed(len: usize, capacity: usize) -> Option<Vec<u8>> {
    if capacity == 0 {
        return Some(Vec::new());
    }
    let layout = std::alloc::Layout::array::<u8>(capacity).ok()?;
    // SAFETY: the layout is not empty; the memory comes from the global allocator
    // with the layout that a `Vec<u8>` of this capacity has, and all of it is zero.
    unsafe {
        let start = std::alloc::alloc_zeroed(layout);
        (!start.is_null()).then(|| Vec::from_raw_parts(start, len, capacity))
    }
}

impl Memory {
    /// `None` if the host cannot give that much.
    pub(crate) fn new(ty: MemoryType, limit: u64) -> Option<Self> {
        let implied = if ty.memory64 { 1 << 48 } else { 1 << 16 };
        let limit = limit.min(implied);
        if ty.minimum > limit {
            return None;
        }
        let len = usize::try_from(ty.minimum * WASM_PAGE).ok()?;
        let bytes = zeroed(len, len)?;
        let pages = zeroed(len >> PAGE_BITS, len >> PAGE_BITS)?;
        Some(Self { bytes, pages, ty, limit, image: Image::default(), watchpoints: Vec::new(), hit: None })
    }

    /// The memory of an instance that has none.
    pub(crate) fn none() -> Self {
        let ty = MemoryType { minimum: 0, maximum: Some(0), memory64: false, shared: false };
        let (bytes, pages) = (Vec::new(), Vec::new());
        Self { bytes, pages, ty, limit: 0, image: Image::default(), watchpoints: Vec::new(), hit: None }
    }

    /// Its type, as declared.
    #[must_use]
    pub fn ty(&self) -> MemoryType {
        self.ty
    }

    /// Size in pages of 64 KiB.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64 / WASM_PAGE
    }

    /// All bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Copies bytes out; `None` if the range does not lie in the memory.
    #[must_use]
    pub fn read(&self, address: u64, len: usize) -> Option<&[u8]> {
        let start = usize::try_from(address).ok()?;
        self.bytes.get(start..start.checked_add(len)?)
    }

    /// Writes bytes, unseen by watchpoints.
    ///
    /// Returns `false`, and writes nothing, if the range does not lie in the memory.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> bool {
        self.slice_mut(address, bytes.len()).map(|target| target.copy_from_slice(bytes)).is_some()
    }

    /// Bytes to write to; the range counts as changed.
    pub fn slice_mut(&mut self, address: u64, len: usize) -> Option<&mut [u8]> {
        let start = usize::try_from(address).ok()?;
        let end = start.checked_add(len).filter(|end| *end <= self.bytes.len())?;
        if len > 0 {
            for page in &mut self.pages[start >> PAGE_BITS..=(end - 1) >> PAGE_BITS] {
                *page |= CHANGED;
            }
        }
        Some(&mut self.bytes[start..end])
    }

    /// Grows by `delta` pages and returns the old size in pages; `None` if the
    /// type, the limits or the host do not allow it.
    pub fn grow(&mut self, delta: u64) -> Option<u64> {
        let old = self.size();
        let new = old.checked_add(delta)?;
        if new > self.limit || self.ty.maximum.is_some_and(|maximum| new > maximum) {
            return None;
        }
        self.resize(usize::try_from(new.checked_mul(WASM_PAGE)?).ok()?)?;
        Some(old)
    }

    fn resize(&mut self, len: usize) -> Option<()> {
        if len <= self.bytes.len() {
            // What lies behind the end stays zero.
            for index in len >> PAGE_BITS..self.pages.len() {
                if self.pages[index] & CHANGED != 0 || self.image.page(index).is_some() {
                    self.bytes[index << PAGE_BITS..(index + 1) << PAGE_BITS].fill(0);
                }
            }
            self.bytes.truncate(len);
            self.pages.truncate(len >> PAGE_BITS);
        } else if len <= self.bytes.capacity() {
            // SAFETY: the vector came from `zeroed` (or is empty, with no capacity), so
            // that all of its capacity is initialised.
            unsafe { self.bytes.set_len(len) };
            self.pages.resize(len >> PAGE_BITS, 0);
        } else {
            let most = self.ty.maximum.map_or(self.limit, |maximum| maximum.min(self.limit));
            let most = usize::try_from(most.saturating_mul(WASM_PAGE)).unwrap_or(usize::MAX);
            let spare = self.bytes.len().saturating_mul(2).min(most).max(len);
            let mut bytes = zeroed(len, spare).or_else(|| zeroed(len, len))?;
            self.pages.try_reserve_exact((len >> PAGE_BITS) - self.pages.len()).ok()?;
            // Pages that nobody wrote stay untouched in the new place, too.
            for index in 0..self.pages.len() {
                if self.pages[index] & CHANGED != 0 || self.image.page(index).is_some() {
                    let range = index << PAGE_BITS..(index + 1) << PAGE_BITS;
                    bytes[range.clone()].copy_from_slice(&self.bytes[range]);
                }
            }
            self.pages.resize(len >> PAGE_BITS, 0);
            self.bytes = bytes;
        }
        self.mark_watched();
        Some(())
    }

    /// The bytes at an address.
    #[inline(always)]
    pub(crate) fn load<const N: usize>(&self, address: u64) -> Option<[u8; N]> {
        let start = address as usize;
        if usize::BITS < 64 && start as u64 != address {
            return None;
        }
        let bytes = self.bytes.get(start..start.wrapping_add(N))?;
        bytes.try_into().ok()
    }

    /// Stores bytes at an address.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&mut self, address: u64, bytes: [u8; N]) -> Stored {
        let start = address as usize;
        if usize::BITS < 64 && start as u64 != address {
            return Stored::OutOfBounds;
        }
        let plain = self.pages.get(start >> PAGE_BITS) == Some(&CHANGED) && start & (PAGE - 1) <= PAGE - N;
        match self.bytes.get_mut(start..start.wrapping_add(N)) {
            Some(target) if plain => {
                target.copy_from_slice(&bytes);
                Stored::Done
            }
            Some(_) => self.store_slowly(start, &bytes),
            None => Stored::OutOfBounds,
        }
    }

    /// A store to a page that is watched, not yet changed, or to two pages.
    #[cold]
    #[inline(never)]
    fn store_slowly(&mut self, start: usize, bytes: &[u8]) -> Stored {
        let watched = self.watched(Access::Write, start as u64, bytes.len() as u64);
        let old = watched.map(|_| self.bytes[start..start + bytes.len()].to_vec());
        self.write(start as u64, bytes);
        match (watched, old) {
            (Some(watchpoint), Some(old)) => {
                self.report(Hit {
                    watchpoint,
                    access: Access::Write,
                    address: start as u64,
                    old,
                    new: bytes.to_vec(),
                    position: None,
                });
                Stored::Watched
            }
            _ => Stored::Done,
        }
    }

    /// To be called before an operator reads a range, while reads are watched.
    #[inline(always)]
    pub(crate) fn note_read(&mut self, address: u64, len: u64) {
        let (first, last) = (address >> PAGE_BITS, address.saturating_add(len - 1) >> PAGE_BITS);
        let watched = |page: u64| self.pages.get(page as usize).is_some_and(|state| state & WATCHED != 0);
        if len > 16 || watched(first) || watched(last) {
            self.note_read_slowly(address, len);
        }
    }

    #[cold]
    #[inline(never)]
    fn note_read_slowly(&mut self, address: u64, len: u64) {
        if let Some(watchpoint) = self.watched(Access::Read, address, len) {
            let shown = len.min(Hit::SHOWN) as usize;
            if let Some(bytes) = self.read(address, shown).map(<[u8]>::to_vec) {
                self.report(Hit {
                    watchpoint,
                    access: Access::Read,
                    address,
                    old: bytes.clone(),
                    new: bytes,
                    position: None,
                });
            }
        }
    }

    /// Writes a range that an operator of the program changes: as [`Self::slice_mut`],
    /// but seen by watchpoints. The range must lie in the memory.
    pub(crate) fn update(&mut self, address: u64, len: usize, change: impl FnOnce(&mut [u8])) {
        let before = self.before_update(address, len);
        if let Some(target) = self.slice_mut(address, len) {
            change(target);
        }
        self.after_update(before);
    }

    /// Copies within the memory; both ranges must lie in it.
    pub(crate) fn update_within(&mut self, source: std::ops::Range<usize>, to: u64) {
        let len = source.len();
        let before = self.before_update(to, len);
        if self.slice_mut(to, len).is_some() {
            self.bytes.copy_within(source, to as usize);
        }
        self.after_update(before);
    }

    /// What a watchpoint sees of a range that is about to change.
    pub(crate) fn before_update(&self, address: u64, len: usize) -> Option<Hit> {
        let end = address.saturating_add(len as u64);
        let watch = self.watchpoints.iter().find(|watch| watch.sees(Access::Write, address, len as u64))?;
        // Of a long range, show what is watched.
        let start = address.max(watch.address);
        let shown = end.min(watch.address.saturating_add(watch.len)).saturating_sub(start).min(Hit::SHOWN);
        let old = self.read(start, shown as usize)?.to_vec();
        Some(Hit { watchpoint: watch.id, access: Access::Write, address: start, old, new: Vec::new(), position: None })
    }

    pub(crate) fn after_update(&mut self, before: Option<Hit>) {
        if let Some(mut hit) = before {
            hit.new = self.read(hit.address, hit.old.len()).map(<[u8]>::to_vec).unwrap_or_default();
            self.report(hit);
        }
    }

    fn report(&mut self, hit: Hit) {
        // An operator that reads and writes (an atomic) is reported by its write.
        if self.hit.is_none() || hit.access == Access::Write {
            self.hit = Some(hit);
        }
    }

    fn watched(&self, access: Access, address: u64, len: u64) -> Option<crate::WatchpointId> {
        self.watchpoints.iter().find(|watch| watch.sees(access, address, len)).map(|watch| watch.id)
    }

    pub(crate) fn set_watchpoints(&mut self, watchpoints: Vec<Watchpoint>) {
        for page in &mut self.pages {
            *page &= !WATCHED;
        }
        self.watchpoints = watchpoints;
        self.mark_watched();
    }

    fn mark_watched(&mut self) {
        for watch in &self.watchpoints {
            let last = watch.address.saturating_add(watch.len.saturating_sub(1)) >> PAGE_BITS;
            let first = usize::try_from(watch.address >> PAGE_BITS).unwrap_or(usize::MAX).min(self.pages.len());
            let end = usize::try_from(last.saturating_add(1)).unwrap_or(usize::MAX).min(self.pages.len());
            for page in &mut self.pages[first..end.max(first)] {
                *page |= WATCHED;
            }
        }
    }

    /// The current contents; what did not change since the last image is shared with it.
    pub(crate) fn snapshot(&mut self) -> Image {
        for index in 0..self.pages.len() {
            if self.pages[index] & CHANGED != 0 {
                self.pages[index] &= !CHANGED;
                let bytes = &self.bytes[index << PAGE_BITS..(index + 1) << PAGE_BITS];
                let same = match self.image.page(index) {
                    Some(page) => page[..] == *bytes,
                    None => bytes.iter().all(|byte| *byte == 0),
                };
                if !same {
                    let page = <&[u8; PAGE]>::try_from(bytes).ok().map(|bytes| Arc::new(*bytes));
                    self.image.set_page(index, page);
                }
            }
        }
        self.image.len = self.bytes.len();
        self.image.clone()
    }

    /// Takes the contents of an image of this memory. `None` if the host cannot give the room.
    pub(crate) fn restore(&mut self, image: &Image) -> Option<()> {
        self.resize(image.len)?;
        for index in 0..self.pages.len() {
            let page = image.page(index);
            let same = match (self.image.page(index), page) {
                (Some(ours), Some(theirs)) => Arc::ptr_eq(ours, theirs),
                (None, None) => true,
                _ => false,
            };
            if !same || self.pages[index] & CHANGED != 0 {
                let bytes = &mut self.bytes[index << PAGE_BITS..(index + 1) << PAGE_BITS];
                match page {
                    Some(page) => bytes.copy_from_slice(&page[..]),
                    None => bytes.fill(0),
                }
                self.pages[index] &= !CHANGED;
            }
        }
        self.image = image.clone();
        self.hit = None;
        Some(())
    }

    /// Feeds the size and all bytes that are not zero to a hash.
    pub(crate) fn hash(&self, hasher: &mut xxhash_rust::xxh3::Xxh3) {
        hasher.update(&(self.bytes.len() as u64).to_le_bytes());
        for index in 0..self.pages.len() {
            if self.pages[index] & CHANGED != 0 || self.image.page(index).is_some() {
                let bytes = &self.bytes[index << PAGE_BITS..(index + 1) << PAGE_BITS];
                if bytes.iter().any(|byte| *byte != 0) {
                    hasher.update(&(index as u64).to_le_bytes());
                    hasher.update(bytes);
                }
            }
        }
    }
}

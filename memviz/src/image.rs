//! A memory in pages, of which only those that are not zero are kept.

use std::collections::BTreeMap;

use crate::memory::{MemoryRead, for_each_chunk};

/// The size of a page of an [`Image`], in bytes.
pub const IMAGE_PAGE: u64 = 4096;

/// A copy of a memory that keeps only the pages with something in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    len: u64,
    pages: BTreeMap<u64, Box<[u8]>>,
}

impl Image {
    /// A memory of `len` zeros.
    pub fn zeros(len: u64) -> Image {
        Image { len, pages: BTreeMap::new() }
    }

    /// A copy of a memory. What can't be read stays zero.
    pub fn capture(memory: &dyn MemoryRead) -> Image {
        let mut image = Image::zeros(memory.len());
        for_each_chunk(memory, 0..memory.len(), |start, bytes| {
            image.write(start, bytes.unwrap_or_default());
            true
        });
        image
    }

    /// Writes bytes; what lies beyond the end is left out. Whole pages of zeros take no room.
    pub fn write(&mut self, address: u64, bytes: &[u8]) {
        let room = self.len.saturating_sub(address).min(bytes.len() as u64) as usize;
        let mut rest = &bytes[..room];
        let mut at = address;
        while !rest.is_empty() {
            let size = ((IMAGE_PAGE - at % IMAGE_PAGE) as usize).min(rest.len());
            let (part, after) = rest.split_at(size);
            let number = at / IMAGE_PAGE;
            if self.pages.contains_key(&number) || part.iter().any(|byte| *byte != 0) {
                let page = self.pages.entry(number).or_insert_with(|| vec![0; IMAGE_PAGE as usize].into());
                let from = (at % IMAGE_PAGE) as usize;
                page[from..from + size].copy_from_slice(part);
                if page.iter().all(|byte| *byte == 0) {
                    self.pages.remove(&number);
                }
            }
            at += size as u64;
            rest = after;
        }
    }

    /// The pages that are kept: number and bytes; the last page of a memory may go beyond its end, with zeros.
    pub fn pages(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.pages.iter().map(|(number, bytes)| (*number, &**bytes))
    }

    /// One page by its number, if it is kept.
    pub fn page(&self, number: u64) -> Option<&[u8]> {
        self.pages.get(&number).map(|bytes| &**bytes)
    }

    /// Runs of pages that are kept: the first one's number and the bytes of all, at most `most` pages in one.
    pub(crate) fn runs(&self, most: usize) -> Vec<(u64, Vec<&[u8]>)> {
        let mut runs: Vec<(u64, Vec<&[u8]>)> = Vec::new();
        for (number, bytes) in self.pages() {
            match runs.last_mut() {
                Some((first, run)) if *first + run.len() as u64 == number && run.len() < most => run.push(bytes),
                _ => runs.push((number, vec![bytes])),
            }
        }
        runs
    }
}

impl MemoryRead for Image {
    fn len(&self) -> u64 {
        self.len
    }

    fn read(&self, address: u64, into: &mut [u8]) -> bool {
        if address.checked_add(into.len() as u64).is_none_or(|end| end > self.len) {
            return false;
        }
        let mut at = address;
        let mut rest = into;
        while !rest.is_empty() {
            let from = (at % IMAGE_PAGE) as usize;
            let size = (IMAGE_PAGE as usize - from).min(rest.len());
            let (part, after) = rest.split_at_mut(size);
            match self.pages.get(&(at / IMAGE_PAGE)) {
                Some(page) => part.copy_from_slice(&page[from..from + size]),
                None => part.fill(0),
            }
            at += size as u64;
            rest = after;
        }
        true
    }
}

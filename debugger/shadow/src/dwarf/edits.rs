//! Changes to a section: bytes overwritten in place, and the few replacements that change its length.

use std::ops::Range;

/// A section in the making.
pub(crate) struct Edits<'a> {
    original: &'a [u8],
    bytes: Vec<u8>,
    splices: Vec<Splice>,
}

/// A replacement of another length.
struct Splice {
    range: Range<usize>,
    with: Vec<u8>,
    /// How far what follows moves, this splice and all before it taken together. Known once sealed.
    moved: isize,
}

impl<'a> Edits<'a> {
    pub(crate) fn new(original: &'a [u8]) -> Edits<'a> {
        Edits { original, bytes: original.to_vec(), splices: Vec::new() }
    }

    /// The section as it was: offsets of all edits count in it.
    pub(crate) fn original(&self) -> &'a [u8] {
        self.original
    }

    /// Overwrites `size` bytes with a number; what lies outside of the section is left out.
    pub(crate) fn put(&mut self, at: usize, size: u8, value: u64) {
        let bytes = value.to_le_bytes();
        let range = at..at.saturating_add(size.into());
        if let (Some(place), Some(bytes)) = (self.bytes.get_mut(range), bytes.get(..size.into())) {
            place.copy_from_slice(bytes);
        }
    }

    /// Replaces a range; of overlapping replacements that change the length, the first stays.
    pub(crate) fn replace(&mut self, range: Range<usize>, with: Vec<u8>) {
        match self.bytes.get_mut(range.clone()) {
            Some(place) if place.len() == with.len() => place.copy_from_slice(&with),
            Some(_) => self.splices.push(Splice { range, with, moved: 0 }),
            None => {}
        }
    }

    /// Adds bytes at the end and says at which offset. Not for sections with replacements.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> usize {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        at
    }

    /// No more replacements that change the length: from now on, [`Edits::moved`] answers.
    pub(crate) fn seal(&mut self) {
        self.splices.sort_by_key(|splice| splice.range.start);
        let (mut end, mut moved) = (0, 0);
        self.splices.retain_mut(|splice| {
            let is_first = splice.range.start >= end;
            if is_first {
                end = splice.range.end;
                moved += splice.with.len() as isize - splice.range.len() as isize;
                splice.moved = moved;
            }
            is_first
        });
    }

    pub(crate) fn has_splices(&self) -> bool {
        !self.splices.is_empty()
    }

    /// Whether the length of a range changes.
    pub(crate) fn has_splices_in(&self, range: Range<usize>) -> bool {
        let at = self.splices.partition_point(|splice| splice.range.start < range.start);
        self.splices.get(at).is_some_and(|splice| splice.range.start < range.end)
    }

    /// Where an offset of the original is now.
    pub(crate) fn moved(&self, offset: usize) -> usize {
        let at = self.splices.partition_point(|splice| splice.range.end <= offset);
        let moved = at.checked_sub(1).and_then(|at| self.splices.get(at)).map_or(0, |splice| splice.moved);
        offset.saturating_add_signed(moved)
    }

    /// The new contents.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.splices.is_empty() {
            return self.bytes;
        }
        self.seal();
        let mut contents = Vec::with_capacity(self.bytes.len());
        let mut next = 0;
        for splice in &self.splices {
            contents.extend_from_slice(self.bytes.get(next..splice.range.start).unwrap_or_default());
            contents.extend_from_slice(&splice.with);
            next = splice.range.end;
        }
        contents.extend_from_slice(self.bytes.get(next..).unwrap_or_default());
        contents
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_follow_what_moves() {
        let mut edits = Edits::new(b"abcdefgh");
        edits.replace(5..6, b"FFF".to_vec());
        edits.replace(1..3, b"B".to_vec());
        edits.replace(0..1, b"A".to_vec());
        edits.put(7, 1, u64::from(b'H'));
        edits.seal();
        let moved: Vec<_> = (0..9).map(|at| edits.moved(at)).collect();
        assert_eq!(moved, [0, 1, 2, 2, 3, 4, 7, 8, 9]);
        assert!(edits.has_splices_in(4..6) && !edits.has_splices_in(6..8));
        assert_eq!(edits.finish(), b"ABdeFFFgH");
    }
}

//! Address maps: where each byte of a binary went when a tool rewrote it.
//!
//! A relation between file offsets of the old and the new binary, since code is both copied (inlining) and merged
//! (deduplication). It is kept as runs, so a section that moved as a whole costs one entry.

use std::ops::Range;

/// `len` bytes at `old` went to `new`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run {
    /// File offset before.
    pub old: u32,
    /// File offset after.
    pub new: u32,
    /// Bytes, at least 1.
    pub len: u32,
}

impl Run {
    /// The same run, seen from the new binary.
    fn inverted(self) -> Run {
        Run { old: self.new, new: self.old, len: self.len }
    }
}

/// Where each byte of a binary went.
///
/// ```
/// use wasm_binary::{AddressMap, Run};
///
/// let moved = AddressMap::new([Run { old: 8, new: 20, len: 4 }]);
/// let again = AddressMap::new([Run { old: 20, new: 0, len: 100 }]);
/// assert_eq!(moved.to_new(9).collect::<Vec<_>>(), [21]);
/// assert_eq!(moved.compose(&again).to_new(9).collect::<Vec<_>>(), [1]);
/// assert_eq!(moved.to_new(12).next(), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressMap {
    forward: Lookup,
    backward: Lookup,
}

/// Runs sorted by the offset that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lookup {
    runs: Vec<Run>,
    /// For each run the furthest end of it and all before it: where a search backwards may stop.
    reach: Vec<u32>,
}

impl Lookup {
    fn new(mut runs: Vec<Run>) -> Lookup {
        runs.sort_unstable();
        let mut furthest = 0;
        let reach = runs
            .iter()
            .map(|run| {
                furthest = furthest.max(run.old + run.len);
                furthest
            })
            .collect();
        Lookup { runs, reach }
    }

    /// The runs that have a byte in a range, the last first.
    fn overlapping(&self, range: Range<u32>) -> impl Iterator<Item = Run> + '_ {
        let end = self.runs.partition_point(|run| run.old < range.end);
        let start = range.start;
        let candidates = (0..end).rev().take_while(move |&at| self.reach[at] > start);
        candidates.map(|at| self.runs[at]).filter(move |run| run.old + run.len > start)
    }

    fn find(&self, offset: u32) -> impl Iterator<Item = u32> + '_ {
        let range = offset..offset.saturating_add(1);
        let mut found: Vec<u32> = self.overlapping(range).map(|run| run.new + (offset - run.old)).collect();
        found.sort_unstable();
        found.into_iter()
    }
}

impl AddressMap {
    /// A map of these runs; their order does not matter. What would lie past 4 GiB is cut off.
    pub fn new(runs: impl IntoIterator<Item = Run>) -> AddressMap {
        let fits = |run: Run| Run { len: run.len.min(u32::MAX - run.old).min(u32::MAX - run.new), ..run };
        let mut runs: Vec<Run> = runs.into_iter().map(fits).filter(|run| run.len > 0).collect();
        // One form for each relation: runs that continue each other are one.
        let diagonal = |run: &Run| i64::from(run.new) - i64::from(run.old);
        runs.sort_unstable_by_key(|run| (diagonal(run), run.old));
        let mut joined: Vec<Run> = Vec::with_capacity(runs.len());
        for run in runs {
            match joined.last_mut() {
                Some(last) if diagonal(last) == diagonal(&run) && run.old <= last.old + last.len => {
                    last.len = last.len.max(run.old + run.len - last.old);
                }
                _ => joined.push(run),
            }
        }
        AddressMap {
            backward: Lookup::new(joined.iter().map(|run| run.inverted()).collect()),
            forward: Lookup::new(joined),
        }
    }

    /// The map of a binary of `len` bytes that nothing changed.
    pub fn identity(len: u32) -> AddressMap {
        AddressMap::new([Run { old: 0, new: 0, len }])
    }

    /// The runs, by old offset.
    pub fn runs(&self) -> &[Run] {
        &self.forward.runs
    }

    /// Whether nothing of the old binary is left.
    pub fn is_empty(&self) -> bool {
        self.forward.runs.is_empty()
    }

    /// Where a byte of the old binary is now: nowhere if it is gone, at several places if it was copied. Ascending.
    pub fn to_new(&self, old: u32) -> impl Iterator<Item = u32> + '_ {
        self.forward.find(old)
    }

    /// Where a byte of the new binary was: nowhere if it is new, at several places if copies were merged. Ascending.
    pub fn to_old(&self, new: u32) -> impl Iterator<Item = u32> + '_ {
        self.backward.find(new)
    }

    /// The map of this rewrite followed by another.
    pub fn compose(&self, next: &AddressMap) -> AddressMap {
        let mut runs = Vec::new();
        for first in &self.forward.runs {
            let middle = first.new..first.new + first.len;
            for second in next.forward.overlapping(middle.clone()) {
                let start = middle.start.max(second.old);
                let end = middle.end.min(second.old + second.len);
                let old = first.old + (start - first.new);
                runs.push(Run { old, new: second.new + (start - second.old), len: end - start });
            }
        }
        AddressMap::new(runs)
    }

    /// The map of the way back.
    pub fn invert(&self) -> AddressMap {
        AddressMap { forward: self.backward.clone(), backward: self.forward.clone() }
    }

    /// As a file: the runs by old offset, each as three signed LEB128 differences to the run before.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let mut last = Run { old: 0, new: 0, len: 0 };
        for run in &self.forward.runs {
            for (now, before) in [(run.old, last.old), (run.new, last.new), (run.len, last.len)] {
                write_signed(&mut bytes, i64::from(now) - i64::from(before));
            }
            last = *run;
        }
        bytes
    }

    /// Reads what [`AddressMap::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<AddressMap> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let mut runs = Vec::new();
        let mut last = [0i64; 3];
        while !rest.is_empty() {
            for field in &mut last {
                *field = field.checked_add(read_signed(&mut rest)?)?;
            }
            let [old, new, len] = last.map(u32::try_from);
            let run = Run { old: old.ok()?, new: new.ok()?, len: len.ok()? };
            if run.len == 0 || run.old.checked_add(run.len).is_none() || run.new.checked_add(run.len).is_none() {
                return None;
            }
            runs.push(run);
        }
        Some(AddressMap::new(runs))
    }
}

/// Of the file form, with its version.
const MAGIC: &[u8] = b"wasm-addresses\0\x01";

fn write_signed(bytes: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let is_last = (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0);
        bytes.push(if is_last { byte } else { byte | 0x80 });
        if is_last {
            return;
        }
    }
}

/// A difference of two `u32` has 33 bits: five bytes.
fn read_signed(bytes: &mut &[u8]) -> Option<i64> {
    let mut value = 0i64;
    for at in 0..5 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= i64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let unused = 64 - 7 * (at + 1);
            return Some(value << unused >> unused);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Offsets that the maps under test stay below.
    const END: u32 = 64;

    fn maps() -> impl Strategy<Value = AddressMap> {
        let run = (0..END / 2, 0..END / 2, 0..END / 2).prop_map(|(old, new, len)| Run { old, new, len });
        prop::collection::vec(run, 0..8).prop_map(AddressMap::new)
    }

    /// The relation as a set of pairs: what the map means.
    fn pairs(map: &AddressMap) -> BTreeSet<(u32, u32)> {
        (0..END).flat_map(|old| map.to_new(old).map(move |new| (old, new))).collect()
    }

    proptest! {
        #[test]
        fn the_runs_given_are_the_pairs_found(runs in prop::collection::vec((0..20u32, 0..20u32, 0..20u32), 0..8)) {
            let map = AddressMap::new(runs.iter().map(|&(old, new, len)| Run { old, new, len }));
            let expected = runs.iter().flat_map(|&(old, new, len)| (0..len).map(move |at| (old + at, new + at))).collect();
            prop_assert_eq!(pairs(&map), expected);
        }

        #[test]
        fn composing_joins_the_relations(a in maps(), b in maps()) {
            let (first, second) = (pairs(&a), pairs(&b));
            let expected = first
                .iter()
                .flat_map(|&(old, middle)| second.iter().filter(move |p| p.0 == middle).map(move |p| (old, p.1)))
                .collect::<BTreeSet<_>>();
            prop_assert_eq!(pairs(&a.compose(&b)), expected);
        }

        #[test]
        fn composing_is_associative(a in maps(), b in maps(), c in maps()) {
            prop_assert_eq!(a.compose(&b).compose(&c), a.compose(&b.compose(&c)));
        }

        #[test]
        fn the_identity_changes_nothing(a in maps()) {
            prop_assert_eq!(&AddressMap::identity(END).compose(&a), &a);
            prop_assert_eq!(&a.compose(&AddressMap::identity(END)), &a);
        }

        #[test]
        fn the_way_back_asks_the_other_side(a in maps(), b in maps()) {
            prop_assert_eq!(&a.invert().invert(), &a);
            prop_assert_eq!(pairs(&a.invert()), pairs(&a).into_iter().map(|(old, new)| (new, old)).collect());
            prop_assert_eq!(a.compose(&b).invert(), b.invert().compose(&a.invert()));
            for new in 0..END {
                let expected: Vec<u32> = pairs(&a).into_iter().filter(|p| p.1 == new).map(|p| p.0).collect();
                prop_assert_eq!(a.to_old(new).collect::<Vec<_>>(), expected);
            }
        }

        #[test]
        fn the_file_form_is_read_back(a in maps()) {
            prop_assert_eq!(AddressMap::from_bytes(&a.to_bytes()), Some(a));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut file = MAGIC.to_vec();
            file.extend(bytes);
            let _ = AddressMap::from_bytes(&file);
        }
    }

    #[test]
    fn the_ends_of_the_address_space_are_kept() {
        let last = Run { old: 0, new: u32::MAX - 1, len: 10 };
        let map = AddressMap::new([last, Run { old: u32::MAX - 1, new: 0, len: 1 }]);
        assert_eq!(map.to_new(0).collect::<Vec<_>>(), [u32::MAX - 1]);
        assert_eq!(map.to_new(1).next(), None);
        assert_eq!(AddressMap::from_bytes(&map.to_bytes()), Some(map));
    }
}

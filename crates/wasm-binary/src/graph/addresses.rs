//! Which data segment an address lies in: asked for every constant of the code, so the search is narrowed by a table of
//! address buckets first.

use crate::ids::ItemId;
use crate::map::Module;

/// The active data segments of memory 0 that have a constant address.
#[derive(Debug, Default)]
pub(super) struct DataAddresses {
    /// Sorted: start address, end address, item.
    segments: Vec<(u64, u64, ItemId)>,
    first: u64,
    end: u64,
    /// Bucket of an address: `(address - first) >> shift`.
    shift: u32,
    /// Bucket → how many segments start before its end.
    buckets: Vec<u32>,
}

impl DataAddresses {
    pub(super) fn new(module: &Module<'_>) -> DataAddresses {
        let active = module.data.iter().filter(|d| d.memory == Some(0) && !d.contents.is_empty());
        let mut segments: Vec<_> = active
            .filter_map(|d| Some((d.address?, d.address?.checked_add(d.contents.len() as u64)?, d.item)))
            .collect();
        segments.sort_unstable();
        let first = segments.first().map_or(0, |s| s.0);
        let end = segments.iter().map(|s| s.1).max().unwrap_or(0);
        // About one segment a bucket.
        let width = (end - first) / (segments.len() as u64 + 1);
        let shift = u64::BITS - width.leading_zeros();
        let mut buckets = vec![0; ((end - first) >> shift) as usize + 1];
        for (at, segment) in segments.iter().enumerate() {
            buckets[((segment.0 - first) >> shift) as usize] = at as u32 + 1;
        }
        let mut before = 0;
        for bucket in &mut buckets {
            before = before.max(*bucket);
            *bucket = before;
        }
        DataAddresses { segments, first, end, shift, buckets }
    }

    /// The segment that an address lies in; of overlapping ones the last that starts before it.
    #[inline]
    pub(super) fn find(&self, address: u64) -> Option<ItemId> {
        if address < self.first || address >= self.end {
            return None;
        }
        let bucket = ((address - self.first) >> self.shift) as usize;
        let until = self.buckets[bucket] as usize;
        let from = bucket.checked_sub(1).map_or(0, |before| self.buckets[before] as usize).saturating_sub(1);
        let at = from + self.segments[from..until].partition_point(|s| s.0 <= address);
        let &(_, end, item) = self.segments.get(at.checked_sub(1)?)?;
        (address < end).then_some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn buckets_find_what_a_search_finds(
            mut starts in prop::collection::vec((0u64..100_000, 1u64..500), 0..200),
            addresses in prop::collection::vec(0u64..110_000, 100),
        ) {
            starts.sort_unstable();
            let mut text = "(module (memory 10)".to_string();
            for (start, size) in &starts {
                text += &format!("(data (i32.const {start}) \"{}\")", "x".repeat(*size as usize));
            }
            let bytes = wat::parse_str(text + ")").expect("the text is well formed");
            let map = crate::Map::parse(&bytes).expect("the module is well formed");
            let addresses_of = DataAddresses::new(&map.modules()[0]);
            for address in addresses {
                let last = starts.iter().rposition(|(start, _)| *start <= address);
                let expected = last.filter(|&at| address < starts[at].0 + starts[at].1);
                let found = addresses_of.find(address).map(|item| map.item(item).index as usize);
                // Equal starts are sorted by end and item: any of them will do.
                let same = |a: Option<usize>| a.map(|at| starts[at].0);
                prop_assert!(same(found) == same(expected) || expected.is_none());
            }
        }
    }
}

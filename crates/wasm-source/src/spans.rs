//! Ranges of code that may overlap, found by offset.

use std::ops::Range;

/// Ranges, each with something that it belongs to.
#[derive(Debug)]
pub(crate) struct Spans<T>(Vec<Span<T>>);

#[derive(Debug)]
struct Span<T> {
    range: Range<u32>,
    /// The furthest end of this and all spans before.
    reach: u32,
    what: T,
}

impl<T> Default for Spans<T> {
    fn default() -> Self {
        Spans(Vec::new())
    }
}

impl<T: Copy + Ord> Spans<T> {
    pub(crate) fn new(mut ranges: Vec<(Range<u32>, T)>) -> Self {
        ranges.sort_unstable_by_key(|(range, what)| (range.start, range.end, *what));
        let mut reach = 0;
        let spans = ranges.into_iter().map(|(range, what)| {
            reach = range.end.max(reach);
            Span { range, reach, what }
        });
        Spans(spans.collect())
    }

    /// What has the byte at `offset`: that whose range starts last comes first.
    pub(crate) fn at(&self, offset: u32) -> impl Iterator<Item = T> + '_ {
        let after = self.0.partition_point(|span| span.range.start <= offset);
        let before = self.0.iter().take(after).rev();
        before
            .take_while(move |span| offset < span.reach)
            .filter(move |span| offset < span.range.end)
            .map(|span| span.what)
    }

    pub(crate) fn ranges(&self) -> impl Iterator<Item = &Range<u32>> {
        self.0.iter().map(|span| &span.range)
    }
}

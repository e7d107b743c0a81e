//! The part of a chart's width that is seen.

use std::ops::Range;

/// A part of the axis, in its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) start: f64,
    pub(super) end: f64,
}

/// The least that can be seen, in the axis' unit.
const MIN_WIDTH: f64 = 0.5;

impl Span {
    pub(super) fn of(range: &Range<u64>) -> Span {
        let start = range.start as f64;
        Span { start, end: (range.end as f64).max(start + 1.0) }
    }

    pub(super) fn width(self) -> f64 {
        self.end - self.start
    }

    /// In whole units, not less than it is.
    pub(super) fn range(self) -> Range<u64> {
        self.start.floor().max(0.0) as u64..self.end.ceil().max(0.0) as u64
    }

    /// Where a position is on a screen that is `width` wide.
    pub(super) fn to_screen(self, position: f64, width: f32) -> f32 {
        ((position - self.start) / self.width() * f64::from(width)) as f32
    }

    /// What is at a place of the screen.
    pub(super) fn at(self, x: f32, width: f32) -> f64 {
        self.start + f64::from(x) / f64::from(width.max(1.0)) * self.width()
    }

    /// Zooms by a factor; what is at `share` of the width stays there.
    #[must_use]
    pub(super) fn zoomed(self, factor: f64, share: f64, whole: Span) -> Span {
        let width = (self.width() / factor).clamp(MIN_WIDTH.min(whole.width()), whole.width());
        let start = self.start + share * (self.width() - width);
        Span { start, end: start + width }.kept_in(whole)
    }

    /// Moves by a distance of the axis.
    #[must_use]
    pub(super) fn moved(self, by: f64, whole: Span) -> Span {
        Span { start: self.start + by, end: self.end + by }.kept_in(whole)
    }

    /// Between two, at `t` from 0 to 1, slower towards the ends.
    pub(super) fn between(from: Span, to: Span, t: f64) -> Span {
        let t = t * t * (3.0 - 2.0 * t);
        let mix = |a: f64, b: f64| a + (b - a) * t;
        Span { start: mix(from.start, to.start), end: mix(from.end, to.end) }
    }

    #[must_use]
    pub(super) fn kept_in(self, whole: Span) -> Span {
        let width = self.width().min(whole.width());
        let start = self.start.clamp(whole.start, whole.end - width);
        Span { start, end: start + width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_under_the_pointer_stays_there(factor in 1.0..50.0f64, x in 0.0..800.0f32, end in 1_000u64..1 << 50) {
            let whole = Span::of(&(0..end));
            let before = whole.at(x, 800.0);
            let after = whole.zoomed(factor, f64::from(x) / 800.0, whole).at(x, 800.0);
            prop_assert!((before - after).abs() <= whole.width() * 1e-6, "{before} {after}");
        }

        #[test]
        fn nothing_outside_is_seen(factor in 0.01..50.0f64, share in 0.0..1.0f64, by in -1e6..1e6f64) {
            let whole = Span::of(&(100..5_000));
            let seen = whole.zoomed(8.0, 0.5, whole).zoomed(factor, share, whole).moved(by, whole);
            prop_assert!(seen.start >= whole.start && seen.end <= whole.end + 1e-6 && seen.width() > 0.0, "{seen:?}");
        }
    }
}

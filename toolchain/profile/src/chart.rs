//! The flame chart: a thread's stacks in time order, neighbours with the same function on the same stack joined.
//!
//! Nothing is computed ahead but one bit per stack, and for each picture only a sample per pixel is looked at:
//! O(pixels · (log samples + depth)), however many samples there are.

use std::ops::Range;

use crate::model::{Profile, Thread};
use crate::{CallId, Filter, Rectangle, ThreadId};

/// A thread in time order.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    profile: &'a Profile,
    thread: &'a Thread,
    kept: Option<Vec<bool>>,
}

impl<'a> Chart<'a> {
    /// The chart of a thread. Of the filter only the search matters: samples that it does not find are blank. O(calls)
    /// with a search, else O(1).
    #[must_use]
    pub fn new(profile: &'a Profile, thread: ThreadId, filter: &Filter) -> Self {
        Self { profile, thread: profile.thread(thread), kept: filter.kept(profile) }
    }

    /// The whole width.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.thread.range()
    }

    /// How many rows the chart has. O(samples).
    #[must_use]
    pub fn rows(&self) -> u32 {
        (0..self.thread.len())
            .filter_map(|sample| self.call(sample))
            .map(|call| self.profile.call(call).depth + 1)
            .max()
            .unwrap_or(0)
    }

    /// The stack of a sample, if the search finds it.
    #[must_use]
    pub fn call(&self, sample: usize) -> Option<CallId> {
        let stack = (*self.thread.stacks.get(sample)?)?;
        let call = self.profile.stacks()[stack.index()].call;
        self.kept.as_ref().is_none_or(|kept| kept[call.index()]).then_some(call)
    }

    /// The sample at a position of the axis. O(log samples).
    #[must_use]
    pub fn sample_at(&self, position: u64) -> Option<usize> {
        let sample = self.thread.starts.partition_point(|&start| start <= position).checked_sub(1)?;
        (position < self.thread.end_of(sample)).then_some(sample)
    }

    /// What is to draw of a part of the axis, by row and then from left to right. With a `pixel` wider than 1, one
    /// sample is taken for each multiple of it, so that a picture that is moved does not flicker; edges are then off by
    /// less than a pixel. With 1 every sample that lasts is taken and every edge is exact. Rectangles end where the
    /// samples in view do.
    #[must_use]
    pub fn rectangles(&self, view: Range<u64>, pixel: u64) -> Vec<Rectangle> {
        let pixel = pixel.max(1);
        let samples = self.thread.samples_in(&view);
        let mut done: Vec<Vec<Rectangle>> = Vec::new();
        // The open rectangles: where each row's began. The stack they belong to is `at`.
        let mut open: Vec<u64> = Vec::new();
        let mut at: Option<CallId> = None;
        let mut sample = samples.start;
        while sample < samples.end {
            let call = self.call(sample);
            self.change(&mut open, at, call, self.thread.starts[sample], &mut done);
            at = call;
            // The sample that lasts at the next boundary between pixels.
            let boundary = self.thread.end_of(sample).checked_next_multiple_of(pixel).unwrap_or(u64::MAX);
            sample += begun(&self.thread.starts[sample + 1..samples.end], boundary).max(1);
        }
        let end = samples.end.checked_sub(1).map_or(view.start, |last| self.thread.end_of(last));
        self.change(&mut open, at, None, end, &mut done);
        done.concat()
    }

    /// Closes what is not on the new stack and opens what is new.
    fn change(
        &self,
        open: &mut Vec<u64>,
        from: Option<CallId>,
        to: Option<CallId>,
        edge: u64,
        done: &mut Vec<Vec<Rectangle>>,
    ) {
        let calls = self.profile.calls();
        let depth = |call: Option<CallId>| call.map_or(0, |call| calls[call.index()].depth as usize + 1);
        let (mut old, mut new) = (from, to);
        let parent = |call: Option<CallId>| call.and_then(|call| calls[call.index()].parent);
        while old != new {
            let (left, right) = (depth(old), depth(new));
            if left >= right
                && let (Some(call), Some(start)) = (old, open.pop())
            {
                if edge > start {
                    done.resize_with(done.len().max(left), Vec::new);
                    let (depth, node) = (left as u32 - 1, call.index() as u32);
                    let function = calls[call.index()].function;
                    done[left - 1].push(Rectangle { start, end: edge, depth, function, node });
                }
                old = parent(old);
            }
            if right >= left {
                new = parent(new);
            }
        }
        open.resize(depth(to), edge);
    }
}

/// How many of the ascending starts are not after a position. The nearest are looked at first, for pictures go from left
/// to right.
fn begun(starts: &[u64], position: u64) -> usize {
    let mut reach = 1;
    while starts.get(reach).is_some_and(|&start| start <= position) {
        reach *= 2;
    }
    let from = reach / 2;
    from + starts[from..starts.len().min(reach + 1)].partition_point(|&start| start <= position)
}

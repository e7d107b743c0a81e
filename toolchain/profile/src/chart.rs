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
        let mut done = Vec::new();
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
            let later = &self.thread.starts[sample + 1..samples.end];
            sample += later.partition_point(|&start| start <= boundary).max(1);
        }
        let end = samples.end.checked_sub(1).map_or(view.start, |last| self.thread.end_of(last));
        self.change(&mut open, at, None, end, &mut done);
        done.sort_unstable_by_key(|rectangle| (rectangle.depth, rectangle.start, rectangle.node));
        done
    }

    /// Closes what is not on the new stack and opens what is new.
    fn change(
        &self,
        open: &mut Vec<u64>,
        from: Option<CallId>,
        to: Option<CallId>,
        edge: u64,
        done: &mut Vec<Rectangle>,
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
                    let Range { start, end } = start..edge;
                    let depth = left as u32 - 1;
                    done.push(Rectangle {
                        start,
                        end,
                        depth,
                        function: calls[call.index()].function,
                        node: call.index() as u32,
                    });
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

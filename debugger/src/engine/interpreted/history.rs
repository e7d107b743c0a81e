//! Moments of a run that it can be taken back to.

use wasm_interpreter::Snapshot;

/// The way between two snapshots at the beginning, in instructions.
const FIRST_WAY: u64 = 1 << 22;
/// How many bytes snapshots may hold before some are dropped.
const MAX_BYTES: usize = 256 << 20;
/// How many snapshots there may be before some are dropped.
const MAX_MOMENTS: usize = 512;

/// A moment.
pub(super) struct Moment {
    pub(super) snapshot: Snapshot,
    /// How many calls of the host had been made.
    pub(super) calls: usize,
    /// Which of the program's stages ran.
    pub(super) stage: usize,
    /// It cannot be come to by running from an earlier one: the debugger
    /// changed something there.
    pinned: bool,
}

/// Moments, in the order of time.
pub(super) struct History {
    moments: Vec<Moment>,
    /// The way between snapshots now, in instructions.
    way: u64,
}

impl Default for History {
    fn default() -> Self {
        History { moments: Vec::new(), way: FIRST_WAY }
    }
}

impl History {
    /// Keeps a moment.
    pub(super) fn keep(&mut self, snapshot: Snapshot, calls: usize, stage: usize, pinned: bool) {
        let count = snapshot.instructions();
        let at = self.moments.partition_point(|moment| moment.snapshot.instructions() <= count);
        let known = at.checked_sub(1).is_some_and(|before| {
            let before = &self.moments[before];
            before.snapshot.instructions() == count && !pinned
        });
        if !known {
            self.moments.insert(at, Moment { snapshot, calls, stage, pinned });
        }
        while self.moments.len() > MAX_MOMENTS || (self.moments.len().is_multiple_of(16) && self.bytes() > MAX_BYTES) {
            let before = self.moments.len();
            self.thin_out();
            if self.moments.len() == before {
                break;
            }
        }
    }

    /// Drops every second moment that can be come to again, and lets the ways
    /// grow.
    fn thin_out(&mut self) {
        let mut drop = false;
        self.moments.retain(|moment| {
            drop = !drop && !moment.pinned;
            !drop
        });
        self.way = self.way.saturating_mul(2);
    }

    /// The last moment at or before a count of instructions.
    pub(super) fn before(&self, count: u64) -> Option<&Moment> {
        let at = self.moments.partition_point(|moment| moment.snapshot.instructions() <= count);
        self.moments.get(at.checked_sub(1)?)
    }

    /// Forgets all moments from a count of instructions on: the debugger has
    /// changed the state there.
    pub(super) fn forget_after(&mut self, count: u64) {
        self.moments.retain(|moment| {
            let at = moment.snapshot.instructions();
            at < count || (at == count && moment.pinned)
        });
    }

    /// When the next moment is to be kept, in instructions.
    pub(super) fn due(&self) -> u64 {
        self.moments.last().map_or(0, |last| last.snapshot.instructions().saturating_add(self.way))
    }

    /// The first instruction that can be come to.
    pub(super) fn start(&self) -> u64 {
        self.moments.first().map_or(0, |first| first.snapshot.instructions())
    }

    /// Bytes that the moments hold together.
    pub(super) fn bytes(&self) -> usize {
        Snapshot::bytes_held(self.moments.iter().map(|moment| &moment.snapshot))
    }
}

//! What a client watches, by its own addresses: what these mean may change from
//! stop to stop.

use gdbstub::target::ext::breakpoints::WatchKind;

use crate::engine::{Access, Engine, MemoryId, Touch, Watchpoint};

/// A client's watchpoints.
#[derive(Default)]
pub(super) struct Watchpoints {
    /// Each with the client's address.
    all: Vec<(u64, Watchpoint)>,
}

impl Watchpoints {
    /// Watches `length` bytes from `at` on, which the client has at `address`.
    /// Says whether the engine can.
    pub(super) fn add(
        &mut self,
        engine: &mut dyn Engine,
        address: u64,
        (memory, at): (MemoryId, u64),
        length: u64,
        kind: WatchKind,
    ) -> bool {
        let range = at..at.saturating_add(length);
        self.all.push((address, Watchpoint { memory, range, access: access(kind) }));
        let can = self.set(engine);
        if !can {
            self.all.pop();
        }
        can
    }

    /// Watches no longer. Says whether it was watched.
    pub(super) fn remove(&mut self, engine: &mut dyn Engine, address: u64, length: u64, kind: WatchKind) -> bool {
        let is_it = |(known, watchpoint): &(u64, Watchpoint)| {
            let Watchpoint { range, access: known_access, .. } = watchpoint;
            *known == address && range.end - range.start == length && *known_access == access(kind)
        };
        let Some(index) = self.all.iter().position(is_it) else { return false };
        self.all.remove(index);
        self.set(engine)
    }

    fn set(&self, engine: &mut dyn Engine) -> bool {
        let all: Vec<Watchpoint> = self.all.iter().map(|(_, watchpoint)| watchpoint.clone()).collect();
        engine.set_watchpoints(&all).is_ok()
    }

    /// What was touched: the kind of its watchpoint, and the client's address.
    pub(super) fn touched(&self, touch: &Touch) -> (WatchKind, u64) {
        match self.all.get(touch.watchpoint) {
            Some((address, watchpoint)) => {
                (kind(watchpoint.access), address + touch.address.saturating_sub(watchpoint.range.start))
            }
            None => (WatchKind::Write, touch.address),
        }
    }
}

fn access(kind: WatchKind) -> Access {
    match kind {
        WatchKind::Write => Access::Write,
        WatchKind::Read => Access::Read,
        WatchKind::ReadWrite => Access::Any,
    }
}

fn kind(access: Access) -> WatchKind {
    match access {
        Access::Write => WatchKind::Write,
        Access::Read => WatchKind::Read,
        Access::Any => WatchKind::ReadWrite,
    }
}

//! What a client watches, by its own addresses: what these mean may change from
//! stop to stop. And what `wasm mem watch` watches, of which a client knows
//! nothing.

use gdbstub::target::ext::breakpoints::WatchKind;

use crate::engine::{Access, MemoryId, Stop, Touch, Watchpoint};
use crate::session::Session;

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
        session: &mut Session<'_>,
        address: u64,
        (memory, at): (MemoryId, u64),
        length: u64,
        kind: WatchKind,
    ) -> bool {
        let range = at..at.saturating_add(length);
        self.all.push((address, Watchpoint { memory, range, access: access(kind) }));
        let can = self.set(session);
        if !can {
            self.all.pop();
        }
        can
    }

    /// Watches no longer. Says whether it was watched.
    pub(super) fn remove(&mut self, session: &mut Session<'_>, address: u64, length: u64, kind: WatchKind) -> bool {
        let is_it = |(known, watchpoint): &(u64, Watchpoint)| {
            let Watchpoint { range, access: known_access, .. } = watchpoint;
            *known == address && range.end - range.start == length && *known_access == access(kind)
        };
        let Some(index) = self.all.iter().position(is_it) else { return false };
        self.all.remove(index);
        self.set(session)
    }

    /// Has the engine watch all that is to be watched: the client's first.
    pub(super) fn set(&self, session: &mut Session<'_>) -> bool {
        let own = self.all.iter().map(|(_, watchpoint)| watchpoint.clone());
        let all: Vec<Watchpoint> = own.chain(session.watches().iter().map(|watch| watch.point.clone())).collect();
        session.engine.set_watchpoints(&all).is_ok()
    }

    /// What was touched: the kind of its watchpoint, and the client's address.
    /// Nothing if the client does not know that it is watched.
    pub(super) fn touched(&self, touch: &Touch) -> Option<(WatchKind, u64)> {
        let (address, watchpoint) = self.all.get(touch.watchpoint)?;
        Some((kind(watchpoint.access), address + touch.address.saturating_sub(watchpoint.range.start)))
    }

    /// A line about a stop that the client knows no reason of.
    pub(super) fn line(&self, stop: &Stop) -> Option<String> {
        let Stop::Watchpoint(touch) = stop else { return None };
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        let change = if touch.write { format!(": {} → {}", hex(&touch.old), hex(&touch.new)) } else { String::new() };
        self.touched(touch).is_none().then(|| format!("wasm mem watch: {stop}{change}"))
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

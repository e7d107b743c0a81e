//! Watchpoints: a range of memory whose reads or writes stop the program.

use crate::{MemoryId, Position};

/// Identifies a watchpoint of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatchpointId(pub u32);

/// What happened to a watched range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It was read.
    Read,
    /// It was written.
    Write,
}

/// Which accesses stop the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchKind {
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Both.
    Access,
}

/// An access that stopped the program; the accessing operator has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchHit {
    /// The watchpoint.
    pub watchpoint: WatchpointId,
    /// The memory.
    pub memory: MemoryId,
    /// What was done.
    pub access: Access,
    /// Where the access began (of bulk operators: where it met the range).
    pub address: u64,
    /// Bytes there before (at most 4 KiB of a bulk operator's).
    pub old: Vec<u8>,
    /// Bytes there now.
    pub new: Vec<u8>,
    /// The operator that did it (of a host function's: the call).
    pub position: Position,
}

/// [`WatchHit`] as far as a memory knows it.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) watchpoint: WatchpointId,
    pub(crate) access: Access,
    pub(crate) address: u64,
    pub(crate) old: Vec<u8>,
    pub(crate) new: Vec<u8>,
    /// Of a host function's access: the call.
    pub(crate) position: Option<Position>,
}

impl Hit {
    /// Bytes that a hit shows at most.
    pub(crate) const SHOWN: u64 = 4096;
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Watchpoint {
    pub(crate) id: WatchpointId,
    pub(crate) kind: WatchKind,
    pub(crate) address: u64,
    pub(crate) len: u64,
}

impl Watchpoint {
    pub(crate) fn sees(&self, access: Access, address: u64, len: u64) -> bool {
        let kind = match self.kind {
            WatchKind::Read => access == Access::Read,
            WatchKind::Write => access == Access::Write,
            WatchKind::Access => true,
        };
        kind && address < self.address.saturating_add(self.len) && self.address < address.saturating_add(len)
    }
}

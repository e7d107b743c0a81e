//! Why a program stopped, in the words of the protocol.

use gdbstub::common::Signal;
use gdbstub::stub::SingleThreadStopReason;
use gdbstub::target::ext::base::reverse_exec::ReplayLogPosition;
use gdbstub::target::ext::breakpoints::WatchKind;

use crate::engine::{Access, Stop, Trap, TrapKind};

/// Why a program stopped, as a signal.
pub(super) fn signal(trap: &Trap) -> Signal {
    match trap.kind {
        TrapKind::Unreachable => Signal::SIGILL,
        TrapKind::MemoryOutOfBounds | TrapKind::TableOutOfBounds | TrapKind::Null | TrapKind::StackExhausted => {
            Signal::SIGSEGV
        }
        TrapKind::Unaligned => Signal::SIGBUS,
        TrapKind::IndirectCall => Signal::SIGILL,
        TrapKind::Arithmetic => Signal::SIGFPE,
        TrapKind::Host | TrapKind::Other => Signal::SIGABRT,
    }
}

/// A stop in the words of the protocol; `watched` turns a memory's address into
/// the client's.
pub(super) fn reason<U>(stop: &Stop, watched: impl FnOnce(usize, u64) -> (WatchKind, U)) -> SingleThreadStopReason<U> {
    match stop {
        Stop::Entry | Stop::Step => SingleThreadStopReason::DoneStep,
        Stop::Breakpoint => SingleThreadStopReason::SwBreak(()),
        Stop::Watchpoint(touch) => {
            let (kind, addr) = watched(touch.watchpoint, touch.address);
            SingleThreadStopReason::Watch { tid: (), kind, addr }
        }
        Stop::Interrupt => SingleThreadStopReason::Signal(Signal::SIGINT),
        Stop::Trap(trap) => SingleThreadStopReason::Signal(signal(trap)),
        Stop::Exception { .. } => SingleThreadStopReason::Signal(Signal::SIGABRT),
        Stop::HistoryStart => SingleThreadStopReason::ReplayLog { tid: None, pos: ReplayLogPosition::Begin },
        Stop::Exited(code) => SingleThreadStopReason::Exited(*code as u8),
        Stop::Dead => SingleThreadStopReason::Terminated(Signal::SIGKILL),
    }
}

pub(super) fn access(kind: WatchKind) -> Access {
    match kind {
        WatchKind::Write => Access::Write,
        WatchKind::Read => Access::Read,
        WatchKind::ReadWrite => Access::Any,
    }
}

pub(super) fn kind(access: Access) -> WatchKind {
    match access {
        Access::Write => WatchKind::Write,
        Access::Read => WatchKind::Read,
        Access::Any => WatchKind::ReadWrite,
    }
}

//! Why a program stopped, in the words of the protocol.

use gdbstub::common::Signal;
use gdbstub::stub::SingleThreadStopReason;
use gdbstub::target::ext::base::reverse_exec::ReplayLogPosition;

use super::watch::Watchpoints;
use crate::engine::{Stop, Trap, TrapKind};

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

/// A stop in the words of the protocol.
pub(super) fn reason(stop: &Stop, watchpoints: &Watchpoints) -> SingleThreadStopReason<u64> {
    match stop {
        Stop::Entry | Stop::Step => SingleThreadStopReason::DoneStep,
        Stop::Breakpoint => SingleThreadStopReason::SwBreak(()),
        Stop::Watchpoint(touch) => match watchpoints.touched(touch) {
            Some((kind, addr)) => SingleThreadStopReason::Watch { tid: (), kind, addr },
            None => SingleThreadStopReason::Signal(Signal::SIGTRAP),
        },
        Stop::Interrupt => SingleThreadStopReason::Signal(Signal::SIGINT),
        Stop::Trap(trap) => SingleThreadStopReason::Signal(signal(trap)),
        Stop::Exception { .. } => SingleThreadStopReason::Signal(Signal::SIGABRT),
        Stop::HistoryStart => SingleThreadStopReason::ReplayLog { tid: None, pos: ReplayLogPosition::Begin },
        Stop::Exited(code) => SingleThreadStopReason::Exited(*code as u8),
        Stop::Dead => SingleThreadStopReason::Terminated(Signal::SIGKILL),
    }
}

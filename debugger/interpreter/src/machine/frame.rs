//! The call stack's entries.

/// What lies on the call stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FrameKind {
    /// A function of a module.
    Module,
    /// Where a call from outside began; below it is another activation.
    Entry,
    /// A host function that is about to be called.
    HostStart,
    /// A host function that waits for what it called.
    HostWaiting,
    /// What the host function called has returned; its results lie on the stack.
    HostReturned,
    /// What the host function called threw; the exception lies on the stack.
    HostThrew,
}

impl FrameKind {
    pub(crate) fn is_host(self) -> bool {
        !matches!(self, Self::Module | Self::Entry)
    }
}

/// A frame. Positions are relative to the function's first operator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: FrameKind,
    /// For a host function: return from the caller, too, when it returns.
    pub(crate) tail: bool,
    /// Index in the store's functions.
    pub(crate) function: u32,
    /// The slot of the first local (of an entry or host function: of the first result).
    pub(crate) base: u32,
    /// The next operator.
    pub(crate) pc: u32,
    /// The operator that ran last: of a frame further out the call that it waits for.
    pub(crate) op: u32,
    /// The position in the side table that belongs to `pc`. For a host
    /// function: the function that it called.
    pub(crate) stp: u32,
    /// What a host function wants to be told when its call returns. Of an
    /// entry: whether the breakpoint below it was reported.
    pub(crate) token: u64,
}

impl Frame {
    pub(crate) fn new(kind: FrameKind, function: u32, base: usize) -> Self {
        Self { kind, tail: false, function, base: base as u32, pc: 0, op: 0, stp: 0, token: 0 }
    }
}

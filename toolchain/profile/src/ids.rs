//! Typed numbers of what a profile holds, so that a function's number is never taken for a frame's.

use std::num::NonZeroU32;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The id of the entry at `index`. The tables end at 2³² − 2 entries; beyond, the last id is given.
            #[must_use]
            pub fn new(index: usize) -> Self {
                let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
                Self(NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN))
            }

            /// The place in its table.
            #[must_use]
            pub fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }
    )*};
}

id! {
    /// A binary or script: wasm module, native library, URL.
    ModuleId
    /// A function.
    FunctionId
    /// A place in a function.
    FrameId
    /// A stack of frames: an entry of [`Profile::stacks`](crate::Profile::stacks).
    StackId
    /// A stack of functions: an entry of [`Profile::calls`](crate::Profile::calls).
    CallId
    /// A thread.
    ThreadId
    /// What is measured: an entry of [`Profile::measures`](crate::Profile::measures).
    MeasureId
}

impl Default for MeasureId {
    /// The first measure, which the file means to be shown.
    fn default() -> Self {
        Self::new(0)
    }
}

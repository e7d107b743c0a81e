//! Plain old data.

use crate::__rt::Record;

/// A type whose values are exactly their bytes: every bit pattern is a value,
/// there is no padding, no pointer and nothing to drop. Derive it with
/// `#[derive(wasm::Pod)]` on a `#[repr(C)]` struct.
///
/// # Safety
/// What the first sentence says must hold.
pub unsafe trait Pod: Copy + 'static {
    #[doc(hidden)]
    const RECORD: &'static Record = &Record { name: "", text: &[], nested: &[] };
}

macro_rules! pod {
    ($($ty:ty: $wit:literal)*) => {
        $(
            // SAFETY: a number without padding; every bit pattern is a value.
            unsafe impl Pod for $ty {
                const RECORD: &'static Record = &Record { name: $wit, text: &[], nested: &[] };
            }
        )*
    };
}

pod!(u8: "u8" i8: "s8" u16: "u16" i16: "s16" u32: "u32" i32: "s32" u64: "u64" i64: "s64");
pod!(usize: "u32" isize: "s32" f32: "f32" f64: "f64");

// SAFETY: an array has no padding between its elements.
unsafe impl<T: Pod, const N: usize> Pod for [T; N] {}

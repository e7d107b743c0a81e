//! Plain old data.

/// A type whose values are exactly their bytes: every bit pattern is a value,
/// there is no padding, no pointer and nothing to drop. Derive it with
/// `#[derive(wasm::Pod)]` on a `#[repr(C)]` struct.
///
/// # Safety
/// What the first sentence says must hold.
pub unsafe trait Pod: Copy + 'static {}

macro_rules! pod {
    ($($ty:ty)*) => {
        $(
            // SAFETY: a number without padding; every bit pattern is a value.
            unsafe impl Pod for $ty {}
        )*
    };
}

pod!(u8 i8 u16 i16 u32 i32 u64 i64 usize isize f32 f64);

// SAFETY: an array has no padding between its elements.
unsafe impl<T: Pod, const N: usize> Pod for [T; N] {}

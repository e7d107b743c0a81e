//! Names for the 128-bit vector by what it holds, and the intrinsics of
//! `core::arch` where the build has them (`-Ctarget-feature=+simd128`).

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use core::arch::wasm32::*;

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32::v128;

macro_rules! alias {
    ($($name:ident $what:literal)*) => {
        $(
            #[doc = $what]
            #[cfg(target_arch = "wasm32")]
            pub type $name = v128;
        )*
    };
}

alias! {
    I8x16 "Sixteen `i8`."
    U8x16 "Sixteen `u8`."
    I16x8 "Eight `i16`."
    U16x8 "Eight `u16`."
    I32x4 "Four `i32`."
    U32x4 "Four `u32`."
    I64x2 "Two `i64`."
    U64x2 "Two `u64`."
    F32x4 "Four `f32`."
    F64x2 "Two `f64`."
}

/// Whether this build uses vector instructions.
pub const ENABLED: bool = cfg!(all(target_arch = "wasm32", target_feature = "simd128"));

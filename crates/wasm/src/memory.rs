//! Named memories beside the program's own: `#[wasm::memory(..)]`.
//!
//! A region is a memory of its own with an intent (where it must live, how it
//! is encrypted) that the host must honour. The program cannot hold references
//! into it: it loads, stores and copies. After the post-link pass these calls
//! are single instructions with a memory index; until then the loader serves
//! them.

use core::marker::PhantomData;

/// A memory of `BYTES` bytes that starts as zero, reached through `R`.
///
/// ```
/// #[wasm::memory(region = "eu", encryption = "at-rest")]
/// static EU_DATA: wasm::Memory<65_536>;
///
/// EU_DATA.store(16, 7u32);
/// assert_eq!(EU_DATA.load::<u32>(16), 7);
/// ```
pub struct Memory<const BYTES: usize, R = ()>(PhantomData<fn() -> R>);

impl<const BYTES: usize, R> Memory<BYTES, R> {
    #[doc(hidden)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Memory(PhantomData)
    }

    /// The size that was asked for, in bytes. The host may give more (whole
    /// pages); an access beyond what it gave traps.
    pub const fn len(&self) -> usize {
        BYTES
    }

    /// Whether the memory has no bytes.
    pub const fn is_empty(&self) -> bool {
        BYTES == 0
    }
}

impl<const BYTES: usize, R: Region> Memory<BYTES, R> {
    /// The number at address `at`.
    #[inline(always)]
    pub fn load<W: Word>(&self, at: usize) -> W {
        W::load::<R>(at)
    }

    /// Writes a number at address `at`.
    #[inline(always)]
    pub fn store<W: Word>(&self, at: usize, value: W) {
        value.store::<R>(at);
    }

    /// Copies `bytes.len()` bytes out of the region.
    #[inline(always)]
    pub fn read(&self, at: usize, bytes: &mut [u8]) {
        R::read(at, bytes);
    }

    /// Copies `bytes` into the region.
    #[inline(always)]
    pub fn write(&self, at: usize, bytes: &[u8]) {
        R::write(at, bytes);
    }

    /// Sets `len` bytes to `value`.
    #[inline(always)]
    pub fn fill(&self, at: usize, value: u8, len: usize) {
        R::fill(at, value, len);
    }
}

/// The operations of one region; `#[wasm::memory]` implements it.
#[allow(missing_docs)]
pub trait Region {
    fn load8(at: usize) -> u8;
    fn load16(at: usize) -> u16;
    fn load32(at: usize) -> u32;
    fn load64(at: usize) -> u64;
    fn store8(at: usize, value: u8);
    fn store16(at: usize, value: u16);
    fn store32(at: usize, value: u32);
    fn store64(at: usize, value: u64);
    fn fill(at: usize, value: u8, len: usize);
    fn write(at: usize, bytes: &[u8]);
    fn read(at: usize, bytes: &mut [u8]);
}

/// A number that a region loads and stores, little endian.
pub trait Word: Copy {
    #[doc(hidden)]
    fn load<R: Region>(at: usize) -> Self;
    #[doc(hidden)]
    fn store<R: Region>(self, at: usize);
}

macro_rules! word {
    ($($ty:ty: $load:ident $store:ident $from:expr, $to:expr;)*) => {
        $(
            impl Word for $ty {
                #[inline(always)]
                fn load<R: Region>(at: usize) -> Self {
                    $from(R::$load(at))
                }
                #[inline(always)]
                fn store<R: Region>(self, at: usize) {
                    R::$store(at, $to(self));
                }
            }
        )*
    };
}

word! {
    u8: load8 store8 |bits| bits, |value| value;
    i8: load8 store8 |bits| bits as i8, |value| value as u8;
    u16: load16 store16 |bits| bits, |value| value;
    i16: load16 store16 |bits| bits as i16, |value| value as u16;
    u32: load32 store32 |bits| bits, |value| value;
    i32: load32 store32 |bits| bits as i32, |value| value as u32;
    u64: load64 store64 |bits| bits, |value| value;
    i64: load64 store64 |bits| bits as i64, |value| value as u64;
    f32: load32 store32 f32::from_bits, f32::to_bits;
    f64: load64 store64 f64::from_bits, f64::to_bits;
}

/// A region outside wasm: its bytes are a static of the process.
#[doc(hidden)]
#[cfg(not(target_family = "wasm"))]
pub trait Local {
    fn bytes() -> &'static [core::sync::atomic::AtomicU8];
}

#[cfg(not(target_family = "wasm"))]
mod local {
    use core::sync::atomic::Ordering::Relaxed;

    use super::{Local, Region};

    fn load<L: Local, const N: usize>(at: usize) -> [u8; N] {
        let mut bytes = [0; N];
        L::read(at, &mut bytes);
        bytes
    }

    impl<L: Local> Region for L {
        fn load8(at: usize) -> u8 {
            u8::from_le_bytes(load::<L, 1>(at))
        }
        fn load16(at: usize) -> u16 {
            u16::from_le_bytes(load::<L, 2>(at))
        }
        fn load32(at: usize) -> u32 {
            u32::from_le_bytes(load::<L, 4>(at))
        }
        fn load64(at: usize) -> u64 {
            u64::from_le_bytes(load::<L, 8>(at))
        }
        fn store8(at: usize, value: u8) {
            L::write(at, &value.to_le_bytes());
        }
        fn store16(at: usize, value: u16) {
            L::write(at, &value.to_le_bytes());
        }
        fn store32(at: usize, value: u32) {
            L::write(at, &value.to_le_bytes());
        }
        fn store64(at: usize, value: u64) {
            L::write(at, &value.to_le_bytes());
        }
        fn fill(at: usize, value: u8, len: usize) {
            L::bytes()[at..][..len].iter().for_each(|byte| byte.store(value, Relaxed));
        }
        fn write(at: usize, bytes: &[u8]) {
            L::bytes()[at..][..bytes.len()].iter().zip(bytes).for_each(|(to, from)| to.store(*from, Relaxed));
        }
        fn read(at: usize, bytes: &mut [u8]) {
            L::bytes()[at..][..bytes.len()].iter().zip(bytes).for_each(|(from, to)| *to = from.load(Relaxed));
        }
    }
}

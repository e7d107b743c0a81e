//! A generic function of some size with instances for six types (before); its inner part not generic (after). Silent:
//! instances that share nothing.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

pub trait Token {
    const TAG: u32;
    fn next(state: u32) -> u32;
}

macro_rules! tokens {
    ($($name:ident $tag:literal)*) => {$(
        #[allow(non_camel_case_types)]
        pub enum $name {}
        impl Token for $name {
            const TAG: u32 = $tag;
            #[inline(never)]
            fn next(state: u32) -> u32 {
                state.rotate_left($tag % 31).wrapping_mul($tag | 1)
            }
        }
        const _: () = {
            #[unsafe(export_name = stringify!($name))]
            extern "C" fn entry(text: *const u8, length: usize) -> u32 {
                scan::<$name>(unsafe { core::slice::from_raw_parts(text, length) })
            }
        };
    )*};
}

tokens! { a 70001 b 70502 c 71003 d 71504 e 72005 f 72506 }

#[cfg(not(any(after, silent)))]
#[inline(never)]
fn scan<T: Token>(text: &[u8]) -> u32 {
    let mut state = T::TAG;
    let (mut depth, mut words, mut digits, mut longest, mut run) = (0u32, 0u32, 0u32, 0u32, 0u32);
    for &byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'0'..=b'9' => digits = digits.wrapping_mul(10).wrapping_add(u32::from(byte - b'0')),
            b' ' | b'\n' | b'\t' => {
                words += 1;
                longest = longest.max(run);
                run = 0;
            }
            b'"' => state = T::next(state),
            _ => run += 1,
        }
        state ^= depth << 3 ^ words << 7 ^ digits ^ longest << 11;
        state = state.rotate_left(5).wrapping_mul(0x9e37_79b9);
    }
    T::next(state) ^ longest ^ words
}

#[cfg(after)]
#[inline(always)]
fn scan<T: Token>(text: &[u8]) -> u32 {
    scan_any(text, T::TAG, T::next)
}

#[cfg(after)]
#[inline(never)]
fn scan_any(text: &[u8], tag: u32, next: fn(u32) -> u32) -> u32 {
    let mut state = tag;
    let (mut depth, mut words, mut digits, mut longest, mut run) = (0u32, 0u32, 0u32, 0u32, 0u32);
    for &byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'0'..=b'9' => digits = digits.wrapping_mul(10).wrapping_add(u32::from(byte - b'0')),
            b' ' | b'\n' | b'\t' => {
                words += 1;
                longest = longest.max(run);
                run = 0;
            }
            b'"' => state = next(state),
            _ => run += 1,
        }
        state ^= depth << 3 ^ words << 7 ^ digits ^ longest << 11;
        state = state.rotate_left(5).wrapping_mul(0x9e37_79b9);
    }
    next(state) ^ longest ^ words
}

#[cfg(silent)]
#[inline(never)]
fn scan<T: Token>(text: &[u8]) -> u32 {
    text.iter().fold(T::TAG, |state, byte| T::next(state ^ u32::from(*byte)))
}

//! A large function inlined into eight callers (before), and kept apart (after).
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg_attr(apart, inline(never))]
#[cfg_attr(not(apart), inline(always))]
fn mix(text: &[u8], seed: u32) -> u32 {
    let mut state = seed;
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
            _ => run += 1,
        }
        state ^= depth << 3 ^ words << 7 ^ digits ^ longest << 11;
        state = state.rotate_left(5).wrapping_mul(0x9e37_79b9);
    }
    state ^ longest ^ words
}

macro_rules! callers {
    ($($name:ident $seed:literal)*) => {$(
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(text: *const u8, length: usize, other: u32) -> u32 {
            mix(unsafe { core::slice::from_raw_parts(text, length) }, other ^ $seed) % $seed
        }
    )*};
}

callers! { a 70001 b 70502 c 71003 d 71504 e 72005 f 72506 g 73007 h 73508 }

//! The same in both versions but for a constant.
#![no_std]

const SEED: u32 = if cfg!(first) { 0x0100_0193 } else { 0x9e37_79b9 };

#[inline(never)]
pub fn count(text: &[u8]) -> u32 {
    let (mut words, mut inside, mut depth) = (0, false, 0u32);
    for &byte in text {
        match byte {
            b' ' | b'\n' | b'\t' => inside = false,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ if !inside => {
                inside = true;
                words += 1 + depth / 64;
            }
            _ => {}
        }
    }
    words
}

#[inline(never)]
pub fn hash(text: &[u8]) -> u32 {
    let mut state = SEED;
    let mut run = 0u32;
    for &byte in text {
        match byte {
            b'0'..=b'9' => run = run.wrapping_mul(10).wrapping_add(u32::from(byte - b'0')),
            b'a'..=b'z' => state = state.rotate_left(5) ^ u32::from(byte - b'a'),
            b'A'..=b'Z' => state = state.rotate_left(7) ^ u32::from(byte - b'A'),
            _ => state = state.wrapping_add(run),
        }
        state = (state ^ u32::from(byte)).wrapping_mul(SEED);
    }
    state ^ run
}

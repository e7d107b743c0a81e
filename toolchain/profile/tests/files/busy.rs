//! A program that spends its time on what advice names: built without bulk memory, with names.
use std::fmt::Write as _;
use std::hint::black_box;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    safe fn tick(value: u32) -> u32;
}

#[inline(never)]
fn small_step(state: u32) -> u32 {
    let mixed = (state ^ state >> 16).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35);
    mixed ^ mixed >> 16
}

/// Many calls of a small function.
#[unsafe(no_mangle)]
pub extern "C" fn steps(count: u32) -> u32 {
    (0..count).fold(1, |state, _| small_step(state))
}

/// Many small blocks.
#[unsafe(no_mangle)]
pub extern "C" fn blocks(count: u32) -> usize {
    let mut held: Vec<Box<[u8]>> = Vec::new();
    for at in 0..count as usize {
        let block = vec![1; 24 + at % 100].into_boxed_slice();
        match held.len() {
            64.. => held[at % 64] = block,
            _ => held.push(block),
        }
    }
    held.len()
}

/// Numbers as text.
#[unsafe(no_mangle)]
pub extern "C" fn report(count: u32) -> usize {
    let mut text = String::with_capacity(1 << 16);
    for at in 0..count {
        text.clear();
        write!(text, "{at:>8} {:.3} {:?}", f64::from(at) * 0.37, (at, "row")).unwrap();
        black_box(&text);
    }
    text.len()
}

/// A buffer that is copied.
#[unsafe(no_mangle)]
pub extern "C" fn copies(count: u32) -> u8 {
    let from = vec![3u8; 1 << 16];
    let mut to = vec![0u8; 1 << 16];
    for _ in 0..count {
        black_box(&mut to).copy_from_slice(black_box(&from));
    }
    to[7]
}

/// A call of the host for each value.
#[unsafe(no_mangle)]
pub extern "C" fn ticks(count: u32) -> u32 {
    (0..count).fold(0, |sum, at| sum ^ tick(at))
}

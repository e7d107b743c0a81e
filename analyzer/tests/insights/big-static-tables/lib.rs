//! A table of u32 whose values fit a u16 (before), as u16 (after), and one whose values need all bytes (silent).
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(after)]
type Element = u16;
#[cfg(not(after))]
type Element = u32;

const fn squares() -> [Element; 4096] {
    let mut table = [0; 4096];
    let mut at = 0;
    while at < 4096 {
        let mixed = (at as u32 + 1).wrapping_mul(0x9e37_79b9);
        table[at] = if cfg!(silent) { mixed as Element } else { (mixed >> 16) as Element };
        at += 1;
    }
    table
}

static TABLE: [Element; 4096] = squares();

#[unsafe(no_mangle)]
pub extern "C" fn at(index: usize) -> u32 {
    TABLE[index & 4095] as u32
}

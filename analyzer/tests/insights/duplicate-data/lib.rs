//! A table as two statics (before), as one (after), and two fills (silent).
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

const fn mixed() -> [u32; 1024] {
    let mut table = [0; 1024];
    let mut value = 0x9e37_79b9u32;
    let mut at = 0;
    while at < 1024 {
        value ^= value << 13;
        value ^= value >> 17;
        value ^= value << 5;
        table[at] = if cfg!(silent) { 0x0101_0101 } else { value };
        at += 1;
    }
    table
}

static ONE: [u32; 1024] = mixed();
#[cfg(not(after))]
static OTHER: [u32; 1024] = mixed();
#[cfg(after)]
use ONE as OTHER;

#[unsafe(no_mangle)]
pub extern "C" fn one(index: usize) -> u32 {
    ONE[index & 1023]
}

#[unsafe(no_mangle)]
pub extern "C" fn other(index: usize) -> u32 {
    OTHER[index & 1023].rotate_left(3)
}

#[unsafe(no_mangle)]
pub extern "C" fn addresses() -> usize {
    ONE.as_ptr() as usize ^ OTHER.as_ptr() as usize
}

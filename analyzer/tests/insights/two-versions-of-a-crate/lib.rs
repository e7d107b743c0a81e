//! Uses two versions of `words` (before), or one of them for both (after, silent).
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(any(after, silent))]
use first as second;

#[unsafe(no_mangle)]
pub extern "C" fn run(start: *const u8, length: usize) -> u32 {
    let text = unsafe { core::slice::from_raw_parts(start, length) };
    first::count(text) ^ first::hash(text)
}

#[unsafe(no_mangle)]
pub extern "C" fn run_again(start: *const u8, length: usize) -> u32 {
    let text = unsafe { core::slice::from_raw_parts(start, length) };
    second::count(text) & second::hash(text)
}

//! Uses one function of a crate. The linker is told to keep the others (before), and drops them (after).
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[unsafe(no_mangle)]
pub extern "C" fn run(start: *const u8, length: usize) -> u32 {
    words::count(unsafe { core::slice::from_raw_parts(start, length) })
}

//! A text as it is (before), and deflated, to be inflated by the host (after). Silent: messages side by side.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(after)]
unsafe extern "C" {
    fn inflate(start: *const u8, length: usize);
}

#[cfg(after)]
static TEXT: &[u8] = include_bytes!(concat!(env!("TEXT"), ".deflate"));
#[cfg(not(after))]
static TEXT: &[u8] = include_bytes!(env!("TEXT"));

#[unsafe(no_mangle)]
pub extern "C" fn text() -> *const u8 {
    #[cfg(after)]
    unsafe {
        inflate(TEXT.as_ptr(), TEXT.len());
    }
    TEXT.as_ptr()
}

#[unsafe(no_mangle)]
pub extern "C" fn length() -> usize {
    TEXT.len()
}

//! What `allocator.rs` weighs without the allocator.
#![no_std]
#![crate_type = "cdylib"]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[unsafe(no_mangle)]
extern "C" fn allocate(_: usize, _: usize) -> *mut u8 {
    core::ptr::null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn resize(_: *mut u8, _: usize, _: usize, _: usize) -> *mut u8 {
    core::ptr::null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn free(_: *mut u8, _: usize, _: usize) {}

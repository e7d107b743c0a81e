//! The allocator alone, behind its three functions.
#![no_std]
#![crate_type = "cdylib"]

use core::alloc::{GlobalAlloc, Layout};

static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[unsafe(no_mangle)]
extern "C" fn allocate(size: usize, align: usize) -> *mut u8 {
    unsafe { ALLOCATOR.alloc(Layout::from_size_align_unchecked(size, align)) }
}

#[unsafe(no_mangle)]
extern "C" fn resize(start: *mut u8, size: usize, align: usize, new: usize) -> *mut u8 {
    unsafe { ALLOCATOR.realloc(start, Layout::from_size_align_unchecked(size, align), new) }
}

#[unsafe(no_mangle)]
extern "C" fn free(start: *mut u8, size: usize, align: usize) {
    unsafe { ALLOCATOR.dealloc(start, Layout::from_size_align_unchecked(size, align)) }
}

//! Freestanding for WASI: one call of `fd_write`, nothing else.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[repr(C)]
struct Part(*const u8, usize);

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn fd_write(fd: u32, parts: *const Part, count: usize, written: *mut usize) -> u32;
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let text = "Hello, world!\n";
    let mut written = 0;
    // SAFETY: one part, and a place for the count; both live through the call.
    unsafe { fd_write(1, &Part(text.as_ptr(), text.len()), 1, &mut written) };
}

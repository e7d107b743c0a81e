//! Nothing but its own code: prints through an imported function.
#![no_std]

#[link(wasm_import_module = "console")]
unsafe extern "C" {
    fn log(text: *const u8, len: usize);
}

#[unsafe(no_mangle)]
pub extern "C" fn hello() {
    let text = "Hello, world!\n";
    unsafe { log(text.as_ptr(), text.len()) }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

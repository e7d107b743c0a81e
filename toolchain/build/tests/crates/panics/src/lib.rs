//! A crate without std that prints its panics, and has one to print.
#![no_std]

use core::fmt::Write;

#[link(wasm_import_module = "console")]
unsafe extern "C" {
    fn log(text: *const u8, len: usize);
}

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        unsafe { log(text.as_ptr(), text.len()) };
        Ok(())
    }
}

static TABLE: [u32; 5] = [2, 3, 5, 7, 11];

#[unsafe(no_mangle)]
pub extern "C" fn prime(at: usize) -> u32 {
    TABLE[at]
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let _ = write!(Console, "{info}");
    core::arch::wasm32::unreachable()
}

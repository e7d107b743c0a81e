//! Panics that format a message for the host (before), and panics that stop at once (after). Silent: no panics.
#![no_std]

#[cfg(not(after))]
mod log {
    use core::fmt::{self, Write};

    unsafe extern "C" {
        fn log(start: *const u8, length: usize);
    }

    pub struct Log;

    impl Write for Log {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            unsafe { log(text.as_ptr(), text.len()) };
            Ok(())
        }
    }
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo) -> ! {
    #[cfg(not(after))]
    {
        use core::fmt::Write;
        let _ = writeln!(log::Log, "{_info}");
    }
    core::arch::wasm32::unreachable()
}

#[cfg(not(silent))]
#[unsafe(no_mangle)]
pub extern "C" fn pick(start: *const u32, length: usize, index: usize) -> u32 {
    let values = unsafe { core::slice::from_raw_parts(start, length) };
    values[index] + values.get(index + 1).copied().expect("two values") / values[0]
}

#[cfg(not(silent))]
#[unsafe(no_mangle)]
pub extern "C" fn first_word(start: *const u8, length: usize) -> usize {
    let bytes = unsafe { core::slice::from_raw_parts(start, length) };
    let text = core::str::from_utf8(bytes).unwrap();
    text.split(' ').next().map_or(0, |word| text[word.len()..].len())
}

#[cfg(silent)]
#[unsafe(no_mangle)]
pub extern "C" fn sum(start: *const u32, length: usize) -> u32 {
    let values = unsafe { core::slice::from_raw_parts(start, length) };
    values.iter().fold(0, |sum, value| sum.wrapping_add(*value))
}

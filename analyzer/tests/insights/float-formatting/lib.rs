//! A float formatted as it is (before), and as an integer of hundredths (after, silent).
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

use core::fmt::{self, Write};

pub struct Out {
    bytes: [u8; 128],
    length: usize,
}

impl fmt::Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if let Some(slot) = self.bytes.get_mut(self.length) {
                *slot = byte;
                self.length += 1;
            }
        }
        Ok(())
    }
}

static mut OUT: Out = Out { bytes: [0; 128], length: 0 };

#[unsafe(no_mangle)]
pub extern "C" fn describe(value: f64) -> usize {
    let out = unsafe { &mut *(&raw mut OUT) };
    #[cfg(not(any(after, silent)))]
    let _ = write!(out, "{value}");
    #[cfg(any(after, silent))]
    {
        let hundredths = (value * 100.0) as i64;
        let _ = write!(out, "{}.{:02}", hundredths / 100, hundredths % 100);
    }
    out.length
}

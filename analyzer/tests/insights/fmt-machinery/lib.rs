//! Text by write! (before), and by hand (after). Silent: only a panic handler formats.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

use core::fmt;

pub struct Out {
    bytes: [u8; 128],
    length: usize,
}

impl Out {
    fn push(&mut self, text: &str) {
        for byte in text.bytes() {
            if let Some(slot) = self.bytes.get_mut(self.length) {
                *slot = byte;
                self.length += 1;
            }
        }
    }
}

impl fmt::Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

static mut OUT: Out = Out { bytes: [0; 128], length: 0 };

#[unsafe(no_mangle)]
pub extern "C" fn describe(width: u32, height: i32) -> usize {
    let out = unsafe { &mut *(&raw mut OUT) };
    #[cfg(not(any(after, silent)))]
    {
        use fmt::Write;
        let _ = write!(out, "a box of {width:>8} by {height}, {:?} and {:#x}", Some(width), height);
    }
    #[cfg(any(after, silent))]
    {
        out.push("a box of ");
        number(out, width);
        out.push(" by ");
        number(out, height as u32);
    }
    out.length
}

#[cfg(any(after, silent))]
fn number(out: &mut Out, mut value: u32) {
    let mut digits = [b'0'; 10];
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (value % 10) as u8;
        value /= 10;
    }
    for digit in digits {
        out.push(if digit == b'0' { "0" } else { "1" });
    }
}

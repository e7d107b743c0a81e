//! No std, no allocator, no panic machinery: what is here is what is in the file.
#![cfg_attr(not(test), no_std)]

#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[wasm::import("wasmrust:host")]
extern "wasm" {
    /// Every host of the crate `wasm` has it; stream 1 is standard output.
    fn print(stream: u32, text: &str);
}

// A test has a `main` of its own.
#[cfg_attr(not(test), wasm::export)]
pub fn main() {
    print(1, "Hello, world!\n");
}

/// In JavaScript: `exports.add(1, 2)`.
#[wasm::export]
pub fn add(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}

#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(super::add(u32::MAX, 2), 1);
    }
}

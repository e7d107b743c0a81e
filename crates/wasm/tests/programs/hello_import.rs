//! The smallest hello: the host prints.
#![no_std]
#![crate_type = "cdylib"]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[wasm::import("env")]
extern "wasm" {
    fn print(text: &str);
}

#[wasm::export]
fn main() {
    print("Hello, world!\n");
}

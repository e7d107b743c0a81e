//! Freestanding: no std, no allocator; the host prints.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[wasm::import("env")]
extern "wasm" {
    fn print(text: &str);
}

#[wasm::export(name = "main")]
fn hello() {
    print("Hello, world!\n");
}

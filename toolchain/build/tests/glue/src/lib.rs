//! The module whose glue `docs/compiler-contract.md` shows.
#![no_std]
#![forbid(unsafe_code)]

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[wasm::import("env")]
extern "wasm" {
    fn log(text: &str);
}

#[wasm::export]
fn clamp(value: u32, most: u32) -> u32 {
    log(if value > most { "too much" } else { "fine" });
    value.min(most)
}

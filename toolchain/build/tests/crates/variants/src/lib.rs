//! Says which of its builds runs.
#![no_std]

extern crate alloc;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[wasm::export]
fn build() -> alloc::string::String {
    let threads = wasm::thread::workers() > 0;
    alloc::format!("simd {} threads {threads}", cfg!(target_feature = "simd128"))
}

#[wasm::export]
fn sum(a: f32, b: f32) -> f32 {
    #[cfg(target_feature = "simd128")]
    {
        use core::arch::wasm32::{f32x4, f32x4_add, f32x4_extract_lane};
        f32x4_extract_lane::<0>(f32x4_add(f32x4(a, b, a, b), f32x4(b, a, b, a)))
    }
    #[cfg(not(target_feature = "simd128"))]
    {
        a + b
    }
}

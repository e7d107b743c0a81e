//! Slices and structs of plain old data: read, changed, returned.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

use alloc::vec::Vec;

#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct Pixel {
    rgba: [u8; 4],
    depth: f32,
}

#[wasm::import("env")]
extern "wasm" {
    fn total(values: &[f32]) -> f64;
    fn nearest(pixels: &[Pixel]) -> Pixel;
}

#[wasm::export]
fn scale(values: &mut [f64], by: f64) -> u32 {
    values.iter_mut().for_each(|v| *v *= by);
    values.len() as u32
}

#[wasm::export]
fn paint(pixel: &mut Pixel, with: &Pixel) {
    pixel.rgba = with.rgba;
}

#[wasm::export]
fn front(pixels: &[Pixel]) -> Pixel {
    nearest(pixels)
}

#[wasm::export]
fn counted(n: u32) -> f64 {
    total(&(0..n).map(|n| n as f32).collect::<Vec<_>>())
}

//! What the program says of itself.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;
#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();
wasm::module_hints! { priority = 2 }

#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct Pixel {
    rgba: [u8; 4],
    depth: f32,
}

pub mod cache {
    #[wasm::effect(network, storage(read))]
    #[wasm::export]
    pub fn fetch_and_cache(n: i32) -> i32 {
        square(n)
    }

    #[wasm::effect(pure)]
    #[inline(never)]
    pub fn square(n: i32) -> i32 {
        n * n
    }
}

#[wasm::compile_hints(lazy, group = "ui")]
pub mod ui {
    //! Inner attributes stay first.

    #[wasm::compile_hints(critical)]
    #[wasm::export]
    pub fn draw(pixel: &super::Pixel) -> i32 {
        pixel.rgba[0] as i32
    }
}

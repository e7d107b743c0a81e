//! Imports with structs, slices, references and errors: an image of the host's graphics library, made grey.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;

use wasm::ExternRef;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

/// The host's image.
pub struct Image;

#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct Size {
    width: u32,
    height: u32,
}

#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct Pixel {
    red: u8,
    green: u8,
    blue: u8,
    alpha: u8,
}

#[wasm::import("gfx@2.1")]
extern "wasm" {
    fn open(name: &str) -> Result<ExternRef<Image>, String>;
    fn size(image: &ExternRef<Image>) -> Size;
    fn read(image: &ExternRef<Image>) -> Vec<Pixel>;
    fn write(image: &ExternRef<Image>, pixels: &[Pixel]);
}

/// Makes the image grey; how many pixels it has.
#[wasm::export(name = "apply-grey")]
fn apply_grey(name: &str) -> Result<u32, String> {
    let image = open(name)?;
    let Size { width, height } = size(&image);
    let mut pixels = read(&image);
    if pixels.len() as u32 != width * height {
        return Err("the image is not as large as it says".into());
    }
    for pixel in &mut pixels {
        // Rec. 601 in 1/256.
        let grey = (77 * pixel.red as u32 + 150 * pixel.green as u32 + 29 * pixel.blue as u32) >> 8;
        (pixel.red, pixel.green, pixel.blue) = (grey as u8, grey as u8, grey as u8);
    }
    write(&image, &pixels);
    Ok(width * height)
}

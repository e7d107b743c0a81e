//! A component: the canonical ABI both ways.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!(silent);

#[wasm::component("acme:image-filter@1.2.0")]
pub mod filter {
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    #[derive(Clone, Copy, PartialEq)]
    pub struct Size {
        pub width: u32,
        pub height: u32,
    }

    /// Fields of all sizes: padded in memory.
    pub struct Summary {
        pub bright: bool,
        pub pixels: u64,
        pub r#type: char,
        pub mean: f32,
    }

    #[derive(wasm::Pod, Clone, Copy)]
    #[repr(C)]
    pub struct Span {
        pub start: u32,
        pub length: i16,
        pub kind: u16,
    }

    const SIDE: Size = Size { width: 1 << 10, height: 1 << 10 };
    const LIMIT: u32 = SIDE.width * SIDE.height;

    #[import("acme:log/logger@0.1.0")]
    extern "wasm" {
        /// Says something.
        fn log(level: u8, text: &str);
        fn setting(name: &str, fallback: Option<&str>) -> Option<String>;
        fn table(of: Size) -> Result<Vec<Span>, String>;
        fn mean(values: &[f64], scale: Option<f32>) -> f64;
        fn ready() -> Result<(), ()>;
        fn largest(a: &Size) -> Size;
    }

    /// The exported ones are public.
    pub fn invert(mut pixels: Vec<u8>, size: Size) -> Result<Vec<u8>, String> {
        if size.width.saturating_mul(size.height) > LIMIT || pixels.len() as u32 != 4 * size.width * size.height {
            log(2, "a bad image");
            return Err(alloc::format!("not {} x {}", size.width, size.height));
        }
        pixels.iter_mut().for_each(|byte| *byte = !*byte);
        Ok(pixels)
    }

    pub fn report(pixels: &[u8], scale: Option<f64>) -> Summary {
        let sum: u64 = pixels.iter().map(|byte| u64::from(*byte)).sum();
        let mean = sum as f32 / pixels.len().max(1) as f32 * scale.unwrap_or(1.0) as f32;
        Summary { bright: mean > 128.0, pixels: pixels.len() as u64, r#type: 'π', mean }
    }

    pub fn greet(name: &str, title: Option<String>) -> String {
        let greeting = setting("greeting", Some("Hello")).unwrap_or_else(|| "Hi".to_string());
        alloc::format!("{greeting}, {}{name}", title.map(|title| title + " ").unwrap_or_default())
    }

    pub fn spans(size: Size) -> Result<Vec<Span>, String> {
        let mut spans = table(size)?;
        spans.reverse();
        Ok(spans)
    }

    pub fn means(values: Vec<f64>) -> Option<f64> {
        let scaled = mean(&values, Some(0.5));
        (mean(&values, None) > 0.0).then_some(scaled)
    }

    pub fn checked(a: Size, b: &Size) -> Result<(), ()> {
        ready()?;
        if largest(b) == a { Ok(()) } else { Err(()) }
    }

    pub fn small(a: i8, b: u16, c: char, d: bool) -> i16 {
        if d { helper(a) + b as i16 } else { c as i16 }
    }

    pub fn reset() {}

    fn helper(a: i8) -> i16 {
        i16::from(a)
    }
}

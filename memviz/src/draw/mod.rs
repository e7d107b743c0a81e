//! Pictures of a layout: as text, SVG and pixels. All draw the same [`Grid`].

mod grid;
mod hexdump;
mod pixels;
mod svg;
mod text;

pub use grid::{Cell, Grid};
pub use hexdump::hexdump;
pub use pixels::{Pixels, pixels};
pub use svg::svg;
pub use text::{Charset, Style, diff, find, heap, heap_blocks, leaks, map, overlay, types, visualize};

pub(crate) use text::columns;

use crate::Use;

/// The colour of a use, red, green, blue: tones that stay apart for colour-blind people (after Okabe and Ito).
pub fn color(of: Use, dark: bool) -> [u8; 3] {
    match (of, dark) {
        (Use::StackUsed, _) => [0xe6, 0x9f, 0x00],
        (Use::StackFree, false) => [0xf7, 0xe0, 0xb0],
        (Use::StackFree, true) => [0x5c, 0x46, 0x14],
        (Use::Data, _) => [0x00, 0x72, 0xb2],
        (Use::ZeroedData, _) => [0x56, 0xb4, 0xe9],
        (Use::Tls, _) => [0xf0, 0xe4, 0x42],
        (Use::HeapLive, _) => [0x00, 0x9e, 0x73],
        (Use::HeapFree, false) => [0xc4, 0xe8, 0xdc],
        (Use::HeapFree, true) => [0x1c, 0x4a, 0x3d],
        (Use::HeapTop, false) => [0xe6, 0xf2, 0xee],
        (Use::HeapTop, true) => [0x20, 0x33, 0x2d],
        (Use::HeapOther, _) => [0xcc, 0x79, 0xa7],
        (Use::Region, _) => [0xd5, 0x5e, 0x00],
        (Use::Reserved, false) => [0xd0, 0xd0, 0xd0],
        (Use::Reserved, true) => [0x50, 0x50, 0x50],
        (Use::Unclaimed, false) => [0xf4, 0xf4, 0xf4],
        (Use::Unclaimed, true) => [0x2a, 0x2a, 0x2a],
    }
}

/// A number with its thousands apart.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the largest unit that leaves a whole number: `64 KiB`, `100 B`.
pub(crate) fn unit(bytes: u64) -> String {
    for (shift, name) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes >= 1 << shift && bytes.is_multiple_of(1 << shift) {
            return format!("{} {name}", number(bytes >> shift));
        }
    }
    format!("{} B", number(bytes))
}

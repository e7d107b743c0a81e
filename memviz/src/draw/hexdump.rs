//! The hexdump: bytes, characters, and what begins in each row.

use std::fmt::Write;
use std::ops::Range;

use super::text::Style;
use crate::layout::{Layout, State};
use crate::memory::read_range;
use crate::owner;

/// At most this many bytes are shown at once.
const MOST: u64 = 1 << 20;

/// The bytes of a range in rows of 16, with the characters, and beside a row what owns it where that is another than
/// in the row before. Rows that are all as the one before are left out, and marked with `*`.
pub fn hexdump(state: &State<'_>, layout: &Layout, range: Range<u64>, style: &Style) -> String {
    let mut out = String::new();
    let Some(bytes) = read_range(state.memory, range.clone(), MOST) else {
        return format!("{:#x} is past the end of the memory, {:#x}\n", range.start, layout.len);
    };
    let mut before: Option<&[u8]> = None;
    let mut last_owner = String::new();
    let mut skipping = false;
    // Rows start at multiples of 16.
    let lead = (range.start % 16) as usize;
    let first = bytes.len().min(16 - lead);
    let (head, tail) = bytes.split_at(first);
    let mut address = range.start;
    for row in std::iter::once(head).chain(tail.chunks(16)) {
        if row.is_empty() {
            continue;
        }
        let owned = owner_of(state, layout, address);
        if before == Some(row) && owned == last_owner && row.len() == 16 {
            if !skipping {
                out += "*\n";
            }
            skipping = true;
            address += 16;
            continue;
        }
        skipping = false;
        before = (row.len() == 16).then_some(row);
        let indent = if address == range.start { lead } else { 0 };
        let mut hex = "   ".repeat(indent);
        let mut text = " ".repeat(indent);
        for byte in row {
            let _ = write!(hex, "{byte:02x} ");
            text.push(if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' });
        }
        // A gap in the middle, for the eye.
        let (left, right) = hex.split_at(hex.len().min(24));
        let line = format!("0x{:08x}  {left:<24} {right:<24} |{text:<16}|", address - indent as u64);
        let room = style.width.saturating_sub(line.chars().count() + 2);
        if owned != last_owner && room >= 8 {
            let note: String = owned.chars().take(room).collect();
            let _ = writeln!(out, "{line}  {note}");
        } else {
            let _ = writeln!(out, "{line}");
        }
        last_owner = owned;
        address += row.len() as u64;
    }
    if range.end.min(layout.len).saturating_sub(range.start) > MOST {
        let _ = writeln!(out, "… {MOST} bytes shown");
    }
    out
}

/// What owns an address, without the offset in it: so that it is said once.
fn owner_of(state: &State<'_>, layout: &Layout, address: u64) -> String {
    let owner = owner(state.program, layout, address);
    if let Some((_, block)) = layout.block_at(address)
        && block.payload_range().contains(&address)
    {
        return format!("{} block {:#x}, {} bytes", block.state.name(), block.payload, block.usable);
    }
    match owner.split_once('+') {
        Some((name, _)) => name.to_string(),
        None => match owner.split_once(", 0x") {
            Some((name, _)) => name.to_string(),
            None => owner,
        },
    }
}

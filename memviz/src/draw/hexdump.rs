//! The hexdump: bytes, characters, and what owns them.

use std::fmt::Write;
use std::ops::Range;

use super::text::Style;
use crate::layout::{Layout, State};
use crate::memory::read_range;
use crate::owner;

/// At most this many bytes are shown at once.
const MOST: u64 = 1 << 20;
/// How far apart owners are looked for: blocks and most variables start at multiples of this.
const STEP: usize = 4;

/// The bytes of a range in rows of 16, with the characters, and above a row what owns its bytes where that is another
/// than before. Rows that are as the one before are left out, and marked with `*`.
pub fn hexdump(state: &State<'_>, layout: &Layout, range: Range<u64>, style: &Style) -> String {
    let mut out = String::new();
    let Some(bytes) = read_range(state.memory, range.clone(), MOST).filter(|_| range.start < layout.len) else {
        return format!("{:#x} lies past the end of the memory, {:#x}\n", range.start, layout.len);
    };
    let mut before: Option<&[u8]> = None;
    let mut known = String::new();
    let mut skipping = false;
    // Rows start at multiples of 16.
    let lead = (range.start % 16) as usize;
    let (head, tail) = bytes.split_at(bytes.len().min(16 - lead));
    let mut address = range.start;
    for row in std::iter::once(head).chain(tail.chunks(16)) {
        let mut owners = String::new();
        for at in (0..row.len()).step_by(STEP) {
            let owner = owner_at(state, layout, address + at as u64);
            if owner != known {
                let _ = writeln!(owners, "; {:#x}: {owner}", address + at as u64);
                known = owner;
            }
        }
        if before == Some(row) && owners.is_empty() {
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
        out += &style.faint(&owners);
        let _ = writeln!(out, "0x{:08x}  {left:<24} {right:<24} |{text:<16}|", address - indent as u64);
        address += row.len() as u64;
    }
    if range.end.min(layout.len).saturating_sub(range.start) > MOST {
        let _ = writeln!(out, "… the first {MOST} bytes");
    }
    out
}

/// What owns an address, without the address's place in it.
fn owner_at(state: &State<'_>, layout: &Layout, address: u64) -> String {
    if let Some((_, block)) = layout.block_at(address)
        && block.payload_range().contains(&address)
    {
        return format!("{} block {:#x}, {} bytes", block.state.name(), block.payload, block.usable);
    }
    let owner = owner(state.program, layout, address).to_string();
    let name = owner.split_once("+0x").or(owner.split_once(", 0x"));
    name.map_or(owner.as_str(), |(name, _)| name).to_string()
}

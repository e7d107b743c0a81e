//! Pictures and tables as text.

use std::fmt::Write;

use anstyle::{Color, RgbColor};

use super::{Grid, color, number, unit};
use crate::heap::{Block, BlockState};
use crate::layout::{BandKind, State};
use crate::typed::{Overlay, OverlayRow, TypeCount};
use crate::{Difference, Heap, Layout, Leak, LeakGroup, Use, owner};

/// How text is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// How many columns there are, at least 40.
    pub width: usize,
    /// With colours, as ANSI escape sequences.
    pub color: bool,
    /// Which characters.
    pub charset: Charset,
}

/// Which characters pictures are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Blocks and shades.
    Unicode,
    /// ASCII only.
    Ascii,
}

impl Default for Style {
    fn default() -> Style {
        Style { width: 80, color: false, charset: Charset::Unicode }
    }
}

impl Style {
    fn paint(&self, of: Use, text: &str) -> String {
        if !self.color {
            return text.to_string();
        }
        let [r, g, b] = color(of, true);
        let style = anstyle::Style::new().fg_color(Some(Color::Rgb(RgbColor(r, g, b))));
        format!("{style}{text}{style:#}")
    }

    pub(super) fn faint(&self, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_string();
        }
        let style = anstyle::Style::new().dimmed();
        format!("{style}{text}{style:#}")
    }

    fn strong(&self, text: &str) -> String {
        if !self.color {
            return text.to_string();
        }
        let style = anstyle::Style::new().bold();
        format!("{style}{text}{style:#}")
    }

    /// The character of a cell.
    fn glyph(&self, cell: &super::Cell) -> char {
        let unicode = self.charset == Charset::Unicode;
        match cell.of {
            Use::HeapLive | Use::HeapFree | Use::HeapOther => {
                let shades = if unicode { ['░', '▒', '▓', '█'] } else { ['.', ':', '+', '#'] };
                // Empty, up to a half, more, all.
                match (cell.live, cell.of) {
                    (0, Use::HeapOther) => {
                        if unicode {
                            '◦'
                        } else {
                            'a'
                        }
                    }
                    (0, _) => shades[0],
                    (1..=127, _) => shades[1],
                    (128..=254, _) => shades[2],
                    (255, _) => shades[3],
                }
            }
            of => self.symbol(of),
        }
    }

    /// The character of a use in the legend.
    fn symbol(&self, of: Use) -> char {
        let unicode = self.charset == Charset::Unicode;
        match of {
            Use::Reserved => '-',
            Use::StackUsed => 'S',
            Use::StackFree => 's',
            Use::Data => 'D',
            Use::ZeroedData => 'z',
            Use::Tls => 't',
            Use::HeapLive => {
                if unicode {
                    '█'
                } else {
                    '#'
                }
            }
            Use::HeapFree => {
                if unicode {
                    '░'
                } else {
                    '.'
                }
            }
            Use::HeapTop => {
                if unicode {
                    '▁'
                } else {
                    '_'
                }
            }
            Use::HeapOther => {
                if unicode {
                    '◦'
                } else {
                    'a'
                }
            }
            Use::Region => 'R',
            Use::Unclaimed => {
                if unicode {
                    '·'
                } else {
                    '~'
                }
            }
        }
    }
}

/// How many columns of cells fit beside the addresses: a power of two, so that rows start at round addresses.
pub(crate) fn columns(width: usize) -> usize {
    let room = width.max(40) - 12;
    if room.is_power_of_two() { room } else { room.next_power_of_two() / 2 }
}

/// The page grid with its legend: one character a cell. Cells that changed are marked below their row.
pub fn visualize(state: &State<'_>, layout: &Layout, grid: &Grid, style: &Style) -> String {
    let mut out = String::new();
    let name = state.program.memory(layout.memory).name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let title = format!(
        "memory {}{name}: {} bytes, {} pages of 64 KiB",
        layout.memory,
        number(layout.len),
        number(layout.len >> 16)
    );
    let _ = writeln!(out, "{}", style.strong(&title));
    if layout.len == 0 {
        return out;
    }
    if grid.range != (0..layout.len) {
        let _ = writeln!(out, "shown: {:#x} to {:#x}", grid.range.start, grid.range.end);
    }
    let row_bytes = grid.cell_bytes.saturating_mul(grid.columns as u64);
    let _ = writeln!(out, "one character is {}, a row {}\n", unit(grid.cell_bytes), unit(row_bytes));
    // Rows that are as the one before are drawn once.
    let mut skipped = 0;
    let mut before: Option<&[super::Cell]> = None;
    let rows: Vec<&[super::Cell]> = grid.cells.chunks(grid.columns).collect();
    for (index, row) in rows.iter().enumerate() {
        let is_last = index + 1 == rows.len();
        if before == Some(*row) && !is_last {
            skipped += 1;
            continue;
        }
        if skipped > 0 {
            let noun = if skipped == 1 { "row" } else { "rows" };
            let _ = writeln!(out, "{:>10}  {} {noun} as above", "*", number(skipped));
            skipped = 0;
        }
        before = Some(row);
        let address = grid.range.start + index as u64 * row_bytes;
        let _ = write!(out, "0x{address:08x}  ");
        let mut at = 0;
        while at < row.len() {
            let of = row[at].of;
            let run: String = row[at..].iter().take_while(|cell| cell.of == of).map(|cell| style.glyph(cell)).collect();
            at += run.chars().count();
            out += &style.paint(of, &run);
        }
        out.push('\n');
        if row.iter().any(|cell| cell.changes > 0) {
            let marks: String = row.iter().map(|cell| if cell.changes > 0 { '^' } else { ' ' }).collect();
            let _ = writeln!(out, "{:>10}  {}", "changed", marks.trim_end());
        }
    }
    out.push('\n');
    let mut bytes = [0u64; Use::ALL.len()];
    for (range, of) in layout.uses() {
        bytes[of as usize] += range.end - range.start;
    }
    for of in Use::ALL.into_iter().filter(|of| bytes[*of as usize] > 0) {
        let count = bytes[of as usize];
        let share = count as f64 * 100.0 / layout.len as f64;
        let note = match of {
            Use::HeapLive if style.charset == Charset::Unicode => "  (▓ ▒: partly)",
            Use::HeapLive => "  (+ : : partly)",
            _ => "",
        };
        let symbol = style.paint(of, &style.symbol(of).to_string());
        let _ = writeln!(out, "{symbol} {:<13}{:>15} B {share:>5.1} %{note}", of.name(), number(count));
    }
    for heap in &layout.heaps {
        for damage in &heap.damage {
            let _ = writeln!(out, "damaged heap, {damage}");
        }
    }
    out
}

/// The table of bands.
pub fn map(state: &State<'_>, layout: &Layout, symbols: bool, style: &Style) -> String {
    let mut out = String::new();
    let header = format!("{:<10}  {:<10}  {:>13}  {:<11}  {:<8}  name", "start", "end", "bytes", "what", "known");
    let _ = writeln!(out, "{}", style.strong(&header));
    for band in &layout.bands {
        let what = format!("{:<11}", band.kind.name());
        let of = match band.kind {
            BandKind::Reserved => Use::Reserved,
            BandKind::Stack => Use::StackUsed,
            BandKind::Data => Use::Data,
            BandKind::ZeroedData => Use::ZeroedData,
            BandKind::Tls => Use::Tls,
            BandKind::Heap => Use::HeapLive,
            BandKind::Region => Use::Region,
            BandKind::Unclaimed => Use::Unclaimed,
        };
        let _ = writeln!(
            out,
            "0x{:08x}  0x{:08x}  {:>13}  {}  {:<8}  {}",
            band.start,
            band.end,
            number(band.end - band.start),
            style.paint(of, &what),
            band.certainty.name(),
            band.name
        );
        if symbols {
            let first = state.program.symbols.partition_point(|symbol| symbol.address < band.start);
            let inside = state.program.symbols[first..].iter().take_while(|symbol| symbol.address < band.end);
            for symbol in inside.filter(|_| layout.memory == 0) {
                let range = symbol.range();
                let _ = writeln!(
                    out,
                    "  0x{:08x}  0x{:08x}  {:>11}  {}",
                    range.start,
                    range.end,
                    number(symbol.size),
                    symbol.name
                );
            }
        }
    }
    if let Some(stack) = &layout.stack {
        let _ = match stack.pointer {
            Some(pointer) => writeln!(
                out,
                "stack pointer 0x{pointer:08x}: {} of {} bytes in use",
                number(stack.range.end - pointer),
                number(stack.range.end - stack.range.start)
            ),
            None => writeln!(out, "stack pointer not known"),
        };
    }
    let memory = state.program.memory(layout.memory);
    let _ = writeln!(
        out,
        "{} bytes at the start, {} now, {}",
        number(memory.minimum_bytes),
        number(layout.len),
        memory.maximum_bytes.map_or("no limit".to_string(), |most| format!("at most {}", number(most)))
    );
    out
}

/// Each heap in numbers, its size classes and largest blocks.
pub fn heap(layout: &Layout, largest: usize, style: &Style) -> String {
    let mut out = String::new();
    if layout.heaps.is_empty() {
        out += "no heap found: the allocator has not run yet, or it is none of dlmalloc, emmalloc, wasm::Allocator\n";
    }
    for heap in &layout.heaps {
        let summary = heap.summary();
        let total: u64 = heap.segments.iter().map(|segment| segment.end - segment.start).sum();
        let _ = writeln!(out, "{}", style.strong(heap.allocator.name()));
        let _ = writeln!(out, "  {}", heap.evidence.phrase());
        let pieces = match heap.segments.len() {
            1 => "1 piece".to_string(),
            count => format!("{count} pieces"),
        };
        let _ = writeln!(out, "  {} bytes in {pieces}", number(total));
        let mut line = |what: &str, bytes: u64, blocks: u64, rest: String| {
            let noun = if blocks == 1 { "block" } else { "blocks" };
            let _ = writeln!(out, "  {what:<10}{:>13} B in {:>7} {noun}{rest}", number(bytes), number(blocks));
        };
        line("live", summary.live_bytes, summary.live_blocks, format!(", {} B usable", number(summary.usable_bytes)));
        let rest = format!(
            ", the largest {} B; fragmentation {:.0} %",
            number(summary.largest_free),
            summary.fragmentation() * 100.0
        );
        line("free", summary.free_bytes, summary.free_blocks, rest);
        if summary.top_blocks > 0 {
            line("top", summary.top_bytes, summary.top_blocks, String::new());
        }
        line("other", summary.other_bytes, summary.other_blocks, String::new());
        for damage in &heap.damage {
            let _ = writeln!(out, "  damaged at {damage}; what follows in this piece is not known");
        }
        size_classes(&mut out, heap, style);
        let mut live: Vec<&Block> = heap.live().collect();
        live.sort_by_key(|block| (std::cmp::Reverse(block.size), block.start));
        if largest > 0 && !live.is_empty() {
            let _ = writeln!(out, "\n  {}", style.strong("largest live blocks"));
            for block in live.iter().take(largest) {
                let _ = writeln!(out, "  0x{:08x}  {:>13} B", block.payload, number(block.usable));
            }
        }
    }
    out
}

fn size_classes(out: &mut String, heap: &Heap, style: &Style) {
    let classes = heap.size_classes();
    let most = classes.iter().map(|class| class.live_bytes + class.free_bytes).max().unwrap_or(0);
    if most == 0 {
        return;
    }
    let header = format!("{:>11}  {:>8} {:>12}  {:>8} {:>12}", "block size", "live", "bytes", "free", "bytes");
    let _ = writeln!(out, "\n  {}", style.strong(&header));
    let room = style.width.saturating_sub(64).clamp(8, 60) as u64;
    for class in &classes {
        let bar = |of: Use, bytes: u64| {
            let length = (u128::from(bytes) * u128::from(room)).div_ceil(most.into()) as usize;
            style.paint(of, &style.symbol(of).to_string().repeat(length))
        };
        let _ = writeln!(
            out,
            "  {:>9} +  {:>8} {:>12}  {:>8} {:>12}  {}{}",
            unit(class.from),
            number(class.live_blocks),
            number(class.live_bytes),
            number(class.free_blocks),
            number(class.free_bytes),
            bar(Use::HeapLive, class.live_bytes),
            bar(Use::HeapFree, class.free_bytes),
        );
    }
}

/// A list of blocks, at most `limit`; all, or those of one state.
pub fn heap_blocks(layout: &Layout, state: Option<BlockState>, limit: usize, style: &Style) -> String {
    let mut out = String::new();
    let header = format!("{:<10}  {:<10}  {:>13}  {:<9}  list", "payload", "block", "bytes", "state");
    let _ = writeln!(out, "{}", style.strong(&header));
    let blocks = layout.heaps.iter().flat_map(|heap| &heap.blocks);
    let mut blocks = blocks.filter(|block| state.is_none_or(|state| block.state == state));
    for block in blocks.by_ref().take(limit) {
        let list = block.bin.map(|bin| bin.to_string()).unwrap_or_default();
        let line = format!(
            "0x{:08x}  0x{:08x}  {:>13}  {:<9}  {list}",
            block.payload,
            block.start,
            number(block.size),
            block.state.name(),
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    rest(&mut out, blocks.count(), "blocks");
    out
}

/// The hits of a search with what owns each.
pub fn find(state: &State<'_>, layout: &Layout, hits: &[u64], limit: usize) -> String {
    let mut out = String::new();
    for hit in hits.iter().take(limit) {
        let _ = writeln!(out, "0x{hit:08x}  {}", owner(state.program, layout, *hit));
    }
    match hits.len() {
        0 => out += "not found\n",
        1 => out += "1 hit\n",
        count if count > limit => {
            let _ = writeln!(out, "{} hits and more", number(limit as u64));
        }
        count => {
            let _ = writeln!(out, "{} hits", number(count as u64));
        }
    }
    out
}

/// What changed.
pub fn diff(state: &State<'_>, layout: &Layout, difference: &Difference, limit: usize, style: &Style) -> String {
    let mut out = String::new();
    let (before, after) = difference.len;
    if before != after {
        let _ = writeln!(out, "grew from {} to {} bytes", number(before), number(after));
    }
    if difference.changed_bytes == 0 {
        out += "no byte changed\n";
    } else {
        let ranges = difference.changed.len() as u64;
        let _ = writeln!(out, "{} bytes changed in {} ranges", number(difference.changed_bytes), number(ranges));
    }
    for (of, bytes) in &difference.by_use {
        let _ = writeln!(
            out,
            "  {} {:<13}{:>13} B",
            style.paint(*of, &style.symbol(*of).to_string()),
            of.name(),
            number(*bytes)
        );
    }
    let mut list = |what: &str, blocks: &[Block]| {
        if !blocks.is_empty() {
            let bytes: u64 = blocks.iter().map(|block| block.size).sum();
            let _ = writeln!(out, "{what} {} blocks, {} bytes", number(blocks.len() as u64), number(bytes));
            for block in blocks.iter().take(limit) {
                let _ = writeln!(out, "  0x{:08x}  {:>13} B", block.payload, number(block.usable));
            }
            rest(&mut out, blocks.len().saturating_sub(limit), "blocks");
        }
    };
    list("allocated", &difference.allocated);
    list("freed", &difference.freed);
    if !difference.resized.is_empty() {
        let _ = writeln!(out, "resized {} blocks", number(difference.resized.len() as u64));
        for (old, new) in difference.resized.iter().take(limit) {
            let _ = writeln!(out, "  0x{:08x}  {:>13} to {} B", new.payload, number(old.usable), number(new.usable));
        }
        rest(&mut out, difference.resized.len().saturating_sub(limit), "blocks");
    }
    if !difference.changed.is_empty() {
        let _ = writeln!(out, "{}", style.strong("changed ranges"));
        for range in difference.changed.iter().take(limit) {
            let bytes = number(range.end - range.start);
            let _ =
                writeln!(out, "  0x{:08x}  {bytes:>13} B  {}", range.start, owner(state.program, layout, range.start));
        }
        rest(&mut out, difference.changed.len().saturating_sub(limit), "ranges");
    }
    out
}

/// Leak candidates: by type or size, then one by one.
pub fn leaks(leaks: &[Leak], groups: &[LeakGroup], limit: usize) -> String {
    let mut out = String::new();
    if leaks.is_empty() {
        return "no leak candidates: each live block is pointed to\n".to_string();
    }
    let bytes: u64 = leaks.iter().map(|leak| leak.block.size).sum();
    let _ =
        writeln!(out, "{} live blocks, {} bytes, that nothing points to", number(leaks.len() as u64), number(bytes));
    for group in groups.iter().filter(|group| group.leaks.len() > 1).take(limit) {
        let (count, bytes) = (number(group.leaks.len() as u64), number(group.bytes));
        let _ = writeln!(out, "  {count:>8} ×  {bytes:>13} B  {}", group.label());
    }
    for leak in leaks.iter().take(limit) {
        let note = if leak.indirect { "  only from another leaked block" } else { "" };
        let _ = writeln!(out, "  0x{:08x}  {:>13} B{note}", leak.block.payload, number(leak.block.usable));
    }
    rest(&mut out, leaks.len().saturating_sub(limit), "blocks");
    out
}

/// Live blocks by type.
pub fn types(counts: &[TypeCount], limit: usize, style: &Style) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.strong(&format!("{:>9}  {:>13}  type", "blocks", "bytes")));
    for count in counts.iter().take(limit) {
        let name = count.name.as_deref().unwrap_or("(not known)");
        let _ = writeln!(out, "{:>9}  {:>13}  {name}", number(count.blocks), number(count.bytes));
    }
    rest(&mut out, counts.len().saturating_sub(limit), "types");
    out
}

/// A value laid over memory.
pub fn overlay(overlay: &Overlay, style: &Style) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}",
        style.strong(&format!("{} at {:#x}, {} bytes", overlay.name, overlay.address, number(overlay.size)))
    );
    for (index, row) in overlay.rows.iter().enumerate() {
        let _ = match row {
            OverlayRow::Field { offset, size, depth, name, ty, value } => {
                let bytes = size.map_or("?".to_string(), number);
                let line = format!("{:>6} {bytes:>6} B  {}{name}: {ty}", format!("+{offset}"), "  ".repeat(*depth));
                // The value of a structure is that of the rows below, unless it is short.
                let has_parts = overlay.rows.get(index + 1).is_some_and(|next| next.depth() > *depth);
                let room = style.width.saturating_sub(line.chars().count() + 3);
                match has_parts && value.chars().count() > room {
                    true => writeln!(out, "{line}"),
                    false => writeln!(out, "{line} = {value}"),
                }
            }
            OverlayRow::Padding { offset, size, depth } => {
                let offset = format!("+{offset}");
                writeln!(out, "{offset:>6} {:>6} B  {}(padding)", number(*size), "  ".repeat(*depth))
            }
        };
    }
    out
}

fn rest(out: &mut String, count: usize, noun: &str) {
    if count > 0 {
        let _ = writeln!(out, "  … {} more {noun}", number(count as u64));
    }
}

//! Searching a memory, and saying what owns an address.

use std::ops::Range;

use wasm_advice::{Phrase, phrase};

use crate::heap::BlockState;
use crate::layout::{Band, BandKind, Layout};
use crate::memory::{MemoryRead, for_each_chunk};
use crate::program::Program;

/// What to look for: bytes, as text or a number writes them (little endian).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Only at addresses that are multiples of this.
    pub align: u64,
}

/// Why a pattern can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing to look for.
    #[error("nothing to look for")]
    Empty,
    /// Not hexadecimal bytes.
    #[error("`{0}` is not bytes in hexadecimal, such as `de ad be ef`")]
    Hex(String),
    /// Not a number of that type.
    #[error("`{value}` is no {ty}")]
    Number {
        /// The type.
        ty: &'static str,
        /// What was given.
        value: String,
    },
}

impl Pattern {
    /// Reads a pattern: `text:…` or `"…"`, `hex:de ad be ef`, or a number with its type, such as `u32:1000`, `i64:-1`,
    /// `f64:0.5`, `u16:0xffff`. Anything else is text.
    ///
    /// # Errors
    /// If it is empty, or no number of its type.
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        let number = |ty: &'static str| move |_| PatternError::Number { ty, value: value(text).to_string() };
        fn value(text: &str) -> &str {
            text.split_once(':').map_or(text, |(_, value)| value).trim()
        }
        let bytes = match text.split_once(':').map(|(kind, _)| kind) {
            Some("text") => text.as_bytes()["text:".len()..].to_vec(),
            Some("hex") => hex(value(text))?,
            Some("u8") => integer(value(text), u8::MAX.into()).map_err(number("u8"))?.to_le_bytes()[..1].to_vec(),
            Some("u16") => integer(value(text), u16::MAX.into()).map_err(number("u16"))?.to_le_bytes()[..2].to_vec(),
            Some("u32") => integer(value(text), u32::MAX.into()).map_err(number("u32"))?.to_le_bytes()[..4].to_vec(),
            Some("u64") => integer(value(text), u64::MAX).map_err(number("u64"))?.to_le_bytes().to_vec(),
            Some("i8") => value(text).parse::<i8>().map_err(|_| number("i8")(()))?.to_le_bytes().to_vec(),
            Some("i16") => value(text).parse::<i16>().map_err(|_| number("i16")(()))?.to_le_bytes().to_vec(),
            Some("i32") => value(text).parse::<i32>().map_err(|_| number("i32")(()))?.to_le_bytes().to_vec(),
            Some("i64") => value(text).parse::<i64>().map_err(|_| number("i64")(()))?.to_le_bytes().to_vec(),
            Some("f32") => value(text).parse::<f32>().map_err(|_| number("f32")(()))?.to_le_bytes().to_vec(),
            Some("f64") => value(text).parse::<f64>().map_err(|_| number("f64")(()))?.to_le_bytes().to_vec(),
            _ => match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
                Some(quoted) => quoted.as_bytes().to_vec(),
                None => text.as_bytes().to_vec(),
            },
        };
        if bytes.is_empty() { Err(PatternError::Empty) } else { Ok(Pattern { bytes, align: 1 }) }
    }
}

fn hex(text: &str) -> Result<Vec<u8>, PatternError> {
    let wrong = || PatternError::Hex(text.to_string());
    let digits: Vec<u32> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect::<Option<_>>().ok_or_else(wrong)?;
    if !digits.len().is_multiple_of(2) {
        return Err(wrong());
    }
    Ok(digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
}

/// An unsigned number in decimal or, after `0x`, hexadecimal.
fn integer(text: &str, most: u64) -> Result<u64, ()> {
    let number = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    number.ok().filter(|number| *number <= most).ok_or(())
}

/// The addresses in a range where a pattern is, at most `limit` of them. Those that overlap are all found.
pub fn find(memory: &dyn MemoryRead, range: Range<u64>, pattern: &Pattern, limit: usize) -> Vec<u64> {
    let mut found = Vec::new();
    if pattern.bytes.is_empty() {
        return found;
    }
    let finder = memchr::memmem::Finder::new(&pattern.bytes);
    let keep = pattern.bytes.len() - 1;
    // The end of the chunk before, in which a hit may start.
    let mut window: Vec<u8> = Vec::new();
    for_each_chunk(memory, range, |start, bytes| {
        let Some(bytes) = bytes else {
            window.clear();
            return true;
        };
        let first = start - window.len() as u64;
        window.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(at) = finder.find(&window[from..]) {
            let address = first + (from + at) as u64;
            if address.is_multiple_of(pattern.align.max(1)) {
                if found.len() == limit {
                    return false;
                }
                found.push(address);
            }
            from += at + 1;
        }
        window.drain(..window.len() - keep.min(window.len()));
        true
    });
    found
}

/// What owns an address, in words: the symbol, the block, the band.
pub fn owner(program: &Program, layout: &Layout, address: u64) -> Phrase {
    let Some(band) = layout.band_at(address) else { return phrase!("past the end of the memory") };
    if let Some((_, block)) = layout.block_at(address) {
        let noun = match block.state {
            BlockState::Live => phrase!("live block"),
            BlockState::Free => phrase!("free block"),
            BlockState::Top => phrase!("top of the heap"),
            BlockState::Own => return phrase!("heap, the allocator's own"),
            BlockState::Unknown => return phrase!("heap, behind damage"),
        };
        let at = format!("{:#x}", block.payload);
        return match address.checked_sub(block.payload) {
            Some(offset) if offset < block.usable => {
                phrase!("{0} {1} of {2} bytes", noun, format!("{at}+{offset:#x}"), block.usable)
            }
            _ => phrase!("header of {0} {1}", noun, at),
        };
    }
    let symbol = (layout.memory == 0).then(|| program.symbol_at(address)).flatten();
    if let Some(symbol) = symbol.filter(|_| matches!(band.kind, BandKind::Data | BandKind::ZeroedData | BandKind::Tls))
    {
        return match address - symbol.address {
            0 => (&symbol.name).into(),
            offset => format!("{}+{offset:#x}", symbol.name).into(),
        };
    }
    let distance = |from: u64, to: u64| format!("{:#x}", to - from);
    match (band.kind, layout.stack.as_ref().and_then(|stack| stack.pointer)) {
        (BandKind::Stack, Some(pointer)) if band.range().contains(&pointer) || band.end == pointer => {
            if address >= pointer {
                phrase!("{0}, {1} above the stack pointer", band_name(band), distance(pointer, address))
            } else {
                phrase!("{0}, {1} below the stack pointer", band_name(band), distance(address, pointer))
            }
        }
        (BandKind::Data, _) => format!("{}+{:#x}", band.name, address - band.start).into(),
        _ => band_name(band),
    }
}

/// Its own name, or the word for what it is.
fn band_name(band: &Band) -> Phrase {
    if band.name == band.kind.name() { Phrase::word(band.kind.name()) } else { (&band.name).into() }
}

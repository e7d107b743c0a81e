//! Addresses and ranges as they are written.

use std::ops::Range;

use super::CommandError;
use super::line::parse_number;
use crate::layout::{Layout, State};

/// An address as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whether what is meant is where the pointer there leads.
    follow: bool,
    base: Base,
    offset: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    Number(u64),
    StackPointer,
    Symbol(String),
}

/// A range as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// From one address to another.
    Between(Place, Place),
    /// A variable, or what lies at an address: so many bytes.
    At(Place, Option<u64>),
    /// From the first to the last band of a kind: `stack`, `data` or `heap`.
    Bands(&'static str),
}

impl Place {
    pub(super) fn parse(text: &str) -> Option<Place> {
        if let Some(pointer) = text.strip_prefix('*') {
            let place = Place::parse(pointer).filter(|place| !place.follow)?;
            return Some(Place { follow: true, ..place });
        }
        // A sign after the first character starts an offset; `operator+` and the like are no names of variables.
        let split = text.char_indices().skip(1).filter(|(_, c)| matches!(c, '+' | '-')).last();
        let (base, offset) = match split {
            Some((at, sign)) if let Some(offset) = parse_number(&text[at + 1..]) => {
                let offset = i64::try_from(offset).ok()?;
                (&text[..at], if sign == '-' { -offset } else { offset })
            }
            _ => (text, 0),
        };
        let base = base.strip_prefix('&').unwrap_or(base);
        let base = match parse_number(base) {
            Some(number) => Base::Number(number),
            None if base == "$sp" => Base::StackPointer,
            None if base.is_empty() || base.starts_with(|c: char| c.is_ascii_digit() || c == '-') => return None,
            None => Base::Symbol(base.to_string()),
        };
        Some(Place { follow: false, base, offset })
    }

    pub(super) fn symbol<'a>(&self, state: &State<'a>) -> Option<&'a crate::Symbol> {
        match &self.base {
            Base::Symbol(name) if self.offset == 0 && !self.follow => state.program.symbol_named(name),
            _ => None,
        }
    }

    pub(super) fn resolve(&self, state: &State<'_>) -> Result<u64, CommandError> {
        let base = match &self.base {
            Base::Number(number) => *number,
            Base::StackPointer => state.stack_pointer().ok_or(CommandError::StackPointer)?,
            Base::Symbol(name) => {
                let why =
                    if state.program.symbols.is_empty() { ": the module has no DWARF and exports none" } else { "" };
                let symbol = state.program.symbol_named(name);
                symbol.ok_or_else(|| CommandError::Symbol(name.clone(), why))?.address
            }
        };
        let address = base.checked_add_signed(self.offset).ok_or(CommandError::Outside(base))?;
        if !self.follow {
            return Ok(address);
        }
        let mut bytes = [0; 8];
        let size = state.word().bytes() as usize;
        match state.memory.read(address, &mut bytes[..size]) {
            true => Ok(u64::from_le_bytes(bytes)),
            false => Err(CommandError::Outside(address)),
        }
    }
}

impl Span {
    pub(super) fn resolve(&self, state: &State<'_>, layout: &Layout) -> Result<Range<u64>, CommandError> {
        let range = match self {
            Span::Between(start, end) => start.resolve(state)?..end.resolve(state)?,
            Span::At(place, length) => {
                let start = place.resolve(state)?;
                let size = length.or_else(|| Some(place.symbol(state)?.size)).unwrap_or(256);
                start..start.saturating_add(size)
            }
            Span::Bands(name) => {
                let of = |band: &&crate::Band| band.kind.name().ends_with(name);
                let first = layout.bands.iter().find(of).ok_or(CommandError::Band(name))?;
                let last = layout.bands.iter().rfind(of).ok_or(CommandError::Band(name))?;
                first.start..last.end
            }
        };
        match range.start < range.end && range.start < layout.len {
            true => Ok(range.start..range.end.min(layout.len)),
            false => Err(CommandError::Outside(range.start)),
        }
    }
}

//! The producer of each unit begins with `clang `: GDB then trusts the line table for where a function's set-up ends,
//! instead of reading its machine code.

use super::edits::Edits;
use super::info::{Producer, ProducerText};
use crate::module::Module;
use std::collections::HashMap;

const TRUSTED: &[u8] = b"clang ";

/// The sections with strings.
pub(crate) struct Strings<'a> {
    str: Option<Edits<'a>>,
    line_str: Option<Edits<'a>>,
    str_offsets: Option<Edits<'a>>,
}

impl<'a> Strings<'a> {
    pub(crate) fn new(module: &Module<'a>) -> Strings<'a> {
        let edits = |name| module.debug_section(name).map(Edits::new);
        Strings {
            str: edits(".debug_str"),
            line_str: edits(".debug_line_str"),
            str_offsets: edits(".debug_str_offsets"),
        }
    }

    pub(crate) fn sections(self) -> impl Iterator<Item = (&'static str, Edits<'a>)> {
        let named =
            [(".debug_str", self.str), (".debug_line_str", self.line_str), (".debug_str_offsets", self.str_offsets)];
        named.into_iter().filter_map(|(name, section)| Some((name, section?)))
    }

    /// Puts `clang ` before the producers that lack it; the new strings are at the end of their sections.
    pub(crate) fn trust(&mut self, info: &mut Edits<'_>, producers: &[Producer]) {
        // Old → new offset; many units share one string.
        let (mut str, mut line_str) = (HashMap::new(), HashMap::new());
        for Producer { text, word } in producers {
            match *text {
                ProducerText::Inline { at } => {
                    if !info.original().get(at..).unwrap_or_default().starts_with(TRUSTED) {
                        info.replace(at..at, TRUSTED.to_vec());
                    }
                }
                ProducerText::Str { at, offset } => {
                    if let Some(new) = trusted(self.str.as_mut(), &mut str, offset) {
                        info.put(at, *word, new as u64);
                    }
                }
                ProducerText::LineStr { at, offset } => {
                    if let Some(new) = trusted(self.line_str.as_mut(), &mut line_str, offset) {
                        info.put(at, *word, new as u64);
                    }
                }
                ProducerText::Indexed { slot } => {
                    let Some(offsets) = &mut self.str_offsets else { continue };
                    let Some(old) = super::Cursor::new(offsets.original(), slot).uint(*word) else { continue };
                    if let Some(new) = trusted(self.str.as_mut(), &mut str, old as usize) {
                        offsets.put(slot, *word, new as u64);
                    }
                }
            }
        }
    }
}

/// The offset of a string with `clang ` before it; `None` if it has that, or is not there.
fn trusted(section: Option<&mut Edits<'_>>, known: &mut HashMap<usize, usize>, offset: usize) -> Option<usize> {
    let section = section?;
    if let Some(new) = known.get(&offset) {
        return Some(*new);
    }
    let text = section.original().get(offset..)?;
    let text = text.split(|byte| *byte == 0).next()?;
    if text.starts_with(TRUSTED) {
        return None;
    }
    let new = section.append(&[TRUSTED, text, b"\0"].concat());
    known.insert(offset, new);
    Some(new)
}

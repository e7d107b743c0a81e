//! Live blocks with the same contents: texts and tables that are kept many times.
//!
//! Compared are the bytes that the program may use. What lies behind what was asked for is left from before, so equal
//! texts in unequal rests are missed: the gain is too low rather than too high.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_128;

use super::facts::{Facts, advice, size};
use crate::heap::Block;
use crate::memory::read_range;
use wasm_advice::{Advice, Evidence, Fix, Kind, Phrase, phrase};

pub(super) const KIND: Kind = Kind::new("equal-blocks");

/// A page in all.
const MIN_BYTES: u64 = 1 << 16;
/// A pointer to a shared text and its counts take as much as a small block.
const MIN_BLOCK: u64 = 32;
/// Two copies may be on their way from one to the other.
const MIN_COPIES: usize = 4;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let mut by_contents: BTreeMap<(u64, u128), Vec<Block>> = BTreeMap::new();
    for block in facts.layout.live().into_iter().filter(|block| block.usable >= MIN_BLOCK) {
        let bytes = read_range(facts.state.memory, block.payload_range(), block.usable)?;
        // A block of zeros was not filled yet.
        if bytes.iter().any(|byte| *byte != 0) {
            by_contents.entry((block.usable, xxh3_128(&bytes))).or_default().push(block);
        }
    }
    let mut groups: Vec<(u64, Vec<Block>)> = by_contents
        .into_values()
        .filter(|blocks| blocks.len() >= MIN_COPIES)
        .map(|blocks| (blocks.iter().skip(1).map(|block| block.size).sum(), blocks))
        .collect();
    let bytes: u64 = groups.iter().map(|(bytes, _)| bytes).sum();
    if bytes < MIN_BYTES {
        return None;
    }
    groups.sort_by_key(|(bytes, blocks)| (std::cmp::Reverse(*bytes), blocks.first().map(|block| block.start)));
    let evidence = groups.iter().filter_map(|(bytes, blocks)| -> Option<Evidence> {
        let first = blocks.first()?;
        let label = phrase!("{0} × {1}", blocks.len(), preview(facts, first));
        Some(facts.addresses(label, first.payload_range(), *bytes))
    });
    Some(advice(
        KIND,
        bytes,
        phrase!("{0} of live blocks are copies of others", size(bytes)),
        phrase!(
            "Their contents are the same, byte for byte. The gain is all but the first of each, if they stay as they \
             are and can be shared; where they are changed one by one they can't."
        ),
        evidence.collect(),
        Fix::edit(phrase!(
            "keep each text once and share it (Rc<str>, Arc<str>, an interner, a cache), or refer to it by number"
        )),
    ))
}

/// The text that a block begins with, or its size.
fn preview(facts: &Facts<'_, '_>, block: &Block) -> Phrase {
    let bytes = read_range(facts.state.memory, block.payload_range(), 40).unwrap_or_default();
    let text: String =
        bytes.iter().take_while(|byte| matches!(byte, 0x20..0x7f)).map(|byte| char::from(*byte)).collect();
    if text.len() >= 8 { format!("{text:?}").into() } else { phrase!("{0} bytes", block.usable) }
}

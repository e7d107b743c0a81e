//! Room in vectors and strings that their elements do not use. Needs DWARF.
//!
//! A vector that grows doubles, so half of its room may be unused: only those that use less than half count.

use super::facts::{Facts, advice, size};
use crate::typed::Walk;
use wasm_advice::{Advice, Evidence, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("spare-capacity");

/// A page in all.
const MIN_BYTES: u64 = 1 << 16;
/// What an allocator rounds up, and what a short text gets at least, is less.
const MIN_UNUSED: u64 = 64;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let walk = Walk::new(facts.source?, facts.state, facts.layout, &[]);
    let blocks = facts.layout.live();
    let mut spare: Vec<Evidence> = Vec::new();
    let mut owners: Vec<(String, u64)> = Vec::new();
    for (address, buffer) in &walk.buffers {
        let Ok(at) = blocks.binary_search_by_key(address, |block| block.payload) else { continue };
        let room = blocks[at].usable;
        let unused = room.saturating_sub(buffer.used);
        if unused <= room / 2 || unused < MIN_UNUSED {
            continue;
        }
        let label = phrase!("{0}: {1} of {2} used", &buffer.owner, size(buffer.used), size(room));
        spare.push(facts.addresses(label, blocks[at].payload_range(), unused));
        match owners.iter_mut().find(|(owner, _)| *owner == buffer.owner) {
            Some((_, sum)) => *sum += unused,
            None => owners.push((buffer.owner.clone(), unused)),
        }
    }
    let bytes: u64 = owners.iter().map(|(_, unused)| unused).sum();
    if bytes < MIN_BYTES {
        return None;
    }
    spare.sort_by_key(|evidence| std::cmp::Reverse(evidence.amount));
    let (most, _) = owners.iter().max_by_key(|(_, unused)| unused)?;
    Some(advice(
        KIND,
        bytes,
        phrase!("vectors and strings that use less than half of their room: {0}", spare.len()),
        phrase!(
            "Found from static variables on, through all that they lead to: the bytes of the elements against the \
             block that holds them. The gain is what goes if each has room for just what is in it now; the ones that \
             still grow need it."
        ),
        spare,
        Fix::edit(phrase!(
            "where {0} is made, ask for the room that is needed (with_capacity of the real count), and give back the \
             rest once it is complete (shrink_to_fit, into_boxed_slice)",
            most,
        )),
    ))
}

//! Blocks of the heap that nothing points to any more.
//!
//! The scan for pointers is conservative, and a snapshot has no locals: what only a local holds looks lost for as long
//! as its function runs. That is a few blocks at a time, so a group counts from [`MIN_BLOCKS`] blocks of one type or
//! size on, and all of it must be worth [`MIN_BYTES`].

use super::facts::{Facts, advice, size};
use crate::leaks::{LeakGroup, leaks, leaks_by_type};
use wasm_advice::{Advice, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("leaked-blocks");

/// Fewer of one type can be what the functions that run at the moment hold.
const MIN_BLOCKS: usize = 16;
/// A sixteenth of a page: below, nobody would look for it.
const MIN_BYTES: u64 = 4096;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let leaks = leaks(facts.state, facts.layout, &[]);
    let groups = leaks_by_type(facts.source, facts.state, facts.layout, &leaks);
    let groups: Vec<LeakGroup> = groups.into_iter().filter(|group| group.leaks.len() >= MIN_BLOCKS).collect();
    let bytes: u64 = groups.iter().map(|group| group.bytes).sum();
    let blocks: usize = groups.iter().map(|group| group.leaks.len()).sum();
    if bytes < MIN_BYTES {
        return None;
    }
    // A lost block holds others: the first cause is in the group with the most that nothing at all points to.
    let roots = |group: &LeakGroup| group.leaks.iter().filter(|leak| !leak.indirect).count();
    let cause = groups.iter().max_by_key(|group| (roots(group), group.bytes))?;
    let evidence = groups.iter().filter_map(|group| {
        let first = group.leaks.iter().find(|leak| !leak.indirect).or(group.leaks.first())?;
        let mut label = phrase!("{0} × {1}", group.leaks.len(), group.label());
        if roots(group) == 0 {
            label = phrase!("{0}, held only by other lost blocks", label);
        }
        Some(facts.addresses(label, first.block.payload_range(), group.bytes))
    });
    Some(advice(
        KIND,
        bytes,
        phrase!("{0} blocks of the heap are lost: nothing points to them", blocks),
        phrase!(
            "No pointer in static data, the stack in use, globals or blocks that are in use leads to them. {0} lie \
             there for good, if no function that runs at this moment and no part of the host holds them: a snapshot \
             does not have their locals. Types are told by size and contents, for no pointer tells them.",
            size(bytes)
        ),
        evidence.collect(),
        Fix::edit(phrase!(
            "find where the lost blocks ({0}) are allocated and forgotten (Box::leak, mem::forget, into_raw without \
             from_raw, a handle that the host does not give back, malloc without free), and free them",
            cause.label()
        )),
    ))
}

//! Which type a block has that no typed pointer leads to: by its size, and by where its pointers lead.
//!
//! A guess, and only made where much speaks for it: of the types that the program's pointers lead to, one must have the
//! block's size, each of its pointers must be null or lead into data or a live block, and one of them must lead
//! somewhere. A type without pointers is never guessed: its bytes could be anything. Of several, that with more pointers
//! that lead somewhere is taken, then one that other blocks are known to have, then the one that fills the block best.

use std::collections::{BTreeMap, HashSet};

use wasm_source::{Encoding, Source, TypeId, TypeKind};

use crate::heap::Block;
use crate::layout::{BandKind, Layout, State};
use crate::typed::{TypeIndex, Walk, type_name};

/// An allocator rounds sizes up by less than that.
const ROUNDED: u64 = 16;
/// Addresses below are what a language makes of an empty collection: the alignment of its elements.
const DANGLING: u64 = 64;
const MAX_DEPTH: usize = 8;
const MAX_CHECKS: usize = 64;

/// What a field must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Pointer,
    Bool,
}

#[derive(Debug)]
struct Candidate {
    name: String,
    size: u64,
    /// Offset and what must be there.
    checks: Vec<(u64, Check)>,
    /// Whether typed pointers lead to blocks of it.
    is_seen: bool,
}

/// The types that blocks of a program can have.
pub(crate) struct Fits<'a> {
    state: State<'a>,
    layout: &'a Layout,
    blocks: Vec<Block>,
    candidates: Vec<Candidate>,
}

impl<'a> Fits<'a> {
    pub(crate) fn new(source: &Source<'_>, state: &State<'a>, layout: &'a Layout) -> Fits<'a> {
        let index = TypeIndex::new(source, state.program);
        let seen: HashSet<String> = Walk::new(source, state, layout, &[]).names.into_values().collect();
        let mut by_name: BTreeMap<String, Candidate> = BTreeMap::new();
        for target in index.targets() {
            let Some(size) = source.size_of(target).filter(|size| *size >= state.word().bytes()) else { continue };
            let mut checks = Vec::new();
            collect(source, target, 0, 0, &mut checks);
            if checks.iter().any(|(_, check)| *check == Check::Pointer) {
                let name = type_name(source, target);
                let is_seen = seen.contains(&name);
                by_name.entry(name.clone()).or_insert(Candidate { name, size, checks, is_seen });
            }
        }
        Fits { state: *state, layout, blocks: layout.live(), candidates: by_name.into_values().collect() }
    }

    /// The type that fits a block best.
    pub(crate) fn name(&self, block: &Block) -> Option<&str> {
        let may_have =
            |candidate: &&Candidate| block.usable.checked_sub(candidate.size).is_some_and(|rest| rest < ROUNDED);
        let fitting = self.candidates.iter().filter(may_have);
        let mut fitting: Vec<((usize, bool, u64), &Candidate)> = fitting
            .filter_map(|candidate| {
                let pointers = self.pointers(candidate, block)?;
                Some(((pointers, candidate.is_seen, candidate.size), candidate))
            })
            .collect();
        fitting.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        match fitting[..] {
            [(_, only)] => Some(&only.name),
            [(best, first), (next, _), ..] if best > next => Some(&first.name),
            _ => None,
        }
    }

    /// How many pointers lead somewhere; `None` if the bytes speak against the type.
    fn pointers(&self, candidate: &Candidate, block: &Block) -> Option<usize> {
        let word = self.state.word();
        let mut bytes = vec![0; usize::try_from(candidate.size).ok().filter(|size| *size <= 1 << 16)?];
        if !self.state.memory.read(block.payload, &mut bytes) {
            return None;
        }
        let mut count = 0;
        for (offset, check) in &candidate.checks {
            let at = bytes.get(*offset as usize..)?;
            match check {
                Check::Bool if *at.first()? > 1 => return None,
                Check::Bool => {}
                Check::Pointer => match word.decode(at)? {
                    pointer if pointer < DANGLING => {}
                    pointer if self.leads_somewhere(pointer) => count += 1,
                    _ => return None,
                },
            }
        }
        (count > 0).then_some(count)
    }

    fn leads_somewhere(&self, pointer: u64) -> bool {
        let at = self.blocks.partition_point(|block| block.payload <= pointer);
        let block = at.checked_sub(1).and_then(|at| self.blocks.get(at));
        let is_data = |kind| matches!(kind, BandKind::Data | BandKind::ZeroedData);
        block.is_some_and(|block| block.payload_range().contains(&pointer))
            || self.layout.band_at(pointer).is_some_and(|band| is_data(band.kind))
    }
}

/// What the fields of a type must hold; the variants of enums are left out, for only one of them is there.
fn collect(source: &Source<'_>, ty: TypeId, offset: u64, depth: usize, checks: &mut Vec<(u64, Check)>) {
    if depth > MAX_DEPTH || checks.len() >= MAX_CHECKS {
        return;
    }
    let Ok(Some(read)) = source.resolve_alias(ty) else { return };
    match &read.kind {
        TypeKind::Pointer { target, .. } => {
            let target = target.and_then(|target| source.resolve_alias(target).ok()?);
            // The pointer of a function is a place in a table.
            if !target.is_some_and(|target| matches!(target.kind, TypeKind::Subroutine { .. })) {
                checks.push((offset, Check::Pointer));
            }
        }
        TypeKind::Base(Encoding::Boolean) => checks.push((offset, Check::Bool)),
        TypeKind::Composite(composite) if !composite.is_union && composite.variants.is_none() => {
            for member in composite.members.iter().filter(|member| member.bits.is_none()) {
                if let Some(ty) = member.ty {
                    collect(source, ty, offset.saturating_add(member.offset), depth + 1, checks);
                }
            }
        }
        _ => {}
    }
}

//! Decodes all function bodies, on all cores where there are threads, and keeps what they refer to.

use super::indirect::Layout;
use super::visitor::{Sink, Uses, Visitor};
use super::{Features, Node, Reason};
use crate::ids::ItemId;
use crate::item::{Damage, ItemKind};
use crate::map::Map;

/// The references of a run of functions.
#[derive(Default)]
pub(super) struct Chunk {
    /// Node and number of references, in the order of `targets`.
    pub(super) rows: Vec<(u32, u32)>,
    pub(super) targets: Vec<u32>,
    pub(super) reasons: Vec<u8>,
}

pub(super) struct Decoded {
    pub(super) chunks: Vec<Chunk>,
    pub(super) uses: Uses,
    pub(super) features: Features,
    pub(super) operators: u64,
    pub(super) damage: Vec<Damage>,
}

/// Bytes of code that one unit of work decodes.
const CHUNK_BYTES: u32 = 512 * 1024;
/// Damaged bodies that are listed.
const MAX_DAMAGE: usize = 100;

/// Decodes all bodies, on all cores with the feature `parallel`. The result does not depend on the number of cores.
pub(super) fn decode(map: &Map<'_>, layout: &Layout) -> Decoded {
    let runs = runs(map);
    let work = |scratch: &mut Stamps, run: &(usize, usize)| decode_run(map, layout, *run, scratch);
    let stamps = || Stamps::new(layout.node_count());
    #[cfg(feature = "parallel")]
    let results: Vec<_> = {
        use rayon::prelude::*;
        runs.par_iter().map_init(stamps, work).collect()
    };
    #[cfg(not(feature = "parallel"))]
    let results: Vec<_> = {
        let mut scratch = stamps();
        runs.iter().map(|run| work(&mut scratch, run)).collect()
    };
    let mut all = Decoded {
        chunks: Vec::with_capacity(results.len()),
        uses: Uses::default(),
        features: Features::default(),
        operators: 0,
        damage: Vec::new(),
    };
    for (chunk, rest) in results {
        all.chunks.push(chunk);
        all.uses.table_inits.extend(rest.uses.table_inits);
        all.uses.table_copies.extend(rest.uses.table_copies);
        all.features.0 |= rest.features.0;
        all.operators += rest.operators;
        all.damage.extend(rest.damage);
    }
    all.damage.truncate(MAX_DAMAGE);
    all.uses.table_inits.sort_unstable();
    all.uses.table_inits.dedup();
    all.uses.table_copies.sort_unstable();
    all.uses.table_copies.dedup();
    all
}

/// Runs of items with about [`CHUNK_BYTES`] of code each: first item, one past the last.
fn runs(map: &Map<'_>) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, item) in map.items().iter().enumerate() {
        if item.kind == ItemKind::Function {
            bytes += item.end - item.start;
        }
        if bytes >= CHUNK_BYTES {
            runs.push((start, at + 1));
            (start, bytes) = (at + 1, 0);
        }
    }
    runs.push((start, map.items().len()));
    runs
}

#[derive(Default)]
struct RunResult {
    uses: Uses,
    features: Features,
    operators: u64,
    damage: Vec<Damage>,
}

fn decode_run(map: &Map<'_>, layout: &Layout, run: (usize, usize), stamps: &mut Stamps) -> (Chunk, RunResult) {
    let mut chunk = Chunk::default();
    let mut result = RunResult::default();
    let Some(first) = map.items().get(run.0) else { return (chunk, result) };
    let mut visitor = Visitor::new(map, layout, first.module, Collect { chunk: &mut chunk, stamps });
    for (at, item) in map.items()[run.0..run.1].iter().enumerate() {
        let id = ItemId((run.0 + at) as u32);
        let Some(body) = map.function_body(id) else { continue };
        visitor.enter(item.module);
        visitor.sink.stamps.next();
        let before = visitor.sink.chunk.targets.len();
        if let Err(e) = visitor.body(&body)
            && result.damage.len() < MAX_DAMAGE
        {
            let section = item.section.map_or(String::new(), |s| map.section(s).label());
            let message = format!("{}: {}", map.label(id), e.message());
            result.damage.push(Damage { offset: e.offset(), section, message });
        }
        let count = (visitor.sink.chunk.targets.len() - before) as u32;
        visitor.sink.chunk.rows.push((id.0, count));
    }
    result.uses = visitor.uses;
    result.features = visitor.features;
    result.operators = visitor.operators;
    (chunk, result)
}

/// The function that last referred to each node, by a call and otherwise: each reference is kept once a function.
struct Stamps {
    called: Vec<u32>,
    referred: Vec<u32>,
    now: u32,
}

impl Stamps {
    fn new(nodes: usize) -> Stamps {
        Stamps { called: vec![0; nodes], referred: vec![0; nodes], now: 0 }
    }

    fn next(&mut self) {
        self.now += 1;
    }
}

struct Collect<'c> {
    chunk: &'c mut Chunk,
    stamps: &'c mut Stamps,
}

impl Collect<'_> {
    #[inline]
    fn push(&mut self, to: Node, reason: Reason) {
        self.chunk.targets.push(to.0);
        self.chunk.reasons.push(reason as u8);
    }
}

impl Sink for Collect<'_> {
    #[inline]
    fn call(&mut self, to: Node) {
        let stamp = &mut self.stamps.called[to.as_usize()];
        if *stamp != self.stamps.now {
            *stamp = self.stamps.now;
            self.push(to, Reason::Call);
        }
    }

    #[inline]
    fn refer(&mut self, to: Node, reason: Reason) {
        let stamp = &mut self.stamps.referred[to.as_usize()];
        if *stamp != self.stamps.now {
            *stamp = self.stamps.now;
            self.push(to, reason);
        }
    }
}

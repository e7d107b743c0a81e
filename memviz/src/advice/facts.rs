//! What the kinds of advice share: the memory, and evidence that names addresses of it.

use std::ops::Range;

use wasm_advice::{Addresses, Advice, Certainty, Evidence, Fix, Gain, Kind, Phrase, Unit, phrase};
use wasm_source::Source;

use crate::layout::{Layout, State};
use crate::memory::for_each_chunk;

/// A page of WebAssembly: memories have whole ones.
pub(super) const PAGE: u64 = 1 << 16;

/// More is not listed: the weightiest come first.
const MAX_EVIDENCE: usize = 100;

pub(super) struct Facts<'a, 's> {
    pub(super) state: &'a State<'a>,
    pub(super) layout: &'a Layout,
    pub(super) source: Option<&'a Source<'s>>,
}

impl Facts<'_, '_> {
    /// Addresses as evidence.
    pub(super) fn addresses(&self, label: Phrase, range: Range<u64>, amount: u64) -> Evidence {
        let memory = Some(Addresses { memory: self.state.index, range });
        Evidence { label, memory, amount: Some(amount), ..Evidence::default() }
    }

    /// The first byte of a range that is not zero; the range's end if there is none. `None` if it can't be read.
    pub(super) fn first_touched(&self, range: Range<u64>) -> Option<u64> {
        let mut found = Some(range.end);
        for_each_chunk(self.state.memory, range, |start, bytes| {
            match bytes.map(|bytes| bytes.iter().position(|byte| *byte != 0)) {
                None => found = None,
                Some(Some(at)) => found = Some(start + at as u64),
                Some(None) => return true,
            }
            false
        });
        found
    }

    /// Behind the last byte of a range that is not zero; the range's start if there is none.
    pub(super) fn last_touched(&self, range: Range<u64>) -> u64 {
        let mut end = range.start;
        for_each_chunk(self.state.memory, range, |start, bytes| {
            // What can't be read may be in use.
            let last = bytes.map_or(Some(usize::MAX), |bytes| bytes.iter().rposition(|byte| *byte != 0));
            if let Some(last) = last {
                end = start.saturating_add(last as u64).saturating_add(1);
            }
            true
        });
        end
    }
}

/// An advice whose gain is an estimate: what one moment of one run shows.
pub(super) fn advice(
    kind: Kind,
    amount: u64,
    title: Phrase,
    detail: Phrase,
    evidence: Vec<Evidence>,
    fix: Fix,
) -> Advice {
    let mut evidence = evidence;
    evidence.truncate(MAX_EVIDENCE);
    let gain = Gain { amount, unit: Unit::MemoryBytes, certainty: Certainty::Estimate };
    Advice { kind, title, detail, evidence, gain, fix }
}

/// `12.3 MiB`, for sentences.
pub(super) fn size(bytes: u64) -> Phrase {
    match bytes {
        0..1024 => phrase!("{0} bytes", bytes),
        1024..0x10_0000 => format!("{:.1} KiB", bytes as f64 / 1024.0).into(),
        _ => format!("{:.1} MiB", bytes as f64 / f64::from(0x10_0000)).into(),
    }
}

/// Flags for the linker, in Cargo's settings.
pub(super) fn linker_flag(flag: &str) -> Fix {
    let text = format!("[target.'cfg(target_family = \"wasm\")']\nrustflags = [\"-Clink-arg={flag}\"]");
    Fix::setting(".cargo/config.toml", text)
}

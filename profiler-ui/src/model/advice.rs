//! All advice on what is open. Each domain says its own in the terms of `wasm_advice`; here they become one list.

use std::sync::Arc;

use wasm_advice::{Advice, rank};

use super::binary::Binary;
use super::documents::Documents;
use super::memory::{Known, Moment};
use super::recording::{Matched, Recording};

/// What advice is given on: of all that is open, what it can rest upon.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    binary: Option<Arc<Binary>>,
    moment: Option<Arc<Moment>>,
    profile: Option<Arc<Recording>>,
    matched: Option<Arc<Matched>>,
}

/// Who gives advice.
const DOMAINS: &[fn(&Grounds) -> Vec<Advice>] = &[Grounds::on_size, Grounds::on_memory, Grounds::on_time];

impl Grounds {
    /// Of what is open: the program, its newest moment, and its run.
    pub fn of(documents: &Documents) -> Grounds {
        let is_of_this = |moment: &&Arc<Moment>| {
            documents.binary.as_ref().is_none_or(|binary| !moment.is_of_another_build(binary.build_id()))
        };
        Grounds {
            binary: documents.binary.clone(),
            moment: documents.moments.last().filter(is_of_this).cloned(),
            profile: documents.profile.clone(),
            matched: documents.matched.clone(),
        }
    }

    /// Whether there is nothing to give advice on.
    pub fn is_empty(&self) -> bool {
        self.binary.is_none() && self.moment.is_none() && self.profile.is_none()
    }

    /// All advice, ranked.
    pub fn gather(&self) -> Vec<Advice> {
        rank(DOMAINS.iter().flat_map(|domain| domain(self)).collect())
    }

    fn on_size(&self) -> Vec<Advice> {
        self.binary.as_ref().map(|binary| binary.insights()).unwrap_or_default()
    }

    fn on_memory(&self) -> Vec<Advice> {
        let Some(moment) = &self.moment else { return Vec::new() };
        let known = Known::of(self.binary.clone(), moment);
        (0..moment.snapshot.memories.len() as u32).flat_map(|memory| known.advice(moment, memory)).collect()
    }

    fn on_time(&self) -> Vec<Advice> {
        let Some(profile) = &self.profile else { return Vec::new() };
        match (&self.binary, &self.matched) {
            (Some(binary), Some(matched)) => binary.with(|analysis, _| {
                wasm_profile::advice::advice(profile.profile(), Some((&analysis.map, matched.found())))
            }),
            _ => wasm_profile::advice::advice(profile.profile(), None),
        }
    }
}

//! The work that an input may cost.
//!
//! DWARF is a graph: many units may refer to one abbreviation table, line
//! program or range list, so that a small hostile file describes quadratic
//! work. Everything that is reached through such a reference is read at most
//! once per referrer, and pays here, in bytes. Honest files spend about the
//! size of their sections once.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug)]
pub(crate) struct Budget(AtomicU64);

impl Budget {
    /// The budget for sections of `bytes` bytes altogether.
    pub(crate) fn for_sections(bytes: usize) -> Self {
        Budget(AtomicU64::new((bytes as u64).saturating_mul(32).saturating_add(1 << 20)))
    }

    /// Adds what further sections of `bytes` bytes may cost.
    pub(crate) fn extend(&mut self, bytes: usize) {
        let left = self.0.get_mut();
        *left = left.saturating_add((bytes as u64).saturating_mul(32));
    }

    /// Whether `bytes` more may be read.
    pub(crate) fn spend(&self, bytes: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes as u64)).is_ok()
    }
}

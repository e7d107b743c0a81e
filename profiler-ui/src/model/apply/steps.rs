//! Advice carried out one on the result of the other, to be taken back from the last to the first.

use std::sync::Arc;

use super::Applied;
use crate::model::binary::Binary;

/// The steps from a file to the copy that is open.
#[derive(Debug, Default)]
pub struct Steps {
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    applied: Applied,
    /// What the binary was compared with before.
    compared_with: Option<Arc<Binary>>,
}

impl Steps {
    /// One step more: it starts where the last one ended.
    pub fn push(&mut self, applied: Applied, compared_with: Option<Arc<Binary>>) {
        self.steps.push(Step { applied, compared_with });
    }

    /// Forgets the last step: what is to be open again, and what it is compared with.
    pub fn take_back(&mut self) -> Option<(Arc<Binary>, Option<Arc<Binary>>)> {
        let step = self.steps.pop()?;
        Some((step.applied.before, step.compared_with))
    }

    /// The steps, the first one first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Applied> {
        self.steps.iter().map(|step| &step.applied)
    }

    /// The file as it was before all steps, and the copy after them.
    pub fn ends(&self) -> Option<(&Arc<Binary>, &Arc<Binary>)> {
        Some((&self.steps.first()?.applied.before, &self.steps.last()?.applied.after))
    }

    /// Whether they end in this binary; debug information that came since makes no other of it.
    pub fn lead_to(&self, open: Option<&Arc<Binary>>) -> bool {
        let (Some((_, copy)), Some(open)) = (self.ends(), open) else { return false };
        copy.bytes().as_ptr() == open.bytes().as_ptr()
    }
}

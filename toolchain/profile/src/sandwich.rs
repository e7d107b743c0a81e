//! One function between all that calls it and all that it calls. Recursion counts once: a stack counts at the
//! function's outermost frame.

use std::collections::HashMap;

use crate::model::Profile;
use crate::tree::{Draft, Tree};
use crate::{CallId, FunctionId, Weights};

impl Tree {
    /// What the function calls, merged over all its callers. The root is the function. O(calls).
    #[must_use]
    pub fn callees(profile: &Profile, weights: &Weights, function: FunctionId) -> Self {
        let mut merged = Merged::default();
        let mut number: Vec<Option<u32>> = Vec::with_capacity(profile.calls().len());
        for (index, call) in profile.calls().iter().enumerate() {
            let total = weights.total(CallId::new(index));
            let below = call.parent.and_then(|parent| number[parent.index()]);
            let starts = below.is_none() && call.function == function;
            number.push((total > 0 && (starts || below.is_some())).then(|| merged.add(below, call.function, total)));
        }
        Self::lay_out(&merged.drafts, |id| &profile.function(id).name).0
    }

    /// What calls the function, the direct callers first. The root is the function; a node's own weight is that of
    /// stacks that begin there. Callers further away than `rows` are left out, so that the cost is at most O(calls ×
    /// rows).
    #[must_use]
    pub fn callers(profile: &Profile, weights: &Weights, function: FunctionId, rows: u32) -> Self {
        let mut merged = Merged::default();
        for (index, call) in profile.calls().iter().enumerate() {
            let id = CallId::new(index);
            let total = weights.total(id);
            if call.function != function || call.recursive || total == 0 {
                continue;
            }
            let mut below = None;
            for caller in profile.callers(id).take(rows as usize) {
                below = Some(merged.add(below, profile.call(caller).function, total));
            }
        }
        Self::lay_out(&merged.drafts, |id| &profile.function(id).name).0
    }
}

#[derive(Default)]
struct Merged {
    drafts: Vec<Draft>,
    index: HashMap<(Option<u32>, FunctionId), u32>,
}

impl Merged {
    fn add(&mut self, parent: Option<u32>, function: FunctionId, total: u64) -> u32 {
        let next = self.drafts.len() as u32;
        let number = *self.index.entry((parent, function)).or_insert(next);
        match self.drafts.get_mut(number as usize) {
            Some(draft) => draft.total += total,
            None => self.drafts.push(Draft { parent, function, call: None, total }),
        }
        number
    }
}

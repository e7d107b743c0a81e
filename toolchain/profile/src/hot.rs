//! Where the weight is: by function, by source line, by place in the code. In totals recursion counts once.
//!
//! Cost: O(stacks) each, and a sort of the rows.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use crate::forest::Forest;
use crate::model::{Address, Profile};
use crate::{CallId, FunctionId, ModuleId, Weights};

/// A function's weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HotFunction {
    /// The function.
    pub function: FunctionId,
    /// While it was innermost.
    pub own: u64,
    /// While it was on the stack.
    pub total: u64,
}

/// A source line's weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HotLine {
    /// The source file.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// While it was innermost.
    pub own: u64,
    /// While it was on the stack.
    pub total: u64,
}

/// The weight of a place in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HotAddress {
    /// What the address is in.
    pub module: Option<ModuleId>,
    /// The place.
    pub address: Address,
    /// The function.
    pub function: FunctionId,
    /// While it was innermost.
    pub own: u64,
    /// While it was on the stack.
    pub total: u64,
}

/// The functions with weight, the heaviest in itself first.
#[must_use]
pub fn hot_functions(profile: &Profile, weights: &Weights) -> Vec<HotFunction> {
    let mut rows: Vec<_> = (0..profile.functions().len())
        .map(|index| HotFunction { function: FunctionId::new(index), own: 0, total: 0 })
        .collect();
    for (index, call) in profile.calls().iter().enumerate() {
        let row = &mut rows[call.function.index()];
        row.own += weights.own(CallId::new(index));
        if !call.recursive {
            row.total += weights.total(CallId::new(index));
        }
    }
    rows.retain(|row| row.total > 0);
    let name = |row: &HotFunction| &profile.function(row.function).name;
    rows.sort_by(|a, b| (b.own, b.total).cmp(&(a.own, a.total)).then_with(|| name(a).cmp(name(b))));
    rows
}

/// The source lines with weight, the heaviest in itself first. A frame without a line counts for the line where its
/// function begins; one without a file not at all.
#[must_use]
pub fn hot_lines(profile: &Profile, weights: &Weights) -> Vec<HotLine> {
    let key = |stack: usize| {
        let frame = &profile.frames()[profile.stacks()[stack].frame.index()];
        let function = profile.function(frame.function);
        Some((function.file.as_ref()?, frame.line.or(function.line)?))
    };
    let mut rows: Vec<_> = sums(profile, weights, key)
        .into_iter()
        .map(|((file, line), own, total)| HotLine { file: file.clone(), line, own, total })
        .collect();
    rows.sort_by(|a, b| {
        (b.own, b.total).cmp(&(a.own, a.total)).then_with(|| (&a.file, a.line).cmp(&(&b.file, b.line)))
    });
    rows
}

/// The places in code with weight, the heaviest in itself first. A frame without an address counts for where its
/// function begins; one without either not at all.
#[must_use]
pub fn hot_addresses(profile: &Profile, weights: &Weights) -> Vec<HotAddress> {
    let key = |stack: usize| {
        let frame = &profile.frames()[profile.stacks()[stack].frame.index()];
        let function = profile.function(frame.function);
        Some((function.module, frame.address.or(function.address)?, frame.function))
    };
    let mut rows: Vec<_> = sums(profile, weights, key)
        .into_iter()
        .map(|((module, address, function), own, total)| HotAddress { module, address, function, own, total })
        .collect();
    let place = |row: &HotAddress| (row.module, row.address, row.function);
    rows.sort_by(|a, b| (b.own, b.total).cmp(&(a.own, a.total)).then_with(|| place(a).cmp(&place(b))));
    rows
}

/// Own and total weight by a key of the stack's innermost frame, for keys with weight.
fn sums<K: Copy + Eq + Hash>(
    profile: &Profile,
    weights: &Weights,
    key: impl Fn(usize) -> Option<K>,
) -> Vec<(K, u64, u64)> {
    let stacks = profile.stacks();
    let mut total = weights.stacks.clone();
    for index in (0..stacks.len()).rev() {
        if let Some(parent) = stacks[index].parent {
            total[parent.index()] += total[index];
        }
    }
    let mut rows: Vec<(K, u64, u64)> = Vec::new();
    let mut index: HashMap<K, usize> = HashMap::new();
    let row_of: Vec<Option<usize>> = (0..stacks.len())
        .map(|stack| {
            let key = key(stack)?;
            Some(*index.entry(key).or_insert_with(|| {
                rows.push((key, 0, 0));
                rows.len() - 1
            }))
        })
        .collect();
    let forest = Forest::new(stacks.iter().map(|stack| stack.parent.map(crate::StackId::index)));
    let outermost = forest.outermost(rows.len(), |stack| row_of[stack]);
    for (stack, row) in row_of.iter().enumerate() {
        if let Some(row) = *row {
            rows[row].1 += weights.stacks[stack];
            if outermost[stack] {
                rows[row].2 += total[stack];
            }
        }
    }
    rows.retain(|row| row.2 > 0);
    rows
}

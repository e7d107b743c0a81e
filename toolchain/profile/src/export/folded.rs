//! Folded stacks, for inferno and everyone else.

use std::fmt::Write as _;

use crate::model::Profile;
use crate::{CallId, Weights};

/// A line for each stack of functions that has weight of its own: names between semicolons, a space, the weight. Sorted.
/// A semicolon in a name becomes a colon, a line break a space. Samples without a stack are left out.
#[must_use]
pub fn folded(profile: &Profile, weights: &Weights) -> String {
    let names: Vec<String> = profile.functions().iter().map(|function| clean(&function.name)).collect();
    let mut lines: Vec<(Vec<&str>, u64)> = (0..profile.calls().len())
        .map(CallId::new)
        .filter(|&call| weights.own(call) > 0)
        .map(|call| (profile.path(call).into_iter().map(|id| &*names[id.index()]).collect(), weights.own(call)))
        .collect();
    lines.sort_unstable();
    let mut text = String::new();
    for (path, weight) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {weight}", path.join(";"));
    }
    text
}

fn clean(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|letter| match letter {
            ';' => ':',
            letter if letter.is_control() => ' ',
            letter => letter,
        })
        .collect();
    match name.trim() {
        "" => "(unknown)".into(),
        name => name.into(),
    }
}

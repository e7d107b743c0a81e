//! What a row stands for, a node of the reference graph, and how a user names it.

use crate::cli::output::Output;
use anyhow::Context;
use regex_lite::Regex;
use std::cmp::Reverse;
use std::collections::HashSet;
use wasm_analyzer::Analysis;
use wasm_binary::{ItemId, Node};

/// The id of `<meta root>`, as twiggy gives it.
pub(super) const ROOT_ID: u64 = u64::MAX;

/// Rows of a tree or of paths that one answer has at most: in proportion to the file, whatever the limits are.
pub(super) fn max_rows(analysis: &Analysis<'_>) -> usize {
    analysis.graph.node_count().max(100_000)
}

/// What to say when [`max_rows`] cut an answer.
pub(super) fn note_cut(file: &str, rows: usize, output: &Output) {
    output.note(&format!("{file}: these are the first {rows} rows; name the items that you mean"));
}

pub(super) fn id(analysis: &Analysis<'_>, node: Node) -> u64 {
    if node == analysis.graph.root() { ROOT_ID } else { u64::from(node.0) }
}

pub(super) fn name(analysis: &Analysis<'_>, node: Node) -> String {
    if node == analysis.graph.root() { "<meta root>".to_string() } else { analysis.node_label(node).into_owned() }
}

/// Bytes charged to it; none for the host and for sets.
pub(super) fn size(analysis: &Analysis<'_>, node: Node) -> u64 {
    analysis.graph.item(node).map_or(0, |id| u64::from(analysis.map.item(id).size))
}

/// Share of the file.
pub(super) fn percent(bytes: u64, whole: u64) -> f64 {
    bytes as f64 / whole as f64 * 100.0
}

/// `12.34%`, in text.
pub(super) fn percent_text(bytes: u64, whole: u64) -> String {
    format!("{:.2}%", percent(bytes, whole))
}

/// Names of rows.
#[derive(clap::Args)]
pub(super) struct Names {
    /// Whole names of items or, for monos, of generic functions
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Take each NAME as a regular expression
    #[arg(long)]
    regex: bool,
}

impl Names {
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names, ready to be matched.
    pub(super) fn patterns(&self) -> anyhow::Result<Vec<Pattern>> {
        self.names.iter().map(|name| Pattern::new(name, self.regex)).collect()
    }

    /// The items of each name in turn, by falling measure. Says which names are nobody's.
    pub(super) fn choose(
        &self,
        file: &str,
        analysis: &Analysis<'_>,
        measure: impl Fn(ItemId) -> u64,
        output: &Output,
    ) -> anyhow::Result<Vec<ItemId>> {
        let patterns = self.patterns()?;
        let labels: Vec<(ItemId, String)> = analysis.map.iter().map(|(id, _)| (id, analysis.map.label(id))).collect();
        let mut chosen = Vec::new();
        let mut seen = HashSet::new();
        for (pattern, given) in patterns.iter().zip(&self.names) {
            let is_hit = |(id, label): &&(ItemId, String)| pattern.matches(label, analysis.map.raw_name(*id));
            let mut hits: Vec<ItemId> = labels.iter().filter(is_hit).map(|(id, _)| *id).collect();
            if hits.is_empty() {
                output.warning(&format!("{file}: no item is called \"{given}\""));
            }
            hits.sort_by_key(|&id| (Reverse(measure(id)), id));
            chosen.extend(hits.into_iter().filter(|&id| seen.insert(id)));
        }
        Ok(chosen)
    }
}

/// One name, ready to be matched.
pub(super) enum Pattern {
    /// A whole name: as given, and as the label has it if it was given mangled or as twiggy prints it.
    Name { given: String, plain: String },
    /// A part of a name.
    Expression(Regex),
}

impl Pattern {
    fn new(given: &str, is_regex: bool) -> anyhow::Result<Pattern> {
        if is_regex {
            let expression = Regex::new(given).with_context(|| format!("the regular expression \"{given}\""))?;
            return Ok(Pattern::Expression(expression));
        }
        // twiggy leaves the colons before generic arguments.
        let plain = wasm_binary::demangle(given).trim_end_matches("::").to_string();
        Ok(Pattern::Name { given: given.to_string(), plain })
    }

    /// Whether the label or the other name of a row is meant.
    pub(super) fn matches(&self, label: &str, other: Option<&str>) -> bool {
        [Some(label), other].into_iter().flatten().any(|name| match self {
            Pattern::Name { given, plain } => name == given || name == plain,
            Pattern::Expression(expression) => expression.is_match(name),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_of_twiggy_are_understood() {
        let cases = [
            ("core[c5930c85a12de822]::fmt::write", "core::fmt::write"),
            ("core::fmt::write::h0123456789abcdef", "core::fmt::write"),
            ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"),
            ("core[c5930c85a12de822]::ptr::drop_in_place::", "core::ptr::drop_in_place"),
            ("memcpy", "memcpy"),
        ];
        for (given, label) in cases {
            assert!(Pattern::new(given, false).unwrap().matches(label, None), "{given}");
        }
        assert!(!Pattern::new("memcpy", false).unwrap().matches("memcpy_big", None));
        assert!(Pattern::new("^mem", true).unwrap().matches("memcpy_big", None));
        assert!(Pattern::new("(", true).is_err());
    }
}

//! What the search box says: words, `crate:`, `kind:`, `-name:`, `/regex/`.

use regex_lite::Regex;
use wasm_analyzer::Analysis;
use wasm_binary::ItemId;

use crate::strings::{Text, Wording};

/// A search, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    is_wanted: bool,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Name(String),
    Crate(String),
    Kind(String),
    Regex(Regex),
}

impl Filter {
    /// Takes a search apart: all terms must hold.
    ///
    /// # Errors
    /// If a regular expression is broken.
    pub fn parse(text: &str) -> Result<Filter, Wording> {
        let mut terms = Vec::new();
        for word in text.split_whitespace() {
            let (is_wanted, word) = match word.strip_prefix('-') {
                Some(rest) if !rest.is_empty() => (false, rest),
                _ => (true, word),
            };
            let what = if let Some(name) = word.strip_prefix("crate:") {
                What::Crate(name.to_string())
            } else if let Some(kind) = word.strip_prefix("kind:") {
                What::Kind(kind.to_lowercase())
            } else if let Some(pattern) = word.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
                let broken = |error: regex_lite::Error| {
                    Text::BrokenRegex.with("pattern", pattern).with("reason", error.to_string())
                };
                What::Regex(Regex::new(pattern).map_err(broken)?)
            } else {
                What::Name(word.strip_prefix("name:").unwrap_or(word).to_lowercase())
            };
            terms.push(Term { is_wanted, what });
        }
        Ok(Filter { terms })
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a text alone matches: for views without a binary.
    pub fn matches_name(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        self.terms.iter().all(|term| {
            term.is_wanted
                == match &term.what {
                    What::Name(part) | What::Crate(part) | What::Kind(part) => lower.contains(part.as_str()),
                    What::Regex(regex) => regex.is_match(name),
                }
        })
    }

    /// Whether an item matches.
    pub fn matches_item(&self, analysis: &Analysis<'_>, item: ItemId, label: &str) -> bool {
        self.terms.iter().all(|term| {
            term.is_wanted
                == match &term.what {
                    What::Name(part) => label.to_lowercase().contains(part.as_str()),
                    What::Crate(name) => analysis.crate_of(item).is_some_and(|of| of == *name),
                    What::Kind(kind) => analysis.map.item(item).kind.noun().contains(kind.as_str()),
                    What::Regex(regex) => regex.is_match(label),
                }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::strings::Language;

    #[test]
    fn words_must_all_hold_and_a_minus_turns_one_round() {
        let filter = Filter::parse("Fmt -write /^core::/").unwrap();
        assert!(filter.matches_name("core::fmt::num"));
        assert!(!filter.matches_name("core::fmt::write"));
        assert!(!filter.matches_name("alloc::fmt::num"));
        assert!(Filter::parse("").unwrap().matches_name("anything"));
    }

    #[test]
    fn a_broken_expression_is_told() {
        let error = Filter::parse("/a(/").unwrap_err();
        let said = error.in_language(Language::English);
        assert!(said.starts_with("/a(/ is no regular expression: "), "{said}");
    }
}

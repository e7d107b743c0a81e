//! Which rows of a view are shown: `--filter` and `-n` mean the same in every command.

use super::output::Output;

/// `--filter`.
#[derive(clap::Args)]
pub(crate) struct Filter {
    /// Only rows whose name, as shown, matches this regular expression anywhere; (?i) ignores case
    #[arg(long = "filter", value_name = "REGEX")]
    regex: Option<regex_lite::Regex>,
}

impl Filter {
    /// Whether a row of this name is shown.
    pub(crate) fn keeps(&self, name: &str) -> bool {
        self.regex.as_ref().is_none_or(|regex| regex.is_match(name))
    }

    /// Whether it was given.
    pub(crate) fn is_set(&self) -> bool {
        self.regex.is_some()
    }

    /// Says that no row is left, if that is so. It is an answer, not an error.
    pub(crate) fn note_no_match(&self, is_empty: bool, output: &Output) {
        if let Some(regex) = self.regex.as_ref().filter(|_| is_empty) {
            output.note(&format!("nothing matches \"{}\"", wasm_binary::escape(regex.as_str())));
        }
    }
}

/// How many rows: what `-n` says; else all in JSON, and in text as many as fit well.
pub(crate) fn limit(asked: Option<usize>, in_text: usize, output: &Output) -> usize {
    asked.unwrap_or(if output.json { usize::MAX } else { in_text })
}

//! What a recommendation is: evidence, estimated gain, the change or command that does it, ranking, wording.
//!
//! The kinds of advice live with their domain, one file each: what makes a file small is in `wasm-analyzer`, what saves
//! memory or time in the tools that measure it. They all say it in these terms, so that any of them can be listed,
//! ranked and shown together.
//!
//! ```
//! use wasm_advice::{Advice, Certainty, Fix, Gain, Kind, Unit, phrase, rank};
//!
//! const NAMES: Kind = Kind::new("names-shipped");
//! let advice = Advice {
//!     kind: NAMES,
//!     title: phrase!("function names are shipped"),
//!     detail: phrase!("the name section is for tools; no engine needs it to run the module"),
//!     evidence: vec![],
//!     gain: Gain { amount: 12_345, unit: Unit::FileBytes, certainty: Certainty::Exact },
//!     fix: Fix::setting("Cargo.toml", "[profile.release]\nstrip = true"),
//! };
//! assert_eq!(advice.line(), "saves 12,345 bytes: function names are shipped — Cargo.toml: [profile.release] strip = true");
//! let ranked = rank(vec![advice]);
//! assert_eq!(ranked[0].kind, NAMES);
//! ```

mod phrase;

pub use phrase::Phrase;

use serde::Serialize;
use std::fmt;
use std::ops::Range;

/// What kind of advice it is: a word in kebab case that never changes, by which users filter and silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Kind(&'static str);

impl Kind {
    /// A kind of this name.
    ///
    /// # Panics
    /// If it is not lower-case words joined by `-`; in a constant that does not compile.
    pub const fn new(name: &'static str) -> Kind {
        let bytes = name.as_bytes();
        let mut before = b'-';
        let mut at = 0;
        while at < bytes.len() {
            let is_word = bytes[at].is_ascii_lowercase() || bytes[at].is_ascii_digit();
            assert!(is_word || (bytes[at] == b'-' && before != b'-'), "a kind is written in kebab case");
            before = bytes[at];
            at += 1;
        }
        assert!(before != b'-', "a kind is written in kebab case");
        Kind(name)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// A recommendation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What kind it is.
    pub kind: Kind,
    /// What is the matter, in a few words, without a full stop.
    pub title: Phrase,
    /// Why it is so, how the gain was found, and what the change costs.
    pub detail: Phrase,
    /// What it rests upon, the weightiest first.
    pub evidence: Vec<Evidence>,
    /// What the change brings.
    pub gain: Gain,
    /// The change.
    pub fix: Fix,
}

/// Something that an advice rests upon: an item of the binary, a range of its bytes, addresses of a memory, a function
/// that ran, or a fact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// What to call it.
    pub label: Phrase,
    /// The item's id in the map of the binary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// File offsets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range<u32>>,
    /// Addresses of a linear memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Addresses>,
    /// A function that ran: its demangled name, as the profile has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Its share, in the unit of the advice's gain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<u64>,
}

/// Addresses of a linear memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// The memory's index.
    pub memory: u32,
    /// The addresses.
    pub range: Range<u64>,
}

/// What a change brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gain {
    /// How much less there will be.
    pub amount: u64,
    /// Of what.
    pub unit: Unit,
    /// How well that is known.
    pub certainty: Certainty,
}

/// What a gain counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Bytes of the file.
    FileBytes,
    /// Bytes of linear memory at run time.
    MemoryBytes,
    /// Nanoseconds of a run.
    Nanoseconds,
    /// Samples of a run whose profile tells no time.
    Samples,
}

/// How well a gain is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Counted: it is what goes.
    Exact,
    /// Computed from what is known; within a tenth where the premises hold.
    Estimate,
}

/// The change that brings the gain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Fix {
    /// A command to run.
    Command {
        /// As typed into a shell.
        command: Phrase,
    },
    /// Lines for a settings file.
    Setting {
        /// The file.
        file: String,
        /// The lines.
        text: String,
    },
    /// A change of the source.
    Edit {
        /// Where, if it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<String>,
        /// What to do there.
        text: Phrase,
    },
}

impl Fix {
    /// A command to run.
    pub fn command(command: impl Into<Phrase>) -> Fix {
        Fix::Command { command: command.into() }
    }

    /// Lines for a settings file.
    pub fn setting(file: impl Into<String>, text: impl Into<String>) -> Fix {
        Fix::Setting { file: file.into(), text: text.into() }
    }

    /// A change of the source, wherever it applies.
    pub fn edit(text: Phrase) -> Fix {
        Fix::Edit { place: None, text }
    }

    /// A change of the source at a known place.
    pub fn edit_at(place: impl Into<String>, text: Phrase) -> Fix {
        Fix::Edit { place: Some(place.into()), text }
    }
}

/// On one line.
impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fix::Command { command } => write!(f, "{command}"),
            Fix::Setting { file, text } => {
                write!(f, "{file}:")?;
                text.lines().try_for_each(|line| write!(f, " {line}"))
            }
            Fix::Edit { place: None, text } => write!(f, "{text}"),
            Fix::Edit { place: Some(place), text } => write!(f, "{place}: {text}"),
        }
    }
}

impl fmt::Display for Gain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.certainty == Certainty::Estimate { "~" } else { "" };
        let amount = grouped(self.amount);
        match self.unit {
            Unit::FileBytes => write!(f, "{about}{amount} bytes"),
            Unit::MemoryBytes => write!(f, "{about}{amount} bytes of memory"),
            Unit::Nanoseconds => write!(f, "{about}{amount} ns"),
            Unit::Samples => write!(f, "{about}{amount} samples"),
        }
    }
}

impl Advice {
    /// On one line: `saves ~12,345 bytes: title — fix`.
    pub fn line(&self) -> String {
        format!("saves {}: {} — {}", self.gain, self.title, self.fix)
    }
}

/// Sorts by falling gain, the gains of one unit together; equal ones by kind and title.
pub fn rank(mut advice: Vec<Advice>) -> Vec<Advice> {
    advice.sort_by(|a, b| {
        let key = |advice: &Advice| (advice.gain.unit, std::cmp::Reverse(advice.gain.amount), advice.kind);
        key(a).cmp(&key(b)).then_with(|| a.title.cmp(&b.title))
    });
    advice
}

/// `1,234,567`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(kind: &'static str, amount: u64, unit: Unit) -> Advice {
        Advice {
            kind: Kind::new(kind),
            title: kind.into(),
            detail: Phrase::default(),
            evidence: Vec::new(),
            gain: Gain { amount, unit, certainty: Certainty::Estimate },
            fix: Fix::edit(phrase!("do it")),
        }
    }

    #[test]
    fn the_largest_gain_of_each_unit_comes_first_in_any_order_of_input() {
        let all = [
            advice("b", 5, Unit::FileBytes),
            advice("a", 5, Unit::FileBytes),
            advice("c", 9, Unit::FileBytes),
            advice("d", 1000, Unit::MemoryBytes),
        ];
        let kinds = |advice: Vec<Advice>| rank(advice).iter().map(|a| a.kind.as_str()).collect::<Vec<_>>();
        assert_eq!(kinds(all.to_vec()), ["c", "a", "b", "d"]);
        assert_eq!(kinds(all.iter().rev().cloned().collect()), ["c", "a", "b", "d"]);
    }

    #[test]
    fn gains_say_what_they_count_and_how_well() {
        assert_eq!(advice("a", 1_234_567, Unit::FileBytes).line(), "saves ~1,234,567 bytes: a — do it");
        let exact = Gain { amount: 999, unit: Unit::MemoryBytes, certainty: Certainty::Exact };
        assert_eq!(exact.to_string(), "999 bytes of memory");
    }

    #[test]
    fn fixes_fit_one_line() {
        assert_eq!(Fix::edit_at("src/lib.rs:7", phrase!("use `get`")).to_string(), "src/lib.rs:7: use `get`");
        assert_eq!(Fix::setting("Cargo.toml", "[a]\nb = 1").to_string(), "Cargo.toml: [a] b = 1");
    }
}

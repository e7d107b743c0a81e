//! What an advice says, with its parts apart: the sentence and what stands in its gaps. Written out it is English; who
//! has the sentence in another language says it there.

use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::{self, Write};

/// A text in words that can be translated. [`phrase!`](crate::phrase) makes one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phrase {
    /// The same in all languages: a name, a number, a command, code.
    Verbatim(String),
    /// A sentence.
    Sentence {
        /// In English, with gaps: `{0}`, `{1}`, ….
        english: &'static str,
        /// What stands in the gaps.
        arguments: Vec<Phrase>,
    },
}

impl Phrase {
    /// In another language: `translate` gives what stands for a sentence there, with the same gaps in any order; a
    /// sentence that it does not know stays English.
    ///
    /// ```
    /// use wasm_advice::{Phrase, phrase};
    ///
    /// let phrase = phrase!("{0} is inlined into {1} functions", "serde::de", 7u32);
    /// assert_eq!(phrase.to_string(), "serde::de is inlined into 7 functions");
    /// let spanish = |english: &str| (!english.is_empty()).then_some("{1} funciones tienen {0} dentro");
    /// assert_eq!(phrase.translated(&spanish), "7 funciones tienen serde::de dentro");
    /// ```
    pub fn translated<'t>(&self, translate: &dyn Fn(&'static str) -> Option<&'t str>) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = self.write(&mut text, translate);
        text
    }

    /// A word or sentence without gaps.
    pub fn word(english: &'static str) -> Phrase {
        Phrase::Sentence { english, arguments: Vec::new() }
    }

    /// What stands in the gaps.
    pub fn arguments(&self) -> &[Phrase] {
        match self {
            Phrase::Verbatim(_) => &[],
            Phrase::Sentence { arguments, .. } => arguments,
        }
    }

    fn write<'t>(&self, out: &mut dyn Write, translate: &dyn Fn(&'static str) -> Option<&'t str>) -> fmt::Result {
        let (mut rest, arguments) = match self {
            Phrase::Verbatim(text) => return out.write_str(text),
            Phrase::Sentence { english, arguments } => (translate(english).unwrap_or(english), arguments),
        };
        while let Some((before, index, after)) = next_gap(rest) {
            out.write_str(before)?;
            if let Some(argument) = arguments.get(index) {
                argument.write(out, translate)?;
            }
            rest = after;
        }
        out.write_str(rest)
    }
}

/// What is before the first gap of a sentence, which gap it is, and what is behind it.
fn next_gap(sentence: &str) -> Option<(&str, usize, &str)> {
    sentence.match_indices('{').find_map(|(at, _)| {
        let (number, after) = sentence[at + 1..].split_once('}')?;
        Some((&sentence[..at], number.parse().ok()?, after))
    })
}

/// In English.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &|_| None)
    }
}

/// As the English text.
impl Serialize for Phrase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Nothing.
impl Default for Phrase {
    fn default() -> Phrase {
        Phrase::Verbatim(String::new())
    }
}

macro_rules! verbatim {
    ($($ty:ty),*) => {$(
        /// The same in all languages.
        impl From<$ty> for Phrase {
            fn from(text: $ty) -> Phrase {
                Phrase::Verbatim(text.to_string())
            }
        }
    )*};
}

verbatim!(&str, &String, String, Cow<'_, str>, u32, u64, usize);

/// A [`Phrase`](crate::Phrase): a sentence in English, a literal, and what stands in its gaps, which are `{0}`, `{1}`, ….
#[macro_export]
macro_rules! phrase {
    ($english:literal $(, $argument:expr)* $(,)?) => {
        $crate::Phrase::Sentence { english: $english, arguments: ::std::vec![$($crate::Phrase::from($argument)),*] }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_lie_in_the_gaps_of_others() {
        let inner = phrase!("{0} bytes", 7u64);
        let outer = phrase!("{1} of {0} are free", inner, "heap {0}");
        assert_eq!(outer.to_string(), "heap {0} of 7 bytes are free");
        let french = |english: &str| match english {
            "{0} bytes" => Some("{0} octets"),
            _ => None,
        };
        assert_eq!(outer.translated(&french), "heap {0} of 7 octets are free");
    }

    #[test]
    fn what_is_no_gap_stands_as_it_is() {
        let phrase = phrase!("vec![{}; {n}] of {0} and {9}{", "u8");
        assert_eq!(phrase.to_string(), "vec![{}; {n}] of u8 and {");
        assert_eq!(serde_json::to_string(&phrase).expect("a text"), "\"vec![{}; {n}] of u8 and {\"");
        assert_eq!(Phrase::default().to_string(), "");
    }
}

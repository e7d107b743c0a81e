//! What can be wrong with a file.

use crate::model::Format;

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing that we read.
    #[error(
        "not a profile that is known here: expected folded stacks, Firefox Profiler JSON, pprof, a V8 .cpuprofile or a Chrome trace"
    )]
    Unknown,
    /// A profile's cousin.
    #[error("{0}")]
    Unsupported(String),
    /// The JSON is broken, or is not of the format's form.
    #[error("{}: {error}", format.name())]
    Json {
        /// The format that the file seems to have.
        format: Format,
        /// With line and column.
        error: serde_json::Error,
    },
    /// A line that is no stack with a number.
    #[error("folded stacks: line {line}: {problem}")]
    Folded {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// The protobuf is broken.
    #[error("pprof: at byte {offset}: {problem}")]
    Pprof {
        /// Where, in the unpacked file.
        offset: usize,
        /// What is wrong.
        problem: String,
    },
    /// Something refers to what is not there, or to itself.
    #[error("{}: {problem}", format.name())]
    Damaged {
        /// The file's format.
        format: Format,
        /// What refers to what.
        problem: String,
    },
    /// The compressed data are broken.
    #[error("gzip: {0}")]
    Gzip(std::io::Error),
    /// Unpacked, the file would be larger than is allowed.
    #[error("gzip: more than {limit} bytes unpacked")]
    TooLarge {
        /// How many bytes are allowed.
        limit: u64,
    },
    /// The sum of all weights does not fit.
    #[error("the weights of all samples add up to 2^64 or more")]
    Overflow,
    /// A column has too many or too few entries.
    #[error("{what}: expected {expected}, found {found}")]
    Columns {
        /// Which.
        what: &'static str,
        /// As many as there are samples or measures.
        expected: usize,
        /// As many as there are.
        found: usize,
    },
    /// An id of another profile.
    #[error("an id names what the profile does not have")]
    UnknownId,
}

impl Error {
    pub(crate) fn damaged(format: Format, problem: impl Into<String>) -> Self {
        Self::Damaged { format, problem: problem.into() }
    }
}

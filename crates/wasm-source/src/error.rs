//! What can be wrong with debug information, and where.

/// An error in debug information: which section, at which offset, what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{section} at offset {offset:#x}: {kind}")]
pub struct Error {
    /// The section that is damaged, such as `.debug_info`; `module` for the
    /// module's own structure.
    pub section: &'static str,
    /// Byte offset in that section.
    pub offset: u64,
    /// What is wrong there.
    pub kind: ErrorKind,
}

/// What is wrong with a piece of debug information.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The section ends inside of an item.
    #[error("unexpected end of section")]
    UnexpectedEnd,
    /// The DWARF is not well formed or of an unknown version.
    #[error("{0}")]
    Dwarf(gimli::Error),
    /// The bytes are not a core module.
    #[error("{0}")]
    Module(String),
    /// Reading on would cost out of proportion to the size of the input: real
    /// producers do not come near these bounds.
    #[error("{0}")]
    Limit(&'static str),
    /// An entry has another tag than the question needs.
    #[error("not {0}")]
    WrongEntry(&'static str),
    /// A reference leads to no entry.
    #[error("reference leads to no entry")]
    DanglingReference,
}

impl Error {
    pub(crate) fn new(section: &'static str, offset: usize, kind: ErrorKind) -> Self {
        Error { section, offset: offset as u64, kind }
    }
}

/// The result of a question about debug information.
pub type Result<T> = std::result::Result<T, Error>;

//! The real binary, as a user has it.

#![allow(missing_docs, clippy::unwrap_used)]

mod bad_input;
mod common;
mod hosts;
mod interrupt;
mod serve;
mod templates;
mod test;

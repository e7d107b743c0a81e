//! `wasm-size twiggy`: the commands, options and output of twiggy 0.8, answered by this engine, so that scripts which
//! call it go on working.
//!
//! Columns, headings, fields and summary rows are twiggy's. What stands in the rows is ours:
//! - Names are the labels of the other commands: no hashes in Rust names, `custom ".debug_str"`, `function 812` where
//!   twiggy has `code[812]`. A row that is named may also be written as twiggy prints Rust names, or mangled.
//! - There are no rows for name subsections and the entries of other sections that describe items: these bytes are
//!   charged to the items. Custom sections are used by the host, not garbage.
//! - Sets that indirect calls go through are rows of no size in `dominators` and `paths`.
//! - An `Id` is that of the other commands, and [`items::ROOT_ID`] for `<meta root>`.
//! - `-d`, `-r` and names hold for JSON and CSV too, where twiggy's `dominators` leaves them out.
//! - `paths` shows for each reference the shortest way to the host, where twiggy lists all ways, which on a large file
//!   are too many to end.
//! - `garbage -f csv`, at which twiggy panics, is answered. Errors end with exit code 2, as everywhere here.
//!
//! Limits and their defaults are held by the types of `twiggy-opt`. Its feature `wasm` is the only one that has them
//! without the old parser; names can only be set by that parser, so they are [`items::Names`].

mod diff;
mod dominators;
mod emit;
mod garbage;
mod items;
mod monos;
mod paths;
mod top;

use super::output::Output;
use clap::{Subcommand, ValueEnum};

/// The commands and the output of twiggy
#[derive(clap::Args)]
#[command(
    disable_help_subcommand = true,
    after_help = "Columns, fields and headings are those of twiggy 0.8; names and numbers are those of the other commands.

Examples:
  wasm-size twiggy top -n 10 app.wasm
  wasm-size twiggy dominators -f json -o tree.json app.wasm
  wasm-size twiggy paths app.wasm core::fmt::write"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Items by falling size
    Top(top::Args),
    /// The dominator tree: what goes if an item goes
    Dominators(dominators::Args),
    /// The ways on which the host gets to an item
    Paths(paths::Args),
    /// Generic functions and their instances
    Monos(monos::Args),
    /// What nothing reaches
    Garbage(garbage::Args),
    /// What changed between two builds
    Diff(diff::Args),
}

/// How twiggy is to read a file. Here the file itself says what it is.
#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Auto,
    Wasm,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    match &args.command {
        Command::Top(args) => top::run(args, output),
        Command::Dominators(args) => dominators::run(args, output),
        Command::Paths(args) => paths::run(args, output),
        Command::Monos(args) => monos::run(args, output),
        Command::Garbage(args) => garbage::run(args, output),
        Command::Diff(args) => diff::run(args, output),
    }
}

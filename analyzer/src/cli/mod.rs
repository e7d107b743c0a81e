//! The command line: arguments in, one view out. Everything that touches files, terminals or the network is here; each
//! command is a file of its own.

mod check;
mod comment;
mod crates;
mod diff;
mod forge;
mod garbage;
mod generics;
mod history;
mod input;
mod insights;
mod output;
mod overview;
mod report;
mod retained;
mod rows;
mod source;
mod top;
mod transfer;
mod tree;
mod twiggy;
mod why;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use output::Output;
use std::ffi::OsString;

/// Everything went well.
const OK: u8 = 0;
/// A budget is exceeded.
const FAILED_CHECK: u8 = 1;
/// The command could not do its work, or only in part.
const ERROR: u8 = 2;

/// Shows where every byte of a WebAssembly binary went.
#[derive(Parser)]
#[command(
    name = "wasm-size",
    version,
    override_usage = "wasm-size [OPTIONS] [FILE]\n       wasm-size [OPTIONS] <COMMAND> …",
    after_help = "Examples:
  wasm-size app.wasm                     one screen: totals, the biggest things, what to do
  wasm-size top app.wasm --by retained   what goes if it goes
  wasm-size why app.wasm core::fmt       why an item is in the file
  wasm-size tree app.wasm --by crate     where the bytes are
  wasm-size diff old.wasm new.wasm       what changed

Exit codes: 0 done, 1 a budget is exceeded (check), 2 an error or a damaged file."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    overview: overview::Args,
    #[command(flatten)]
    global: Global,
}

/// Options of every command.
#[derive(clap::Args)]
struct Global {
    /// Colours: auto stops when the output is no terminal, or NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    color: When,
    /// Print JSON, as docs/wasm-size-json.md describes it
    #[arg(long, global = true)]
    json: bool,
    /// Columns to cut names to, 0 for none [default: the terminal's; 160 in files and pipes]
    #[arg(long, global = true, value_name = "COLUMNS")]
    width: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
enum Command {
    /// The hierarchy of the file
    Tree(tree::Args),
    /// The biggest items
    Top(top::Args),
    /// Every reason that an item is in the file
    #[command(visible_alias = "paths")]
    Why(why::Args),
    /// What goes if an item goes
    #[command(visible_alias = "dominators")]
    Retained(retained::Args),
    /// Size by crate, the standard library apart
    Crates(crates::Args),
    /// Size by source file and line, inlined code included
    Source(source::Args),
    /// Generic families, and what sharing their code would save
    #[command(visible_alias = "monos")]
    Generics(generics::Args),
    /// What each item costs after compression
    Transfer(transfer::Args),
    /// What changed between two builds
    Diff(diff::Args),
    /// Hold a build against its budgets
    Check(check::Args),
    /// A whole report as a document: text, Markdown, JSON, CSV, HTML, SVG, SARIF
    Report(report::Args),
    /// Post or update one comment on the pull request
    Comment(comment::Args),
    /// The sizes of earlier builds
    History(history::Args),
    /// What nothing reaches
    Garbage(garbage::Args),
    /// What would make the file smaller, and by how much
    Insights(insights::Args),
    /// The commands and the output of twiggy
    Twiggy(twiggy::Args),
}

/// Reads a command line, the program's name first, does it, and gives the exit code. Ends the process itself where the
/// command line is wrong or asks for help.
pub fn main(words: impl IntoIterator<Item = OsString>) -> u8 {
    let words: Vec<OsString> = words.into_iter().collect();
    let args = CommandLine::try_parse_from(&words).unwrap_or_else(|error| match mistyped_command(&words) {
        Some(message)
            if matches!(
                error.kind(),
                ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand | ErrorKind::ArgumentConflict
            ) =>
        {
            CommandLine::command().error(ErrorKind::InvalidSubcommand, message).exit()
        }
        _ => error.exit(),
    });
    if args.command.is_some() && args.overview.is_given() {
        let message = "a command takes its file and its options after its name";
        CommandLine::command().error(ErrorKind::ArgumentConflict, message).exit();
    }
    if let (None, Some(file)) = (&args.command, &args.overview.file)
        && !file.exists()
        && let Some(message) = mistyped_command(&words)
    {
        CommandLine::command().error(ErrorKind::InvalidSubcommand, message).exit();
    }
    let output = Output::new(args.global.color, args.global.width, args.global.json);
    let done = match args.command {
        None => overview::run(&args.overview, &output),
        Some(Command::Tree(args)) => tree::run(&args, &output),
        Some(Command::Top(args)) => top::run(&args, &output),
        Some(Command::Why(args)) => why::run(&args, &output),
        Some(Command::Retained(args)) => retained::run(&args, &output),
        Some(Command::Crates(args)) => crates::run(&args, &output),
        Some(Command::Source(args)) => source::run(&args, &output),
        Some(Command::Generics(args)) => generics::run(&args, &output),
        Some(Command::Transfer(args)) => transfer::run(&args, &output),
        Some(Command::Diff(args)) => diff::run(&args, &output),
        Some(Command::Check(args)) => check::run(&args, &output),
        Some(Command::Report(args)) => report::run(&args, &output),
        Some(Command::Comment(args)) => comment::run(&args, &output),
        Some(Command::History(args)) => history::run(&args, &output),
        Some(Command::Garbage(args)) => garbage::run(&args, &output),
        Some(Command::Insights(args)) => insights::run(&args, &output),
        Some(Command::Twiggy(args)) => twiggy::run(&args, &output),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            ERROR
        }
    }
}

/// What to say where the first argument that is no option is a word that names neither a file nor a command: `tpo`.
fn mistyped_command(words: &[OsString]) -> Option<String> {
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    let word = loop {
        match words.next()? {
            "--color" | "--width" => drop(words.next()),
            "help" => {}
            option if option.starts_with('-') => {}
            word => break word.to_string(),
        }
    };
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic());
    if !is_word || std::path::Path::new(&word).exists() {
        return None;
    }
    let commands = CommandLine::command();
    if commands.find_subcommand(&word).is_some() {
        return None;
    }
    let names = commands.get_subcommands().flat_map(|c| std::iter::once(c.get_name()).chain(c.get_all_aliases()));
    let typos = |name: &str| strsim::osa_distance(&word, name);
    let best = names.min_by_key(|name| typos(name)).filter(|name| typos(name) <= 1 + word.len() / 6);
    let hint = best.map_or("`wasm-size help` lists the commands".to_string(), |name| format!("did you mean `{name}`?"));
    Some(format!("no command or file is named `{word}`; {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}

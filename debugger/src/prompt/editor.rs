//! Lines from a terminal: with history and completion.

use std::path::PathBuf;
use std::rc::Rc;

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{Context, Editor, Helper};

use super::vocabulary::COMMANDS;

/// What may be completed, as of the present stop.
pub(super) struct Names {
    /// Functions and files: where breakpoints go.
    pub(super) places: Rc<Vec<String>>,
    /// Variables in scope.
    pub(super) variables: Vec<String>,
}

const TOPICS: &[&str] = &[
    "args",
    "breakpoints",
    "display",
    "files",
    "frame",
    "functions",
    "line",
    "locals",
    "registers",
    "source",
    "types",
    "watchpoints",
];

/// How many completions are offered.
const MAX_OFFERED: usize = 200;

impl Helper for Names {}
impl Highlighter for Names {}
impl Validator for Names {}

impl Hinter for Names {
    type Hint = String;
}

impl Completer for Names {
    type Candidate = String;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..position).unwrap_or(line);
        Ok(self.candidates(before))
    }
}

impl Names {
    fn candidates(&self, before: &str) -> (usize, Vec<String>) {
        let Some((command, rest)) = before.trim_start().split_once([' ', '/']) else {
            let word = before.trim_start();
            let found = COMMANDS.iter().map(|command| command.name).filter(|name| name.starts_with(word));
            return (before.len() - word.len(), found.map(str::to_string).collect());
        };
        use super::vocabulary::Verb;
        let verb = super::vocabulary::find(command).map(|command| command.verb);
        let word_start = |stops: &[char]| before.rfind(stops).map_or(0, |at| at + 1);
        let (start, pool): (usize, Vec<&str>) =
            match verb {
                Ok(Verb::Info) => (word_start(&[' ']), TOPICS.to_vec()),
                Ok(Verb::Help) => (word_start(&[' ']), COMMANDS.iter().map(|command| command.name).collect()),
                Ok(
                    Verb::Break | Verb::TemporaryBreak | Verb::List | Verb::Until | Verb::Advance | Verb::Disassemble,
                ) if !rest.contains(" if ") => (word_start(&[' ']), self.places.iter().map(String::as_str).collect()),
                _ => {
                    let stops = |character: char| !(character.is_alphanumeric() || character == '_');
                    (before.rfind(stops).map_or(0, |at| at + 1), self.variables.iter().map(String::as_str).collect())
                }
            };
        let word = before.get(start..).unwrap_or_default();
        let found = pool.into_iter().filter(|name| name.starts_with(word)).take(MAX_OFFERED);
        (start, found.map(str::to_string).collect())
    }
}

/// An editor with the history of earlier sessions.
pub(super) fn open(names: Names) -> rustyline::Result<Editor<Names, DefaultHistory>> {
    let mut editor = Editor::new()?;
    editor.set_helper(Some(names));
    if let Some(file) = history_file() {
        // The first time there is none.
        let _ = editor.load_history(&file);
    }
    Ok(editor)
}

/// Keeps the history; what cannot be written is lost.
pub(super) fn close(editor: &mut Editor<Names, DefaultHistory>) {
    if let Some(file) = history_file() {
        if let Some(folder) = file.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        let _ = editor.save_history(&file);
    }
}

/// `$XDG_STATE_HOME/wasm-gdb/history`, else below the home directory.
fn history_file() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state")));
    Some(state?.join("wasm-gdb/history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_offers_what_fits_the_command() {
        let names = Names {
            places: Rc::new(vec!["main".into(), "make".into(), "src/main.rs".into()]),
            variables: vec!["total".into(), "text".into()],
        };
        let offered = |line: &str| names.candidates(line);
        assert_eq!(offered("wat"), (0, vec!["watch".to_string()]));
        assert_eq!(offered("break ma"), (6, vec!["main".to_string(), "make".to_string()]));
        assert_eq!(offered("b main if to"), (10, vec!["total".to_string()]));
        assert_eq!(offered("print *te"), (7, vec!["text".to_string()]));
        assert_eq!(offered("p/x to"), (4, vec!["total".to_string()]));
        assert_eq!(offered("info loc"), (5, vec!["locals".to_string()]));
        assert_eq!(offered("help tb"), (5, vec!["tbreak".to_string()]));
    }
}

//! What the user has set for the debugger: it outlives the program that is debugged, and a link carries it.

use serde::{Deserialize, Serialize};

/// How programs are debugged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Debugging {
    /// The program's arguments, as a shell takes them.
    pub arguments: String,
    /// The file that it reads as its standard input, if any.
    pub input: String,
    /// The folders that it may use, as a shell takes them: GUEST or HOST::GUEST.
    pub folders: String,
    /// The exported function that is called instead of the program's entry point, if any.
    pub function: String,
    /// Whether a program that is started stops before its first instruction, not at its main function.
    pub stops_at_entry: bool,
    /// Where a `wasm-gdb` listens that was attached to last.
    pub address: String,
    /// Where the program is to stop.
    pub breakpoints: Vec<Breakpoint>,
    /// Expressions that are shown at each stop.
    pub watches: Vec<String>,
}

/// Where a program is to stop.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Breakpoint {
    /// The place.
    pub at: Place,
    /// An expression that must be true, if any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub condition: String,
}

/// A place in a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A line of a source file.
    Line {
        /// The file, by its path or the end of that.
        file: String,
        /// From 1.
        line: u32,
    },
    /// A function by its name, or the end of that.
    Function(String),
}

impl Place {
    /// Reads `main.rs:10` or a function's name; nothing if there is nothing in it.
    pub fn parse(text: &str) -> Option<Place> {
        let text = text.trim();
        let line = text.rsplit_once(':').filter(|(file, _)| !file.ends_with(':'));
        let line = line.and_then(|(file, line)| Some((file, line.parse::<u32>().ok().filter(|line| *line > 0)?)));
        match line {
            Some((file, line)) => Some(Place::Line { file: file.to_string(), line }),
            None => (!text.is_empty()).then(|| Place::Function(text.to_string())),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Line { file, line } => write!(f, "{file}:{line}"),
            Place::Function(name) => f.write_str(name),
        }
    }
}

impl Debugging {
    /// Sets a breakpoint there, or takes away the one that is.
    pub fn toggle(&mut self, at: Place) {
        match self.breakpoints.iter().position(|breakpoint| breakpoint.at == at) {
            Some(known) => {
                self.breakpoints.remove(known);
            }
            None => self.breakpoints.push(Breakpoint { at, condition: String::new() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_lines_or_functions() {
        let line = |file: &str, line| Some(Place::Line { file: file.into(), line });
        assert_eq!(Place::parse(" src/main.rs:10 "), line("src/main.rs", 10));
        assert_eq!(Place::parse("C:\\a.rs:1"), line("C:\\a.rs", 1));
        assert_eq!(Place::parse("app::run"), Some(Place::Function("app::run".into())));
        assert_eq!(Place::parse("app::7"), Some(Place::Function("app::7".into())));
        assert_eq!(Place::parse("main.rs:0"), Some(Place::Function("main.rs:0".into())));
        assert_eq!(Place::parse("  "), None);
    }
}

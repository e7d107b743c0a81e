//! Commands that are not typed: files of them, and those of breakpoints.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;

use super::{Answer, PROMPT, Prompt};

/// How deep files of commands may call each other.
const MAX_DEPTH: usize = 10;

/// The commands of breakpoints, and which are to be executed now.
#[derive(Default)]
pub(super) struct Script {
    /// By the breakpoint's number.
    commands: BTreeMap<u32, Vec<String>>,
    /// The breakpoint whose commands are being read.
    collecting: Option<u32>,
    pending: VecDeque<String>,
    /// How many files of commands are being read.
    depth: usize,
}

impl Script {
    pub(super) fn is_collecting(&self) -> bool {
        self.collecting.is_some()
    }

    /// Takes a line of a breakpoint's commands.
    pub(super) fn collect(&mut self, line: &str) {
        let Some(number) = self.collecting else { return };
        match line.trim() {
            "end" => self.collecting = None,
            "" => {}
            line => self.commands.entry(number).or_default().push(line.to_string()),
        }
    }

    /// What is to be executed after a stop at a breakpoint, instead of what was
    /// to be before. Whether the stop is to be told.
    pub(super) fn stopped_at(&mut self, numbers: &[u32]) -> bool {
        let commands = numbers.iter().filter_map(|number| self.commands.get(number)).flatten();
        self.pending = commands.cloned().collect();
        let is_silent = self.pending.front().is_some_and(|first| first == "silent");
        if is_silent {
            self.pending.pop_front();
        }
        !is_silent
    }

    pub(super) fn next(&mut self) -> Option<String> {
        self.pending.pop_front()
    }

    pub(super) fn drop_rest(&mut self) {
        self.pending.clear();
    }

    /// The commands of a breakpoint.
    pub(super) fn of(&self, number: u32) -> &[String] {
        self.commands.get(&number).map_or(&[], Vec::as_slice)
    }
}

impl<W: Write> Prompt<'_, '_, W> {
    /// What stands before the next line.
    pub(super) fn prompt(&self) -> &'static str {
        if self.script.is_collecting() { ">" } else { PROMPT }
    }

    /// Begins to read the commands of a breakpoint: the last one without a
    /// number.
    pub(super) fn commands(&mut self, text: &str) -> Answer {
        let breakpoints = self.session.breakpoints().iter().map(|breakpoint| breakpoint.number);
        let mut known = breakpoints.chain(self.session.watches().iter().map(|watch| watch.number));
        let number = match text {
            "" => known.max().ok_or("No breakpoints specified.")?,
            text => {
                let number: u32 = text.parse().map_err(|_| format!("Bad breakpoint number \"{text}\"."))?;
                known.find(|known| *known == number).ok_or(format!("No breakpoint number {number}."))?
            }
        };
        self.script.commands.insert(number, Vec::new());
        self.script.collecting = Some(number);
        Ok(())
    }

    /// Executes the commands in a file.
    pub(super) fn source_file(&mut self, path: &str) -> Answer<bool> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}."))?;
        if self.script.depth >= MAX_DEPTH {
            return Err("Files of commands call each other too deep.".to_string());
        }
        self.script.depth += 1;
        let mut goes_on = true;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            goes_on = self.execute(line).map_err(|error| error.to_string())?;
            if !goes_on {
                break;
            }
        }
        self.script.depth -= 1;
        Ok(goes_on)
    }
}

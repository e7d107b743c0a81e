//! A line in the reading: its words and options, and the command that they are.

use super::place::{Place, Span};
use super::{Access, Command, CommandError, Options};
use crate::find::Pattern;
use crate::heap::BlockState;

/// The words of a line; quotes keep a word together, and stay in it.
pub(super) fn words(line: &str) -> Result<Vec<String>, CommandError> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else {
            word.push(c);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    if quoted { Err(CommandError::Quote) } else { Ok(words) }
}

pub(super) fn parse_number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) if !hex.starts_with('+') => u64::from_str_radix(hex, 16).ok(),
        None if text.starts_with(|c: char| c.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

/// A line in the reading.
pub(super) struct Line<'n> {
    pub(super) command: &'n str,
    pub(super) words: Vec<String>,
    pub(super) options: Options,
}

impl Line<'_> {
    pub(super) fn common(&mut self) -> Result<(), CommandError> {
        let memory = self.value("--memory")?;
        self.options.memory = memory
            .map(|memory| u32::try_from(memory).map_err(|_| CommandError::Number(memory.to_string())))
            .transpose()?;
        self.options.limit = self.value("--limit")?.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        self.options.width = self.value("--width")?.map(|width| usize::try_from(width).unwrap_or(usize::MAX));
        self.options.ascii = self.flag("--ascii");
        if self.flag("--color") {
            self.options.color = Some(true);
        }
        if self.flag("--no-color") {
            self.options.color = Some(false);
        }
        Ok(())
    }

    pub(super) fn command(&mut self) -> Result<Command, CommandError> {
        let options = self.options.clone();
        Ok(match self.command {
            "visualize" => {
                let cell_bytes = self.value("--cell")?;
                let svg = self.flag("--svg");
                Command::Visualize { range: self.span()?, cell_bytes, svg, options }
            }
            "map" => Command::Map { symbols: self.flag("--symbols"), options },
            "heap" => {
                let all = self.flag("--blocks").then_some(None);
                let live = self.flag("--live").then_some(Some(BlockState::Live));
                let free = self.flag("--free").then_some(Some(BlockState::Free));
                let largest = self.value("--largest")?.map_or(5, |most| usize::try_from(most).unwrap_or(usize::MAX));
                Command::Heap { blocks: live.or(free).or(all), largest, options }
            }
            "find" => {
                let align = self.value("--align")?;
                let pattern = self.pattern()?;
                let range = self.span()?;
                Command::Find { pattern: Pattern { align: align.unwrap_or(1).max(1), ..pattern }, range, options }
            }
            "diff" => Command::Diff { options },
            "leaks" => Command::Leaks { options },
            "types" => Command::Types { options },
            "show" => {
                // The address is the last word: a type's name may have several.
                let address = self.words.pop().and_then(|word| Place::parse(&word));
                let ty = std::mem::take(&mut self.words).join(" ");
                match address {
                    Some(address) if !ty.is_empty() => {
                        Command::Show { ty: ty.trim_matches('"').to_string(), address, options }
                    }
                    _ => return Err(self.missing("a type and an address")),
                }
            }
            "dump" => {
                let range = match self.span()? {
                    Some(Span::At(address, length)) => Span::At(address, Some(length.unwrap_or(128))),
                    Some(range) => range,
                    None => return Err(self.missing("an address")),
                };
                Command::Dump { range, options }
            }
            "watch" => {
                let access = match (self.flag("--read"), self.flag("--access")) {
                    (_, true) => Access::Any,
                    (true, false) => Access::Read,
                    (false, false) => Access::Write,
                };
                let address = self.place()?;
                Command::Watch { address, length: self.number()?, access, options }
            }
            "save" => match self.words.is_empty() {
                true => return Err(self.missing("a file's name")),
                false => {
                    Command::Save { file: std::mem::take(&mut self.words).join(" ").trim_matches('"').to_string() }
                }
            },
            _ => Command::Help,
        })
    }

    /// Whether an option is there; takes it.
    fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// The number after an option, as `--name N` or `--name=N`; takes both.
    fn value(&mut self, name: &str) -> Result<Option<u64>, CommandError> {
        let is_it = |word: &String| word == name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        let Some(at) = self.words.iter().position(is_it) else { return Ok(None) };
        let word = self.words.remove(at);
        let text = match word.split_once('=') {
            Some((_, value)) => value.to_string(),
            None if at < self.words.len() => self.words.remove(at),
            None => return Err(CommandError::Number(word)),
        };
        parse_number(&text).map(Some).ok_or(CommandError::Number(text))
    }

    fn missing(&self, what: &'static str) -> CommandError {
        CommandError::Missing { command: self.command.to_string(), what }
    }

    fn place(&mut self) -> Result<Place, CommandError> {
        let place = self.words.first().and_then(|word| Place::parse(word)).ok_or_else(|| self.missing("an address"))?;
        self.words.remove(0);
        Ok(place)
    }

    fn number(&mut self) -> Result<Option<u64>, CommandError> {
        let Some(word) = self.words.first().filter(|word| !word.starts_with("--")) else { return Ok(None) };
        let number = parse_number(word).ok_or_else(|| CommandError::Number(word.clone()))?;
        self.words.remove(0);
        Ok(Some(number))
    }

    fn span(&mut self) -> Result<Option<Span>, CommandError> {
        let Some(word) = self.words.first().filter(|word| !word.starts_with("--")).cloned() else { return Ok(None) };
        if let Some(name) = ["stack", "data", "heap"].into_iter().find(|name| *name == word) {
            self.words.remove(0);
            return Ok(Some(Span::Bands(name)));
        }
        if let Some((start, end)) = word.split_once("..") {
            let (Some(start), Some(end)) = (Place::parse(start), Place::parse(end)) else {
                return Err(self.missing("addresses on both sides of `..`"));
            };
            self.words.remove(0);
            return Ok(Some(Span::Between(start, end)));
        }
        let place = self.place()?;
        Ok(Some(Span::At(place, self.number()?)))
    }

    /// The first word, and those after it that belong to it: bytes in hexadecimal may be apart.
    fn pattern(&mut self) -> Result<Pattern, CommandError> {
        if self.words.is_empty() {
            return Err(self.missing("what to look for"));
        }
        let mut text = self.words.remove(0);
        if text.starts_with("hex:") {
            let is_byte = |word: &String| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            while self.words.first().is_some_and(is_byte) {
                text += &self.words.remove(0);
            }
        }
        Ok(Pattern::parse(&text)?)
    }
}

//! Breakpoints and watchpoints.

use std::io::Write;

use super::vocabulary::Verb;
use super::{Answer, Prompt, Style, Watch, numbers};
use crate::engine::{Access, CodeAddress, ModuleId, Watchpoint};
use crate::expression::Condition;
use crate::session::{self, Breakpoint, Location};

/// The most bytes that one watchpoint watches.
const MAX_WATCHED: u64 = 1 << 20;

impl<W: Write> Prompt<'_, '_, W> {
    /// Where a user's words are: `12`, `file:12`, `function`, `*0x1a3`.
    pub(super) fn location(&mut self, text: &str) -> Answer<Location> {
        if let Some(address) = text.strip_prefix('*') {
            let value = self.evaluate(address.trim())?;
            let offset = value.integer.and_then(|offset| u32::try_from(offset).ok());
            let offset = offset.ok_or_else(|| format!("\"{address}\" is no address of code."))?;
            let module = self.session.top().map_or(ModuleId(0), |top| top.pc.module);
            return Ok(Location::Instruction(CodeAddress { module, offset }));
        }
        if let Ok(line) = text.parse() {
            let file = self.current_file().ok_or("No symbol table is loaded: the program has no lines.")?;
            return Ok(Location::Line { file, line });
        }
        if let Some((file, line)) = text.rsplit_once(':')
            && let Ok(line) = line.trim().parse()
            && !file.ends_with(':')
        {
            return Ok(Location::Line { file: file.trim().to_string(), line });
        }
        // Of Rust's two, the program's own.
        match self.main_function() {
            Some(main) if text == "main" => Ok(main),
            _ => Ok(Location::Function(text.to_string())),
        }
    }

    pub(super) fn set_breakpoint(&mut self, text: &str, temporary: bool) -> Answer {
        let (place, condition) = match text.strip_prefix("if ") {
            Some(condition) => ("", Some(condition)),
            None => match text.split_once(" if ") {
                Some((place, condition)) => (place.trim(), Some(condition)),
                None => (text, None),
            },
        };
        if let Some(condition) = condition {
            Condition::parse(condition).map_err(|error| error.to_string())?;
        }
        let location = match place {
            "" => Location::Instruction(self.session.top().map_err(|error| error.to_string())?.pc),
            place => self.location(place)?,
        };
        let condition = condition.map(|condition| condition.trim().to_string());
        let set = self.session.set_breakpoint(location.clone(), condition, temporary);
        let number = set.map_err(|error| self.explain(place, &error.to_string()))?;
        let found = self.session.breakpoints().iter().find(|breakpoint| breakpoint.number == number);
        let addresses = found.map(|breakpoint| breakpoint.addresses.clone()).unwrap_or_default();
        let kind = if temporary { "Temporary breakpoint" } else { "Breakpoint" };
        let text = match addresses.as_slice() {
            [address] => {
                let place = self.place_of(&location, *address);
                let at = self.paint(Style::Address, &format!("{:#x}", address.offset));
                match place {
                    Some((path, line)) => {
                        format!("{kind} {number} at {at}: file {}, line {line}.", self.paint(Style::File, &path))
                    }
                    None => format!("{kind} {number} at {at}"),
                }
            }
            several => format!("{kind} {number} at {} locations.", several.len()),
        };
        self.say(&text)
    }

    /// gdb's words for what it did not find.
    fn explain(&self, place: &str, error: &str) -> String {
        let is_function = !place.contains(':') && place.parse::<u32>().is_err();
        match error.starts_with("there is no function") && is_function {
            true => format!("Function \"{place}\" not defined."),
            false => format!("No breakpoint set: {error}."),
        }
    }

    pub(super) fn place_of(&self, location: &Location, address: CodeAddress) -> Option<(String, u32)> {
        let place = self.session.place_at(location, address)?;
        Some((place.path, place.line))
    }

    pub(super) fn delete(&mut self, text: &str) -> Answer {
        let mut wanted = numbers(text)?;
        if wanted.is_empty() {
            wanted = self.session.breakpoints().iter().map(|breakpoint| breakpoint.number).collect();
            wanted.extend(self.session.watches().iter().map(|watch| watch.number));
        }
        for number in wanted {
            if self.session.unwatch(number).map_err(|error| error.to_string())?.is_some() {
                self.watches.retain(|watch| watch.number != number);
            } else if !self.session.remove_breakpoint(number).map_err(|error| error.to_string())? {
                return Err(format!("No breakpoint number {number}."));
            }
        }
        Ok(())
    }

    pub(super) fn enable(&mut self, text: &str, enabled: bool) -> Answer {
        let mut wanted = numbers(text)?;
        if wanted.is_empty() {
            wanted = self.session.breakpoints().iter().map(|breakpoint| breakpoint.number).collect();
        }
        for number in wanted {
            let breakpoint = self.session.breakpoint_mut(number).ok_or(format!("No breakpoint number {number}."))?;
            breakpoint.enabled = enabled;
        }
        self.session.arm(&[]).map_err(|error| error.to_string())
    }

    pub(super) fn condition(&mut self, text: &str) -> Answer {
        let (number, condition) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let number: u32 = number.parse().map_err(|_| "Argument required (breakpoint number).".to_string())?;
        let condition = match condition.trim() {
            "" => None,
            condition => Some(Condition::parse(condition).map_err(|error| error.to_string())?),
        };
        let is_gone = condition.is_none();
        match (self.session.watch_mut(number), condition) {
            (Some(watch), condition) => watch.condition = condition,
            (None, condition) => {
                let breakpoint = self.session.breakpoint_mut(number);
                breakpoint.ok_or(format!("No breakpoint number {number}."))?.condition = condition;
            }
        }
        match is_gone {
            true => self.say(&format!("Breakpoint {number} now unconditional.")),
            false => Ok(()),
        }
    }

    pub(super) fn ignore(&mut self, text: &str) -> Answer {
        let mut words = text.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(number)), Some(Ok(count))) = (words.next(), words.next()) else {
            return Err("A breakpoint's number and a count were expected.".to_string());
        };
        let found = u32::try_from(number).ok().and_then(|number| self.session.breakpoint_mut(number));
        let breakpoint = found.ok_or(format!("No breakpoint number {number}."))?;
        breakpoint.ignore = count;
        let times = if count == 1 { "crossing".to_string() } else { format!("{count} crossings") };
        self.say(&format!("Will ignore next {times} of breakpoint {number}."))
    }

    pub(super) fn watch(&mut self, text: &str, verb: Verb) -> Answer {
        let (text, condition) = match text.split_once(" if ") {
            Some((text, condition)) => {
                let parsed = Condition::parse(condition);
                (text.trim(), Some(parsed.map_err(|error| error.to_string())?))
            }
            None => (text, None),
        };
        // Of a location it does not matter how it was come to.
        let location = text.strip_prefix("-location ").or(text.strip_prefix("-l "));
        let value = self.evaluate(location.unwrap_or(text).trim())?;
        let address = value.address.ok_or(format!("Cannot watch \"{text}\": it does not lie in memory."))?;
        let size = value.size_bytes.filter(|size| (1..=MAX_WATCHED).contains(size));
        let size = size.ok_or(format!("Cannot watch \"{text}\": its size is not known, or too large."))?;
        let instance = self.session.top().map_err(|error| error.to_string())?.instance;
        let instances = self.session.engine.instances().map_err(|error| error.to_string())?;
        let memory = instances.get(instance.0 as usize).and_then(|instance| instance.memories.first().copied());
        let memory = memory.ok_or("The program has no memory.")?;
        let (access, kind) = match verb {
            Verb::WatchRead => (Access::Read, "Hardware read watchpoint"),
            Verb::WatchAccess => (Access::Any, "Hardware access (read/write) watchpoint"),
            _ => (Access::Write, "Hardware watchpoint"),
        };
        let scope = match value.scope().filter(|_| location.is_none()) {
            Some(frame) => self.session.scope(frame).map_err(|error| error.to_string())?,
            None => None,
        };
        let point = Watchpoint { memory, range: address..address.saturating_add(size), access };
        let watch = session::Watch { scope, condition, ..session::Watch::new(point) };
        let number = self.session.watch(watch).map_err(|error| error.to_string())?;
        let expression = match location {
            Some(location) => format!("-location {}", location.trim()),
            None => text.to_string(),
        };
        self.say(&format!("{kind} {number}: {expression}"))?;
        self.watches.push(Watch { number, expression, verb, handle: value.handle, value: value.text });
        Ok(())
    }

    pub(super) fn info_breakpoints(&mut self, watchpoints_only: bool) -> Answer {
        let mut rows: Vec<(u32, String)> = Vec::new();
        if !watchpoints_only {
            for breakpoint in self.session.breakpoints() {
                let disposition = if breakpoint.temporary { "del" } else { "keep" };
                let enabled = if breakpoint.enabled { 'y' } else { 'n' };
                let number = breakpoint.number;
                let mut text = match breakpoint.addresses.as_slice() {
                    [address] => {
                        format!(
                            "{number:<7} breakpoint     {disposition:<4} {enabled}   {}\n",
                            self.what(breakpoint, *address)
                        )
                    }
                    _ => format!("{number:<7} breakpoint     {disposition:<4} {enabled}   <MULTIPLE>\n"),
                };
                if let Some(condition) = &breakpoint.condition {
                    text += &format!("\tstop only if {condition}\n");
                }
                text += &hits(breakpoint.hits);
                if breakpoint.ignore > 0 {
                    text += &format!("\tignore next {} hits\n", breakpoint.ignore);
                }
                text.extend(self.script.of(number).iter().map(|line| format!("        {line}\n")));
                if breakpoint.addresses.len() > 1 {
                    for (address, place) in breakpoint.addresses.iter().zip(1..) {
                        let label = format!("{number}.{place}");
                        text += &format!(
                            "{label:<7}                     {enabled}   {}\n",
                            self.what(breakpoint, *address)
                        );
                    }
                }
                rows.push((number, text));
            }
        }
        for watch in self.session.watches() {
            let (kind, expression) = match self.watches.iter().find(|own| own.number == watch.number) {
                Some(own) => (kind_of(own.verb), own.expression.clone()),
                // One of `wasm mem watch`.
                None => ("hw watchpoint", format!("{:#x} to {:#x}", watch.point.range.start, watch.point.range.end)),
            };
            let mut text = format!("{:<7} {kind:<14} keep y              {expression}\n", watch.number);
            if let Some(condition) = &watch.condition {
                text += &format!("\tstop only if {condition}\n");
            }
            rows.push((watch.number, text + &hits(watch.hits)));
        }
        if rows.is_empty() {
            return self.say(if watchpoints_only { "No watchpoints." } else { "No breakpoints or watchpoints." });
        }
        rows.sort();
        let rows: String = rows.into_iter().map(|(_, text)| text).collect();
        self.say(&format!("Num     Type           Disp Enb Address    What\n{rows}"))
    }

    /// Where an address is, as in the table of breakpoints.
    fn what(&self, breakpoint: &Breakpoint, address: CodeAddress) -> String {
        let code = self.session.code(address.module);
        let function = code.and_then(|code| Some(code.function_name(code.function_at(address.offset)?)));
        let function = function.unwrap_or_default();
        let at = self.place_of(&breakpoint.location, address).map(|(path, line)| format!(" at {path}:{line}"));
        format!("{:#010x} in {function}{}", address.offset, at.unwrap_or_default())
    }
}

fn kind_of(verb: Verb) -> &'static str {
    match verb {
        Verb::WatchRead => "read watchpoint",
        Verb::WatchAccess => "acc watchpoint",
        _ => "hw watchpoint",
    }
}

fn hits(count: u64) -> String {
    match count {
        0 => String::new(),
        1 => "\tbreakpoint already hit 1 time\n".to_string(),
        count => format!("\tbreakpoint already hit {count} times\n"),
    }
}

//! Values: `print`, `x`, `display`, `info`.

use std::collections::BTreeSet;
use std::io::Write;

use super::format::Format;
use super::stack::instruction;
use super::{Answer, Display, Prompt, no_program, numbers};
use crate::engine::{Reference, Value};
use crate::expression::{self, Evaluated, ExpressionError};
use crate::session::{Call, Location};

/// How many things `x` shows at the most, and how long a text.
const MAX_EXAMINED: u64 = 10_000;
const MAX_TEXT: usize = 200;
/// How many functions or types are listed.
const MAX_LISTED: usize = 1000;

impl<W: Write> Prompt<'_, '_, W> {
    /// An expression in the selected frame.
    pub(super) fn evaluate(&mut self, text: &str) -> Answer<Evaluated> {
        if text.is_empty() {
            return Err("Argument required (expression to compute).".to_string());
        }
        let (frame, inlined_at) = self.selection().unwrap_or((0, 0));
        expression::evaluate(self.session, frame, inlined_at, text).map_err(|error| said(&error))
    }

    /// A value in a format; of what has parts, the parts.
    fn formatted(&mut self, value: &Evaluated, format: Format) -> String {
        if format.letter.is_none() || format.letter == Some('s') {
            return value.text.clone();
        }
        if let Some(number) = value.integer {
            return format.number(number, value.size_bytes.unwrap_or(4) as usize);
        }
        if value.child_count == 0 {
            return value.text.clone();
        }
        let shown = value.child_count.min(200);
        let children = expression::children(self.session, &value.handle, 0..shown).unwrap_or_default();
        let mut parts: Vec<String> = Vec::new();
        for (name, child) in &children {
            let text = self.formatted(child, format);
            parts.push(if name.starts_with('[') { text } else { format!("{name} = {text}") });
        }
        if shown < value.child_count {
            parts.push("...".to_string());
        }
        let is_list = value.text.starts_with('[') || value.text.starts_with("vec![");
        let (open, close) = if is_list { ('[', ']') } else { ('{', '}') };
        format!("{open}{}{close}", parts.join(", "))
    }

    pub(super) fn print(&mut self, text: &str, format: Format) -> Answer {
        let value = self.evaluate(text)?;
        let number = expression::remember(self.session, &value);
        let shown = self.formatted(&value, format);
        let is_pointer = value.integer.is_some() && is_pointer(&value.type_name);
        let prefix =
            if is_pointer && format.letter.is_none() { format!("({}) ", value.type_name) } else { String::new() };
        self.say(&format!("${number} = {prefix}{shown}"))
    }

    pub(super) fn call(&mut self, text: &str) -> Answer {
        let value = self.evaluate(text)?;
        if value.type_name == "()" {
            return Ok(());
        }
        let number = expression::remember(self.session, &value);
        self.say(&format!("${number} = {}", value.text))
    }

    pub(super) fn set(&mut self, text: &str) -> Answer {
        let assignment = text.strip_prefix("variable ").or(text.strip_prefix("var ")).unwrap_or(text);
        if !assignment.contains('=') {
            return Err("`set` needs an assignment: set var x = 5.".to_string());
        }
        self.evaluate(assignment.trim()).map(|_| ())
    }

    pub(super) fn what_is(&mut self, text: &str) -> Answer {
        let value = self.evaluate(text)?;
        self.say(&format!("type = {}", value.type_name))
    }

    pub(super) fn print_type(&mut self, text: &str) -> Answer {
        let (frame, inlined_at) = self.selection().unwrap_or((0, 0));
        let described = expression::describe_type(self.session, frame, inlined_at, text);
        let text = described.map_err(|error| said(&error))?;
        self.say(&format!("type = {text}"))
    }

    pub(super) fn examine(&mut self, text: &str, format: Format) -> Answer {
        let value = self.evaluate(text)?;
        if format.letter == Some('s') && value.integer.is_none() && value.text.starts_with('"') {
            let place = value.address.map(|address| format!("{address:#x}:\t")).unwrap_or_default();
            return self.say(&format!("{place}{}", value.text));
        }
        // Of an array or structure its place is meant, of a pointer what it
        // says.
        let address = match value.integer {
            Some(address) => address as u64,
            None => value.address.ok_or(format!("\"{text}\" is no address."))?,
        };
        if format.letter == Some('i') {
            return self.examine_code(address, format.count.unwrap_or(1));
        }
        let instance = self.session.top().map_err(|_| no_program())?.instance;
        let instances = self.session.engine.instances().map_err(|error| error.to_string())?;
        let memory = instances.get(instance.0 as usize).and_then(|instance| instance.memories.first().copied());
        let memory = memory.ok_or("The program has no memory.")?;
        let count = format.count.unwrap_or(1).min(MAX_EXAMINED);
        let letter = format.letter.unwrap_or('x');
        let mut at = address;
        let mut out = String::new();
        if letter == 's' {
            for _ in 0..count {
                let mut bytes = Vec::new();
                let mut byte = [0];
                while bytes.len() < MAX_TEXT {
                    let read = self.session.engine.read_memory(memory, at.wrapping_add(bytes.len() as u64), &mut byte);
                    read.map_err(|_| format!("Cannot access memory at address {at:#x}"))?;
                    if byte == [0] {
                        break;
                    }
                    bytes.extend(byte);
                }
                let more = if bytes.len() == MAX_TEXT { "..." } else { "" };
                out += &format!("{at:#x}:\t{:?}{more}\n", String::from_utf8_lossy(&bytes));
                at = at.wrapping_add(bytes.len() as u64 + u64::from(more.is_empty()));
            }
            return self.say(&out);
        }
        let size = format.size.unwrap_or(if letter == 'c' { 1 } else { 4 });
        let per_line = match size {
            1 => 8,
            2 => 8,
            4 => 4,
            _ => 2,
        };
        // `x/x` pads, so that columns stand.
        let shown = Format { letter: Some(if letter == 'x' { 'z' } else { letter }), ..format };
        for index in 0..count {
            if index % per_line == 0 {
                out += &format!("{}{at:#x}:", if index > 0 { "\n" } else { "" });
            }
            let mut bytes = [0; 8];
            let into = bytes.get_mut(..size).unwrap_or_default();
            if self.session.engine.read_memory(memory, at, into).is_err() {
                out += "\n";
                self.say(if index == 0 { "" } else { &out })?;
                return Err(format!("Cannot access memory at address {at:#x}"));
            }
            out += &format!("\t{}", shown.number(u64::from_le_bytes(bytes).into(), size));
            at = at.wrapping_add(size as u64);
        }
        self.say(&out)
    }

    /// Instructions from an address of code on, within its function.
    fn examine_code(&mut self, address: u64, count: u64) -> Answer {
        let here = self.session.top().map_err(|_| no_program())?.pc;
        let nowhere = || format!("No function contains specified address {address:#x}.");
        let code = self.session.code(here.module).ok_or_else(nowhere)?;
        let address = u32::try_from(address).map_err(|_| nowhere())?;
        let function = code.function_at(address).ok_or_else(nowhere)?;
        let lines = code.disassembly(function);
        let shown = lines.iter().filter(|line| line.offset >= address).take(count.min(MAX_EXAMINED) as usize);
        self.say(&shown.map(|line| instruction(line, here.offset)).collect::<String>())
    }

    pub(super) fn display(&mut self, text: &str, format: Format) -> Answer {
        if text.is_empty() {
            return self.show_displays();
        }
        let number = self.next_display;
        self.next_display += 1;
        self.displays.push(Display { number, format, expression: text.to_string() });
        self.show_display(self.displays.len() - 1)
    }

    pub(super) fn undisplay(&mut self, text: &str) -> Answer {
        let wanted = numbers(text)?;
        self.displays.retain(|display| !(wanted.is_empty() || wanted.contains(&display.number)));
        Ok(())
    }

    pub(super) fn show_displays(&mut self) -> Answer {
        for index in 0..self.displays.len() {
            self.show_display(index)?;
        }
        Ok(())
    }

    fn show_display(&mut self, index: usize) -> Answer {
        let Some(display) = self.displays.get(index) else { return Ok(()) };
        let (number, format, expression) = (display.number, display.format, display.expression.clone());
        // What is not in scope here is not shown, as gdb does.
        let Ok(value) = self.evaluate(&expression) else { return Ok(()) };
        let shown = self.formatted(&value, format);
        let letter = format.letter.map(|letter| format!("/{letter}")).unwrap_or_default();
        self.say(&format!("{number}: {letter}{}{expression} = {shown}", if letter.is_empty() { "" } else { " " }))
    }

    /// The locals or parameters of a call: `name = value`.
    pub(super) fn variables_of(&mut self, call: &Call, parameters: bool) -> Answer<Vec<String>> {
        let variables = expression::variables(self.session, call.frame, call.inlined_at);
        let variables = variables.map_err(|error| error.to_string())?;
        let wanted = variables.into_iter().filter(|variable| variable.is_parameter == parameters);
        let line = |variable: expression::Variable| match variable.value {
            Ok(value) => format!("{} = {}", variable.name, value.text),
            Err(error) => format!("{} = <{error}>", variable.name),
        };
        Ok(wanted.map(line).collect())
    }

    pub(super) fn info(&mut self, text: &str) -> Answer {
        let (topic, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let known = |name: &str| !topic.is_empty() && name.starts_with(topic);
        match topic {
            "" => Err("\"info\" must be followed by the name of what to tell about; try \"help info\".".to_string()),
            "b" => self.info_breakpoints(false),
            _ if known("breakpoints") => self.info_breakpoints(false),
            _ if known("watchpoints") => self.info_breakpoints(true),
            _ if known("display") => self.info_display(),
            _ if topic.len() > 1 && known("locals") => self.info_variables(false),
            _ if known("args") => self.info_variables(true),
            _ if known("registers") || topic == "all-registers" => self.info_registers(rest),
            _ if topic == "f" || (topic.len() > 1 && known("frame")) => self.info_frame(),
            _ if topic.len() > 1 && known("functions") => self.info_functions(rest),
            _ if topic.len() > 1 && known("files") => self.info_files(),
            _ if topic.len() > 1 && known("symbol") => self.info_symbol(rest),
            _ if known("program") => {
                let text = crate::commands::run(self.session, "why");
                self.say(&text)
            }
            _ if known("source") => self.info_source(),
            _ if known("types") => self.info_types(rest),
            _ if topic.len() > 1 && known("line") => self.info_line(rest),
            _ => Err(format!("Undefined info command: \"{topic}\".  Try \"help info\".")),
        }
    }

    fn info_display(&mut self) -> Answer {
        if self.displays.is_empty() {
            return self.say("There are no auto-display expressions now.");
        }
        let rows: String =
            self.displays.iter().map(|display| format!("{}:   y  {}\n", display.number, display.expression)).collect();
        self.say(&format!("Auto-display expressions now in effect:\nNum Enb Expression\n{rows}"))
    }

    fn info_variables(&mut self, parameters: bool) -> Answer {
        let call = self.selected_call()?;
        let lines = self.variables_of(&call, parameters)?;
        match lines.is_empty() {
            true => self.say(if parameters { "No arguments." } else { "No locals." }),
            false => self.say(&lines.join("\n")),
        }
    }

    fn info_registers(&mut self, wanted: &str) -> Answer {
        let call = self.selected_call()?;
        let wasm = call.wasm.ok_or("The host's frame has no registers.")?;
        let fail = |error: crate::engine::EngineError| error.to_string();
        let mut rows: Vec<(String, Value)> = vec![("pc".to_string(), Value::I32(wasm.pc.offset))];
        let locals = self.session.engine.locals(call.frame).map_err(fail)?;
        rows.extend(locals.into_iter().enumerate().map(|(index, value)| (format!("local{index}"), value)));
        let operands = self.session.engine.operands(call.frame).map_err(fail)?;
        rows.extend(operands.into_iter().enumerate().map(|(index, value)| (format!("stack{index}"), value)));
        let instances = self.session.engine.instances().map_err(fail)?;
        let globals = instances.get(wasm.instance.0 as usize).map_or(0, |instance| instance.globals);
        for index in 0..globals {
            if let Ok(value) = self.session.engine.global(wasm.instance, index) {
                rows.push((format!("global{index}"), value));
            }
        }
        let wanted: Vec<&str> = wanted.split_whitespace().map(|name| name.trim_start_matches('$')).collect();
        let mut out = String::new();
        for (name, value) in rows.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(&&**name)) {
            let mut shown = value.to_string();
            if let Value::Reference(Reference::Struct(_) | Reference::Array(_)) = value
                && let Ok(object) = expression::show(self.session, call.frame, *value)
            {
                shown = object.text;
            }
            let raw = match value {
                Value::I32(bits) => format!("{bits:#x}"),
                Value::I64(bits) => format!("{bits:#x}"),
                other => other.ty().to_string(),
            };
            out += &format!("{name:<14} {raw:<18} {shown}\n");
        }
        match out.is_empty() {
            true => Err(format!("Invalid register `{}'", wanted.join(" "))),
            false => self.say(&out),
        }
    }

    fn info_frame(&mut self) -> Answer {
        let call = self.selected_call()?;
        let mut text = format!("Stack level {}", self.selected);
        match call.wasm {
            Some(wasm) => text += &format!(", {} at {:#x}:\n", call.function, wasm.pc.offset),
            None => text += &format!(", {}, of the host:\n", call.function),
        }
        if let Some(place) = &call.place {
            text += &format!(" source {}:{}\n", place.path, place.line);
        }
        if let Some(wasm) = call.wasm {
            text +=
                &format!(" function {} of instance {}, module {}\n", wasm.function, wasm.instance.0, wasm.pc.module.0);
            text += &format!(" {} locals, {} operands\n", wasm.locals, wasm.operands);
        }
        if call.inlined {
            text += " inlined into frame ";
            text += &format!("{}\n", self.selected + 1);
        }
        self.say(&text)
    }

    fn info_functions(&mut self, wanted: &str) -> Answer {
        let pattern = regex(wanted)?;
        let mut rows = Vec::new();
        for code in &self.session.code {
            let first = code.imports.len() as u32;
            for (body, function) in code.bodies.iter().zip(first..) {
                let name = code.function_name(function);
                if pattern.is_match(&name) {
                    rows.push(format!("{:#010x}  {name}\n", body.start));
                }
            }
        }
        self.say(&listed("functions", wanted, rows))
    }

    fn info_types(&mut self, wanted: &str) -> Answer {
        let pattern = regex(wanted)?;
        let mut names = BTreeSet::new();
        for source in self.session.code.iter().filter_map(|code| code.source()) {
            names.extend(source.named_types().map(|ty| source.type_name(ty)).filter(|name| pattern.is_match(name)));
        }
        self.say(&listed("types", wanted, names.into_iter().map(|name| format!("        {name}\n")).collect()))
    }

    fn info_files(&mut self) -> Answer {
        let mut text = String::new();
        for (module, code) in self.session.engine.modules().iter().zip(&self.session.code) {
            text += &format!("{}, {} bytes\n", module.name, module.bytes.len());
            let units = code.source().map(|source| source.units().collect::<Vec<_>>()).unwrap_or_default();
            let mut names: Vec<String> = units.into_iter().filter_map(|unit| Some(unit.name?.into_owned())).collect();
            names.sort();
            names.dedup();
            for name in names {
                text += &format!("\t{name}\n");
            }
        }
        self.say(&text)
    }

    fn info_source(&mut self) -> Answer {
        let call = self.selected_call()?;
        let (Some(wasm), Some(place)) = (call.wasm, &call.place) else {
            return self.say("No current source file.");
        };
        let code = self.session.code(wasm.pc.module);
        let source = code.and_then(|code| code.source());
        let unit = source.and_then(|source| source.unit(source.subprogram_at(wasm.pc.offset)?.id.unit).ok());
        let mut text = format!("Current source file is {}\n", place.path);
        if let Some(unit) = unit {
            if let Some(folder) = unit.comp_dir {
                text += &format!("Compilation directory is {folder}\n");
            }
            let language = match unit.language {
                Some(wasm_source::Language::Rust) => "rust",
                Some(wasm_source::Language::C) => "c",
                Some(wasm_source::Language::Cpp) => "c++",
                _ => "unknown",
            };
            text += &format!("Source language is {language}.\n");
            if let Some(producer) = unit.producer {
                text += &format!("Producer is {producer}.\n");
            }
            text += &format!("Compiled with DWARF {} debugging format.\n", unit.version);
        }
        self.say(&text)
    }

    /// What is at an address: in linear memory, and in the code.
    fn info_symbol(&mut self, text: &str) -> Answer {
        let value = self.evaluate(text)?;
        let number = value.integer.and_then(|number| u64::try_from(number).ok()).or(value.address);
        let address = number.ok_or(format!("\"{text}\" is no address."))?;
        let module = self.session.top().map_or(0, |top| top.pc.module.0 as usize);
        let code = self.session.code.get(module).ok_or_else(no_program)?;
        let after = |start: u64| match address - start {
            0 => String::new(),
            by => format!(" + {by}"),
        };
        let mut out = String::new();
        for symbol in code.memory_program().map(|program| program.symbols.as_slice()).unwrap_or_default() {
            if (symbol.range()).contains(&address) {
                out += &format!("{}{} in linear memory\n", symbol.name, after(symbol.address));
            }
        }
        let offset = u32::try_from(address).ok();
        if let Some((function, body)) = offset.and_then(|offset| {
            let function = code.function_at(offset)?;
            Some((function, code.body(function)?))
        }) {
            out += &format!("{}{} in the code\n", code.function_name(function), after(body.start.into()));
        }
        match out.is_empty() {
            true => self.say(&format!("No symbol matches {text}.")),
            false => self.say(&out),
        }
    }

    fn info_line(&mut self, text: &str) -> Answer {
        let location = match text {
            "" => self.selected_call()?.wasm.map(|wasm| Location::Instruction(wasm.pc)),
            text => Some(self.location(text)?),
        };
        let location = location.ok_or("No line number information available.")?;
        let found = self.session.resolve(&location).map_err(|error| error.to_string())?.first().copied();
        let address = found.ok_or("No line number information available.")?;
        match self.place_of(&location, address) {
            Some((path, line)) => self.say(&format!("Line {line} of \"{path}\" is at address {:#x}.", address.offset)),
            None => self.say(&format!("No line number information available for address {:#x}", address.offset)),
        }
    }
}

/// Whether a type's name is that of a pointer of C, or of a raw one of Rust.
fn is_pointer(name: &str) -> bool {
    name.ends_with('*') || name.starts_with('*') || name.contains("(*)")
}

fn regex(text: &str) -> Answer<regex_lite::Regex> {
    regex_lite::Regex::new(text).map_err(|error| format!("Invalid regexp: {error}: {text}"))
}

/// The rows of a list, as many as people look at.
fn listed(what: &str, wanted: &str, rows: Vec<String>) -> String {
    let more = rows.len().saturating_sub(MAX_LISTED);
    let mut text = match wanted {
        "" => format!("All defined {what}:\n"),
        wanted => format!("All {what} matching regular expression \"{wanted}\":\n"),
    };
    text.extend(rows.into_iter().take(MAX_LISTED));
    if more > 0 {
        text += &format!("and {more} more; `info {what} REGEX` shows those whose names match\n");
    }
    text
}

/// gdb's words for what an expression does not mean.
pub(super) fn said(error: &ExpressionError) -> String {
    match error.message.strip_prefix("there is no `").and_then(|rest| rest.strip_suffix("` here")) {
        Some(name) => format!("No symbol \"{name}\" in current context."),
        None => format!("Column {}: {}.", error.column, error.message),
    }
}

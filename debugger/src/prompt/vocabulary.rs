//! The commands of the prompt: names, abbreviations, help.

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Advance,
    Backtrace,
    Break,
    Call,
    Commands,
    Condition,
    Continue,
    Delete,
    Directory,
    Disable,
    Disassemble,
    Display,
    Down,
    Echo,
    Enable,
    Examine,
    Finish,
    Frame,
    Help,
    Ignore,
    Info,
    List,
    Next,
    NextInstruction,
    Print,
    PrintFormatted,
    PrintType,
    Quit,
    ReverseContinue,
    ReverseFinish,
    ReverseNext,
    ReverseNextInstruction,
    ReverseStep,
    ReverseStepInstruction,
    Run,
    Set,
    Source,
    Start,
    Step,
    StepInstruction,
    TemporaryBreak,
    Undisplay,
    Until,
    Up,
    Wasm,
    Memory,
    Watch,
    WatchAccess,
    WatchRead,
    WhatIs,
}

/// A command.
pub(super) struct Command {
    pub(super) name: &'static str,
    /// Abbreviations that mean it although others begin like them, too.
    pub(super) short: &'static [&'static str],
    pub(super) verb: Verb,
    /// Its arguments.
    pub(super) usage: &'static str,
    pub(super) help: &'static str,
    pub(super) examples: &'static [&'static str],
}

const fn command(
    name: &'static str,
    short: &'static [&'static str],
    verb: Verb,
    usage: &'static str,
    help: &'static str,
    examples: &'static [&'static str],
) -> Command {
    Command { name, short, verb, usage, help, examples }
}

/// All commands, by name.
pub(super) const COMMANDS: &[Command] = &[
    command("advance", &["adv"], Verb::Advance, "LOCATION", "Run until a location is reached", &["advance 42"]),
    command(
        "awatch",
        &["aw"],
        Verb::WatchAccess,
        "[-location] EXPRESSION",
        "Stop when a variable is read or written",
        &["awatch total"],
    ),
    command(
        "backtrace",
        &["bt", "where"],
        Verb::Backtrace,
        "[COUNT]",
        "Print the calls that are active",
        &["bt", "bt 3"],
    ),
    command(
        "break",
        &["b", "br", "brea"],
        Verb::Break,
        "[LOCATION] [if CONDITION]",
        "Stop at a line, a function or an instruction",
        &["break main", "b src/lib.rs:12", "b 12 if index == 3", "b *0x1a3"],
    ),
    command(
        "call",
        &[],
        Verb::Call,
        "EXPRESSION",
        "Evaluate an expression, print its value unless it is ()",
        &["call reset(1)"],
    ),
    command(
        "commands",
        &["comm"],
        Verb::Commands,
        "[NUMBER]",
        "Execute the lines that follow, up to `end`, whenever a breakpoint has stopped the program. `silent` first: without telling of the stop",
        &["commands 1"],
    ),
    command(
        "condition",
        &["cond"],
        Verb::Condition,
        "NUMBER [EXPRESSION]",
        "Make a breakpoint stop only if an expression is true; without one always",
        &["condition 1 x > 3"],
    ),
    command(
        "continue",
        &["c", "cont", "fg"],
        Verb::Continue,
        "[COUNT]",
        "Go on; with a count, pass by the breakpoint so many times",
        &["c"],
    ),
    command(
        "delete",
        &["d"],
        Verb::Delete,
        "[NUMBER…]",
        "Delete breakpoints and watchpoints; all without a number",
        &["delete 2"],
    ),
    command(
        "directory",
        &["dir"],
        Verb::Directory,
        "DIRECTORY",
        "Look for source files there, too",
        &["directory ../src"],
    ),
    command("disable", &["dis"], Verb::Disable, "[NUMBER…]", "Make breakpoints not stop the program", &["disable 1"]),
    command(
        "disassemble",
        &["disas"],
        Verb::Disassemble,
        "[FUNCTION]",
        "Print a function's instructions",
        &["disassemble", "disas main"],
    ),
    command(
        "display",
        &[],
        Verb::Display,
        "[/FORMAT] [EXPRESSION]",
        "Print an expression at each stop",
        &["display index", "display/x flags"],
    ),
    command("down", &["dow"], Verb::Down, "[COUNT]", "Select the frame that was called by the selected one", &["down"]),
    command("echo", &[], Verb::Echo, "TEXT", "Print a text; \\n begins a new line", &["echo here\\n"]),
    command("enable", &["en"], Verb::Enable, "[NUMBER…]", "Make breakpoints stop the program again", &["enable 1"]),
    command("finish", &["fin"], Verb::Finish, "", "Run until the selected frame's function returns", &["finish"]),
    command("frame", &["f"], Verb::Frame, "[NUMBER]", "Select a frame, and print it", &["frame 2"]),
    command("help", &["h"], Verb::Help, "[COMMAND]", "Explain a command; list all", &["help break"]),
    command("ignore", &[], Verb::Ignore, "NUMBER COUNT", "Pass by a breakpoint so many times", &["ignore 1 10"]),
    command(
        "info",
        &["i", "inf"],
        Verb::Info,
        "TOPIC",
        "Tell about breakpoints, watchpoints, display, locals, args, registers, frame, functions, types, files, source, line, symbol, program. Functions and types take a regular expression",
        &["info locals", "info functions ^app::"],
    ),
    command(
        "list",
        &["l"],
        Verb::List,
        "[LINE | FIRST,LAST | FUNCTION | FILE:LINE | -]",
        "Print lines of source",
        &["list", "list 10,20", "list main"],
    ),
    command("mem", &[], Verb::Memory, "COMMAND", "The same as `wasm mem`", &["mem map", "mem heap"]),
    command("monitor", &["mon"], Verb::Wasm, "COMMAND", "The same as `wasm`", &["monitor mem visualize"]),
    command("next", &["n"], Verb::Next, "[COUNT]", "Go to the next line, over calls", &["next", "n 3"]),
    command("nexti", &["ni"], Verb::NextInstruction, "[COUNT]", "Execute an instruction; a call is one", &["nexti"]),
    command(
        "print",
        &["p", "inspect"],
        Verb::Print,
        "[/FORMAT] EXPRESSION",
        "Print the value of an expression. Formats: x hexadecimal, d signed, u unsigned, o octal, t binary, c character, a address, f floating point, s text",
        &["print list[0].name", "p/x flags", "p x = 5"],
    ),
    command(
        "printf",
        &[],
        Verb::PrintFormatted,
        "\"FORMAT\", EXPRESSION, …",
        "Print expressions as a format says: %d %u %x %o %c %f %s %%",
        &["printf \"%d of %s\\n\", index, name"],
    ),
    command("ptype", &["pt"], Verb::PrintType, "EXPRESSION | TYPE", "Print what a type is made of", &["ptype scene"]),
    command("quit", &["q", "exit", "kill"], Verb::Quit, "", "End the program and the debugger", &["quit"]),
    command(
        "reverse-continue",
        &["rc"],
        Verb::ReverseContinue,
        "",
        "Go back until something stops the program",
        &["rc"],
    ),
    command(
        "reverse-finish",
        &[],
        Verb::ReverseFinish,
        "",
        "Go back to the call of the selected frame's function",
        &["reverse-finish"],
    ),
    command("reverse-next", &["rn"], Verb::ReverseNext, "[COUNT]", "Go back by a line, over calls", &["rn"]),
    command(
        "reverse-nexti",
        &["rni"],
        Verb::ReverseNextInstruction,
        "[COUNT]",
        "Go back by an instruction, over calls",
        &["rni"],
    ),
    command("reverse-step", &["rs"], Verb::ReverseStep, "[COUNT]", "Go back by a line, into calls", &["rs"]),
    command("reverse-stepi", &["rsi"], Verb::ReverseStepInstruction, "[COUNT]", "Go back by an instruction", &["rsi"]),
    command("run", &["r"], Verb::Run, "", "Run the program from its beginning", &["run"]),
    command("rwatch", &["rw"], Verb::WatchRead, "EXPRESSION", "Stop when a variable is read", &["rwatch total"]),
    command(
        "set",
        &[],
        Verb::Set,
        "[var] VARIABLE = EXPRESSION",
        "Change a variable",
        &["set var x = 5", "set scene.name.len = 0"],
    ),
    command("source", &[], Verb::Source, "FILE", "Execute the commands in a file", &["source setup.gdb"]),
    command("start", &[], Verb::Start, "", "Run the program to the start of its main function", &["start"]),
    command(
        "step",
        &["s"],
        Verb::Step,
        "[COUNT]",
        "Go to the next line, also into a function that is called",
        &["step"],
    ),
    command("stepi", &["si"], Verb::StepInstruction, "[COUNT]", "Execute an instruction", &["stepi 5"]),
    command(
        "tbreak",
        &["tb"],
        Verb::TemporaryBreak,
        "[LOCATION] [if CONDITION]",
        "Like break, but stop once",
        &["tbreak 20"],
    ),
    command("undisplay", &[], Verb::Undisplay, "[NUMBER…]", "Stop displaying; all without a number", &["undisplay 1"]),
    command(
        "until",
        &["u"],
        Verb::Until,
        "[LOCATION]",
        "Run until a line below this one, or a location, is reached",
        &["until", "until 42"],
    ),
    command("up", &[], Verb::Up, "[COUNT]", "Select the frame that called the selected one", &["up"]),
    command(
        "wasm",
        &[],
        Verb::Wasm,
        "COMMAND",
        "Look at linear memory and modules; `wasm help` lists the commands",
        &["wasm mem visualize"],
    ),
    command("watch", &["wa"], Verb::Watch, "EXPRESSION", "Stop when a variable is written", &["watch total"]),
    command("whatis", &["what"], Verb::WhatIs, "EXPRESSION", "Print the type of an expression", &["whatis scene"]),
    command(
        "x",
        &[],
        Verb::Examine,
        "[/COUNT FORMAT SIZE] ADDRESS",
        "Print memory. Formats as print; sizes: b 1, h 2, w 4, g 8 bytes; s is text, i instructions",
        &["x/4xw 0x1000", "x/s name", "x/8xb &buffer", "x/5i $pc"],
    ),
];

/// The command that a word means.
///
/// # Errors
/// If it is none, or several: what to say.
pub(super) fn find(word: &str) -> Result<&'static Command, String> {
    let exact = COMMANDS.iter().find(|command| command.name == word || command.short.contains(&word));
    if let Some(command) = exact {
        return Ok(command);
    }
    let begun: Vec<&Command> = COMMANDS.iter().filter(|command| command.name.starts_with(word)).collect();
    match begun.as_slice() {
        [command] => Ok(command),
        [] => Err(format!("Undefined command: \"{word}\".  Try \"help\".")),
        several => {
            let names: Vec<&str> = several.iter().map(|command| command.name).collect();
            Err(format!("Ambiguous command \"{word}\": {}.", names.join(", ")))
        }
    }
}

/// What `help` says.
pub(super) fn help(topic: &str) -> Result<String, String> {
    if topic.is_empty() {
        let mut text = String::new();
        for command in COMMANDS {
            text += &format!("{:<18} {}\n", command.name, command.help.split(". ").next().unwrap_or_default());
        }
        text += "\nThe beginning of a name is enough, if no other begins like it. An empty line repeats the last command.\n";
        text += "`help COMMAND` has examples.\n";
        return Ok(text);
    }
    let command = find(topic)?;
    let mut text = format!("{} {}\n{}.\n", command.name, command.usage, command.help);
    if !command.short.is_empty() {
        text += &format!("Short: {}\n", command.short.join(", "));
    }
    text += "Examples:\n";
    for example in command.examples {
        text += &format!("  {example}\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_are_sorted_and_abbreviations_mean_one_command() {
        assert!(COMMANDS.is_sorted_by_key(|command| command.name));
        let mut all: Vec<&str> = COMMANDS.iter().flat_map(|command| command.short).copied().collect();
        all.extend(COMMANDS.iter().map(|command| command.name));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn words_find_commands() {
        let verb = |word| find(word).map(|command| command.verb);
        assert_eq!(verb("b"), Ok(Verb::Break));
        assert_eq!(verb("bac"), Ok(Verb::Backtrace));
        assert_eq!(verb("s"), Ok(Verb::Step));
        assert_eq!(verb("x"), Ok(Verb::Examine));
        assert_eq!(verb("undi"), Ok(Verb::Undisplay));
        assert_eq!(verb("zap"), Err("Undefined command: \"zap\".  Try \"help\".".to_string()));
        assert_eq!(verb("reverse-s"), Err("Ambiguous command \"reverse-s\": reverse-step, reverse-stepi.".to_string()));
    }
}

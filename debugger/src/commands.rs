//! The `wasm …` commands: what gdb's `monitor`, LLDB's `process plugin packet
//! monitor` and the own prompt have in common.

mod memory;

use crate::engine::{Frame, Stop};
use crate::expression;
use crate::session::Session;

/// Runs one command line, with or without `wasm` in front, and gives what it
/// prints.
pub fn run(session: &mut Session<'_>, line: &str) -> String {
    let frames = session.engine.frames(2).unwrap_or_default();
    let frame = frames.iter().position(|frame| matches!(frame, Frame::Wasm(_))).unwrap_or(0);
    run_in(session, frame, line)
}

/// As [`run`], with one of the engine's frames selected.
pub fn run_in(session: &mut Session<'_>, frame: usize, line: &str) -> String {
    let mut words = line.split_whitespace().peekable();
    words.next_if_eq(&"wasm");
    let words: Vec<&str> = words.collect();
    match words.as_slice() {
        ["mem", ..] => memory::run(session, frame, line),
        ["modules"] => modules(session),
        ["core", file] => core(session, file),
        ["why"] => why(session),
        ["disas" | "disassemble", rest @ ..] => disassemble(session, rest),
        ["print", ..] => print(session, frame, line.split_once("print").map_or("", |(_, expression)| expression)),
        ["help"] | [] => HELP.to_string(),
        _ => format!("there is no command `wasm {}`; `wasm help` lists them\n", words.join(" ")),
    }
}

const HELP: &str = "\
wasm why                  why the program stands still
wasm core FILE            write a core dump, for `wasm-gdb --core FILE`
wasm modules              the modules that are loaded
wasm print EXPRESSION     a value, such as $local0.next or $global1[3]: objects with their fields, too
wasm mem COMMAND          linear memory: `wasm mem help` lists the commands
wasm disas [FUNCTION]     the instructions of a function, by name; else of the one that runs
";

fn why(session: &mut Session<'_>) -> String {
    let mut text = format!("the program {}\n", session.engine.stop().predicate());
    if matches!(session.engine.stop(), Stop::Trap(_))
        && let Some(cause) = session.cause()
    {
        text += &format!("{cause}\n");
    }
    for notice in session.notices() {
        text += &format!("{notice}\n");
    }
    text
}

fn print(session: &mut Session<'_>, frame: usize, text: &str) -> String {
    match expression::evaluate(session, frame, 0, text.trim()) {
        Ok(value) => format!("{}\n", value.text),
        Err(error) => format!("{error}\n"),
    }
}

fn core(session: &mut Session<'_>, file: &str) -> String {
    let name = session.engine.modules().first().map(|module| module.name.clone()).unwrap_or_default();
    let dumped = crate::engine::core_dump(&mut *session.engine, &name, crate::session::MAX_FRAMES);
    match dumped.map_err(|error| error.to_string()).and_then(|bytes| {
        std::fs::write(file, &bytes).map_err(|error| error.to_string())?;
        Ok(bytes.len())
    }) {
        Ok(bytes) => format!("wrote {file}, {bytes} bytes\n"),
        Err(error) => format!("cannot write {file}: {error}\n"),
    }
}

fn modules(session: &Session<'_>) -> String {
    let mut text = String::new();
    for (index, (module, code)) in session.engine.modules().iter().zip(&session.code).enumerate() {
        let source = if code.has_lines() { "with lines of source" } else { "without lines of source" };
        text += &format!(
            "{index}  {}  {} bytes, {} functions, {source}\n",
            module.name,
            module.bytes.len(),
            code.bodies.len(),
        );
    }
    text
}

fn disassemble(session: &mut Session<'_>, names: &[&str]) -> String {
    let top = session.top().ok();
    let wanted: Vec<(usize, u32)> = match names {
        [] => top.iter().map(|top| (top.pc.module.0 as usize, top.function)).collect(),
        names => {
            let name = names.join(" ");
            let all = session.code.iter().enumerate();
            all.flat_map(|(module, code)| {
                code.functions_named(&name).into_iter().map(move |function| (module, function))
            })
            .collect()
        }
    };
    if wanted.is_empty() {
        return match names {
            [] => "the program has ended: name a function\n".to_string(),
            names => format!("there is no function `{}`\n", names.join(" ")),
        };
    }
    let mut text = String::new();
    for (module, function) in wanted {
        let Some(code) = session.code.get(module) else { continue };
        text += &format!("{}:\n", code.function_name(function));
        for line in code.disassembly(function) {
            let here = top.is_some_and(|top| top.pc.module.0 as usize == module && top.pc.offset == line.offset);
            let mark = if here { "=>" } else { "  " };
            text += &format!("{mark} {:#08x}  {}\n", line.offset, line.text);
        }
    }
    text
}

//! What docs/memory.md shows is what the commands print. `BLESS=1` rewrites it.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::path::Path;

use common::Guest;
use memviz::commands::{Answer, Command, Context};
use memviz::snapshot::{ModuleIdentity, Snapshot};
use memviz::{MemoryRead, Program, State};
use wasm_binary::Map;
use wasm_source::{DebugSections, Source, WasmValue};

#[test]
fn the_page_shows_what_is_printed() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/memory.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let mut guest = Guest::start("types_c");
    guest.call("fill", &[]);
    let before = guest.memory();
    guest.call("leak", &[]);
    guest.call("drop_list", &[]);
    let memory = guest.memory();

    let source = Source::open(&DebugSections::from_module(&guest.bytes).unwrap()).unwrap();
    let program = Program::new(&Map::parse(&guest.bytes).unwrap(), Some(&source));
    // At rest the stack is empty.
    let pointer = program.linker.stack_pointer.unwrap();
    let mut globals = vec![None; program.globals.len()];
    globals[pointer.global as usize] = Some(WasmValue::I32(pointer.initial.unwrap() as u32));
    let snapshot =
        Snapshot::take(ModuleIdentity::default(), [(program.memory(0), &before as &dyn MemoryRead)], &globals);
    let mut context = Context::new(State { globals: &globals, ..State::new(&program, &memory) });
    context.source = Some(&source);
    context.before = Some(&snapshot);

    let mut shown = String::new();
    let mut in_block = false;
    for line in text.lines() {
        match line.strip_prefix("(gdb) wasm ") {
            Some(command) if in_block => {
                let answer = Command::parse(command).unwrap().answer(&context).unwrap();
                let Answer::Text(answer) = answer else { panic!("{command}: no text") };
                shown += &format!("{line}\n{answer}");
            }
            // What was printed before.
            _ if in_block && line != "```" => {}
            _ => {
                in_block = line == "```console";
                shown += &format!("{line}\n");
            }
        }
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&page, &shown).unwrap();
    }
    assert!(shown == std::fs::read_to_string(&page).unwrap(), "docs/memory.md is out of date: run with BLESS=1");
}

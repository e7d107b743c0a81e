//! What each command prints, on the fixtures and the project's samples.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::path::Path;

use common::Guest;
use memviz::commands::{Access, Answer, Command, Context};
use memviz::snapshot::{ModuleIdentity, Snapshot};
use memviz::{Heat, MemoryRead, Program, State};
use wasm_binary::Map;
use wasm_source::{DebugSections, Source, WasmValue};

/// A guest at rest: its memory, and the stack pointer where it started.
struct Moment {
    bytes: Vec<u8>,
    memory: Vec<u8>,
    globals: Vec<Option<WasmValue>>,
}

impl Moment {
    fn of(guest: &mut Guest) -> Moment {
        let memory = guest.memory();
        let mut globals = guest.globals();
        if let Some(pointer) = guest.program.linker.stack_pointer {
            let value = pointer.initial.unwrap() as u32;
            globals[pointer.global as usize] = Some(WasmValue::I32(value));
        }
        Moment { bytes: guest.bytes.clone(), memory, globals }
    }

    /// Answers a line, with DWARF.
    fn answer(&self, line: &str, with: impl FnOnce(&mut Context<'_, '_>)) -> String {
        let source = Source::open(&DebugSections::from_module(&self.bytes).unwrap()).unwrap();
        let program = Program::new(&Map::parse(&self.bytes).unwrap(), Some(&source));
        let state = State { globals: &self.globals, ..State::new(&program, &self.memory) };
        let mut context = Context::new(state);
        context.source = Some(&source);
        with(&mut context);
        match Command::parse(line).and_then(|command| command.answer(&context)) {
            Ok(Answer::Text(text)) => text,
            Ok(other) => format!("{other:?}\n"),
            Err(error) => format!("error: {error}\n"),
        }
    }

    fn transcript(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| format!("(gdb) wasm {line}\n{}\n", self.answer(line, |_| {}))).collect()
    }

    fn snapshot(&self) -> Snapshot {
        let program = Program::new(&Map::parse(&self.bytes).unwrap(), None);
        Snapshot::take(ModuleIdentity::default(), [(program.memory(0), &self.memory as &dyn MemoryRead)], &self.globals)
    }
}

fn busy(name: &str) -> Guest {
    let mut guest = Guest::start(name);
    guest.call("seed", &[11]);
    guest.call("run", &[400]);
    guest
}

#[test]
fn a_c_program() {
    let mut guest = busy("heap_c_o0");
    guest.call("grow", &[1]);
    guest.call("run", &[300]);
    let moment = Moment::of(&mut guest);
    insta::assert_snapshot!(moment.transcript(&[
        "mem visualize",
        "mem visualize --ascii --width 60",
        "mem visualize 0x10000..0x20000 --cell 256",
        "mem map --symbols",
        "mem heap",
        "mem heap --free --limit 5",
        "mem find u32:0xa5a5a5a5 --limit 2",
        "mem find hex:3b 3b 3b 3b --align 65536",
        "mem dump held 48",
        "mem dump *held-16 0x30",
        "mem dump 0x191b0 80",
        "mem dump held..held+16",
        "mem leaks",
    ]));
}

#[test]
fn a_rust_program_and_the_crate_wasm() {
    let rust = Moment::of(&mut busy("heap_rust_o0"));
    let wasm = Moment::of(&mut busy("heap_wasm_o2"));
    let lines = ["mem visualize", "mem map", "mem heap --largest 2"];
    insta::assert_snapshot!(format!("{}{}", rust.transcript(&lines), wasm.transcript(&lines)));
}

#[test]
fn types_and_leaks_of_c() {
    let mut guest = Guest::start("types_c");
    guest.call("fill", &[]);
    let before = Moment::of(&mut guest).transcript(&[
        "mem leaks",
        "mem types",
        "mem show header header",
        "mem show struct node *list",
    ]);
    let outer = guest.call("leak", &[]);
    let rest = guest.call("drop_list", &[]);
    let moment = Moment::of(&mut guest);
    insta::assert_snapshot!(before + &moment.transcript(&["mem leaks"]));
    // A root that the caller knows of: then both are reached.
    let with_roots =
        moment.answer("mem leaks", |context| context.roots = Box::leak(Box::new([outer.into(), rest.into()])));
    assert_eq!(with_roots, "no leak candidates: each live block is pointed to\n");
}

#[test]
fn types_of_rust() {
    let mut guest = Guest::start("types_rust");
    guest.call("fill", &[]);
    insta::assert_snapshot!(Moment::of(&mut guest).transcript(&[
        "mem types",
        "mem show heap::Node *HEAD",
        "mem leaks"
    ]));
}

#[test]
fn differences() {
    let mut guest = busy("heap_c_o0");
    let before = Moment::of(&mut guest).snapshot();
    let mut heat = Heat::new(4096);
    heat.look(&guest.memory());
    guest.call("run", &[3]);
    let moment = Moment::of(&mut guest);
    heat.look(&moment.memory);
    let diff = moment.answer("mem diff", |context| context.before = Some(Box::leak(Box::new(before))));
    let seen = moment.answer("mem visualize --width 100", |context| context.heat = Some(Box::leak(Box::new(heat))));
    insta::assert_snapshot!(diff + &seen);
}

#[test]
fn pictures() {
    let mut guest = Guest::start("types_c");
    guest.call("fill", &[]);
    let moment = Moment::of(&mut guest);
    insta::assert_snapshot!("picture.svg", moment.answer("mem visualize --svg", |_| {}));
    let colored = moment.answer("mem visualize --color", |_| {});
    assert!(colored.contains("\u{1b}[38;2;"));
    let plain = moment.answer("mem visualize --no-color", |_| {});
    assert!(!plain.contains('\u{1b}'));
    let ascii = moment.answer("mem visualize --ascii", |_| {});
    assert!(ascii.is_ascii(), "{ascii}");
    for width in [1, 40, 80, 200, 100_000] {
        let text = moment.answer(&format!("mem visualize --width {width}"), |_| {});
        assert!(text.lines().all(|line| line.chars().count() <= width.clamp(72, 1000)), "{width}: {text}");
    }
}

#[test]
fn samples() {
    let mut text = String::new();
    for name in ["c-calc/c-calc", "rust-markdown/rust-markdown"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../samples/{name}.wasm"));
        let moment = Moment::of(&mut Guest::start_file(&path));
        text += &moment.transcript(&["mem map", "mem visualize data --width 60", "mem heap"]);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn watchpoints_and_files_are_the_callers() {
    let moment = Moment::of(&mut Guest::start("types_c"));
    let parse = |line: &str| moment.answer(line, |_| {});
    assert!(parse("mem watch numbers").contains(&format!("{:?}", Access::Write)));
    assert!(parse("mem watch header --access").starts_with("Watch { memory: 0, range: "));
    assert_eq!(parse("mem save my file.snap"), "Save(\"my file.snap\")\n");
}

#[test]
fn what_can_not_be_read_is_said() {
    let moment = Moment::of(&mut Guest::start("types_c"));
    insta::assert_snapshot!(moment.transcript(&[
        "mem fly",
        "mem map --fast",
        "mem map stack",
        "mem dump",
        "mem dump nothing",
        "mem dump 0xfffffff0",
        "mem dump 99999999999999999999",
        "mem dump $sp+0",
        "mem find",
        "mem find u8:256",
        "mem find hex:abc",
        "mem find \"open",
        "mem diff",
        "mem show thing 0x400",
        "mem show header",
        "mem watch 0x7fffffff",
        "mem map --memory 3",
        "mem visualize heap",
        "mem visualize --cell x",
        "mem heap",
        "mem",
    ]));
}

//! Objects of the garbage-collected heap, as the front ends show them.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::Cursor;

use common::{assert_contains, text_program};
use wasm_gdb::engine::{self, Engine, LoadedModule, Reference, Resume, Stop, Value};
use wasm_gdb::expression::{children, evaluate};
use wasm_gdb::prompt::{self, Prompt};
use wasm_gdb::session::{Direction, Location, Motion, Session};
use wasm_host::{Input, Invoke, Limits, Options, Output};

fn launch() -> Box<dyn Engine> {
    let options = Options { stdin: Input::Empty, stdout: Output::Discard, ..Options::default() };
    let bytes = std::fs::read(text_program("objects.wat")).unwrap();
    engine::launch("objects.wasm", bytes.into(), &options, Limits::default()).unwrap()
}

/// A session that stands in the function that looks.
fn stopped(modules: &[LoadedModule]) -> Session<'_> {
    let mut session = Session::new(launch(), modules);
    session.set_breakpoint(Location::Function("look".into()), None, false).unwrap();
    session.go(&Motion::Continue, Direction::Forward).unwrap();
    assert_eq!(session.engine.stop(), &Stop::Breakpoint);
    session
}

#[test]
fn expressions_lead_through_objects() {
    let modules = launch().modules().to_vec();
    let mut session = stopped(&modules);
    let mut text = |expression: &str| match evaluate(&mut session, 0, 0, expression) {
        Ok(value) => value.text,
        Err(error) => error.message,
    };
    assert_eq!(text("$local0"), "point {x = 7, y = 2.5}");
    assert_eq!(text("$local0.x"), "7");
    assert_eq!(text("$local0.1"), "2.5");
    assert_eq!(text("$local0.x * 6"), "42");
    assert_eq!(text("$local0.z"), "point has no field `z`; it has x, y");
    assert_eq!(text("$local1"), "letters [104, 105, 255]");
    assert_eq!(text("$local1[2]"), "255");
    assert_eq!(text("$local1[3]"), "index 3 of 3 elements");
    assert_eq!(text("$local2[999].y"), "2.5");
    assert!(text("$local2").ends_with(", …]") && text("$local2").len() < 20_000);
    // It leads to itself.
    assert_eq!(text("$local3"), "node {value = null, next = last {value = point {…}, next = last {…}, tag = -5}}");
    assert_eq!(text("$local3.next.next.next.tag"), "-5");
    assert_eq!(text("$local3.next.tag + 6"), "1");
    assert_eq!(text("$local4"), "12");
    assert_eq!(text("$local5.x"), "7", "the program's, as the host's");
    assert_eq!(text("$local6"), "null");
    assert_eq!(text("$local6.x"), "null has no field `x`");
    assert_eq!(text("$global0.x"), "7");
    assert_contains(&text("$local0 + 1"), "no number");
}

#[test]
fn objects_unfold_and_mean_nothing_later() {
    let modules = launch().modules().to_vec();
    let mut session = stopped(&modules);
    let array = evaluate(&mut session, 0, 0, "$local2").unwrap();
    assert_eq!((array.child_count, array.type_name.as_str()), (1000, "points"));
    let parts = children(&mut session, &array.handle, 998..2000).unwrap();
    assert_eq!(parts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["[998]", "[999]"]);
    let fields = children(&mut session, &parts[0].1.handle, 0..10).unwrap();
    let shown: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {}", value.text)).collect();
    assert_eq!(shown, ["x: 7", "y: 2.5"]);

    // One object is one number, until the program goes on.
    let locals = session.engine.locals(0).unwrap();
    let (Value::Reference(Reference::Struct(id)), Value::Reference(out)) = (locals[0], locals[5]) else {
        panic!("{locals:?}")
    };
    assert_eq!(out, Reference::Struct(id));
    assert!(session.engine.object(id, 0..1).is_ok());
    session.engine.resume(Resume::Step).unwrap();
    let error = session.engine.object(id, 0..1).unwrap_err().to_string();
    assert_contains(&error, "the program has gone on");
    session.engine.resume(Resume::Continue).unwrap();
    assert_eq!(session.engine.locals(0).unwrap()[0], Value::Reference(Reference::Null));
}

#[test]
fn commands_print_objects() {
    let modules = launch().modules().to_vec();
    let mut session = stopped(&modules);
    let said = wasm_gdb::commands::run(&mut session, "wasm print $local3.next.value");
    assert_eq!(said, "point {x = 7, y = 2.5}\n");
}

#[test]
fn a_program_of_a_compiler_for_the_collected_heap() {
    let options = Options {
        invoke: Some(Invoke { function: "total".to_string(), arguments: vec!["5".to_string()] }),
        stdin: Input::Empty,
        stdout: Output::Discard,
        ..Options::default()
    };
    let bytes = include_bytes!("programs/tree.wasm");
    let engine = engine::launch("tree.wasm", bytes.as_slice().into(), &options, Limits::default()).unwrap();
    let modules = engine.modules().to_vec();
    let mut session = Session::new(engine, &modules);
    let mut out = Vec::new();
    let mut prompt = Prompt::new(&mut session, &mut out, &prompt::Options::default());
    let script = "\
break _M0FP24demo3lib4look
run
bt
info args
info locals
x/3i $pc
up
info locals
continue
print $local0.1
delete
break _M0FP24demo3lib3sum
continue
info args
info locals
print $local0.3.2
finish
reverse-step
continue
";
    prompt.read(Cursor::new(script)).unwrap();
    drop(prompt);
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

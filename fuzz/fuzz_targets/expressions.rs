//! Expressions of any text: read and evaluated in a program, or refused with a column of the text.

#![no_main]

use std::cell::RefCell;

use wasm_gdb::engine::{Interpreted, LoadedModule};
use wasm_gdb::expression;
use wasm_gdb::session::Session;
use wasm_host::{Input, Limits, Options, Output};

/// A program with a memory, in which names, fields and calls lead nowhere.
const PROGRAM: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\x07\x0a\x01\x06_start\0\0\
    \x0a\x04\x01\x02\0\x0b";

thread_local! {
    static SESSION: RefCell<Session<'static>> = RefCell::new({
        let options = Options { stdin: Input::Empty, stdout: Output::Discard, ..Options::default() };
        let engine = Interpreted::launch("fuzz", PROGRAM.into(), &options, &Limits::default()).expect("it is one");
        let modules = vec![LoadedModule { name: "fuzz".into(), bytes: PROGRAM.into() }];
        Session::new(Box::new(engine), modules.leak())
    });
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = expression::Condition::parse(&text) {
        assert!((1..=text.chars().count() + 2).contains(&error.column), "{error}");
    }
    SESSION.with_borrow_mut(|session| {
        if let Ok(value) = expression::evaluate(session, 0, 0, &text) {
            assert!(value.text.len() <= 64 * text.len() + 16384, "{} bytes are shown", value.text.len());
        }
        let _ = expression::describe_type(session, 0, 0, &text);
    });
});

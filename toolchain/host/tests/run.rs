//! Programs that end in each way that there is.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;
use wasm_host::{Dir, Error, Input, Invoke, Limits, Options, Output, Pipe, Program, TrapCode};

fn module(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// Exit code, standard output and standard error of a run.
fn run(bytes: &[u8], options: Options) -> (Result<i32, Error>, String, String) {
    let (stdout, stderr) = (Pipe::new(), Pipe::new());
    let options = Options { stdout: Output::Pipe(stdout.clone()), stderr: Output::Pipe(stderr.clone()), ..options };
    let ended = Program::load(bytes).and_then(|program| program.run(&options));
    let text = |pipe: Pipe| String::from_utf8(pipe.contents()).unwrap();
    (ended.map(|exit| exit.code), text(stdout), text(stderr))
}

#[test]
fn wasi_writes_reads_and_exits() {
    // Copies one read of the input to the output, and exits with its length.
    let echo = module(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\40\00\00\00\10\00\00\00")
            (func (export "_start")
                (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
                (i32.store (i32.const 4) (i32.load (i32.const 16)))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
                (call $exit (i32.load (i32.const 16)))))"#,
    );
    let (code, out, _) = run(&echo, Options { stdin: Input::Bytes(b"hello".to_vec()), ..Options::default() });
    assert_eq!((code.unwrap(), out.as_str()), (5, "hello"));
    let (code, out, _) = run(&echo, Options::default());
    assert_eq!((code.unwrap(), out.as_str()), (0, ""));
}

#[test]
fn the_crate_s_print_goes_to_both_streams() {
    let hello = module(
        r#"(module
            (import "wasmrust:host" "print;jS" (func $print (param i32 i32 i32)))
            (import "wasmrust:host" "features" (func $features (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "outerr")
            (func (export "main") (result i32)
                (call $print (i32.const 1) (i32.const 8) (i32.const 3))
                (call $print (i32.const 2) (i32.const 11) (i32.const 3))
                (i32.and (call $features) (i32.const 63))))"#,
    );
    let (code, out, err) = run(&hello, Options::default());
    assert_eq!((code.unwrap(), out.as_str(), err.as_str()), (0b101000, "out", "err"));
}

#[test]
fn text_outside_of_memory_is_a_trap() {
    let text = module(
        r#"(module
            (import "wasmrust:host" "print;jS" (func $print (param i32 i32 i32)))
            (memory (export "memory") 1)
            (func (export "main") (call $print (i32.const 1) (i32.const -4) (i32.const -1))))"#,
    );
    let (ended, ..) = run(&text, Options::default());
    assert!(ended.unwrap_err().to_string().starts_with("trap: the text to print is outside of the program's memory"));
}

#[test]
fn a_trap_tells_its_kind_and_calls() {
    let divide = module(
        r#"(module
            (func $_ZN4math6divide17h0123456789abcdefE (result i32) (i32.div_u (i32.const 1) (i32.const 0)))
            (func $start (export "_start") (drop (call $_ZN4math6divide17h0123456789abcdefE))))"#,
    );
    let (ended, ..) = run(&divide, Options::default());
    let Err(Error::Trap(trap)) = ended else { panic!("{ended:?}") };
    assert_eq!(trap.code, Some(TrapCode::IntegerDivisionByZero));
    let names: Vec<_> = trap.frames.iter().map(|frame| frame.function.clone().unwrap()).collect();
    assert_eq!(names, ["math::divide", "start"]);
    assert!(trap.frames[0].offset.unwrap() > 8);
}

#[test]
fn limits_end_a_program_that_would_not() {
    let endless = module(r#"(module (func (export "_start") (loop (br 0))))"#);
    let run = |limits| match Program::load_limited(&endless, limits).unwrap().run(&Options::default()) {
        Err(Error::Trap(trap)) => trap.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(run(Limits { fuel: Some(10_000), ..Limits::default() }), Some(TrapCode::OutOfFuel));
    assert_eq!(run(Limits { time: Some(Duration::from_millis(20)), ..Limits::default() }), Some(TrapCode::Interrupt));

    let grow = module(r#"(module (memory 1) (func (export "main") (result i32) (memory.grow (i32.const 2))))"#);
    let limited = Program::load_limited(&grow, Limits { memory_bytes: Some(65_536 * 2), ..Limits::default() });
    assert_eq!(limited.unwrap().run(&Options::default()).unwrap().code, -1);
    assert_eq!(Program::load(&grow).unwrap().run(&Options::default()).unwrap().code, 1);
}

#[test]
fn what_cannot_run_says_why() {
    assert!(matches!(Program::load(b"not wasm at all"), Err(Error::NotWasm)));
    assert!(matches!(Program::load(b""), Err(Error::NotWasm)));
    assert!(matches!(Program::load(b"\0asm\x01\0\0\0\x01"), Err(Error::Invalid(_))));

    let bare = module(r#"(module (func (export "greet;S>S")))"#);
    assert_eq!(
        run(&bare, Options::default()).0.unwrap_err().to_string(),
        "nothing to run: the program has no function `_start` or `main`; it exports `greet`"
    );
    let foreign = module(
        r#"(module (import "env" "log;S" (func $log (param i32 i32)))
            (func (export "_start") (call $log (i32.const 0) (i32.const 0))))"#,
    );
    assert_eq!(
        run(&foreign, Options::default()).0.unwrap_err().to_string(),
        "the program imports what is not there: `env` `log`"
    );
    let ended = run(&foreign, Options { missing_imports_trap: true, ..Options::default() }).0;
    assert!(ended.unwrap_err().to_string().contains("env::log;S"));
    let nowhere = Dir { host: "/no/such/folder".into(), guest: ".".into(), writable: false };
    let ended = run(&bare, Options { dirs: vec![nowhere], ..Options::default() }).0;
    assert!(ended.unwrap_err().to_string().starts_with("cannot open the directory /no/such/folder"));
}

/// Two interfaces with a function `add`, one of which has more.
const FUNCTIONS: &str = r#"(component
    (core module $m
        (memory (export "memory") 1)
        (global $next (mut i32) (i32.const 64))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            global.get $next
            (global.set $next (i32.add (global.get $next) (local.get 3))))
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "subtract") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
        (func (export "check") (param i32) (result i32) (i32.eqz (local.get 0)))
        (func (export "echo") (param i32 i32) (result i32)
            (i32.store (i32.const 0) (local.get 0))
            (i32.store (i32.const 4) (local.get 1))
            (i32.const 0)))
    (core instance $i (instantiate $m))
    (func $add (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "add")))
    (func $subtract (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "subtract")))
    (func $check (param "fine" bool) (result (result)) (canon lift (core func $i "check")))
    (func $echo (param "text" string) (result string)
        (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
    (instance $plain (export "add" (func $add)) (export "echo" (func $echo)))
    (instance $odd (export "add" (func $subtract)))
    (export "test:calc/plain" (instance $plain))
    (export "test:calc/odd" (instance $odd))
    (export "check" (func $check)))"#;

#[test]
fn a_function_of_a_component_is_called() {
    let component = module(FUNCTIONS);
    let call = |function: &str, arguments: &[&str]| {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let invoke = Some(Invoke { function: function.to_string(), arguments });
        let (ended, out, _) = run(&component, Options { invoke, ..Options::default() });
        (ended.map_err(|error| error.to_string()), out)
    };
    assert_eq!(call("test:calc/plain#add", &["40", "2"]), (Ok(0), "42\n".to_string()));
    assert_eq!(call("test:calc/odd#add", &["40", "-2"]), (Ok(0), "42\n".to_string()));
    assert_eq!(call("echo", &["so it is"]), (Ok(0), "\"so it is\"\n".to_string()));
    assert_eq!(call("echo", &[r#""so""#]), (Ok(0), "\"so\"\n".to_string()));
    assert_eq!(call("check", &["true"]), (Ok(0), "ok\n".to_string()));
    assert_eq!(call("check", &["false"]), (Ok(1), "err\n".to_string()));
    for (function, arguments, wanted) in [
        ("add", &["1", "2"][..], "the program has no function `add`"),
        ("add", &["1", "2"], "`test:calc/odd#add`"),
        ("check", &[], "it takes 1 argument (fine), not 0"),
        ("check", &["maybe"], "fine: \"maybe\""),
        ("test:calc/odd#add", &["1", "9999999999"], "b: \"9999999999\""),
    ] {
        let said = call(function, arguments).0.unwrap_err();
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn a_component_needs_a_command() {
    let empty = module("(component)");
    assert_eq!(
        run(&empty, Options::default()).0.unwrap_err().to_string(),
        "nothing to run: the program has no interface `wasi:cli/run` and exports no function"
    );
}

#[test]
fn directories_are_given_by_name() {
    // Opens the file "f" in the first directory and exits with the error number.
    let open = module(
        r#"(module
            (import "wasi_snapshot_preview1" "path_open"
                (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "f")
            (func (export "_start")
                (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1)
                    (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))))"#,
    );
    let folder = tempfile::tempdir().unwrap();
    let dir = |writable| Dir { host: folder.path().into(), guest: ".".into(), writable };
    // 8: bad file descriptor, as there is no directory. 69: not permitted on a read-only one.
    assert_eq!(run(&open, Options::default()).0.unwrap(), 8);
    let read_only = run(&open, Options { dirs: vec![dir(false)], ..Options::default() }).0.unwrap();
    assert_ne!(read_only, 0);
    assert!(!folder.path().join("f").exists());
    assert_eq!(run(&open, Options { dirs: vec![dir(true)], ..Options::default() }).0.unwrap(), 0);
    assert!(folder.path().join("f").exists());
}

//! The run at full speed and the interpreter are one program: what one did, the
//! other comes to, and whatever runs can be interrupted.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use common::program;
use wasm_gdb::engine::{Engine, EngineError, Frame, Interpreted, Resume, Stop, TrapKind};
use wasm_host::{Input, Limits, Options, Output, Pipe};

fn launch(bytes: Vec<u8>, stdout: &Pipe) -> Result<Interpreted, EngineError> {
    let options = Options {
        args: vec!["program".to_string()],
        env: vec![("NAME".to_string(), "value".to_string())],
        stdin: Input::Bytes(b"to be or not to be".to_vec()),
        stdout: Output::Pipe(stdout.clone()),
        ..Options::default()
    };
    let limits = Limits { memory_bytes: Some(64 << 20), ..Limits::default() };
    Interpreted::launch("program", bytes.into(), &options, &limits)
}

fn text(wat: &str) -> Interpreted {
    launch(wat::parse_str(wat).unwrap(), &Pipe::new()).unwrap()
}

#[test]
fn the_interpreter_comes_to_where_a_run_at_full_speed_ended() {
    let stdout = Pipe::new();
    let bytes = std::fs::read(program("replay.rs", &[]).unwrap()).unwrap();
    let mut engine = launch(bytes, &stdout).unwrap();
    engine.go_to(5000).unwrap();
    let early = engine.state_hash().unwrap();

    assert_eq!(engine.run_at_full_speed().unwrap(), Stop::Exited(0));
    let printed = String::from_utf8(stdout.contents()).unwrap();
    assert_eq!(printed.lines().count(), 1, "{printed}");
    assert_eq!(engine.instructions(), None, "nothing was counted");

    // Someone looks: the interpreter follows, and ends with the same memory.
    let hash = engine.state_hash().unwrap();
    let count = engine.instructions().unwrap();
    assert_eq!(*engine.stop(), Stop::Exited(0));
    assert_eq!(engine.resume(Resume::ReverseStep).unwrap(), Stop::Step);
    assert_eq!(engine.instructions(), Some(count - 1));
    engine.go_to(5000).unwrap();
    assert_eq!(engine.state_hash().unwrap(), early);
    engine.go_to(count - 1).unwrap();
    assert_eq!(engine.resume(Resume::Step).unwrap(), Stop::Exited(0));
    assert_eq!(engine.state_hash().unwrap(), hash);
    assert_eq!(String::from_utf8(stdout.contents()).unwrap(), printed, "what was printed is printed once");
}

#[test]
fn back_from_the_end_without_a_look_at_it() {
    let stdout = Pipe::new();
    let bytes = std::fs::read(program("replay.rs", &[]).unwrap()).unwrap();
    let mut engine = launch(bytes, &stdout).unwrap();
    let start = engine.state_hash().unwrap();
    assert_eq!(engine.run_at_full_speed().unwrap(), Stop::Exited(0));
    assert_eq!(engine.resume(Resume::ReverseContinue).unwrap(), Stop::HistoryStart);
    assert_eq!(engine.state_hash().unwrap(), start);
    // Its second end is the first one.
    assert_eq!(engine.run_at_full_speed().unwrap(), Stop::Exited(0));
    assert_eq!(String::from_utf8(stdout.contents()).unwrap().lines().count(), 1);
}

/// Runs long enough for the run at full speed to begin by itself.
const LONG: &str = r#"
    (module
        (memory 1)
        (global $turns (mut i32) (i32.const 0))
        (func (export "_start")
            (loop $again
                (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
                (i32.store (i32.and (global.get $turns) (i32.const 0xfffc)) (global.get $turns))
                (br_if $again (i32.lt_u (global.get $turns) (i32.const 9000000))))
            END))"#;

#[test]
fn a_trap_after_a_long_run_is_shown_at_its_instruction() {
    let mut engine = text(&LONG.replace("END", "unreachable"));
    let Stop::Trap(trap) = engine.resume(Resume::Continue).unwrap() else { panic!("{:?}", engine.stop()) };
    assert_eq!(trap.kind, TrapKind::Unreachable);
    let bytes = engine.modules()[0].bytes.clone();
    let Some(Frame::Wasm(top)) = engine.frames(1).unwrap().first().cloned() else { panic!("no frame") };
    assert_eq!(bytes[top.pc.offset as usize], 0, "unreachable");
    assert_eq!(engine.depth().unwrap(), 1);
}

#[test]
fn a_long_run_ends() {
    let mut engine = text(&LONG.replace("END", ""));
    assert_eq!(engine.resume(Resume::Continue).unwrap(), Stop::Exited(0));
    engine.state_hash().unwrap();
}

/// Interrupts a program half a second after it began.
fn interrupted(wat: &str, run: impl FnOnce(&mut Interpreted) -> Stop) {
    let mut engine = text(wat);
    let interrupter = engine.interrupter();
    let ringer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        interrupter.interrupt();
        Instant::now()
    });
    let stop = run(&mut engine);
    let waited = ringer.join().unwrap().elapsed();
    assert_eq!(stop, Stop::Interrupt);
    assert!(waited < Duration::from_secs(10), "{waited:?}");
    assert!(engine.depth().unwrap() >= 1);
    // It goes on as if nothing had been.
    assert_eq!(engine.resume(Resume::Step).unwrap(), Stop::Step);
    assert_eq!(engine.resume(Resume::ReverseStep).unwrap(), Stop::Step);
}

#[test]
fn an_endless_loop_is_interrupted() {
    let empty = r#"(module (func (export "_start") (loop (br 0))))"#;
    interrupted(empty, |engine| engine.resume(Resume::Continue).unwrap());
    interrupted(empty, |engine| engine.run_at_full_speed().unwrap());
}

#[test]
fn endless_calls_are_interrupted() {
    let deep = r#"(module
        (func $twice (param i32)
            (if (local.get 0) (then
                (call $twice (i32.sub (local.get 0) (i32.const 1)))
                (call $twice (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "_start") (call $twice (i32.const 200))))"#;
    interrupted(deep, |engine| engine.run_at_full_speed().unwrap());
    let tail = r#"(module (func $on (export "_start") (return_call $on)))"#;
    interrupted(tail, |engine| engine.run_at_full_speed().unwrap());
}

#[test]
fn a_loop_that_asks_the_host_is_interrupted() {
    let clock = r#"(module
        (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (loop (drop (call $time (i32.const 0) (i64.const 1) (i32.const 8))) (br 0))))"#;
    interrupted(clock, |engine| engine.run_at_full_speed().unwrap());
}

/// Modules that nobody wrote end the same way in both engines, with the same
/// memories and globals: the engine compares them when it follows.
#[test]
fn both_engines_run_arbitrary_modules_the_same_way() {
    let mut seed = 1_u64;
    let (mut ran, mut trapped) = (0, 0);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 56) as u8
        })
        .take(4000)
        .collect();
        let Some(module) = arbitrary_module(&bytes) else { continue };
        let Ok(mut engine) = launch(module.clone(), &Pipe::new()) else { continue };
        let outcome = engine.run_at_full_speed().and_then(|stop| engine.state_hash().map(|_| stop));
        match outcome {
            Ok(Stop::Exited(_)) => ran += 1,
            Ok(_) => trapped += 1,
            Err(error) => {
                std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/differs.wasm"), &module).unwrap();
                panic!("{error}: see differs.wasm");
            }
        }
    }
    assert!(ran > 20 && trapped > 5, "{ran} ran, {trapped} trapped");
}

/// A module with an entry point that ends.
fn arbitrary_module(bytes: &[u8]) -> Option<Vec<u8>> {
    let config = wasm_smith::Config {
        exports: Some(wat::parse_str(r#"(module (func (export "_start")))"#).unwrap()),
        max_imports: 0,
        max_memory32_bytes: 1 << 20,
        max_memory64_bytes: 1 << 20,
        max_memories: 2,
        canonicalize_nans: true,
        gc_enabled: false,
        threads_enabled: false,
        custom_page_sizes_enabled: false,
        export_everything: false,
        ..wasm_smith::Config::default()
    };
    let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(bytes)).ok()?;
    module.ensure_termination(2000).ok()?;
    Some(module.to_bytes())
}

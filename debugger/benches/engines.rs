//! How fast the engines run a program, as ratios to plain wasmtime in the same
//! run: `cargo bench -p wasm-gdb`. Optional arguments are modules to stop at
//! their first instruction.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use wasm_gdb::engine::{
    Access, Compiled, Engine, Frame, Interpreted, LoadedModule, MemoryId, Resume, Stop, Watchpoint,
};
use wasm_gdb::session::{Direction, Location, Motion, Session};
use wasm_host::{Input, Limits, Options, Output, Program};

fn main() {
    let bytes = hot();
    let plain = time(|| {
        let program = Program::load(&bytes).unwrap();
        move || assert_eq!(program.run(&options(ROUNDS)).unwrap().code, 0)
    });
    println!("{:<58} {:>9.1} ms   1", "plain wasmtime", plain.as_secs_f64() * 1e3);
    let say = |what: &str, rounds: u32, time: Duration| {
        let all = time.as_secs_f64() * f64::from(ROUNDS) / f64::from(rounds);
        println!("{what:<58} {:>9.1} ms   {:.1}", all * 1e3, all / plain.as_secs_f64());
    };
    say("wasmtime with guest debugging, no stop", ROUNDS, time(|| go(Box::new(compiled(&bytes, ROUNDS)), |_| {})));
    let long = ROUNDS * 20;
    say("no stop, with what makes it ready", long, time(|| go(Box::new(interpreted(&bytes, long)), |_| {})));
    say("no stop, made ready before", ROUNDS, time(|| again(interpreted(&bytes, ROUNDS))));
    let few = ROUNDS / 10;
    say(
        "interpreter, recording, a breakpoint set",
        few,
        time(|| go(Box::new(interpreted(&bytes, few)), break_at_entry)),
    );
    let watched = |engine: &mut dyn Engine| {
        // The stack's end: nobody writes there.
        let watch = Watchpoint { memory: MemoryId(0), range: 64..68, access: Access::Write };
        engine.set_watchpoints(&[watch]).unwrap();
    };
    say("interpreter, a watchpoint set", few, time(|| go(Box::new(interpreted(&bytes, few)), watched)));
    let least = ROUNDS / 1000;
    say("interpreter, a condition in the hot loop, never true", least, time(|| condition(&bytes, least)));

    let mut engine = interpreted(&bytes, few);
    let start = Instant::now();
    let steps = 2_000_000_u32;
    (0..steps).for_each(|_| drop(engine.resume(Resume::Step).unwrap()));
    println!("steps a second: {:.1} million", f64::from(steps) / start.elapsed().as_secs_f64() / 1e6);
    let mut engine = interpreted(&bytes, ROUNDS / 4);
    break_at_entry(&mut engine);
    let start = Instant::now();
    engine.resume(Resume::Continue).unwrap();
    let instructions = engine.instructions().unwrap() as f64;
    println!("instructions a second: {:.0} million", instructions / start.elapsed().as_secs_f64() / 1e6);
    println!("recorded: {} bytes for {:.0} million instructions", engine.bytes_recorded(), instructions / 1e6);

    for file in std::env::args().skip(1).filter(|argument| !argument.starts_with('-')) {
        let bytes = std::fs::read(&file).unwrap();
        let trap = Options { missing_imports_trap: true, ..options(1) };
        let start = Instant::now();
        let launched = Interpreted::launch(&file, bytes.into(), &trap, &Limits::default());
        let said = launched.map_or_else(|error| format!("  {error:.100}"), |_| String::new());
        println!("first stop of {file}: {:.0} ms{said}", start.elapsed().as_secs_f64() * 1e3);
    }
}

/// How often the program goes over its table.
const ROUNDS: u32 = 20_000;

fn hot() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("hot.wasm");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/hot.rs");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "--target", "wasm32-wasip1", "-g", "-C", "opt-level=1", "-o"]);
    assert!(rustc.arg(&to).arg(source).status().unwrap().success());
    std::fs::read(to).unwrap()
}

fn options(rounds: u32) -> Options {
    Options {
        args: vec!["hot".to_string(), rounds.to_string()],
        stdin: Input::Empty,
        stdout: Output::Discard,
        ..Options::default()
    }
}

fn compiled(bytes: &[u8], rounds: u32) -> Compiled {
    Compiled::launch("hot", bytes, options(rounds), Limits::default()).unwrap()
}

fn interpreted(bytes: &[u8], rounds: u32) -> Interpreted {
    Interpreted::launch("hot", bytes.to_vec().into(), &options(rounds), &Limits::default()).unwrap()
}

/// Runs an engine to its end.
fn go(mut engine: Box<dyn Engine>, prepare: impl FnOnce(&mut dyn Engine)) -> impl FnOnce() {
    prepare(&mut *engine);
    move || assert_eq!(engine.resume(Resume::Continue).unwrap(), Stop::Exited(0))
}

/// Takes an engine that has run to its end back, and runs it again.
fn again(mut engine: Interpreted) -> impl FnOnce() {
    engine.run_at_full_speed().unwrap();
    engine.resume(Resume::ReverseContinue).unwrap();
    move || assert_eq!(engine.run_at_full_speed().unwrap(), Stop::Exited(0))
}

/// Sets a breakpoint that the program has passed for good: what runs then is
/// the interpreter.
fn break_at_entry(engine: &mut dyn Engine) {
    let Some(Frame::Wasm(top)) = engine.frames(1).unwrap().first().cloned() else { panic!("no frame") };
    engine.set_breakpoints(&BTreeSet::from([top.pc])).unwrap();
    assert_eq!(engine.resume(Resume::Continue).unwrap(), Stop::Breakpoint);
}

fn condition(bytes: &[u8], rounds: u32) -> impl FnOnce() {
    let engine = interpreted(bytes, rounds);
    let modules: &'static [LoadedModule] = Box::leak(engine.modules().to_vec().into_boxed_slice());
    let mut session = Session::new(Box::new(engine), modules);
    let line = Location::Line { file: "hot.rs".to_string(), line: 8 };
    session.set_breakpoint(line, Some("index == 123456".to_string()), false).unwrap();
    move || {
        session.go(&Motion::Continue, Direction::Forward).unwrap();
    }
}

/// The least of three runs, without what makes them ready.
fn time<R: FnOnce()>(ready: impl Fn() -> R) -> Duration {
    let run = |_| {
        let run = ready();
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..3).map(run).min().unwrap()
}

//! Operators a second of hot loops, with and without what a debugger sets:
//! `cargo bench -p wasm-interpreter`. With files (`-- FILE…`): how long each
//! takes to its first stop, and to validate all of it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};
use wasm_interpreter::{Event, Extern, ExternType, Linker, Machine, MemoryId, Module, NoHost, Value, WatchKind};

/// Operators per run of a program.
const OPERATORS: u64 = 100_000_000;

const PROGRAMS: [(&str, &str); 5] = [
    (
        "integer loop",
        r#"(module (func (export "main") (local $i i32) (local $x i32)
            (loop $again
                (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 31)) (i32.xor (local.get $i) (i32.const 77))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.ne (local.get $i) (i32.const -1))))))"#,
    ),
    (
        "fib",
        r#"(module
            (func $fib (param $n i32) (result i32)
                (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
                    (then (local.get $n))
                    (else (i32.add
                        (call $fib (i32.sub (local.get $n) (i32.const 1)))
                        (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
            (func (export "main") (loop $again (drop (call $fib (i32.const 40))) (br $again))))"#,
    ),
    (
        "sieve (memory)",
        r#"(module (memory 16)
            (func (export "main") (local $i i32) (local $j i32)
                (loop $again
                    (local.set $i (i32.const 2))
                    (loop $outer
                        (local.set $j (i32.add (local.get $i) (i32.const 8192)))
                        (block $done (loop $inner
                            (br_if $done (i32.ge_u (local.get $j) (i32.const 1000000)))
                            (i32.store8 (local.get $j) (i32.add (i32.load8_u (local.get $j)) (i32.const 1)))
                            (local.set $j (i32.add (local.get $j) (local.get $i)))
                            (br $inner)))
                        (local.set $i (i32.add (local.get $i) (i32.const 1)))
                        (br_if $outer (i32.lt_u (local.get $i) (i32.const 1000))))
                    (br $again))))"#,
    ),
    (
        "floats in memory (as nbody)",
        r#"(module (memory 16)
            (func (export "main") (local $i i32) (local $d f64)
                (loop $again
                    (local.set $i (i32.const 0))
                    (loop $bodies
                        (local.set $d (f64.sub (f64.load (local.get $i)) (f64.load offset=8 (local.get $i))))
                        (f64.store (local.get $i) (f64.add (f64.load (local.get $i))
                            (f64.mul (local.get $d) (f64.div (f64.const 0.5)
                                (f64.sqrt (f64.add (f64.mul (local.get $d) (local.get $d)) (f64.const 1)))))))
                        (local.set $i (i32.add (local.get $i) (i32.const 8)))
                        (br_if $bodies (i32.lt_u (local.get $i) (i32.const 3072))))
                    (br $again))))"#,
    ),
    (
        "rotations (as sha256)",
        r#"(module (memory 16)
            (func (export "main") (local $i i32) (local $a i32) (local $b i32)
                (loop $again
                    (local.set $a (i32.load (i32.and (local.get $i) (i32.const 1020))))
                    (local.set $b (i32.add (local.get $b) (i32.xor
                        (i32.xor (i32.rotr (local.get $a) (i32.const 7)) (i32.rotr (local.get $a) (i32.const 18)))
                        (i32.shr_u (local.get $a) (i32.const 3)))))
                    (i32.store (i32.and (local.get $i) (i32.const 1020)) (i32.add (local.get $b) (local.get $i)))
                    (local.set $i (i32.add (local.get $i) (i32.const 4)))
                    (br $again))))"#,
    ),
];

/// Time that this thread ran, where the system tells, so that a busy machine does not matter.
fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let running = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
    };
    let (start, instant) = (running(), Instant::now());
    let outcome = work();
    match (start, running()) {
        (Some(start), Some(end)) => (end - start, outcome),
        _ => (instant.elapsed(), outcome),
    }
}

fn machine(text: &str) -> Machine {
    let mut machine = Machine::default();
    let module = Module::new(wat::parse_str(text).unwrap()).unwrap();
    let instance = machine.instantiate(&module, &Linker::new()).unwrap();
    let main = machine.store.exported_function(instance, "main").unwrap();
    machine.call(main, &[]).unwrap();
    machine
}

fn run(machine: &mut Machine) -> f64 {
    let best = (0..3).map(|_| {
        let count = machine.instructions() + OPERATORS;
        let (time, event) = time(|| machine.run_until(count, &mut NoHost));
        assert_eq!(event, Event::Limit);
        OPERATORS as f64 / time.as_secs_f64() / 1e6
    });
    best.fold(0.0, f64::max)
}

/// From the bytes of a file to the first operator of its first exported function.
fn first_stop(bytes: Vec<u8>) -> Result<Machine, String> {
    let module = Module::new(bytes).map_err(|error| error.to_string())?;
    let mut machine = Machine::default();
    let mut linker = Linker::new();
    linker.define_host_functions(&mut machine.store, &module);
    for import in module.imports() {
        if linker.get(import).is_none() {
            let store = &mut machine.store;
            let item = match &import.ty {
                ExternType::Memory(ty) => store.host_memory(*ty).map(Extern::Memory),
                ExternType::Table(ty) => store.host_table(*ty).map(Extern::Table),
                ExternType::Global(ty) => store.host_global(*ty, Value::zero(ty.value)).map(Extern::Global),
                ExternType::Tag(ty) => Some(Extern::Tag(store.host_tag(ty))),
                ExternType::Function(_) => None,
            };
            linker.define(&import.module, &import.name, item.ok_or("an import that cannot be had")?);
        }
    }
    let instance = machine.instantiate(&module, &linker).map_err(|error| error.to_string())?;
    for export in module.exports() {
        if let Some(function) = machine.store.exported_function(instance, &export.name)
            && machine.call(function, &[]).is_ok()
        {
            machine.step(&mut NoHost);
            break;
        }
    }
    Ok(machine)
}

fn files(files: &[String]) {
    println!("{:<34} {:>9} {:>12} {:>14}", "", "bytes", "first stop", "validate all");
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        let name = file.rsplit('/').next().unwrap_or(file);
        let len = bytes.len();
        match time(|| first_stop(bytes)) {
            (stop, Ok(machine)) => {
                let module =
                    machine.store.instances().next().and_then(|instance| machine.store.module(instance)).unwrap();
                let (all, outcome) = time(|| module.validate_all());
                println!(
                    "{name:<34} {len:>9} {stop:>12.1?} {all:>14.1?} {}",
                    outcome.err().map_or(String::new(), |error| error.to_string())
                );
            }
            (_, Err(error)) => println!("{name:<34} {len:>9} {error}"),
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if !arguments.is_empty() {
        return files(&arguments);
    }
    println!(
        "{:<30} {:>9} {:>9} {:>9} {:>9} {:>9}   (million operators a second)",
        "", "plain", "watch", "watch rd", "near", "step"
    );
    for (name, text) in PROGRAMS {
        let mut machine = machine(text);
        let plain = run(&mut machine);
        let mut watched = |kind, address| {
            let id = machine.add_watchpoint(MemoryId(0), address, 4, kind);
            let speed = run(&mut machine);
            id.map(|id| machine.remove_watchpoint(id));
            speed
        };
        // Where nobody goes; and on a page that two of the programs write all the time.
        let (write, read) = (watched(WatchKind::Write, 1_040_000), watched(WatchKind::Access, 1_040_000));
        let near = watched(WatchKind::Write, 4000);
        let steps = OPERATORS / 10;
        let (time, ()) = time(|| {
            for _ in 0..steps {
                assert_eq!(machine.step(&mut NoHost), Event::Limit);
            }
        });
        let step = steps as f64 / time.as_secs_f64() / 1e6;
        println!("{name:<30} {plain:>9.0} {write:>9.0} {read:>9.0} {near:>9.0} {step:>9.1}");
    }
}

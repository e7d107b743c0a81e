//! Viewers of a program's memory, while it stands still and while it runs, in
//! each engine; and what comes that is no viewer.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use common::assert_contains;
use memviz::SavedValue;
use memviz::protocol::{Event, Frame, Request};
use memviz::snapshot::Snapshot;
use wasm_gdb::engine::{Compiled, Engine, Interpreted, MemoryId, Resume, Stop};
use wasm_gdb::live::Live;
use wasm_host::{Input, Limits, Options, Output};
use wasm_source::WasmValue;

/// Counts in the third page, grows at a million, and ends with code 3 when
/// someone writes to its beginning.
const COUNTS: &str = r#"
    (module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1 4)
        (global $first i32 (i32.const 8192))
        (global $turns (mut i32) (i32.const 0))
        (func $count
            (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
            (i32.store (global.get $first) (global.get $turns))
            (if (i32.eq (global.get $turns) (i32.const 1000000)) (then (drop (memory.grow (i32.const 1))))))
        (func (export "_start")
            (loop $again
                (call $count)
                (br_if $again (i32.eqz (i32.load (i32.const 0)))))
            (call $exit (i32.const 3))))"#;

fn options() -> Options {
    Options { stdin: Input::Empty, stdout: Output::Discard, ..Options::default() }
}

fn interpreted(wat: &str) -> Box<dyn Engine> {
    let bytes = wat::parse_str(wat).unwrap();
    Box::new(Interpreted::launch("counts.wasm", bytes.into(), &options(), &Limits::default()).unwrap())
}

fn compiled(wat: &str) -> Box<dyn Engine> {
    Box::new(Compiled::launch("counts.wasm", &wat::parse_str(wat).unwrap(), options(), Limits::default()).unwrap())
}

/// Where nothing may take forever.
const SOON: Duration = Duration::from_secs(60);

struct Viewer {
    stream: TcpStream,
    received: Vec<u8>,
    asked: u64,
    /// What was told without being asked for.
    told: Vec<(Event, Vec<u8>)>,
}

impl Viewer {
    fn attach(address: SocketAddr) -> Viewer {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        Viewer { stream, received: Vec::new(), asked: 0, told: Vec::new() }
    }

    /// The next frame; nothing at the end.
    fn frame(&mut self) -> Option<Frame<Event>> {
        let mut buffer = [0; 4096];
        loop {
            if let Some((frame, used)) = Frame::decode(&self.received).unwrap() {
                self.received.drain(..used);
                return Some(frame);
            }
            match self.stream.read(&mut buffer).expect("it answers") {
                0 => return None,
                length => self.received.extend(&buffer[..length]),
            }
        }
    }

    fn ask(&mut self, request: Request) -> (Event, Vec<u8>) {
        self.ask_with(request, &[])
    }

    fn ask_with(&mut self, request: Request, bytes: &[u8]) -> (Event, Vec<u8>) {
        self.asked += 1;
        let id = Some(self.asked);
        let request = Frame { id, message: request, bytes: bytes.to_vec() };
        self.stream.write_all(&request.encode().unwrap()).unwrap();
        loop {
            let Frame { id: answers, message, bytes } = self.frame().expect("an answer");
            match answers {
                None => self.told.push((message, bytes)),
                _ => {
                    assert_eq!(answers, id);
                    return (message, bytes);
                }
            }
        }
    }

    /// Waits until something is told.
    fn hears(&mut self, what: impl Fn(&Event) -> bool) -> (Event, Vec<u8>) {
        loop {
            if let Some(at) = self.told.iter().position(|(event, _)| what(event)) {
                return self.told.remove(at);
            }
            let frame = self.frame().expect("it is told");
            self.told.push((frame.message, frame.bytes));
        }
    }

    fn counter(&mut self) -> u32 {
        let (_, bytes) = self.ask(Request::Read { memory: 0, address: 8192, length: 4 });
        u32::from_le_bytes(bytes.try_into().unwrap())
    }
}

fn is_stopped(event: &Event) -> bool {
    matches!(event, Event::Stopped { .. })
}

#[test]
fn a_program_that_stands_still_is_read_and_written() {
    let live = Live::listen(0).unwrap();
    let mut engine = live.watch(interpreted(COUNTS));
    let mut viewer = Viewer::attach(live.address());
    let (hello, _) = viewer.hears(|event| matches!(event, Event::Hello { .. }));
    let Event::Hello { version: 1, module, memories, .. } = hello else { panic!("{hello:?}") };
    assert_eq!(module.name.as_deref(), Some("counts.wasm"));
    assert_eq!(module.build_id.len(), 32, "{module:?}");
    assert_eq!((memories[0].bytes, memories[0].ty.maximum_bytes), (1 << 16, Some(4 << 16)));
    assert_eq!(memories[0].ty.name.as_deref(), Some("memory"));
    assert_eq!(viewer.hears(is_stopped).0, Event::Stopped { reason: "at its first instruction".into() });

    let (globals, _) = viewer.ask(Request::Globals);
    let values = [8192, 0].map(|bits| Some(SavedValue(WasmValue::I32(bits))));
    assert_eq!(globals, Event::Globals { values: values.into() });
    assert_eq!(viewer.ask(Request::Module).1, engine.modules()[0].bytes);

    let mut other = Viewer::attach(live.address());
    assert_eq!(other.ask(Request::Subscribe { memory: 0, page_bytes: 4096, every_ms: 20 }).0, Event::Done);
    assert_eq!(viewer.ask_with(Request::Write { memory: 0, address: 5000 }, b"seen").0, Event::Done);
    let mut four = [0; 4];
    engine.read_memory(MemoryId(0), 5000, &mut four).unwrap();
    assert_eq!(&four, b"seen");
    let (changed, bits) = other.hears(|event| matches!(event, Event::Changed { .. }));
    assert_eq!((changed, bits), (Event::Changed { memory: 0, page_bytes: 4096 }, vec![0b10, 0]));
    // What the debugger writes is seen, too.
    engine.write_memory(MemoryId(0), 0x9000, &[1]).unwrap();
    assert_eq!(other.hears(|event| matches!(event, Event::Changed { .. })).1, [0, 0b10]);
    let (_, bits) = viewer.ask(Request::Pages { memory: 0, start: 0, end: 1 << 16, page_bytes: 4096 });
    assert_eq!(bits, [0b10, 0b10]);
    let (Event::Error { message }, _) = viewer.ask_with(Request::Write { memory: 0, address: 65534 }, b"over") else {
        panic!("it does not fit")
    };
    assert_contains(&message, "is not inside of the memory");

    let (_, file) = viewer.ask(Request::Snapshot { label: Some("first".into()) });
    let snapshot = Snapshot::open(&file, Default::default()).unwrap();
    assert_eq!(snapshot.header.module, module);
    assert_eq!(snapshot.memories[0].pages().map(|(number, _)| number).collect::<Vec<_>>(), [1, 9]);
    assert!(snapshot.header.taken_at_ms.is_some() && snapshot.globals().len() == 2);
}

/// Lets the program go, in a thread of its own.
fn run(mut engine: Box<dyn Engine>) -> JoinHandle<(Stop, Box<dyn Engine>)> {
    std::thread::spawn(move || {
        let stop = engine.resume(Resume::Continue).unwrap();
        (stop, engine)
    })
}

/// What a viewer sees of a program that runs, until it has counted so far.
fn watched_while_it_runs(engine: Box<dyn Engine>, far: u32) {
    let live = Live::listen(0).unwrap();
    let engine = live.watch(engine);
    let interrupter = engine.interrupter();
    let mut viewer = Viewer::attach(live.address());
    viewer.ask(Request::Subscribe { memory: 0, page_bytes: 4096, every_ms: 20 });
    viewer.hears(is_stopped);

    let running = run(engine);
    viewer.hears(|event| *event == Event::Resumed);
    let (_, bits) = viewer.hears(|event| matches!(event, Event::Changed { .. }));
    let changed = bits.iter().position(|byte| *byte != 0);
    assert_eq!((changed, bits[0]), (Some(0), 0b100), "the page with the counter, and no other");
    let (Event::Grew(growth), _) = viewer.hears(|event| matches!(event, Event::Grew(_))) else { panic!() };
    assert_eq!((growth.memory, growth.bytes), (0, 2 << 16));
    let began = Instant::now();
    let mut last = 0;
    while last < far {
        last = viewer.counter();
        assert!(began.elapsed() < SOON, "it has come to {last}");
    }
    let (Event::Error { message }, _) = viewer.ask_with(Request::Write { memory: 0, address: 0 }, &[1]) else {
        panic!("it runs")
    };
    assert_contains(&message, "the program runs");
    let (Event::Globals { values }, _) = viewer.ask(Request::Globals) else { panic!("globals") };
    let Some(Some(SavedValue(WasmValue::I32(turns)))) = values.get(1) else { panic!("{values:?}") };
    assert!(*turns > 1_000_000);
    let (_, file) = viewer.ask(Request::Snapshot { label: None });
    assert_eq!(Snapshot::open(&file, Default::default()).unwrap().memories[0].pages().count(), 1);
    viewer.told.clear();

    // Who looks has not stopped it; who interrupts it does.
    assert!(!running.is_finished());
    interrupter.interrupt();
    let (stop, engine) = running.join().unwrap();
    assert_eq!(stop, Stop::Interrupt);
    assert_eq!(viewer.hears(is_stopped).0, Event::Stopped { reason: "interrupted".into() });
    viewer.told.clear();

    // It goes on, and a viewer that comes late sees it, too.
    let running = run(engine);
    viewer.hears(|event| *event == Event::Resumed);
    let mut late = Viewer::attach(live.address());
    let first = late.counter();
    drop(viewer);
    let began = Instant::now();
    while late.counter() <= first {
        assert!(began.elapsed() < SOON);
    }
    interrupter.interrupt();
    let (stop, mut engine) = running.join().unwrap();
    assert_eq!(stop, Stop::Interrupt);
    late.hears(is_stopped);
    late.ask_with(Request::Write { memory: 0, address: 0 }, &[1]);
    assert_eq!(engine.resume(Resume::Continue).unwrap(), Stop::Exited(3));
    assert_eq!(late.hears(|event| matches!(event, Event::Exited { .. })).0, Event::Exited { code: 3 });
    assert!(late.frame().is_none(), "that was the last message");
}

#[test]
fn a_program_that_the_interpreter_runs() {
    let mut engine = interpreted(COUNTS);
    // It never comes there.
    let nowhere = wasm_gdb::engine::Watchpoint {
        memory: MemoryId(0),
        range: 0x7000..0x7004,
        access: wasm_gdb::engine::Access::Write,
    };
    engine.set_watchpoints(&[nowhere]).unwrap();
    watched_while_it_runs(engine, 1_100_000);
}

#[test]
fn a_program_that_runs_at_full_speed() {
    // The interpreter would not come there in time.
    watched_while_it_runs(interpreted(COUNTS), 1 << 29);
}

#[test]
fn a_program_in_wasmtime() {
    watched_while_it_runs(compiled(COUNTS), 1_100_000);
}

#[test]
fn a_call_does_not_end_by_a_look() {
    let long = COUNTS.replace(
        "(func (export \"_start\")",
        "(func (export \"spin\") (result i32) (local i32)
            (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 9000000))))
            (local.get 0))
        (func (export \"_start\")",
    );
    let mut engine = interpreted(&long);
    let interrupter = engine.interrupter();
    let knocks = std::thread::spawn(move || {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(1) {
            interrupter.knock();
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    let instance = wasm_gdb::engine::InstanceId(0);
    let result = engine.call(instance, 2, &[]).unwrap();
    assert_eq!(result, [wasm_gdb::engine::Value::I32(9_000_000)]);
    knocks.join().unwrap();
}

#[test]
fn who_is_no_viewer_is_left() {
    let live = Live::listen(0).unwrap();
    let engine = live.watch(interpreted(COUNTS));
    let interrupter = engine.interrupter();
    let running = run(engine);
    let mut long = vec![0, 0, 0, 4];
    long.resize(1 << 20, 7);
    let nonsense: [&[u8]; 6] = [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        &[0xff; 100_000],
        &[3, 0, 0, 0, 0, 0, 0],
        &[8, 0, 0, 0, 200, 0, 0, 0, b'{', b'}', 0, 0],
        // Half of a frame as long as frames may be.
        &long,
    ];
    for bytes in nonsense {
        let mut stream = TcpStream::connect(live.address()).unwrap();
        // It may hang up in the middle.
        let _ = stream.write_all(bytes);
        drop(stream);
        assert!(Viewer::attach(live.address()).hears(|event| matches!(event, Event::Hello { .. })).1.is_empty());
    }
    // A message that is not known is answered, and the next one, too.
    let mut viewer = Viewer::attach(live.address());
    let unknown = br#"{"request":"dance"}"#;
    for length in [unknown.len() as u32 + 4, unknown.len() as u32] {
        viewer.stream.write_all(&length.to_le_bytes()).unwrap();
    }
    viewer.stream.write_all(unknown).unwrap();
    viewer.hears(|event| matches!(event, Event::Error { .. }));
    assert!(matches!(viewer.ask(Request::Globals).0, Event::Globals { .. }));

    // A viewer that asks and does not read is served no more than it reads.
    let mut deaf = TcpStream::connect(live.address()).unwrap();
    deaf.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    let read = Frame::new(None, Request::Read { memory: 0, address: 0, length: 65536 }).encode().unwrap();
    let requests = read.repeat(500_000);
    assert!(deaf.write_all(&requests).is_err(), "it has to wait");

    let mut all: Vec<Viewer> = (0..8).map(|_| Viewer::attach(live.address())).collect();
    let refused = all.iter_mut().any(|viewer| {
        let (event, _) = viewer.hears(|event| matches!(event, Event::Hello { .. } | Event::Error { .. }));
        matches!(&event, Event::Error { message } if message.contains("attached already"))
    });
    assert!(refused, "there is an end to viewers");
    drop(all);
    assert!(!running.is_finished(), "the program has gone on");
    interrupter.interrupt();
    assert_eq!(running.join().unwrap().0, Stop::Interrupt);
}

#[test]
fn the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("counts.wasm");
    std::fs::write(&file, wat::parse_str(COUNTS).unwrap()).unwrap();
    let start = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasm-gdb"));
        command.arg(&file).args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let mut first = start(&["--prompt", "--live", "0"]);
    let mut said = BufReader::new(first.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert_contains(&line, "profiler-ui --attach 127.0.0.1:");
    let address: SocketAddr = line.trim().rsplit(' ').next().unwrap().parse().unwrap();

    let port = address.port().to_string();
    let refused = start(&["--prompt", "--live", &port]).wait_with_output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert_contains(&String::from_utf8_lossy(&refused.stderr), "choose one with --live");

    let mut viewer = Viewer::attach(address);
    viewer.hears(is_stopped);
    let mut prompt = first.stdin.take().unwrap();
    // It ends at once, and that is still told.
    writeln!(prompt, "set var *(int *)0 = 1\ncontinue\nquit").unwrap();
    viewer.hears(|event| *event == Event::Exited { code: 3 });
    first.wait().unwrap();
}

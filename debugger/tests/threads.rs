//! A memory that threads could share, in a program that has one: in both
//! engines.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;

use wasm_gdb::engine::{
    Access, CodeAddress, Compiled, Engine, Frame, Interpreted, MemoryId, ModuleId, Resume, Stop, Value, Watchpoint,
};
use wasm_host::{Input, Limits, Options, Output};

const SHARED: &str = r#"
    (module
        (memory (export "memory") 1 2 shared)
        (global $turns (mut i32) (i32.const 0))
        (func (export "_start") (local $old i32)
            (i32.atomic.store (i32.const 64) (i32.const 40))
            (local.set $old (i32.atomic.rmw.add (i32.const 64) (i32.const 2)))
            (drop (i32.atomic.rmw.cmpxchg (i32.const 64) (i32.const 42) (i32.const 43)))
            (drop (memory.atomic.notify (i32.const 64) (i32.const 1)))
            (drop (memory.atomic.wait32 (i32.const 64) (i32.const 0) (i64.const -1)))
            atomic.fence
            (drop (memory.grow (i32.const 1)))
            nop))"#;

fn debugged(mut engine: Box<dyn Engine>) {
    let bytes = engine.modules()[0].bytes.clone();
    // memory.grow, drop, nop, end
    let end = bytes.windows(5).position(|code| code == [0x40, 0, 0x1a, 1, 0xb]).unwrap();
    let at = CodeAddress { module: ModuleId(0), offset: end as u32 + 3 };
    let word = |engine: &mut Box<dyn Engine>| {
        let mut four = [0; 4];
        engine.read_memory(MemoryId(0), 64, &mut four).unwrap();
        u32::from_le_bytes(four)
    };
    let memory = engine.memories().unwrap().remove(0);
    assert!(memory.shared && memory.bytes == 1 << 16 && memory.maximum_bytes == Some(2 << 16), "{memory:?}");
    engine.write_memory(MemoryId(0), 100, b"seen").unwrap();

    if engine.abilities().watch {
        engine.set_watchpoints(&[Watchpoint { memory: MemoryId(0), range: 64..68, access: Access::Write }]).unwrap();
        let Stop::Watchpoint(touch) = engine.resume(Resume::Continue).unwrap() else { panic!("{:?}", engine.stop()) };
        assert_eq!((touch.old, touch.new), (vec![0, 0, 0, 0], vec![40, 0, 0, 0]));
        engine.set_watchpoints(&[]).unwrap();
    }
    engine.set_breakpoints(&BTreeSet::from([at])).unwrap();
    assert_eq!(engine.resume(Resume::Continue).unwrap(), Stop::Breakpoint);
    let Some(Frame::Wasm(top)) = engine.frames(1).unwrap().first().cloned() else { panic!("no frame") };
    assert_eq!(top.pc, at);
    assert_eq!(engine.locals(0).unwrap(), [Value::I32(40)]);
    assert_eq!(word(&mut engine), 43);
    assert_eq!(engine.memories().unwrap()[0].bytes, 2 << 16, "it has grown");
    let mut four = [0; 4];
    engine.read_memory(MemoryId(0), 100, &mut four).unwrap();
    assert_eq!(&four, b"seen");
    if engine.abilities().reverse {
        assert_eq!(engine.resume(Resume::ReverseStep).unwrap(), Stop::Step);
    }
    engine.set_breakpoints(&BTreeSet::new()).unwrap();
    assert_eq!(engine.resume(Resume::Continue).unwrap(), Stop::Exited(0));
}

fn options() -> Options {
    Options { stdin: Input::Empty, stdout: Output::Discard, ..Options::default() }
}

#[test]
fn a_shared_memory_in_the_interpreter() {
    let bytes = wat::parse_str(SHARED).unwrap();
    debugged(Box::new(Interpreted::launch("shared", bytes.into(), &options(), &Limits::default()).unwrap()));
}

#[test]
fn a_shared_memory_in_wasmtime() {
    let bytes = wat::parse_str(SHARED).unwrap();
    debugged(Box::new(Compiled::launch("shared", &bytes, options(), Limits::default()).unwrap()));
}
